"""Gestures of the footage, and which of them are seen again too soon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._typing import F64, I32
from .gestures import Nod, find_nods
from .motion import FaceMotion

REPEAT_SECONDS = 4.0
"""Within so much no gesture is shown again, forwards or backwards."""

TURN_SECONDS = 0.5
"""A head that turns back at its lowest passes the same frame twice within so much: in one nod."""


@dataclass(frozen=True)
class Repeat:
    """A gesture that is shown again too soon.

    Parameters
    ----------
    gesture : int
        Its number in the footage.
    first, again : int
        Frames of the result that show it.
    """

    gesture: int
    first: int
    again: int


def gesture_frames(motion: FaceMotion, slot: int) -> I32:
    """Tell the gestures of a footage apart, each in the frame that tells that it is shown.

    Gestures are nods; the frame is that in which the head is lowest. Those within one slot of each
    other, which are hardly ever seen alone, are one, told by the deepest.

    Parameters
    ----------
    motion : FaceMotion
        Of T frames.
    slot : int
        Frames that are chosen at once.

    Returns
    -------
    ndarray of int32, shape (T,)
        -1 in frames that show none.
    """
    found = np.full(len(motion), -1, np.int32)
    together: list[list[Nod]] = []
    for nod in find_nods(motion):
        if together and nod.bottom - together[-1][-1].bottom < slot:
            together[-1].append(nod)
        else:
            together.append([nod])
    for number, nods in enumerate(together):
        found[max(nods, key=lambda nod: nod.degrees).bottom] = number
    return found


def shown_again(gestures: I32, positions: F64, rate: float) -> list[Repeat]:
    """List the gestures that are shown again within `REPEAT_SECONDS`.

    Parameters
    ----------
    gestures : ndarray of int32, shape (T,)
        As `gesture_frames` numbers them.
    positions : ndarray of float64, shape (N,)
        Place in the footage of each frame of the result.
    rate : float
        Frames per second.

    Returns
    -------
    list of Repeat
        In ascending order of `again`.
    """
    seen: dict[int, int] = {}
    repeats = []
    shown = gestures[np.rint(positions).astype(int)]
    for frame in np.flatnonzero(shown >= 0).tolist():
        gesture = int(shown[frame])
        first = seen.get(gesture)
        if first is not None and frame - first < REPEAT_SECONDS * rate:
            leaps = np.abs(np.diff(positions[first : frame + 1])).max() > 1
            if leaps or frame - first > TURN_SECONDS * rate:
                repeats.append(Repeat(gesture, first, frame))
        seen[gesture] = frame
    return repeats
