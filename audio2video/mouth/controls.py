"""Weights of jaw and lip controls, 0 to 1, by the names that face rigs share (ARKit)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from .lip_measures import lip_measures

CONTROLS = (
    *("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"),
    *("mouthStretchLeft", "mouthStretchRight", "mouthUpperUp", "mouthLowerDown"),
    *("mouthRollUpper", "mouthRollLower"),
)

JAW, NARROW, APART, STRETCH, LIFT, THIN = 0.45, 0.25, 0.15, 0.12, 0.12, 0.08
"""What counts as the whole of a motion, in closed-mouth widths: drop of the lower lip's outer edge,
loss of width, opening, way of a corner, way of the upper lip's edge, loss of a lip's thickness."""


def control_weights(shapes: NDArray[np.floating], reference: NDArray[np.floating]) -> F64:
    """Find jaw and lip controls for mouth shapes.

    Of the measures of `lip_measures`: ``d`` = drop + lower_lip is how far the lower lip's outer
    edge drops, ``o`` = (rise + drop) / APART how far the lips are apart, ``n`` = -(left + right) /
    NARROW how much narrower the mouth is, ``t`` = -lower_lip / THIN how much thinner the lower lip.
    Each, and each weight, is kept within 0 and 1.

    ==================  ======================================================================
    jawOpen             d / JAW
    mouthClose          (d - rise - drop) / JAW: lips that stay together as the jaw drops
    mouthFunnel         n * o
    mouthPucker         n * (1 - o)
    mouthStretchLeft    left / STRETCH, of the person
    mouthStretchRight   right / STRETCH
    mouthUpperUp        rise / LIFT
    mouthLowerDown      t * o: the inner edge is lower than the jaw takes it
    mouthRollUpper      -upper_lip / THIN * (1 - o)
    mouthRollLower      t * (1 - o)
    ==================  ======================================================================

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
        y down, upright.
    reference : ndarray, shape (20, 2)
        The same face's closed mouth.

    Returns
    -------
    ndarray of float64, shape (T, 10)
        In the order of `CONTROLS`.
    """
    rise, drop, left, right, upper_lip, lower_lip = lip_measures(shapes, reference).T

    def share(value: F64, whole: float) -> F64:
        return np.asarray(np.clip(value / whole, 0.0, 1.0), np.float64)

    jaw, apart = drop + lower_lip, share(rise + drop, APART)
    narrow, thin = share(-(left + right), NARROW), share(-lower_lip, THIN)
    return np.stack(
        [
            share(jaw, JAW),
            share(np.maximum(jaw, 0.0) - np.maximum(rise + drop, 0.0), JAW),
            narrow * apart,
            narrow * (1 - apart),
            share(left, STRETCH),
            share(right, STRETCH),
            share(rise, LIFT),
            thin * apart,
            share(-upper_lip, THIN) * (1 - apart),
            thin * (1 - apart),
        ],
        axis=1,
    )
