"""Pictures of mouth shapes, for people to look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import INNER_LIP, OUTER_LIP

_PAPER = (250, 248, 244)
_LIP = (206, 122, 116)
_INSIDE = (70, 26, 30)
_POINT = (40, 40, 48)
_SUBPIXEL = 4
"""Fractional bits of the coordinates that OpenCV draws with."""


def mouth_view(shapes: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """Choose scale and offset so that all shapes of a sequence fit a square picture.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
    side : int
        Pixels.

    Returns
    -------
    ndarray of float64, shape (3,)
        Scale, offset x, offset y: pixel = point * scale + offset.
    """
    low, high = shapes.min(axis=(0, 1)), shapes.max(axis=(0, 1))
    scale = 0.8 * side / max(float((high - low).max()), 1e-6)
    offset = side / 2 - scale * (low + high) / 2
    return np.array([scale, *offset])


def draw_mouth(
    shape: NDArray[np.floating], view: NDArray[np.floating], side: int
) -> NDArray[np.uint8]:
    """Draw lips through the 20 points.

    Parameters
    ----------
    shape : ndarray, shape (20, 2)
    view : ndarray, shape (3,)
        From `mouth_view`.
    side : int
        Pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        RGB.
    """
    picture = np.full((side, side, 3), _PAPER, np.uint8)
    pixels = np.round((shape * view[0] + view[1:]) * 2**_SUBPIXEL).astype(np.int32)
    for part, colour in ((OUTER_LIP, _LIP), (INNER_LIP, _INSIDE)):
        cv2.fillPoly(picture, [pixels[part]], colour, cv2.LINE_AA, _SUBPIXEL)
    for x, y in pixels:
        cv2.circle(picture, (int(x), int(y)), 3 << _SUBPIXEL, _POINT, -1, cv2.LINE_AA, _SUBPIXEL)
    return picture
