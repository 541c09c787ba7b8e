"""Ids of speech, targets and passes: names of files that mean the same on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from ..errors import OptionError

DEFAULT_ID = "demo"

MAX_ID_BYTES = 80
"""Two of them and a suffix must fit a file name."""

_FORBIDDEN = frozenset('/\\:*?"<>|')

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows: a name with them looks like another."""

_DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
"""What Windows takes for a device, whatever suffix it has."""

_OURS = re.compile(r".*\.(made|kept-\d+|tmp-\d+.*)|sequences\.npz", re.IGNORECASE | re.DOTALL)
"""What this package names files of its own beside those of an id."""

_DIGITS = 8
"""Hexadecimal digits of the hash in the id of a file whose name can't be used as it is."""


def check_id(name: str, value: str) -> str:
    """Check that an id is a plain file name, on every system.

    Parameters
    ----------
    name : str
        The option, for the message.
    value : str

    Raises
    ------
    OptionError
        It is empty or too long, begins with a dot or a space or ends with one, holds a separator, a
        control character or a mark that turns the direction of writing, is a device on Windows, or
        ends like a file that this package keeps beside another.
    """
    if not is_usable(value):
        raise OptionError(f"--{name} {value!r} is not usable as a file name", hint=_advice(value))
    return value


def is_usable(value: str) -> bool:
    """Tell whether an id is a plain file name; see `check_id`."""
    return (
        len(value) > 0
        and not any(map(_is_bad, value))
        and len(value.encode()) <= MAX_ID_BYTES
        and value[0] not in ". "
        and value[-1] not in ". "
        and not _DEVICES.fullmatch(value)
        and not _OURS.fullmatch(value)
    )


def id_from_path(given: str, source: Path | None) -> str:
    """Give the id of a file that is brought: its stem, unless another than the demo's was given.

    A stem that can't be an id has what is wrong with it replaced by ``_``, and a hash of the whole
    added, so that two such files never get the same id.
    """
    if source is None or given != DEFAULT_ID:
        return given
    # Systems differ in how they compose letters in names: one file, one id.
    stem = unicodedata.normalize("NFC", source.stem)
    if is_usable(stem) or not stem:
        return stem
    digest = hashlib.sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    plain = "".join("_" if _is_bad(c) else c for c in stem).strip(". ")
    cut = plain.encode()[: MAX_ID_BYTES - _DIGITS - 1].decode(errors="ignore")
    found = f"{cut}-{digest}"
    # Devices and files of ours are told by what is before or after a dot.
    return found if is_usable(found) else found.replace(".", "_")


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same text, however their letters are composed."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def folded(name: str) -> str:
    """Fold a name so that names equal on any file system compare equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _is_bad(character: str) -> bool:
    """Tell whether a character can't be in an id."""
    return (
        character in _FORBIDDEN
        or character in _TURNING
        # Controls, line and paragraph separators, and lone surrogates: how Python hands over a byte
        # that is no text.
        or unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")
    )


def _advice(value: str) -> str:
    if _DEVICES.fullmatch(value):
        return "Windows keeps this name for itself: choose another"
    if _OURS.fullmatch(value):
        return "files of this package end like that: choose another name"
    return (
        f"use letters, digits, spaces, '-', '_' and '.', at most {MAX_ID_BYTES} bytes, "
        "not starting with a dot or space nor ending with one"
    )
