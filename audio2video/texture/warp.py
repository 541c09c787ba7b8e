"""Carrying a candidate's lips onto the wanted lips by a smooth warp that holds the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..face.radial import wendland
from ..face.rectify import RectifiedGrid

REACH = 0.9
"""Distance from the lips, in inter-ocular distances, at which the warp has died away."""

STIFFNESS = 1e-3
"""Regularisation: small errors of single landmarks are not followed."""

CELL = 4
"""Displacements are computed at every fourth pixel and interpolated: they are smooth."""


def grid_shape(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the grid of nodes, `CELL` pixels apart, that covers a texture."""
    return -(-(height - 1) // CELL) + 1, -(-(width - 1) // CELL) + 1


def coarse_grid(space: RectifiedGrid) -> NDArray[np.float64]:
    """Rectified coordinates of the nodes that cover a texture, shape (rows, columns, 2)."""
    rows, columns = grid_shape(space.height, space.width)
    x = space.left + np.arange(columns) * CELL / space.resolution
    y = space.top + np.arange(rows) * CELL / space.resolution
    return np.stack(np.meshgrid(x, y), axis=-1)


def warp_weights(
    centres: NDArray[np.floating], places: NDArray[np.floating], reach: float = REACH
) -> NDArray[np.float64]:
    """Weights that spread displacements of some points smoothly over others.

    Parameters
    ----------
    centres : ndarray, shape (K, 2)
        Points whose displacement is known.
    places : ndarray, shape (N, 2)
        Points where it is asked for, in the same unit.
    reach : float
        Where it has died away, in the same unit.

    Returns
    -------
    ndarray of float64, shape (N, K)
        ``weights @ displacements`` is the displacement at the places.
    """
    gram = wendland(centres, centres, reach) + STIFFNESS * np.eye(len(centres))
    # The inverse is small, and well conditioned by the ridge; a product is ten times as fast as
    # solving for all places.
    return wendland(places, centres, reach) @ np.linalg.inv(gram)


def displacement_grids(
    shape: NDArray[np.floating],
    candidates: NDArray[np.floating],
    grid: NDArray[np.floating],
    resolution: float,
) -> NDArray[np.float32]:
    """Where each candidate's texture is to be read, relative to the output pixel.

    Parameters
    ----------
    shape : ndarray, shape (20, 2)
        Wanted lips, in inter-ocular distances.
    candidates : ndarray, shape (n, 20, 2)
        The candidates' own lips.
    grid : ndarray, shape (rows, columns, 2)
        Rectified coordinates of the coarse grid's nodes.
    resolution : float
        Pixels per inter-ocular distance.

    Returns
    -------
    ndarray of float32, shape (n, 2, rows, columns)
        Displacements x and y in texture pixels.
    """
    rows, columns, _ = grid.shape
    weights = warp_weights(shape, grid.reshape(-1, 2)).astype(np.float32)
    moves = ((candidates - shape) * resolution).astype(np.float32)
    flat = np.ascontiguousarray(moves.transpose(0, 2, 1)).reshape(-1, len(shape)) @ weights.T
    return np.asarray(flat.reshape(len(moves), 2, rows, columns))
