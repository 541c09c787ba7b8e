"""Laplacian-pyramid blending (Burt and Adelson 1983, "A multiresolution spline")."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def blend_difference(
    difference: NDArray[Any], mask: NDArray[np.floating], levels: int
) -> NDArray[np.float32]:
    """Blend two pictures so that coarse structure mixes over a wide band, fine over a narrow one.

    Each level of the blend is ``back + mask (front - back)``, and a pyramid is linear: what is to
    be added to `back` follows from the pyramid of the difference alone.

    Parameters
    ----------
    difference : ndarray, shape (H, W, 3)
        The picture in front minus the one behind.
    mask : ndarray, shape (H, W)
        1 where the front shows, 0 where the back does.
    levels : int
        Times the picture is halved; fewer when it is small.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        The blend minus the picture behind.

    Raises
    ------
    ValueError
        The shapes do not fit each other, or the picture is empty.
    """
    if difference.shape != (*mask.shape, 3) or not difference.size:
        raise ValueError(f"can't blend {difference.shape} with a mask of {mask.shape}")
    d, m = np.asarray(difference, np.float32), np.asarray(mask, np.float32)
    levels = min(levels, max(0, int(np.log2(max(min(m.shape) / 4, 1)))))
    details = []
    for _ in range(levels):
        small = cv2.pyrDown(d)
        fine = cv2.subtract(d, cv2.pyrUp(small, dstsize=(d.shape[1], d.shape[0])))
        details.append(scaled(fine, m))
        d, m = small, cv2.pyrDown(m)
    result = scaled(d, m)
    for fine in reversed(details):
        result = cv2.add(fine, cv2.pyrUp(result, dstsize=(fine.shape[1], fine.shape[0])))
    return np.asarray(result, np.float32)


def scaled(picture: NDArray[np.float32], plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply all channels of a picture (H, W, 3) with a plane (H, W)."""
    # Three times as fast as broadcasting over the short last axis.
    return np.asarray(cv2.multiply(picture, cv2.merge([plane, plane, plane])))
