"""The cues of a SubRip file (.srt): their times, and what they say for people to read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from ..errors import BadFileError

_CLOCK = r"(\d{1,4}):([0-5]\d):([0-5]\d)[,.](\d{3})"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(\s+[XY][12]:.*)?\s*")
_NUMBER = re.compile(r"\s*\d+\s*")

EXPECTED = "write it as 00:00:03,000 --> 00:00:07,000"


@dataclass(frozen=True)
class Cue:
    """A range of time.

    Parameters
    ----------
    line : int
        Where its times stand in the file, counted from 1.
    start, end : Fraction
        Seconds.
    text : str
        What is said, in one line.
    """

    line: int
    start: Fraction
    end: Fraction
    text: str = ""


def parse_subtitles(content: bytes, path: Path) -> list[Cue]:
    """Read a SubRip file.

    A byte order mark, any line ends, a comma or a point before the milliseconds, up to four digits
    of hours, missing cue numbers, styling tags and cues without a text are accepted.

    Parameters
    ----------
    content : bytes
    path : Path
        For messages.

    Returns
    -------
    list of Cue
        In the file's order.

    Raises
    ------
    BadFileError
        A block does not begin with its number and times; the message names the line.
    """
    cues: list[Cue] = []
    numbered = in_text = False
    for number, line in enumerate(_lines(content), start=1):
        if not line.strip():
            if numbered:
                raise _wrong(number, "a cue has no times", path)
            in_text = False
        elif in_text:
            said = " ".join(f"{cues[-1].text} {line}".split())
            cues[-1] = replace(cues[-1], text=said)
        elif (found := _TIMES.fullmatch(line)) is not None:
            parts = [int(part) for part in found.groups()[:8]]
            cues.append(Cue(number, _seconds(parts[:4]), _seconds(parts[4:])))
            numbered, in_text = False, True
        elif not numbered and _NUMBER.fullmatch(line):
            numbered = True
        else:
            raise _wrong(number, f"{line.strip()[:40]!r} are no times", path)
    if numbered:
        raise BadFileError("ends in the middle of a cue", path=path, hint="save it again")
    return cues


def format_subtitles(cues: Iterable[tuple[float, float, str]]) -> str:
    """Write cues of (start, end, text) as a SubRip file, in seconds."""
    blocks = (
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def _lines(content: bytes) -> list[str]:
    wide = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    # The texts may be in any encoding: times are the same in all of them.
    text = content.decode("utf-16" if content.startswith(wide) else "utf-8-sig", "replace")
    return re.split(r"\r\n|\n|\r", text)


def _seconds(parts: list[int]) -> Fraction:
    hours, minutes, seconds, milliseconds = parts
    return Fraction(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds, 1000)


def _wrong(line: int, what: str, path: Path) -> BadFileError:
    return BadFileError(f"line {line}: {what}", path=path, hint=EXPECTED)
