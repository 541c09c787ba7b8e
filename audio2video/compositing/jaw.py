"""Moving the target's jaw line to the synthesised one, with the neck behind it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.smoothing import smooth_tracks, unbroken_stretches
from ..runtime.kernels import kernel
from ..texture.warp import CELL, warp_weights

SHARES = {
    3: 0.0,
    4: 0.0,
    5: 0.25,
    6: 0.6,
    7: 0.9,
    8: 1.0,
    9: 0.9,
    10: 0.6,
    11: 0.25,
    12: 0.0,
    13: 0.0,
}
"""How far each landmark of the jaw line goes with the chin; those at rest hold hair and ears."""

CHIN = (6, 7, 8, 9, 10)
"""Landmarks whose mean height tells how far the jaw is open: single ones are too noisy."""

WINDOW = 9
"""Output frames over which the drop of the chin is smoothed."""

REACH = 0.45
"""Distance from the jaw line, in inter-ocular distances, at which neck and cheek rest."""

MAX_MOVE = 0.25
"""Largest drop of the chin, in inter-ocular distances."""

BORDER = 0.15
"""Width of the strip along the border of the part in which the warp dies away, in the same unit."""


def chin_offsets(
    wanted: NDArray[np.floating], own: NDArray[np.floating], valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """How much lower the chin is to be than it is, frame by frame.

    Parameters
    ----------
    wanted, own : ndarray, shape (N, 17, 2)
        Jaw lines of the result and of the target frames under it, rectified.
    valid : ndarray of bool, shape (N,)
        False where the target frame has no usable face.

    Returns
    -------
    ndarray of float64, shape (N,)
        Inter-ocular distances, down; steady over time.
    """
    raw = (wanted - own)[:, CHIN, 1].mean(axis=1)
    raw = np.where(valid, np.clip(raw, -MAX_MOVE, MAX_MOVE), 0.0)
    return np.asarray(smooth_tracks(raw, unbroken_stretches(valid), WINDOW, order=1))


def offset_jaw(jaw: NDArray[np.floating], drop: float) -> NDArray[np.float64]:
    """Give the jaw line with a lower chin.

    Parameters
    ----------
    jaw : ndarray, shape (17, 2)
        Rectified.
    drop : float
        Inter-ocular distances, down.

    Returns
    -------
    ndarray of float64, shape (17, 2)
    """
    lowered = np.array(jaw, np.float64)
    lowered[list(SHARES), 1] += drop * np.array(list(SHARES.values()))
    return lowered


def move_jaw(
    picture: NDArray[np.uint8],
    origin: tuple[int, int],
    jaw: NDArray[np.floating],
    wanted: NDArray[np.floating],
    unit: float,
) -> NDArray[np.uint8]:
    """Warp a part of a frame so that its jaw line comes to lie where it is wanted.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        Part of the frame around the lower face.
    origin : tuple of int
        Frame pixel (x, y) of the part's first pixel.
    jaw, wanted : ndarray, shape (17, 2)
        Jaw line in the frame as it is, and as it should be, in frame pixels.
    unit : float
        Pixels per inter-ocular distance.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        Unchanged along the border of the part; `picture` itself if nothing moves.

    Raises
    ------
    ValueError
        A line or the unit is not finite, or there is no unit.
    """
    if not (np.isfinite(jaw).all() and np.isfinite(wanted).all() and 0 < unit < np.inf):
        raise ValueError("jaw lines and their unit must be finite, and the unit positive")
    points = list(SHARES)
    moves = np.asarray(jaw[points] - wanted[points], np.float64)
    if not moves.any():
        return picture
    height, width = picture.shape[:2]
    centres = wanted[points] - np.array(origin)
    reach = REACH * unit
    left, top = np.maximum(np.floor(centres.min(axis=0) - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(centres.max(axis=0) + reach) + 1, [width, height]).astype(
        int
    )
    if left >= right or top >= bottom:
        return picture
    # Computed at every `CELL`-th pixel and interpolated, as the field is smooth.
    columns, rows = (right - left - 1) // CELL + 2, (bottom - top - 1) // CELL + 2
    x, y = np.meshgrid(left + np.arange(columns) * CELL, top + np.arange(rows) * CELL)
    nodes = np.stack([x.ravel(), y.ravel()], axis=-1).astype(np.float64)
    coarse = (warp_weights(centres, nodes, reach) @ moves).reshape(rows, columns, 2)
    places = np.empty((bottom - top, right - left, 2), np.float32)
    _read_places(places, left, top, coarse, width, height, BORDER * unit)
    moved = picture.copy()
    moved[top:bottom, left:right] = cv2.remap(
        picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved)


@kernel()
def _read_places(
    places: NDArray[np.float32],
    left: int,
    top: int,
    coarse: NDArray[np.float64],
    width: int,
    height: int,
    border: float,
) -> None:
    """Say where in the part each pixel of a window is read from; the part's border stays."""
    for row in range(places.shape[0]):
        r, down = row // CELL, (row % CELL) / CELL
        y = top + row
        for column in range(places.shape[1]):
            c, right = column // CELL, (column % CELL) / CELL
            x = left + column
            inward = min(min(x, width - 1 - x), min(y, height - 1 - y))
            share = min(inward / border, 1.0)
            for axis in range(2):
                above = coarse[r, c, axis] * (1 - right) + coarse[r, c + 1, axis] * right
                below = coarse[r + 1, c, axis] * (1 - right) + coarse[r + 1, c + 1, axis] * right
                move = share * (above * (1 - down) + below * down)
                places[row, column, axis] = (y if axis else x) + move
