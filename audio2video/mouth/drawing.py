"""Pictures of mouth shapes, for people to look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import INNER_LIP, OUTER_LIP
from ..media.frame import Frame

_PAPER = (250, 248, 244)
_LIP = (206, 122, 116)
_INSIDE = (70, 26, 30)
_POINT = (40, 40, 48)
_SUBPIXEL = 4
"""Fractional bits of the coordinates that OpenCV draws with."""
_RADIUS = 3
"""Pixels."""


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


class MouthCanvas:
    """A sheet on which mouth shapes are drawn, each on a fresh copy.

    Drawing is done in the planes of a video frame: turning as many RGB pictures into frames would
    take several times as long.

    Parameters
    ----------
    view : ndarray, shape (3,)
        From `mouth_view`.
    side : int
        Pixels, an even number.
    """

    def __init__(self, view: NDArray[np.floating], side: int) -> None:
        self._view = view
        self._paper = Frame.from_rgb(np.full((side, side, 3), _PAPER, np.uint8))
        self._lip, self._inside, self._point = (
            Frame.from_rgb(np.full((2, 2, 3), colour, np.uint8), like=self._paper)
            for colour in (_LIP, _INSIDE, _POINT)
        )

    def draw(self, shape: NDArray[np.floating]) -> Frame:
        """Draw lips through the 20 points.

        Parameters
        ----------
        shape : ndarray, shape (20, 2)

        Returns
        -------
        Frame
            Of the sheet's size.
        """
        picture = self._paper.copy()
        pixels = shape * self._view[0] + self._view[1:]
        # A chroma sample lies in the middle of its four pixels.
        halves = (pixels - 0.5) / 2
        colours = self._lip, self._inside, self._point
        _draw(picture.y, pixels, _RADIUS, [colour.y for colour in colours])
        _draw(picture.u, halves, _RADIUS / 2, [colour.u for colour in colours])
        _draw(picture.v, halves, _RADIUS / 2, [colour.v for colour in colours])
        return picture


def _draw(
    plane: NDArray[np.uint8],
    pixels: NDArray[np.floating],
    radius: float,
    samples: list[NDArray[np.uint8]],
) -> None:
    """Draw lips, inside and points into one plane, with what that plane holds of their colours."""
    places = np.round(pixels * 2**_SUBPIXEL).astype(np.int32)
    lip, inside, point = (int(sample[0, 0]) for sample in samples)
    for part, value in ((OUTER_LIP, lip), (INNER_LIP, inside)):
        cv2.fillPoly(plane, [places[part]], value, cv2.LINE_AA, _SUBPIXEL)
    size = round(radius * 2**_SUBPIXEL)
    for x, y in places.tolist():
        cv2.circle(plane, (x, y), size, point, -1, cv2.LINE_AA, _SUBPIXEL)
