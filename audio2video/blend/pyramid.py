"""Laplacian-pyramid blending (Burt and Adelson 1983, "A multiresolution spline")."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def laplacian_blend(
    front: NDArray[Any],
    back: NDArray[Any],
    mask: NDArray[np.floating],
    levels: int,
) -> NDArray[np.float32]:
    """Blend two pictures so that coarse structure mixes over a wide band, fine over a narrow one.

    Parameters
    ----------
    front, back : ndarray, shape (H, W, 3)
    mask : ndarray, shape (H, W)
        1 where `front` shows, 0 where `back` does.
    levels : int
        Times the pictures are halved; fewer when they are small.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
    """
    f, b = np.asarray(front, np.float32), np.asarray(back, np.float32)
    m = np.asarray(mask, np.float32)
    levels = min(levels, max(0, int(np.log2(max(min(m.shape) / 4, 1)))))
    details = []
    for _ in range(levels):
        small_f, small_b = cv2.pyrDown(f), cv2.pyrDown(b)
        size = (f.shape[1], f.shape[0])
        fine_f = f - cv2.pyrUp(small_f, dstsize=size)
        fine_b = b - cv2.pyrUp(small_b, dstsize=size)
        details.append(fine_b + m[..., None] * (fine_f - fine_b))
        f, b, m = small_f, small_b, cv2.pyrDown(m)
    result = b + m[..., None] * (f - b)
    for fine in reversed(details):
        result = fine + cv2.pyrUp(result, dstsize=(fine.shape[1], fine.shape[0]))
    return np.asarray(result, np.float32)
