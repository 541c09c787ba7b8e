"""Lists of phones and their times, as aligners of speech give them."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from ..errors import BadFileError, MissingFileError
from ..mouth.phones import Phone
from ..storage.limits import MAX_LIST_BYTES, read_limited

COLUMNS = ("clip", "start", "end", "phone")

_HINT = f"its line of headings is {','.join(COLUMNS)}"


def read_phones(path: Path) -> dict[str, list[Phone]]:
    """Read phones from a CSV file.

    Parameters
    ----------
    path : Path
        With a line of headings, `COLUMNS` among them; times in seconds from the beginning of the
        recording's sound.

    Returns
    -------
    dict of str to list of Phone
        By the name of the recording.

    Raises
    ------
    MissingFileError, BadFileError
        The file is not there, too large, or no such table.
    """
    if not path.is_file():
        raise MissingFileError("list of phones not found", path=path, hint="check --phones")
    try:
        text = read_limited(path, MAX_LIST_BYTES).decode("utf-8-sig")
        rows = csv.DictReader(text.splitlines(), strict=True)
        headings = rows.fieldnames or ()
        missing = [column for column in COLUMNS if column not in headings]
        if missing:
            raise BadFileError(f"has no column {missing[0]!r}", path=path, hint=_HINT)
        phones: dict[str, list[Phone]] = {}
        for row in rows:
            phones.setdefault(row["clip"], []).append(_phone(row, rows.line_num, path))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFileError(f"not a CSV file ({error})", path=path, hint=_HINT) from error
    return phones


def _phone(row: dict[str, str], line: int, path: Path) -> Phone:
    try:
        phone = Phone(row["phone"].strip(), float(row["start"]), float(row["end"]))
    except (AttributeError, TypeError, ValueError):
        phone = Phone("", 0, 0)
    if not phone.name or not 0 <= phone.start < phone.end < math.inf:
        raise BadFileError(f"line {line} is no phone with its start and end", path=path, hint=_HINT)
    return phone
