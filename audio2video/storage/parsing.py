"""Validation of values in untrusted files."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/+[^/]", re.IGNORECASE)
"""A scheme of two letters or more (C:/ is a drive); a path has one slash left of two."""

NO_FILE = "this is an address, not a file"
DOWNLOAD = "files are needed: download it first, for example with yt-dlp"

_RATE = re.compile(r"[0-9]{1,9}(/[0-9]{1,9})?")


def as_rate(text: object) -> Fraction:
    """Read frames per second, as '25' or '30000/1001'.

    Raises
    ------
    ValueError
        It is no such rate. Numbers with exponents are not taken: some would fill all memory.
    """
    if not isinstance(text, str) or not _RATE.fullmatch(text):
        raise ValueError(f"{text!r} is no rate")
    whole, _, parts = text.partition("/")
    if int(whole) == 0 or int(parts or 1) == 0:
        raise ValueError(f"{text!r} is no rate")
    return Fraction(int(whole), int(parts or 1))


def is_address(text: str) -> bool:
    """Tell whether a text, or a path made of it, is an address like https://example.org/a.mp4."""
    return _ADDRESS.match(text) is not None


def is_name(text: object) -> bool:
    """Tell whether something is the name of a file in a folder, and leads to no other folder."""
    return isinstance(text, str) and Path(text).name == text and "\0" not in text
