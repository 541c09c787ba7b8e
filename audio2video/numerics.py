"""Small numerical functions that several algorithms share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._typing import F64

_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


def smoothstep(share: NDArray[np.floating]) -> F64:
    """Ease from 0 to 1 with a level start and end.

    Parameters
    ----------
    share : ndarray
        Values outside 0 to 1 count as the nearer of the two.

    Returns
    -------
    ndarray of float64
        3 s^2 - 2 s^3.
    """
    s = np.clip(np.asarray(share, np.float64), 0.0, 1.0)
    return np.asarray(s * s * (3.0 - 2.0 * s))


def peak_offset(before: float, peak: float, after: float) -> float:
    """Locate a peak between samples, by the parabola through the highest and its neighbours.

    Returns
    -------
    float
        Samples from the highest one to the parabola's vertex, -0.5 to 0.5; 0 if the three do not
        bend downwards.
    """
    bend = before - 2 * peak + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


def robust_deviation(deviations: NDArray[np.floating]) -> F64:
    """Estimate the standard deviation along the first axis, hardly moved by outliers.

    Parameters
    ----------
    deviations : ndarray, shape (N, ...)
        Distances from the centre.

    Returns
    -------
    ndarray of float64, shape (...)
        The median absolute deviation, scaled so that it equals a normal distribution's standard
        deviation.
    """
    return np.asarray(_NORMAL * np.median(np.abs(deviations), axis=0), np.float64)
