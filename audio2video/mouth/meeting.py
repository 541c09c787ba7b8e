"""Lips that meet: landmark models leave a gap between closed ones, and passes learned it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..face.layout import LOWER_INNER_LIP, UPPER_INNER_LIP, mouth_width

GAP = 0.07
"""Opening that landmarks of lips that meet in speech have, in closed-mouth widths."""

FREE = 3.0
"""Multiple of the gap from which on an opening is taken as it is."""

LOWER_SHARE = 0.8
"""How much of the way the lower lip makes."""

_COLUMN = {1: 0, 2: 0, 3: 1, 4: 2, 5: 2, 7: 2, 8: 2, 9: 1, 10: 0, 11: 0}
"""For each outer lip point but the corners, the pair of inner ones that it goes with."""


def meet_lips(shapes: NDArray[np.floating], reference: NDArray[np.floating]) -> F64:
    """Close the gap that landmarks leave between lips that meet.

    An opening up to `GAP` is closed, one beyond `FREE` of these stays, and those between keep their
    order.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
        y down, upright.
    reference : ndarray, shape (20, 2)
        The same face's closed mouth.

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
    """
    met = np.array(shapes, np.float64)
    upper, lower = list(UPPER_INNER_LIP), list(LOWER_INNER_LIP)
    gap = GAP * mouth_width(reference)
    own = reference[lower, 1] - reference[upper, 1]
    opening = met[:, lower, 1] - met[:, upper, 1] - own
    closed = np.clip((opening - gap) * FREE / (FREE - 1), 0.0, None)
    less = np.where(opening > 0, np.maximum(opening - closed, 0.0), 0.0)
    met[:, lower, 1] -= LOWER_SHARE * less
    met[:, upper, 1] += (1 - LOWER_SHARE) * less
    for point, column in _COLUMN.items():
        met[:, point, 1] += (1 - LOWER_SHARE if point < 6 else -LOWER_SHARE) * less[:, column]
    return met
