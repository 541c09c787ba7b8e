"""Validation of values in untrusted files."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

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


def is_name(text: object) -> bool:
    """Tell whether something is the name of a file in a folder, and leads to no other folder."""
    return isinstance(text, str) and Path(text).name == text and "\0" not in text
