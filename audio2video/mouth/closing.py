"""Lips that meet where the sound says so: at /p b m/.

A network predicts the mean of the mouths that could be behind a sound, and landmarks hardly ever
see lips meet: closures come out half open.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..face.layout import mouth_opening, opening_weights
from ..numerics import smoothstep
from .basis import ShapeBasis
from .resampling import at_times

LIKELY, CERTAIN = 0.0, 1.0
"""Log odds of /p b m/ from which on lips begin to close, and at which they meet."""

LEAD = 0.01
"""Seconds by which lips are ahead of the sound: they meet before it stops."""

RANGE, MET_SHARE = (2, 98), 0.13
"""Lips meet at this share of the opening's range, which lies between these percentiles. Landmarks
hardly ever read closed lips as closed: less closes hardly more of them, and costs correlation."""

MOST_MET = 0.07
"""Opening, in closed-mouth widths, over which lips never count as met."""


def closing_weight(evidence: NDArray[np.floating], rate: int, times: NDArray[np.floating]) -> F64:
    """Tell how far the lips close at some times, 0 to 1.

    Parameters
    ----------
    evidence : ndarray, shape (F,)
        Log odds of /p b m/.
    rate : int
        Its values per second.
    times : ndarray, shape (T,)
        Seconds of the video's frames.

    Returns
    -------
    ndarray of float64, shape (T,)
    """
    if not len(evidence):
        return np.zeros(len(times))
    weight = smoothstep((np.asarray(evidence, np.float64) - LIKELY) / (CERTAIN - LIKELY))
    return at_times(weight, Fraction(rate), np.asarray(times, np.float64) + LEAD)


def close_lips(
    shapes: NDArray[np.floating], weight: NDArray[np.floating], basis: ShapeBasis
) -> F64:
    """Take the opening out of mouth shapes, as far as a weight says.

    The jaw closes as it opens: all points move along with the opening as they do in the footage
    that the basis was fitted to.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
        Of a whole utterance, at rest in its pauses, relative to the closed mouth.
    weight : ndarray, shape (T,)
        1 where the lips meet.
    basis : ShapeBasis

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
    """
    opening = mouth_opening(shapes)
    over = np.maximum(opening - meeting_opening(opening), 0) * np.asarray(weight, np.float64)
    return np.asarray(shapes - over[:, None, None] * opening_direction(basis))


def meeting_opening(opening: NDArray[np.floating]) -> float:
    """Find the opening at which lips meet.

    Parameters
    ----------
    opening : ndarray, shape (T,)
        Of a whole utterance, in closed-mouth widths.

    Returns
    -------
    float
    """
    if not len(opening):
        return 0.0
    low, high = np.percentile(opening, RANGE)
    return float(np.clip(low + MET_SHARE * (high - low), 0.0, MOST_MET))


def opening_direction(basis: ShapeBasis) -> F64:
    """Find how the mouth moves for each unit of opening: the regression of all points on it.

    Parameters
    ----------
    basis : ShapeBasis

    Returns
    -------
    ndarray of float64, shape (20, 2)
        Its own opening is 1.
    """
    row = opening_weights().ravel()
    moved = (basis.variance * (basis.components @ row)) @ basis.components
    return np.asarray((moved / (moved @ row)).reshape(20, 2))
