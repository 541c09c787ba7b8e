"""Matching the texture's light to the frame's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .pyramid import scaled

MAX_CHANGE = 40.0
"""Largest change of a value; a larger difference is something in the way, not light."""


def illumination_offset(
    difference: NDArray[np.float32], weight: NDArray[np.floating], sigma: float
) -> NDArray[np.float32]:
    """Find the smooth change that gives a texture the light of the frame.

    The difference is measured where `weight` says and carried smoothly over the rest (normalised
    convolution, Knutsson and Westin 1993).

    Parameters
    ----------
    difference : ndarray of float32, shape (H, W, 3)
        Texture minus frame.
    weight : ndarray, shape (H, W)
    sigma : float
        Scale of the light's changes, in pixels.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        To be added to the texture.
    """
    w = np.asarray(weight, np.float32)
    if float(w.sum()) < 1.0:
        return np.zeros_like(difference)
    # The field is smooth: it is computed on a picture reduced in proportion to sigma.
    step = max(1, int(sigma / 3))
    size = (-(-w.shape[1] // step), -(-w.shape[0] // step))
    missing = scaled(np.clip(difference, -MAX_CHANGE, MAX_CHANGE), -w)
    small = cv2.resize(missing, size, interpolation=cv2.INTER_AREA)
    norm = cv2.resize(w, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    norm = cv2.GaussianBlur(norm, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    field = small / (norm + 1e-4)[..., None]
    return np.asarray(
        cv2.resize(field, (w.shape[1], w.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32
    )
