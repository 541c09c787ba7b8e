"""What lips show, in a few numbers: how far they open, how wide, how full."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..face.layout import LOWER_INNER_LIP, MOUTH_CORNERS, UPPER_INNER_LIP, mouth_width

UPPER_OUTER_LIP, LOWER_OUTER_LIP = (2, 3, 4), (10, 9, 8)
"""Middle points of the outer lips, above and below `UPPER_INNER_LIP` and `LOWER_INNER_LIP`."""

MEASURES = ("rise", "drop", "left", "right", "upper_lip", "lower_lip")
"""Changes to the closed mouth: the upper inner lip up, the lower one down, the corners outwards
(the person's left and right), and the thickness of both lips."""


def lip_measures(shapes: NDArray[np.floating], reference: NDArray[np.floating]) -> F64:
    """Measure mouth shapes against the same face's closed mouth.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
        y down, upright.
    reference : ndarray, shape (20, 2)

    Returns
    -------
    ndarray of float64, shape (T, 6)
        `MEASURES`, in closed-mouth widths.
    """
    change = (np.asarray(shapes, np.float64) - reference) / mouth_width(reference)
    x, y = change[..., 0], change[..., 1]
    upper, lower, above, below = (
        y[:, points].mean(axis=1)
        for points in (UPPER_INNER_LIP, LOWER_INNER_LIP, UPPER_OUTER_LIP, LOWER_OUTER_LIP)
    )
    # The person's right is the picture's left.
    right, left = MOUTH_CORNERS
    return np.stack([-upper, lower, x[:, left], -x[:, right], upper - above, below - lower], axis=1)
