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
    r = np.minimum(np.linalg.norm(places[:, None] - centres[None], axis=-1) / reach, 1.0)
    return np.asarray((1 - r) ** 4 * (4 * r + 1), np.float64)
