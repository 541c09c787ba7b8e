"""The weighted median of warped candidate textures, exact and compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from .warp import CELL, grid_shape


def weighted_median(
    textures: NDArray[np.uint8],
    frames: NDArray[np.int64],
    weights: NDArray[np.int64],
    displacements: NDArray[np.float32],
    region: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Blend candidate textures by the weighted median of each pixel and channel.

    The weighted median is the least value v for which the candidates with values up to v carry at
    least half of all weight.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
        May be memory-mapped; only the chosen frames are read.
    frames : ndarray of int64, shape (n,)
        Rows of `textures`.
    weights : ndarray of int64, shape (n,)
        Positive; their sum must fit 62 bits.
    displacements : ndarray of float32, shape (n, rows, columns, 2)
        From `displacement_grids`: where each candidate is read, on a grid of `CELL` pixels that
        covers the texture.
    region : ndarray of bool, shape (H, W)
        Pixels to compute; the others stay 0.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    ValueError
        The arrays' shapes do not fit each other.
    """
    _, height, width, channels = textures.shape
    rows, columns = grid_shape(height, width)
    if channels != 3 or region.shape != (height, width):
        raise ValueError("textures must be (T, H, W, 3) and the region (H, W)")
    if displacements.shape != (len(frames), rows, columns, 2) or len(weights) != len(frames):
        raise ValueError(f"displacements must be ({len(frames)}, {rows}, {columns}, 2)")
    if len(frames) == 0 or int(weights.min()) <= 0:
        raise ValueError("at least one candidate is needed, and weights must be positive")
    if int(frames.min()) < 0 or int(frames.max()) >= len(textures):
        raise ValueError(f"frames must be 0 to {len(textures) - 1}")
    result = np.zeros((height, width, 3), np.uint8)
    _median_rows(textures, frames, weights, displacements, region, result)
    return result


@nb.njit(cache=True, parallel=True, nogil=True, boundscheck=False)
def _median_rows(
    textures: NDArray[np.uint8],
    frames: NDArray[np.int64],
    weights: NDArray[np.int64],
    displacements: NDArray[np.float32],
    region: NDArray[np.bool_],
    result: NDArray[np.uint8],
) -> None:
    _, height, width, _ = textures.shape
    n = len(frames)
    columns = displacements.shape[2]
    total = weights.sum()
    for y in nb.prange(height):
        values = np.empty((3, n), np.uint8)
        # This row's displacements, interpolated between the two rows of nodes around it.
        row = np.empty((n, columns, 2), np.float32)
        node, share_y = y // CELL, np.float32((y % CELL) / CELL)
        below = min(node + 1, displacements.shape[1] - 1)
        for k in range(n):
            for c in range(columns):
                for axis in range(2):
                    upper = displacements[k, node, c, axis]
                    row[k, c, axis] = upper + share_y * (displacements[k, below, c, axis] - upper)
        for x in range(width):
            if not region[y, x]:
                continue
            left = x // CELL
            right = min(left + 1, columns - 1)
            share_x = np.float32((x % CELL) / CELL)
            for k in range(n):
                move_x = row[k, left, 0] + share_x * (row[k, right, 0] - row[k, left, 0])
                move_y = row[k, left, 1] + share_x * (row[k, right, 1] - row[k, left, 1])
                _sample(textures, frames[k], x + move_x, y + move_y, values, k)
            for channel in range(3):
                result[y, x, channel] = _median(values[channel], weights, total)


@nb.njit(cache=True, inline="always")
def _sample(
    textures: NDArray[np.uint8],
    frame: int,
    x: float,
    y: float,
    values: NDArray[np.uint8],
    k: int,
) -> None:
    """Read one pixel bilinearly in fixed point (8 bits); beyond the border it is repeated."""
    _, height, width, _ = textures.shape
    fixed_x = int(np.floor(min(max(x, 0.0), width - 1.0) * 256 + 0.5))
    fixed_y = int(np.floor(min(max(y, 0.0), height - 1.0) * 256 + 0.5))
    x0, y0 = fixed_x >> 8, fixed_y >> 8
    share_x, share_y = fixed_x & 255, fixed_y & 255
    x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
    for channel in range(3):
        upper = (
            textures[frame, y0, x0, channel] * (256 - share_x)
            + textures[frame, y0, x1, channel] * share_x
        )
        lower = (
            textures[frame, y1, x0, channel] * (256 - share_x)
            + textures[frame, y1, x1, channel] * share_x
        )
        values[channel, k] = (upper * (256 - share_y) + lower * share_y + 32768) >> 16


@nb.njit(cache=True)
def _median(values: NDArray[np.uint8], weights: NDArray[np.int64], total: int) -> int:
    """Find the weighted median of bytes, bit by bit from the highest."""
    half = (total + 1) // 2
    found = 0
    for bit in range(7, -1, -1):
        # Is the median among the values whose higher bits agree and whose bit here is 0?
        limit = found + (1 << bit)
        carried = 0
        for k in range(len(values)):
            if values[k] < limit:
                carried += weights[k]
        if carried < half:
            found = limit
    return found
