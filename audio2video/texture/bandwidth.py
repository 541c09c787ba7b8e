"""How fast the weight of candidates falls with their distance (paper, section 3.2)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

NEGLIGIBLE = 45.0
"""In units of 2 sigma^2: frames as far as this weigh 3e-20 of the nearest one."""


def solve_bandwidth(near: NDArray[np.floating], far: NDArray[np.floating], alpha: float) -> float:
    """Find 2 sigma^2 such that the nearest frames carry a share of all weight.

    Parameters
    ----------
    near : ndarray, shape (n,)
        Squared distances of the chosen frames, ascending.
    far : ndarray, shape (m,)
        Those of all others, none of which is smaller.
    alpha : float

    Returns
    -------
    float
        A third of the largest squared distance if all frames are chosen anyway; the largest itself
        if the share is met even then.
    """
    close = np.asarray(near, np.float64) - near[0]
    if len(far) == 0:
        # Nothing is left over to compare with: the farthest candidate hardly counts.
        return max(float(close[-1]), 1e-12) / 3.0
    away = np.asarray(far, np.float64) - near[0]
    widest = max(float(away.max()), 1e-12)
    allowed = (1.0 - alpha) / alpha

    def excess(width: float) -> float:
        """Logarithm of the remaining weight over its limit; increases with the bandwidth."""
        others = float(np.exp(-away / width).sum())
        return math.log(max(others / (allowed * float(np.exp(-close / width).sum())), 1e-300))

    if excess(widest) <= 0.0:
        return widest
    low, high = 1e-9 * widest, widest
    # Mostly the answer lies well below the farthest of the chosen, and most others weigh nothing.
    for width in (close[-1] / 8, close[-1] / 2):
        if low < width < high:
            if excess(width) > 0.0:
                high = float(width)
                break
            low = float(width)
    away = away[away < NEGLIGIBLE * high]
    return _root(excess, low, high)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Largest x, to 12 digits, with f(x) <= 0, for increasing f.

    The function is nearly a straight line over the reciprocal of its argument. So the line through
    the ends of the bracket is followed, but that of an end that stays is halved each time (the
    "Illinois" method).
    """
    at_low, at_high = rising(low), rising(high)
    if at_low > 0.0:
        return low
    side = 0
    for _ in range(100):
        if high - low <= 1e-12 * high:
            break
        share = at_low / (at_low - at_high)
        middle = 1.0 / (1.0 / low + share * (1.0 / high - 1.0 / low))
        if not low < middle < high:
            middle = math.sqrt(low * high)
        value = rising(middle)
        if value <= 0.0:
            low, at_low = middle, value
            at_high *= 0.5 if side == -1 else 1.0
            side = -1
            if value > -1e-13:
                break
        else:
            high, at_high = middle, value
            at_low *= 0.5 if side == 1 else 1.0
            side = 1
    return low
