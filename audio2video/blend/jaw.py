"""Moving the target's jaw line to the synthesised one, with the neck behind it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..texture.warp import CELL, warp_weights

POINTS = tuple(range(4, 13))
"""Landmarks of the jaw line that open and close with the mouth."""

REACH = 0.8
"""Distance from the jaw line, in inter-ocular distances, at which neck and cheek rest."""

MAX_MOVE = 0.25
"""Largest shift of the jaw line, in inter-ocular distances."""


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
    points = list(POINTS)
    moves = np.asarray(jaw[points] - wanted[points], np.float64)
    length = np.linalg.norm(moves, axis=1, keepdims=True)
    moves *= np.minimum(1.0, MAX_MOVE * unit / np.maximum(length, 1e-9))
    height, width = picture.shape[:2]
    rows, columns = (height - 1) // CELL + 2, (width - 1) // CELL + 2
    x, y = np.meshgrid(np.arange(columns) * CELL, np.arange(rows) * CELL)
    places = np.stack([x.ravel(), y.ravel()], axis=-1) + np.array(origin)
    coarse = (warp_weights(wanted[points], places, REACH * unit) @ moves).reshape(rows, columns, 2)
    to_border = np.minimum.reduce([x, y, width - 1 - x, height - 1 - y])
    coarse *= np.clip(to_border / (0.15 * unit), 0, 1)[..., None]
    shrink = np.array([[1 / CELL, 0, 0], [0, 1 / CELL, 0]])
    field = cv2.warpAffine(
        coarse.astype(np.float32),
        shrink,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    xx, yy = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
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
