"""Matching the texture's light to the frame's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_CHANGE = 40.0
"""Largest change of a value; a larger difference is something in the way, not light."""


def match_light(
    texture: NDArray[Any],
    frame: NDArray[Any],
    weight: NDArray[np.floating],
    sigma: float,
) -> NDArray[np.float32]:
    """Add the smooth difference between frame and texture to the texture.

    The difference is measured where `weight` says and carried smoothly over the rest (normalised
    convolution, Knutsson and Westin 1993).

    Parameters
    ----------
    texture, frame : ndarray, shape (H, W, 3)
    weight : ndarray, shape (H, W)
    sigma : float
        Scale of the light's changes, in pixels.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
    """
    texture = np.asarray(texture, np.float32)
    w = np.asarray(weight, np.float32)
    if float(w.sum()) < 1.0:
        return texture
    difference = np.clip(np.asarray(frame, np.float32) - texture, -MAX_CHANGE, MAX_CHANGE)
    # The field is smooth: it is computed on a picture reduced in proportion to sigma.
    step = max(1, int(sigma / 3))
    size = (-(-w.shape[1] // step), -(-w.shape[0] // step))
    small = cv2.resize(difference * w[..., None], size, interpolation=cv2.INTER_AREA)
    norm = cv2.resize(w, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    norm = cv2.GaussianBlur(norm, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    field = small / (norm + 1e-4)[..., None]
    smooth = cv2.resize(field, (w.shape[1], w.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(texture + smooth, np.float32)
