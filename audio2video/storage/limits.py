"""How large the files may be that are read whole, and reading them no further than that."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadFileError, MissingFileError

MIB = 2**20

MAX_TOML_BYTES = 100_000
"""A file of options; all of them with remarks take 5 kB."""

MAX_TABLE_BYTES = 1_000_000
"""The CSV file of a batch."""

MAX_LIST_BYTES = 10_000_000
"""A list of files or addresses, or of phones: a hundred thousand lines."""

MAX_JSON_BYTES = 64 * MIB
"""What this package writes itself; the longest lists the fragments of a corpus."""

MAX_HISTORY_BYTES = 16 * MIB
"""The figures of 100,000 epochs, the most that can be asked for."""

MAX_NUMBER_BYTES = 1000
"""A file of a published set that holds one number."""

MAX_PICTURE_BYTES = 128 * MIB
"""A picture of a face, or of teeth."""

MAX_MATRIX_BYTES = 512 * MIB
"""A published set's mouth coefficients of one fragment; an hour of them takes 9 MB."""

MAX_UNPACKED_BYTES = 1024 * MIB
"""What the compressed arrays of one file may unpack to; this package compresses none."""


def read_limited(path: Path, most: int, hint: str | None = None) -> bytes:
    """Read a file whole, unless it is too large.

    Parameters
    ----------
    path : Path
    most : int
        Bytes.
    hint : str, optional
        What to do about a file that can't be read, or is larger.

    Raises
    ------
    MissingFileError
        There is no such regular file.
    BadFileError
        It is larger, or can't be read.
    """
    try:
        if not path.is_file():
            raise MissingFileError("file not found", path=path, hint=hint)
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: no file has such a name
        why = getattr(error, "strerror", None) or error
        raise BadFileError(f"can't be read ({why})", path=path, hint=hint) from error
    if len(content) > most:
        raise BadFileError(f"larger than {most:,} bytes", path=path, hint=hint)
    return content
