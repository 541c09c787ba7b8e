"""Plain NumPy twins of the compiled kernels: written to be read, and equal to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audio2video.texture.warp import CELL


def weighted_median(
    textures: NDArray[np.uint8],
    frames: NDArray[np.int64],
    weights: NDArray[np.int64],
    displacements: NDArray[np.float32],
    region: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Blend warped candidates by sorting; the twin of `audio2video.texture.median.weighted_median`.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
    frames, weights : ndarray of int64, shape (n,)
    displacements : ndarray of float32, shape (n, rows, columns, 2)
    region : ndarray of bool, shape (H, W)

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    height, width = region.shape
    values = np.stack(
        [
            sample(textures[frame], spread(grid, height, width))
            for frame, grid in zip(frames, displacements, strict=True)
        ]
    )
    order = values.argsort(axis=0, kind="stable")
    carried = weights[order].cumsum(axis=0)
    # The least value up to which at least half of the weight is reached.
    place = (2 * carried >= weights.sum()).argmax(axis=0)
    found = np.take_along_axis(np.take_along_axis(values, order, 0), place[None], 0)[0]
    return np.asarray(np.where(region[..., None], found, 0), np.uint8)


def spread(grid: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Interpolate displacements on nodes `CELL` apart to every pixel, in single precision.

    Parameters
    ----------
    grid : ndarray of float32, shape (rows, columns, 2)
    height, width : int

    Returns
    -------
    ndarray of float32, shape (height, width, 2)
    """
    y, x = np.arange(height), np.arange(width)
    upper, left = grid[y // CELL], x // CELL
    below = grid[np.minimum(y // CELL + 1, len(grid) - 1)]
    share_y = (y % CELL / CELL).astype(np.float32)[:, None, None]
    rows = upper + share_y * (below - upper)
    right = np.minimum(left + 1, grid.shape[1] - 1)
    share_x = (x % CELL / CELL).astype(np.float32)[:, None]
    return np.asarray(rows[:, left] + share_x * (rows[:, right] - rows[:, left]))


def sample(texture: NDArray[np.uint8], moves: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Read a texture at displaced pixels, bilinearly with shares of 8 bits, rounded once.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    moves : ndarray of float32, shape (H, W, 2)
        Displacement (x, y); beyond the border the nearest pixel is read.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    height, width, _ = texture.shape
    pixels = np.indices((height, width))[::-1]
    first, share = [], []
    for axis, length in enumerate((width, height)):
        at = np.clip(pixels[axis] + moves[..., axis].astype(np.float64), 0, length - 1)
        fixed = np.floor(at * 256 + 0.5).astype(np.int64)
        first.append(fixed // 256)
        share.append((fixed % 256)[..., None])
    (x0, y0), (share_x, share_y) = first, share
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    wide = texture.astype(np.int64)
    upper = wide[y0, x0] * (256 - share_x) + wide[y0, x1] * share_x
    lower = wide[y1, x0] * (256 - share_x) + wide[y1, x1] * share_x
    return np.asarray((upper * (256 - share_y) + lower * share_y + 2**15) // 2**16, np.uint8)


def best_path(
    gain: NDArray[np.float32],
    motion: NDArray[np.float32],
    constant: NDArray[np.float32],
    repeat: NDArray[np.float32],
    starts: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Find the cheapest retiming, a whole row of the table at once.

    The twin of the kernel in `audio2video.timing.retiming`. With c(i, j) = gain_i motion_j +
    constant_j, and A, R the cost of reaching (i, j) by advancing to frame j and by holding it:

        A(i, j) = c(i, j) + min(A(i-1, j-1), R(i-1, j-1))
        R(i, j) = c(i, j) + repeat_j + A(i-1, j)

    Parameters
    ----------
    gain : ndarray of float32, shape (N,)
    motion, constant, repeat : ndarray of float32, shape (M,)
    starts : int
        Frames 0 to ``starts - 1`` may come first.

    Returns
    -------
    path : ndarray of int64, shape (N,)
    held : ndarray of bool, shape (N,)
    """
    never = np.float32(np.inf)
    advance = gain[0] * motion + constant
    advance[starts:] = never
    hold = np.full(len(motion), never)
    from_hold = np.zeros((len(gain), len(motion)), bool)
    for i in range(1, len(gain)):
        cost = gain[i] * motion + constant
        from_hold[i, 1:] = hold[:-1] < advance[:-1]
        step = np.concatenate([[never], np.minimum(hold, advance)[:-1]])
        advance, hold = step + cost, cost + repeat + advance
    path = np.empty(len(gain), np.int64)
    held = np.zeros(len(gain), bool)
    holding = bool(hold.min() < advance.min())
    j = int(np.argmin(hold if holding else advance))
    for i in range(len(gain) - 1, -1, -1):
        path[i], held[i] = j, holding
        if holding:
            holding = False
        elif i > 0:
            holding = bool(from_hold[i, j])
            j -= 1
    return path, held
