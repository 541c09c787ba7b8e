"""Ranges of a video that are to be dubbed, from an SRT or JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import BadFileError, MissingFileError
from ..storage.limits import MAX_TABLE_BYTES, read_limited
from .option import at_home
from .subtitles import parse_subtitles

MIN_SECONDS = Fraction(1, 5)
"""Shorter sounds and ranges hold no speech: a single phone takes longer."""

MAX_SEGMENTS = 10_000
MAX_TIME = 1e7
"""Seconds; no video lasts four months."""

MAX_SPEAKER = 1000

KNOWN = ("start", "end", "audio", "speaker", "text", "id")
"""Keys of an entry; what is said in it, and its name, are the user's own notes."""


@dataclass(frozen=True)
class Segment:
    """A range of a video in which somebody says something else.

    Parameters
    ----------
    start, end : Fraction
        Seconds of the video.
    audio : Path, optional
        What is said, from its beginning; by default the range of the speech, on the video's clock.
    speaker : int, optional
        Number of the person who says it; by default whoever speaks anyway.
    place : str
        Where the range stands in its file: 'line 12', 'entry 3'.
    """

    start: Fraction
    end: Fraction
    audio: Path | None
    speaker: int | None
    place: str

    @property
    def times(self) -> str:
        """The range, to be read."""
        return f"{clock(self.start)} to {clock(self.end)}"


def clock(seconds: Fraction) -> str:
    """Write a time as minutes and seconds, or as seconds alone within the first minute."""
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{minutes}:{float(rest):06.3f}" if minutes else f"{float(rest):.3f} s"


def read_segments(path: Path) -> tuple[Segment, ...]:
    """Read the ranges to dub.

    Parameters
    ----------
    path : Path
        SubRip (``.srt``); or JSON: a list of objects with ``start``, ``end`` (seconds), and where
        wanted ``audio`` (a path relative to the file's folder) and ``speaker`` (a number).

    Returns
    -------
    tuple of Segment
        In ascending order.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing or neither of the two; a range is empty or shorter than `MIN_SECONDS`,
        or overlaps another of the same speaker. The message names the line or entry.
    """
    try:
        content = read_limited(path, MAX_TABLE_BYTES, "split it")
    except MissingFileError as error:
        raise MissingFileError("segments file not found", path=path) from error
    suffix = path.suffix.lower()
    if suffix == ".json":
        segments = _from_json(content, path)
    elif suffix == ".srt":
        segments = [
            Segment(cue.start, cue.end, None, None, f"line {cue.line}")
            for cue in parse_subtitles(content, path)
        ]
    else:
        raise BadFileError(
            "segments must be SRT or JSON", path=path, hint="end it in .srt or .json"
        )
    if not segments:
        raise BadFileError("no ranges of time in it", path=path)
    if len(segments) > MAX_SEGMENTS:
        raise BadFileError(f"more than {MAX_SEGMENTS:,} ranges", path=path, hint="split it")
    for one in segments:
        _check_range(one, path)
    ordered = sorted(segments, key=lambda one: (one.start, one.end))
    _refuse_overlaps(ordered, path)
    return tuple(ordered)


def _check_range(segment: Segment, path: Path) -> None:
    if segment.start < 0:
        raise BadFileError(f"{segment.place}: begins before the video", path=path)
    if segment.end <= segment.start:
        raise BadFileError(f"{segment.place}: ends before it begins ({segment.times})", path=path)
    if segment.end - segment.start < MIN_SECONDS:
        raise BadFileError(
            f"{segment.place}: only {float(segment.end - segment.start) * 1000:.0f} ms",
            path=path,
            hint=f"speech of at least {float(MIN_SECONDS) * 1000:.0f} ms is needed",
        )


def _refuse_overlaps(ordered: Sequence[Segment], path: Path) -> None:
    latest: dict[int | None, Segment] = {}
    for one in ordered:
        before = latest.get(one.speaker)
        if before is not None and one.start < before.end:
            raise BadFileError(
                f"{one.place}: begins at {clock(one.start)}, before the range of {before.place} "
                f"ends at {clock(before.end)}",
                path=path,
                hint="nobody says two things at once; for two people give each a speaker (JSON)",
            )
        if before is None or one.end > before.end:
            latest[one.speaker] = one


def _from_json(content: bytes, path: Path) -> list[Segment]:
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"not valid JSON ({error})", path=path) from error
    if isinstance(entries, dict) and set(entries) == {"segments"}:
        entries = entries["segments"]
    if not isinstance(entries, list):
        raise BadFileError(
            "not a list of ranges", path=path, hint='write [{"start": 3, "end": 7}, ...]'
        )
    return [_entry(entry, f"entry {k}", path) for k, entry in enumerate(entries, start=1)]


def _entry(entry: Any, place: str, path: Path) -> Segment:
    if not isinstance(entry, dict):
        raise BadFileError(f'{place}: no object such as {{"start": 3, "end": 7}}', path=path)
    unknown = [key for key in entry if key not in KNOWN]
    if unknown:
        raise BadFileError(
            f"{place}: unknown key {unknown[0]!r}", path=path, hint=f"known are {', '.join(KNOWN)}"
        )
    audio, speaker = entry.get("audio"), entry.get("speaker")
    if audio is not None and (not isinstance(audio, str) or not audio or "\0" in audio):
        raise BadFileError(f"{place}: audio must be the path of a file", path=path)
    whole = isinstance(speaker, int) and not isinstance(speaker, bool)
    if speaker is not None and not (whole and 1 <= speaker <= MAX_SPEAKER):
        raise BadFileError(
            f"{place}: speaker must be a number from 1 to {MAX_SPEAKER}",
            path=path,
            hint="'audio2video faces VIDEO' gives it",
        )
    return Segment(
        _time(entry, "start", place, path),
        _time(entry, "end", place, path),
        None if audio is None else path.parent / at_home(audio),
        speaker,
        place,
    )


def _time(entry: Mapping[str, Any], key: str, place: str, path: Path) -> Fraction:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadFileError(f"{place}: {key} must be a number of seconds, not {value!r}", path=path)
    if not abs(value) <= MAX_TIME:  # false for NaN as well
        raise BadFileError(f"{place}: {key} is out of bounds", path=path)
    # To the microsecond: a number such as 0.1 is not exact in binary.
    return Fraction(round(Fraction(value) * 1_000_000), 1_000_000)
