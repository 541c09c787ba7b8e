"""Moving the target's jaw line to the synthesised one, with the neck behind it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.smoothing import smooth_tracks, unbroken_stretches
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


def chin_drops(
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


def lower_jaw(jaw: NDArray[np.floating], drop: float) -> NDArray[np.float64]:
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
        Unchanged along the border of the part.
    """
    points = list(SHARES)
    moves = np.asarray(jaw[points] - wanted[points], np.float64)
    height, width = picture.shape[:2]
    rows, columns = (height - 1) // CELL + 2, (width - 1) // CELL + 2
    x, y = np.meshgrid(np.arange(columns) * CELL, np.arange(rows) * CELL)
    places = np.stack([x.ravel(), y.ravel()], axis=-1) + np.array(origin)
    coarse = (warp_weights(wanted[points], places, REACH * unit) @ moves).reshape(rows, columns, 2)
    shrink = np.array([[1 / CELL, 0, 0], [0, 1 / CELL, 0]])
    field = cv2.warpAffine(
        coarse.astype(np.float32),
        shrink,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    xx, yy = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    to_border = np.minimum.reduce([xx, yy, width - 1 - xx, height - 1 - yy])
    field *= np.clip(to_border / (0.15 * unit), 0, 1)[..., None]
    return np.asarray(
        cv2.remap(
            picture,
            xx + field[..., 0],
            yy + field[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
