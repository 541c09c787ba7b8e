"""The smooth surface of the lower face, and where a line of sight meets it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..runtime.kernels import kernel
from .head import generic_head
from .layout import JAW, MOUTH, NOSE

# Where the surface is fitted; beyond, it goes on level.
_X_RANGE = (-1.1, 1.1)
_Y_RANGE = (0.3, 2.1)

_ITERATIONS = 8
_ENOUGH = 1e-10
_LEAST = 0.25


@lru_cache(maxsize=1)
def _surface_coefficients() -> NDArray[np.float64]:
    head = generic_head()
    chosen = np.r_[np.arange(JAW.start + 2, JAW.stop - 2), np.arange(NOSE.start + 4, MOUTH.stop)]
    chosen = chosen[(chosen < 36) | (chosen >= 48)]
    points = head[chosen]
    terms = _surface_terms(points[:, 0], points[:, 1])
    solution, *_ = np.linalg.lstsq(terms, points[:, 2], rcond=None)
    return np.asarray(solution)


def _surface_terms(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    x2 = x * x
    return np.stack([np.ones_like(x), x2, x2 * x2, y, y * y, x2 * y], axis=-1)


def surface_depth(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    """Depth of the lower face's smooth surface (no nose, no lips standing out).

    Parameters
    ----------
    x, y : ndarray, shape (...)
        Rectified coordinates, in inter-ocular distances.

    Returns
    -------
    ndarray, shape (...)
        z, away from the camera, in inter-ocular distances. Constant outside the face.
    """
    terms = _surface_terms(np.clip(x, *_X_RANGE), np.clip(y, *_Y_RANGE))
    return terms @ _surface_coefficients()


def surface_slope(
    x: NDArray[np.floating], y: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Differentiate `surface_depth` by x and by y; both results have shape (...)."""
    _, x2, x4, y1, y2, x2y = _surface_coefficients()
    by_x = 2 * x * (x2 + 2 * x4 * x * x + x2y * y)
    by_y = y1 + 2 * y2 * y + x2y * x * x
    inside_x = (x > _X_RANGE[0]) & (x < _X_RANGE[1])
    inside_y = (y > _Y_RANGE[0]) & (y < _Y_RANGE[1])
    return np.where(inside_x, by_x, 0.0), np.where(inside_y, by_y, 0.0)


def intersect_surface(
    flat: NDArray[np.floating], lean: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Solve ``q + lean * depth(q) = flat``: where lines of sight meet the surface.

    Newton's method. The Jacobian is the identity plus an outer product, so its inverse is one too
    (Sherman and Morrison); it is kept away from zero, where the surface turns out of sight.

    Parameters
    ----------
    flat : ndarray, shape (T, N, 2)
        Where the lines meet the plane z = 0, in inter-ocular distances.
    lean : ndarray, shape (T, 2)
        How far the lines of each frame go aside for each step into the depth.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
        Rectified (x, y).

    Raises
    ------
    ValueError
        The shapes do not fit each other.
    """
    if flat.ndim != 3 or flat.shape[2] != 2 or lean.shape != (len(flat), 2):
        raise ValueError(f"flat must be (T, N, 2) and lean (T, 2), not {flat.shape}, {lean.shape}")
    points = np.array(flat, np.float64)
    _meet(points, np.asarray(lean, np.float64), _surface_coefficients(), *_X_RANGE, *_Y_RANGE)
    return points


@kernel()
def _meet(
    points: NDArray[np.float64],
    lean: NDArray[np.float64],
    terms: NDArray[np.float64],
    left: float,
    right: float,
    top: float,
    bottom: float,
) -> None:
    """Replace each point by its solution."""
    c0, x2, x4, y1, y2, x2y = terms[0], terms[1], terms[2], terms[3], terms[4], terms[5]
    for t in range(points.shape[0]):
        a, b = lean[t, 0], lean[t, 1]
        for n in range(points.shape[1]):
            flat_x, flat_y = points[t, n, 0], points[t, n, 1]
            x, y = flat_x, flat_y
            for step in range(_ITERATIONS + 1):
                u, v = min(max(x, left), right), min(max(y, top), bottom)
                depth = c0 + u * u * (x2 + x4 * u * u + x2y * v) + v * (y1 + y2 * v)
                error_x, error_y = x + a * depth - flat_x, y + b * depth - flat_y
                if step == 0:
                    # The first step takes the surface for level.
                    x, y = x - error_x, y - error_y
                    continue
                if abs(error_x) + abs(error_y) < _ENOUGH:
                    break
                slope_x = 2 * u * (x2 + 2 * x4 * u * u + x2y * v) if left < x < right else 0.0
                slope_y = y1 + 2 * y2 * v + x2y * u * u if top < y < bottom else 0.0
                determinant = max(1 + a * slope_x + b * slope_y, _LEAST)
                pull = (slope_x * error_x + slope_y * error_y) / determinant
                x, y = x - error_x + a * pull, y - error_y + b * pull
            points[t, n, 0], points[t, n, 1] = x, y
