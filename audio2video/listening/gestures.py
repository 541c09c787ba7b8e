"""Nods, blinks and smiles in the motion of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .._typing import F64, I64, Mask
from .motion import EYES, OPENING, PITCH, SMILE, FaceMotion

LEAST_NOD = 1.5
"""Degrees by which the head goes down and comes up again in the smallest nod that is seen."""

NOD_SECONDS = (0.2, 1.2)
"""Bounds of the time that a nod takes, from before its way down to after its way up."""

_SMOOTH = 0.05
"""Seconds over which the pitch is smoothed before its turns are looked for."""

BLINK = 0.6
"""Share of the usual opening of the eyes below which they are shut."""

SMILE_SECONDS = 0.4
"""A shorter one is part of a word."""

_RAISED = 0.06
"""Inter-ocular distances by which a smile widens the mouth and raises its corners."""


@dataclass(frozen=True)
class Nod:
    """A head that goes down and comes up again.

    Parameters
    ----------
    first, bottom, last : int
        Frames before the way down, at its end, and after the way up.
    degrees : float
        How far down, the lesser of the two ways.
    """

    first: int
    bottom: int
    last: int
    degrees: float


def find_nods(motion: FaceMotion, least: float = LEAST_NOD) -> list[Nod]:
    """Find all nods of a face.

    Parameters
    ----------
    motion : FaceMotion
    least : float
        Degrees of the smallest one.

    Returns
    -------
    list of Nod
        In ascending order.
    """
    if len(motion) < 3:
        return []
    pitch = gaussian_filter1d(motion.values[:, PITCH], _SMOOTH * motion.rate, mode="nearest")
    turns = _turns(pitch)
    shortest, longest = (seconds * motion.rate for seconds in NOD_SECONDS)
    nods = []
    for before, bottom, after in zip(turns, turns[1:], turns[2:], strict=False):
        down, up = pitch[bottom] - pitch[before], pitch[bottom] - pitch[after]
        if min(down, up) < least or not motion.seen[before : after + 1].all():
            continue
        # A head that waits before it goes down, or after it came up, has no part in the nod.
        first = _last_before(pitch, before, bottom, pitch[before] + 0.1 * down)
        last = _first_after(pitch, bottom, after, pitch[after] + 0.1 * up)
        if shortest <= last - first <= longest:
            nods.append(Nod(first, int(bottom), last, float(min(down, up))))
    return nods


def _turns(pitch: F64) -> I64:
    """Frames in which the pitch turns, and both ends."""
    ways = np.sign(np.diff(pitch))
    for k in range(1, len(ways)):
        if ways[k] == 0:
            ways[k] = ways[k - 1]
    inner = np.flatnonzero(np.diff(ways) != 0) + 1
    return np.asarray(np.concatenate([[0], inner, [len(pitch) - 1]]), np.int64)


def _last_before(pitch: F64, first: int, last: int, level: float) -> int:
    below = np.flatnonzero(pitch[first : last + 1] <= level)
    return int(first + below[-1]) if len(below) else int(first)


def _first_after(pitch: F64, first: int, last: int, level: float) -> int:
    below = np.flatnonzero(pitch[first : last + 1] <= level)
    return int(first + below[0]) if len(below) else int(last)


def blink_starts(motion: FaceMotion) -> I64:
    """Give the frames in which the eyes shut, ascending."""
    shut = (motion.values[:, EYES] < BLINK) & motion.seen
    return np.flatnonzero(shut & ~np.concatenate([[False], shut[:-1]])).astype(np.int64)


def smiling(motion: FaceMotion, closed: float) -> Mask:
    """Tell where a face smiles with closed lips, bool (T,).

    Parameters
    ----------
    motion : FaceMotion
    closed : float
        Opening up to which lips count as closed.
    """
    shut = motion.values[:, OPENING] <= closed
    raised = motion.seen & shut & (motion.values[:, SMILE] > _RAISED)
    kept = np.zeros(len(motion), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], raised, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        kept[first:last] = last - first >= SMILE_SECONDS * motion.rate
    return kept


@dataclass(frozen=True)
class Habits:
    """How often a person does what listeners do.

    Parameters
    ----------
    nods : float
        Nods per second of footage.
    nod_degrees : float
        How far down a usual one goes; 0 without any.
    blinks : float
        Blinks per second.
    smiles : float
        Share of the time with a closed smile.
    """

    nods: float
    nod_degrees: float
    blinks: float
    smiles: float


def habits_of(motion: FaceMotion, closed: float) -> Habits:
    """Measure a person's habits; the parameters are those of `smiling`."""
    seconds = max(float(motion.seen.sum()) / motion.rate, 1e-6)
    nods = find_nods(motion)
    usual = float(np.median([nod.degrees for nod in nods])) if nods else 0.0
    return Habits(
        len(nods) / seconds,
        usual,
        len(blink_starts(motion)) / seconds,
        float(smiling(motion, closed).sum()) / motion.rate / seconds,
    )
