"""Which target frame plays under each output frame (paper, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from .activity import speech_gain
from .costs import target_costs
from .path import EASE, best_path

PLAY_SECONDS = 1.5
"""Least time between two turns, where the target is long enough."""


@dataclass(frozen=True)
class Retiming:
    """Source position in the target for each of the N output frames.

    Parameters
    ----------
    positions : ndarray of float64, shape (N,)
        Place in the target, in frames: 86.25 lies between frame 86 and frame 87, nearer to 86.
    joined : ndarray of int32, shape (N,), optional
        Any other frame that the one at a whole place is mixed with, where two pieces of the target
        are joined; -1 elsewhere.
    shares : ndarray of float64, shape (N,), optional
        How much of that other frame is shown, 0 to 0.5.
    """

    positions: NDArray[np.float64]
    joined: NDArray[np.int32] | None = None
    shares: NDArray[np.float64] | None = None

    @property
    def frames(self) -> NDArray[np.int32]:
        """The nearest target frame, int32 (N,)."""
        return np.asarray(np.floor(self.positions + 0.5), np.int32)

    @property
    def neighbours(self) -> NDArray[np.int32]:
        """The other frame that is shown: beyond a place between two, or joined; -1 elsewhere."""
        side = np.sign(self.positions - self.frames).astype(np.int32)
        beyond = np.where(side != 0, self.frames + side, np.int32(-1))
        return beyond if self.joined is None else np.where(self.joined >= 0, self.joined, beyond)

    @property
    def fractions(self) -> NDArray[np.float64]:
        """How much of the other frame is shown, 0 to 0.5, float64 (N,)."""
        apart = np.abs(self.positions - self.frames)
        if self.joined is None or self.shares is None:
            return apart
        return np.where(self.joined >= 0, self.shares, apart)

    @property
    def is_interpolated(self) -> NDArray[np.bool_]:
        """Where the picture lies between two target frames, bool (N,)."""
        return np.asarray(self.neighbours >= 0)


def retime(
    speech: NDArray[np.floating],
    velocity: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    starts: NDArray[np.bool_],
    rate: float,
    untouched: NDArray[np.bool_] | None = None,
) -> Retiming:
    """Lay the target under the speech so that the head rests in pauses and moves with speech.

    Playback may begin anywhere and turn anywhere, slowing down to do so; a frame in between may be
    held once (it is then shown half-way to the next).

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity of each output frame, 0 to 1.
    velocity : ndarray, shape (T, 2)
        Motion of the target's head since the frame before, in inter-ocular distances; see
        `audio2video.retiming.activity.head_velocity`.
    blink, usable : ndarray of bool, shape (T,)
    starts : ndarray of bool, shape (T,)
        Where an unbroken stretch starts.
    rate : float
        Frames per second.
    untouched : ndarray of bool, shape (T,), optional
        Frames that compositing leaves as they are: avoided where there is other footage, and played
        in their own place where there is none that lasts.

    Returns
    -------
    Retiming

    Raises
    ------
    ValueError
        One of them is empty.
    """
    wanted, available = len(speech), len(velocity)
    if not (wanted and available):
        raise ValueError("speech and target must have at least one frame")
    if available < 3:
        return ping_pong(wanted, available)
    if untouched is not None and not _lasts(~untouched, starts, rate):
        untouched = None
    costs = target_costs(velocity, blink, usable, starts, rate, untouched)
    lock = min(round(PLAY_SECONDS * rate), available - 3)
    gain = speech_gain(speech, rate).astype(np.float32)
    return Retiming(best_path(gain, costs, lock))


def _lasts(good: NDArray[np.bool_], starts: NDArray[np.bool_], rate: float) -> bool:
    """Whether good frames last for long enough somewhere to be played to and fro.

    Between two turns lies a time; in a shorter stretch the bad frames around it would come and go.
    """
    longest = run = 0
    for one, first in zip(good, starts, strict=True):
        run = (1 if first else run + 1) if one else 0
        longest = max(longest, run)
    return longest >= round(PLAY_SECONDS * rate) + EASE


def ping_pong(wanted: int, available: int) -> Retiming:
    """Play the target forward and, where it is too short, back and forth, easing the turns.

    Parameters
    ----------
    wanted, available : int
        Frames of the output and of the target, at least 1 each.

    Returns
    -------
    Retiming
    """
    last = available - 1
    if last == 0:
        return Retiming(np.zeros(wanted))
    there, back = list(range(1, last)), list(range(last - 1, 0, -1))
    # Of two frames, there is only half-way between the turns.
    ease = 0.25 if last > 1 else 0.5
    end, begin = [last - ease, last, last - ease], [ease, 0, ease]
    to_and_fro = [*there, *end, *back, *begin] if last > 1 else [*end, 0]
    # The first frame is shown before the first cycle, which ends just before its second frame.
    return Retiming(np.array([0, *islice(cycle(to_and_fro), wanted - 1)], float))
