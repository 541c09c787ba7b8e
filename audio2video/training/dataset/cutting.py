"""Selection of usable stretches of a recording, and their division into fragments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...face.smoothing import unbroken_stretches
from ...face.track import FaceTrack
from ...face.tracking import DETECT_EVERY

MIN_SECONDS, MAX_SECONDS = 3.0, 10.0
"""Length of a fragment of a long recording."""

PAUSE_SECONDS = 2.0
"""Silence that is longer is cut out, but for `KEPT_SILENCE` at both of its ends."""

KEPT_SILENCE = 0.5

MAX_YAW, MAX_PITCH = np.radians(30.0), np.radians(25.0)
"""A head turned further shows too little of one side of the mouth to learn from."""

GOOD, NO_FACE, TURNED, SEVERAL, SILENT = range(5)
REASONS = {
    NO_FACE: "no face",
    TURNED: "face turned away or small",
    SEVERAL: "several faces",
    SILENT: "silence",
}
TOO_SHORT = "too short"
NOT_SPEAKING = "lips and sound disagree"
OTHER_PERSON = "another person"
DAMAGED = "can't be decoded"


@dataclass
class Thrown:
    """Seconds of a recording that were discarded, by reason.

    Parameters
    ----------
    stretches : dict
        Number of stretches for each reason.
    seconds : dict
        Their seconds.
    """

    stretches: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, reason: str, seconds: float) -> None:
        """Count one more stretch."""
        self.stretches[reason] = self.stretches.get(reason, 0) + 1
        self.seconds[reason] = self.seconds.get(reason, 0.0) + seconds

    def __str__(self) -> str:
        parts = sorted(self.seconds.items(), key=lambda item: -item[1])
        return ", ".join(f"{why} {self.stretches[why]} ({s:.1f} s)" for why, s in parts)


def label_frames(
    track: FaceTrack,
    seen: NDArray[np.bool_],
    other_faces: NDArray[np.integer],
    activity: NDArray[np.floating],
    rate: Fraction,
) -> NDArray[np.int8]:
    """Label each frame as usable or with the reason against it.

    Parameters
    ----------
    track : FaceTrack
        Of T frames.
    seen : ndarray of bool, shape (T,)
        There is a face at all.
    rivals : ndarray of int, shape (T,)
        Further faces of comparable size. The detector looks only now and then, so frames around
        such a look are taken to be alike.
    activity : ndarray, shape (T,)
        1 where someone is heard speaking, 0 in silence.
    rate : Fraction
        Frames per second.

    Returns
    -------
    ndarray of int8, shape (T,)
        `GOOD`, `NO_FACE`, `TURNED`, `SEVERAL` or `SILENT`.
    """
    labels = np.full(len(track), GOOD, np.int8)
    long, kept = float(PAUSE_SECONDS * rate), round(KEPT_SILENCE * rate)
    for pause in unbroken_stretches(activity < 0.5):
        if pause.stop - pause.start > long:
            # At the very beginning and end there is no speech on the other side to lead into.
            first = pause.start + (kept if pause.start else 0)
            last = pause.stop - (kept if pause.stop < len(track) else 0)
            labels[first:last] = SILENT
    for frame in np.flatnonzero(other_faces):
        labels[max(frame - DETECT_EVERY + 1, 0) : frame + DETECT_EVERY] = SEVERAL
    turned = (np.abs(track.pose.yaw) > MAX_YAW) | (np.abs(track.pose.pitch) > MAX_PITCH)
    labels[turned | ~track.usable] = TURNED
    labels[~seen] = NO_FACE
    return labels


def cut_fragments(
    labels: NDArray[np.int8],
    borders: NDArray[np.bool_],
    activity: NDArray[np.floating],
    rate: Fraction,
    thrown: Thrown,
) -> list[slice]:
    """Cut usable stretches into fragments of 3 to 10 seconds.

    Parameters
    ----------
    labels : ndarray of int8, shape (T,)
        See `label_frames`.
    borders : ndarray of bool, shape (T,)
        True where no fragment may continue from the frame before: a shot or a sighting begins.
    activity : ndarray, shape (T,)
        Fragments that would be too long are parted where it is lowest.
    rate : Fraction
        Frames per second.
    thrown : Thrown
        What is left over is added here.

    Returns
    -------
    list of slice
        In order; they do not overlap.
    """
    for label, reason in REASONS.items():
        for stretch in unbroken_stretches(labels == label):
            thrown.add(reason, float((stretch.stop - stretch.start) / rate))
    fragments: list[slice] = []
    for stretch in unbroken_stretches(labels == GOOD, borders):
        if stretch.stop - stretch.start < MIN_SECONDS * rate:
            thrown.add(TOO_SHORT, float((stretch.stop - stretch.start) / rate))
        else:
            fragments.extend(_part(stretch, activity, rate))
    return fragments


def _part(stretch: slice, activity: NDArray[np.floating], rate: Fraction) -> Iterator[slice]:
    """Part a stretch at its most silent places, so that every piece is 3 to 10 seconds long."""
    least, most = int(np.ceil(MIN_SECONDS * rate)), int(MAX_SECONDS * rate)
    start = stretch.start
    while stretch.stop - start > most:
        first, last = start + least, min(start + most, stretch.stop - least)
        width = max(round(0.2 * rate), 1)
        smooth = np.convolve(activity[first : last + 1], np.ones(width) / width, "same")
        # The last of equally silent places: few and long fragments.
        cut = last - int(np.argmin(smooth[::-1].round(3)))
        yield slice(start, cut)
        start = cut
    yield slice(start, stretch.stop)


def cut_spans(
    activity: NDArray[np.floating], rate: Fraction, seconds: float, slack: float
) -> list[tuple[int, int]]:
    """Part a recording into spans that can be worked on by themselves.

    Parameters
    ----------
    activity : ndarray, shape (T,)
        1 where someone is heard speaking, 0 in silence.
    rate : Fraction
        Frames per second.
    seconds, slack : float
        Spans are this long, give or take the slack: they end in the middle of the longest silence
        there is.

    Returns
    -------
    list of (int, int)
        First frame and end of each span; together they cover everything.
    """
    frames = len(activity)
    usual, give = round(seconds * rate), round(slack * rate)
    spans: list[tuple[int, int]] = []
    start = 0
    while frames - start > usual + 2 * give:
        first = start + usual - give
        pauses = unbroken_stretches(activity[first : start + usual + give] < 0.5)
        longest = max(pauses, key=lambda p: p.stop - p.start, default=slice(give, give))
        end = first + (longest.start + longest.stop) // 2
        spans.append((start, end))
        start = end
    spans.append((start, frames))
    return spans
