"""A text that is to be spoken: read, checked, and the id of its speech."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from ..errors import BadFileError, MissingFileError, OptionError
from ..storage.ids import MAX_ID_BYTES
from ..storage.limits import read_limited

MAX_CHARACTERS = 20_000
"""Some twenty minutes of speech."""

MAX_BYTES = 4 * MAX_CHARACTERS

_ID_WORDS, _ID_LETTERS, _DIGITS = 5, 32, 8
"""An id holds up to so many words and letters, and hexadecimal digits of a hash."""


def given_text(text: str | None, text_file: Path | None) -> str | None:
    """Give the text that is to be spoken; None if there is none.

    Parameters
    ----------
    text : str, optional
    text_file : Path, optional
        UTF-8 text.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, it is too large, or no text.
    OptionError
        There is nothing to say in it, or too much.
    """
    if text_file is None:
        return None if text is None else checked_text(text)
    hint = f"save up to {MAX_CHARACTERS:,} characters of plain text, as UTF-8"
    try:
        content = read_limited(text_file, MAX_BYTES, hint).decode("utf-8-sig")
    except MissingFileError as error:
        raise MissingFileError("text file not found", path=text_file) from error
    except UnicodeDecodeError as error:
        raise BadFileError("not UTF-8 text", path=text_file, hint=hint) from error
    try:
        return checked_text(content)
    except OptionError as error:
        raise BadFileError(error.problem, path=text_file, hint=error.hint) from error


def checked_text(text: str) -> str:
    """Bring a text to the form in which it is spoken: one line for each paragraph.

    Raises
    ------
    OptionError
        It has no letter or digit, holds what is no text, or is too long.
    """
    text = unicodedata.normalize("NFC", text)
    wrong = {c for c in text if unicodedata.category(c) in ("Cc", "Cs")} - set("\t\n\r")
    if wrong:
        codes = ", ".join(sorted(f"U+{ord(c):04X}" for c in wrong)[:3])
        raise OptionError(f"the text holds characters that are no text ({codes})")
    if len(text) > MAX_CHARACTERS:
        raise OptionError(
            f"the text has {len(text):,} characters",
            hint=f"speak up to {MAX_CHARACTERS:,} at once",
        )
    paragraphs = [
        " ".join(part.split()) for part in re.split(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)", text)
    ]
    spoken = "\n".join(part for part in paragraphs if part)
    if not any(c.isalnum() for c in spoken):
        raise OptionError("there is nothing to say in the text", hint="write a word or more")
    return spoken


def text_id(text: str) -> str:
    """Give the id of a text's speech: its first words, and a hash of the whole."""
    words = re.findall(r"\w+", text.lower())[:_ID_WORDS]
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
    letters = "-".join(words)[:_ID_LETTERS]
    room = MAX_ID_BYTES - _DIGITS - 1  # letters of some scripts are four bytes each
    first = letters.encode()[:room].decode(errors="ignore").strip("-_")
    return f"{first or 'text'}-{digest}"
