"""How a result fades into frames that stay as they are, and back."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..numerics import smoothstep

MAX_COVERED = 0.35
"""Share of the lips that may be covered: behind more, the frame's own mouth looks better."""

FADE = 0.12
"""Seconds over which the result fades into the frame's own mouth and back: 3 frames at 25."""


def covering_fade(shares: NDArray[np.floating], rate: Fraction | float) -> NDArray[np.float64]:
    """How much of the result is shown in each frame, where something covers the mouth.

    Parameters
    ----------
    shares : ndarray, shape (N,)
        Share of the lips that is covered, frame by frame of the result.
    rate : Fraction or float
        Frames per second.

    Returns
    -------
    ndarray of float64, shape (N,)
        0 where the frame is to pass through, 1 where nothing is in the way; in between it rises
        and falls within `FADE`. A single frame that differs from both its neighbours follows them,
        and moments too short to fade in and out again are passed through.
    """
    shares = np.asarray(shares, np.float64)
    if not len(shares):
        return np.zeros(0)
    around = np.pad(shares, 1, mode="edge")
    steady = np.median([around[:-2], around[1:-1], around[2:]], axis=0)
    blocked = steady > MAX_COVERED
    steps = max(1, round(FADE * float(rate)))
    times = np.flatnonzero(blocked)
    if not len(times):
        return np.ones(len(shares))
    for before, after in pairwise(times.tolist()):
        if after - before <= 2 * steps:
            blocked[before:after] = True
    times = np.flatnonzero(blocked)
    place = np.searchsorted(times, np.arange(len(shares)))
    later = times[np.minimum(place, len(times) - 1)]
    earlier = times[np.maximum(place - 1, 0)]
    frames = np.arange(len(shares))
    distance = np.minimum(np.abs(later - frames), np.abs(frames - earlier))
    return smoothstep(distance / (steps + 1))


def edge_fade(
    frames: int, rate: Fraction | float, *, before: bool, after: bool
) -> NDArray[np.float64]:
    """How much of the result is shown in successive frames between others that stay as they are.

    Parameters
    ----------
    frames : int
    rate : Fraction or float
        Frames per second.
    before, after : bool
        Whether there are such frames before and after these.

    Returns
    -------
    ndarray of float64, shape (frames,)
        More than 0 everywhere; within `FADE` of an end it rises or falls.
    """
    steps = max(1, round(FADE * float(rate)))
    places = np.arange(frames, dtype=np.float64)
    rise = places + 1 if before else np.full(frames, np.inf)
    fall = frames - places if after else np.full(frames, np.inf)
    return smoothstep(np.minimum(rise, fall) / (steps + 1))
