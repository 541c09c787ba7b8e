"""Ranges of a target that are dubbed: which frames they are, who speaks in them, and what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compositing.fading import edge_fade
from ..config.segments import Segment, clock
from ..errors import Audio2VideoError, BadFileError
from ..media.audio import AudioInfo, probe_audio
from ..media.mix import Voice
from ..media.video import VideoInfo
from ..speech.detector import RATE
from ..storage.files import file_hash

GAP_SECONDS = 0.6
"""Silence between ranges where they are heard one after the other: the mouth rests in pauses of
more than half a second, so that no range is heard as the continuation of another."""

MAX_OVER = Fraction(1, 10)
"""Seconds by which a sound may be longer than its range unnoticed: coders add a little."""


@dataclass(frozen=True)
class Spoken:
    """A range with the sound for it.

    Parameters
    ----------
    segment : Segment
    audio : Path
        What is heard.
    voice : Path
        What the lips follow.
    begin : Fraction
        Second of the video at which both begin; earlier than the range where they are tracks on
        the video's clock.
    """

    segment: Segment
    audio: Path
    voice: Path
    begin: Fraction


@dataclass(frozen=True)
class Part:
    """All that one person says in a video of T frames.

    The ranges are heard one after the other, with silence around each: steps 1 to 3 work on this
    short speech of F frames, of which M are asked for.

    Parameters
    ----------
    speaker : int or None
        The person's number; None for whoever speaks anyway.
    spoken : tuple of Spoken
        In ascending order.
    rate : Fraction
        Frames per second.
    total : int
        Frames of the video.
    """

    speaker: int | None
    spoken: tuple[Spoken, ...]
    rate: Fraction
    total: int

    @cached_property
    def runs(self) -> NDArray[np.int64]:
        """Successive frames that are asked for, first and behind the last; int (R, 2).

        A frame belongs to the range in which the middle of its time lies.
        """
        runs: list[list[int]] = []
        for one in self.spoken:
            first, last = (_frame(t, self.rate) for t in (one.segment.start, one.segment.end))
            last = min(last, self.total)
            if runs and first <= runs[-1][1]:
                runs[-1][1] = max(runs[-1][1], last)
            elif first < last:
                runs.append([first, last])
        return np.array(runs, np.int64).reshape(-1, 2)

    @property
    def gap(self) -> int:
        """Frames of silence around each run."""
        return round(GAP_SECONDS * self.rate)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First frame of each run in the short speech; int (R,)."""
        lengths = self.runs[:, 1] - self.runs[:, 0] + self.gap
        return self.gap + np.cumsum(np.concatenate([[0], lengths[:-1]]))

    @property
    def frames(self) -> int:
        """Frames of the short speech, F."""
        return int((self.runs[:, 1] - self.runs[:, 0] + self.gap).sum()) + self.gap

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Frame of the video for each one that is asked for; int (M,)."""
        return np.concatenate([np.arange(first, last) for first, last in self.runs])

    @cached_property
    def asked(self) -> NDArray[np.bool_]:
        """Which frames of the short speech are asked for; bool (F,)."""
        asked = np.zeros(self.frames, bool)
        for start, (first, last) in zip(self.starts, self.runs, strict=True):
            asked[start : start + last - first] = True
        return asked

    @cached_property
    def fades(self) -> NDArray[np.float64]:
        """How far each frame that is asked for is the new one, and not the video's own; (M,)."""
        return np.concatenate(
            [
                edge_fade(int(last - first), self.rate, before=first > 0, after=last < self.total)
                for first, last in self.runs
            ]
        )

    def delay(self, start: Fraction) -> Fraction:
        """How much later than in the video a moment of a range is heard in the short speech."""
        run = int(np.searchsorted(self.runs[:, 0], _frame(start, self.rate), side="right")) - 1
        return Fraction(int(self.starts[run] - self.runs[run, 0])) / self.rate

    def unheard(self, presence: NDArray[np.bool_]) -> list[Spoken]:
        """Find the ranges in which nobody is heard to speak.

        Parameters
        ----------
        presence : ndarray of bool
            When someone speaks in the short speech, at `audio2video.speech.detector.RATE`.
        """
        silent = []
        for one in self.spoken:
            delay = self.delay(one.segment.start)
            times = (one.segment.start + delay, one.segment.end + delay)
            first, last = (round(time * RATE) for time in times)
            if not presence[first : last + 1].any():
                silent.append(one)
        return silent

    def facts(self) -> list[dict[str, Any]]:
        """Tell what the speech of this part depends on, as JSON values."""
        return [
            {
                "start": str(one.segment.start),
                "end": str(one.segment.end),
                "begin": str(one.begin),
                "voice": file_hash(one.voice),
            }
            for one in self.spoken
        ]


