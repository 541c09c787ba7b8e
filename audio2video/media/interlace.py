"""Removing the comb that interlaced pictures show where something moves."""

from __future__ import annotations

import cv2
import numpy as np

from .._typing import U8

_COMB = 10  # levels by which a line of the other moment must stand out from both its neighbours
_WIDEN = np.ones((1, 5), np.uint8)  # a comb is wider than where it stands out


def deinterlaced(plane: U8) -> U8:
    """Make the lower field of a plane agree with the upper one, where they show other moments.

    Lines of the upper field stay. A pixel between them is replaced by their mean where it stands
    out from both and is more like the next lines of its own field: that is a comb, while a thin
    line that does not move looks like neither. It needs no other frame, so that frames can be read
    in any order.

    Parameters
    ----------
    plane : np.ndarray [shape=(H, W), dtype=uint8]
        Luma or chroma, both fields woven together.

    Returns
    -------
    np.ndarray [shape=(H, W), dtype=uint8]
        A new plane.
    """
    upper, lower = plane[::2], plane[1::2]
    below = np.concatenate([upper[1:], upper[-1:]])[: len(lower)]
    above = upper[: len(lower)]
    if len(lower) < 2:
        return np.array(plane)
    out = np.minimum(cv2.subtract(lower, above), cv2.subtract(lower, below))
    out = np.maximum(out, np.minimum(cv2.subtract(above, lower), cv2.subtract(below, lower)))
    before, after = np.roll(lower, 1, axis=0), np.roll(lower, -1, axis=0)
    before[0], after[-1] = lower[1], lower[-2]
    own = np.minimum(cv2.absdiff(lower, before), cv2.absdiff(lower, after))
    comb = ((out > _COMB) & (own < out)).astype(np.uint8)
    comb = cv2.dilate(comb, _WIDEN)
    mean = cv2.addWeighted(above, 0.5, below, 0.5, 0)
    made = np.array(plane)
    made[1::2] = np.where(comb > 0, mean, lower)
    return made
