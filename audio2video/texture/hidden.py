"""Weighted medians without the texels that something in front of the face hides."""

from __future__ import annotations

import cv2
import numpy as np

from .._typing import F32, I64, U8, Mask
from ..runtime.kernels import kernel
from .warp import CELL, grid_shape


def median_of_seen(
    blended: U8,
    textures: U8,
    hidden: U8,
    ratio: float,
    frames: I64,
    weights: I64,
    displacements: F32,
    region: Mask,
) -> tuple[U8, Mask]:
    """Blend again the pixels for which some candidate shows what is in front of the face.

    Parameters
    ----------
    blended : ndarray of uint8, shape (H, W, 3)
        From `weighted_median`, of all candidates.
    textures : ndarray of uint8, shape (T, H, W, 3)
        C-contiguous; may be memory-mapped.
    hidden : ndarray of uint8, shape (T, h, w)
        Not 0 where a frame does not show the face.
    ratio : float
        Pixels of `hidden` per pixel of the textures.
    frames, weights, displacements, region
        As in `weighted_median`.

    Returns
    -------
    texture : ndarray of uint8, shape (H, W, 3)
    unseen : ndarray of bool, shape (H, W)
        Where all candidates are hidden, and `blended` is kept.

    Raises
    ------
    ValueError
        The arrays' shapes do not fit each other.
    """
    _, height, width, _ = textures.shape
    shape = (len(frames), 2, *grid_shape(height, width))
    if blended.shape != (height, width, 3) or region.shape != (height, width):
        raise ValueError("the blended texture and the region must have the textures' size")
    if displacements.shape != shape or len(weights) != len(frames):
        raise ValueError(f"displacements must be {shape}")
    if len(hidden) != len(textures) or hidden.shape[1] == 0 or hidden.shape[2] == 0:
        raise ValueError("hidden texels must be of the textures' frames")
    result, unseen = blended.copy(), np.zeros(region.shape, np.bool_)
    if hidden[frames].any():
        pixels = textures.view()
        pixels.setflags(write=False)  # one compiled kernel for mapped and for other arrays
        moves = np.ascontiguousarray(displacements)
        chosen = frames.astype(np.int64)
        whole = weights.astype(np.int64)
        _blend_seen(result, unseen, pixels, hidden, ratio, chosen, whole, moves, region)
    return result, unseen


def filled(texture: U8, unseen: Mask, scale: float) -> U8:
    """Continue a texture into what is never seen, from its rim (Telea 2004).

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    unseen : ndarray of bool, shape (H, W)
    scale : float
        Pixels around a pixel that it is made from.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    if not unseen.any():
        return texture
    # What something hides darkens its rim a little as well.
    holes = cv2.dilate(unseen.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.inpaint(texture, holes, scale, cv2.INPAINT_TELEA), np.uint8)


@kernel()
def _blend_seen(
    result: U8,
    unseen: Mask,
    textures: U8,
    hidden: U8,
    ratio: float,
    frames: I64,
    weights: I64,
    moves: F32,
    region: Mask,
) -> None:
    height, width = region.shape
    count = len(frames)
    xs, ys = np.empty(count), np.empty(count)
    seen = np.empty(count, np.bool_)
    values = np.empty(count, np.int64)
    carried = np.empty(256, np.int64)
    for y in range(height):
        r, down = y // CELL, (y % CELL) / CELL
        for x in range(width):
            if not region[y, x]:
                continue
            c, right = x // CELL, (x % CELL) / CELL
            r1, c1 = min(r + 1, moves.shape[2] - 1), min(c + 1, moves.shape[3] - 1)
            any_hidden, total = False, 0
            for k in range(count):
                for axis in range(2):
                    above = moves[k, axis, r, c] * (1 - right) + moves[k, axis, r, c1] * right
                    below = moves[k, axis, r1, c] * (1 - right) + moves[k, axis, r1, c1] * right
                    move = above * (1 - down) + below * down
                    if axis == 0:
                        xs[k] = min(max(x + move, 0.0), width - 1.0)
                    else:
                        ys[k] = min(max(y + move, 0.0), height - 1.0)
                row = min(int(ys[k] * ratio + 0.5), hidden.shape[1] - 1)
                column = min(int(xs[k] * ratio + 0.5), hidden.shape[2] - 1)
                seen[k] = hidden[frames[k], row, column] == 0
                if seen[k]:
                    total += weights[k]
                else:
                    any_hidden = True
            unseen[y, x] = total == 0
            if not any_hidden or total == 0:
                continue
            for channel in range(3):
                carried[:] = 0
                for k in range(count):
                    if seen[k]:
                        x0, y0 = int(xs[k]), int(ys[k])
                        x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
                        a, b = xs[k] - x0, ys[k] - y0
                        f = frames[k]
                        upper = textures[f, y0, x0, channel] * (1 - a)
                        upper += textures[f, y0, x1, channel] * a
                        lower = textures[f, y1, x0, channel] * (1 - a)
                        lower += textures[f, y1, x1, channel] * a
                        values[k] = int(upper * (1 - b) + lower * b + 0.5)
                        carried[values[k]] += weights[k]
                half, sum_, value = (total + 1) // 2, 0, 0
                for value in range(256):
                    sum_ += carried[value]
                    if sum_ >= half:
                        break
                result[y, x, channel] = value
