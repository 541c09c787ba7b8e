"""Checksums of cached files, to detect later changes."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadFileError
from .files import file_hash, read_json, write_json

HASHES = "sha256.json"


def note_hashes(folder: Path) -> None:
    """Note the SHA-256 of every file in a folder, in ``sha256.json``."""
    write_json(folder / HASHES, {path.name: file_hash(path) for path in sorted(folder.iterdir())})


def check_hashes(folder: Path, names: tuple[str, ...]) -> None:
    """Check files against the hashes recorded when the folder was made.

    The hash of a file is computed once in a process, for as long as the file does not change.

    Raises
    ------
    BadFileError
        A file is another, or its hash was never noted.
    """
    path = folder / HASHES
    if not path.is_file():
        raise BadFileError("was not noted when the files beside it were made", path=path)
    noted = read_json(path)
    for name in names:
        file = folder / name
        if not file.is_file():
            raise BadFileError("file not found", path=file)
        if noted.get(name) != file_hash(file):
            raise BadFileError("was changed after it was made", path=file)
