"""The radial function that spreads displacements of single points smoothly over a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def wendland(
    places: NDArray[np.floating], centres: NDArray[np.floating], reach: float
) -> NDArray[np.float64]:
    """Evaluate a compactly supported, twice differentiable function (Wendland 1995, C2 in 3-D).

    Parameters
    ----------
    places, centres : ndarray, shape (N, 2), (K, 2)
    reach : float
        Distance at which it has died away, in their unit.

    Returns
    -------
    ndarray of float64, shape (N, K)
        1 at a centre, 0 from `reach` on.
    """
    # In place, with the places along the rows: this is done for many places in every frame.
    x, y = (
        np.subtract.outer(
            *(np.asarray(points[:, axis], np.float64) / reach for points in (centres, places))
        )
        for axis in range(2)
    )
    x *= x
    y *= y
    x += y
    r = np.minimum(np.sqrt(x, out=x), 1.0, out=x)
    near = np.subtract(1.0, r, out=y)
    near *= near
    near *= near
    r *= 4.0
    r += 1.0
    r *= near
    return np.asarray(r.T, np.float64)
