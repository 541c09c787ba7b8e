"""Plain NumPy twins of the compiled kernels: written to be read, and equal to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audio2video.retiming.costs import TargetCosts
from audio2video.retiming.path import EASE
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
    displacements : ndarray of float32, shape (n, 2, rows, columns)
    region : ndarray of bool, shape (H, W)

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    height, width = region.shape
    values = np.stack(
        [
            sample(textures[frame], spread(np.moveaxis(grid, 0, -1), height, width))
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
        fixed = 256 * pixels[axis] + np.rint(moves[..., axis].astype(np.float64) * 256)
        fixed = np.clip(fixed, 0, 256 * (length - 1)).astype(np.int64)
        first.append(fixed // 256)
        share.append((fixed % 256)[..., None])
    (x0, y0), (share_x, share_y) = first, share
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    wide = texture.astype(np.int64)
    upper = wide[y0, x0] * (256 - share_x) + wide[y0, x1] * share_x
    lower = wide[y1, x0] * (256 - share_x) + wide[y1, x1] * share_x
    return np.asarray((upper * (256 - share_y) + lower * share_y + 2**15) // 2**16, np.uint8)


def best_path(gain: NDArray[np.float32], target: TargetCosts, lock: int) -> NDArray[np.float64]:
    """Find the cheapest retiming, a whole row of whole tables at once.

    The twin of `audio2video.retiming.path.best_path`, which explains the tables and parameters.

    Returns
    -------
    ndarray of float64, shape (N,)
    """
    motion, show, enter, hold, turn, edge = target
    n, m = len(gain), len(motion)
    a, h, along, turned = (np.full((2, n, m), np.inf, np.float32) for _ in range(4))
    came_from = np.zeros((2, n, m), np.uint8)
    ways = ((0, 1), (1, -1))
    for i in range(n):
        cost = gain[i] * motion + show
        for d, step in ways:
            on = cost + enter[d]
            if i == 0:
                a[d, i], along[d, i] = cost + edge, on
                continue
            along[d, i] = moved(along[d, i - 1], step, 0) + on
            if i > EASE:
                turned[d, i] = (a[1 - d, i - EASE - 1] + turn[d]) + cost - along[d, i]
            stepped, released = moved(a[d, i - 1], step), np.full(m, np.inf, np.float32)
            from_hold = moved(h[d, i - 1], step)
            if i >= lock:
                released = moved(turned[d, i - lock], lock * step) + along[d, i]
            went = np.minimum(stepped, from_hold) + on
            came_from[d, i] = np.where(released < went, 2, from_hold < stepped)
            a[d, i] = np.minimum(released, went)
            h[d, i] = a[d, i - 1] + (cost + hold[d])
    # All ends in the order in which the first of equally cheap ones is taken.
    ends = [(table[d, -1] + edge, d, kind, 0) for d, _ in ways for kind, table in ((0, a), (1, h))]
    for d, step in ways:
        for since in range(min(lock, n)):
            whole = moved(turned[d, n - 1 - since], since * step) + along[d, -1] + edge
            ends.append((whole, d, 2, since))
    costs, d, state, since = min(ends, key=lambda end: float(end[0].min()))
    i, j = n - 1, int(costs.argmin())
    backwards: list[float] = []
    while i >= 0:
        step = 1 - 2 * d
        if state == 2:
            backwards += [j - k * step for k in range(since + 1)]
            last = j - since * step
            there = last - step
            eased = there + 0.25 * step
            backwards += [eased, there, eased]
            i, j, d, state = i - since - 1 - EASE, last, 1 - d, 0
        elif state == 1:
            backwards.append(j + 0.5 * step)
            i, state = i - 1, 0
        else:
            state, since = int(came_from[d, i, j]), lock
            if state != 2:
                backwards.append(j)
                i, j = i - 1, j - step
    return np.array(backwards[::-1], np.float64)


def moved(row: NDArray[np.float32], by: int, empty: float = np.inf) -> NDArray[np.float32]:
    """Shift a row by so many places; what comes in is empty."""
    result = np.full(len(row), empty, np.float32)
    if abs(by) < len(row):
        result[max(by, 0) : len(row) + min(by, 0)] = row[max(-by, 0) : len(row) - max(by, 0)]
    return result