@dataclass(frozen=True)
class SegmentPlan:
    """All ranges of a video that are dubbed.

    Parameters
    ----------
    parts : tuple of Part
        One for each speaker, in the order in which they first speak.
    """

    parts: tuple[Part, ...]

    @property
    def spoken(self) -> list[Spoken]:
        """Every range, in ascending order."""
        every = [one for part in self.parts for one in part.spoken]
        return sorted(every, key=lambda one: one.segment.start)

    @property
    def audio(self) -> list[Path]:
        """The files that are heard, each once."""
        return list(dict.fromkeys(one.audio for one in self.spoken))

    @property
    def asked(self) -> int:
        """Frames of the video that are asked for."""
        return len(np.unique(np.concatenate([part.places for part in self.parts])))

    def voices(self) -> list[Voice]:
        """Give what is laid over the video's own sound: each track once, whatever its ranges."""
        heard: dict[tuple[Path, Fraction], list[tuple[Fraction, Fraction]]] = {}
        for one in self.spoken:
            ranges = heard.setdefault((one.audio, one.begin), [])
            ranges.append((one.segment.start, one.segment.end))
        return [Voice(path, begin, tuple(ranges)) for (path, begin), ranges in heard.items()]

    def facts(self) -> list[dict[str, Any]]:
        """Every range, its speaker and its sound, as JSON values."""
        return [
            {
                "start": round(float(one.segment.start), 6),
                "end": round(float(one.segment.end), 6),
                "speaker": one.segment.speaker,
                "speech": {"name": one.audio.name, "sha256": file_hash(one.audio)},
            }
            for one in self.spoken
        ]


def plan_segments(
    segments: Sequence[Segment],
    path: Path,
    video: VideoInfo,
    track: Callable[[], tuple[AudioInfo, AudioInfo]],
    *,
    cut: bool = False,
) -> SegmentPlan:
    """Find the sound of each range, and check that it fits.

    Parameters
    ----------
    segments : sequence of Segment
        In ascending order.
    path : Path
        The file that they are from, for messages.
    video : VideoInfo
    track : callable
        Gives speech and voice on the video's clock, for ranges without a sound of their own.
    cut : bool
        Whether a sound that is longer than its range is cut.

    Raises
    ------
    MissingFileError, BadFileError
        A sound is missing or can't be read.
    BadFileError
        A range ends behind the video, or its sound does not fit. The message names the range.
    """
    speakers: dict[int | None, list[Spoken]] = {}
    for one in segments:
        try:
            spoken = _with_sound(one, video, track, cut=cut)
        except Audio2VideoError as error:
            where = "" if error.path is None else f"{error.path}: "
            raise type(error)(
                f"{one.place}: {where}{error.problem}", path=path, hint=error.hint
            ) from error
        speakers.setdefault(one.speaker, []).append(spoken)
    parts = [
        Part(speaker, tuple(spoken), video.rate, video.frames)
        for speaker, spoken in speakers.items()
    ]
    return SegmentPlan(tuple(parts))


def _with_sound(
    segment: Segment,
    video: VideoInfo,
    track: Callable[[], tuple[AudioInfo, AudioInfo]],
    *,
    cut: bool,
) -> Spoken:
    if segment.end > video.duration + 1 / video.rate:
        raise BadFileError(
            f"the range {segment.times} ends behind {video.path.name}, which lasts "
            f"{clock(video.duration)}"
        )
    if _frame(segment.start, video.rate) >= _frame(segment.end, video.rate):
        raise BadFileError(f"there is no frame in the range {segment.times}")
    if segment.audio is None:
        speech, voice = track()
        for one in (speech, voice):
            if one.duration <= segment.start:
                raise BadFileError(
                    f"{one.path.name} is over at {clock(one.duration)}, before the range "
                    f"{segment.times} begins",
                    hint="it must be on the video's clock, from its beginning on",
                )
        return Spoken(segment, speech.path, voice.path, Fraction(0))
    sound, room = probe_audio(segment.audio), segment.end - segment.start
    if sound.duration > room + MAX_OVER and not cut:
        raise BadFileError(
            f"{sound.path.name} is {float(sound.duration):.2f} s long, the range {segment.times} "
            f"only {float(room):.2f} s",
            hint="shorten it or the pauses in it, or leave out its end with --fit cut",
        )
    return Spoken(segment, segment.audio, segment.audio, segment.start)


def _frame(seconds: Fraction, rate: Fraction) -> int:
    """First frame whose middle is not before a moment."""
    return -int((Fraction(1, 2) - seconds * rate) // 1)
