"""Landmarks drawn over a frame, in the planes of the video itself."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8
from ..media.frame import Frame
from .layout import LEFT_EYE, RIGHT_EYE, inter_ocular_distance

COLOURS = (
    *((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)),
    *((213, 94, 0), (204, 121, 167), (0, 114, 178), (255, 255, 255)),
)
"""Of persons, in their turn. Source: Okabe and Ito, "Color Universal Design", 2008."""

LINES = (
    *((range(17), False), (range(17, 22), False), (range(22, 27), False)),
    *((range(27, 31), False), (range(31, 36), False)),
    *((range(36, 42), True), (range(42, 48), True)),
    *((range(48, 60), True), (range(60, 68), True)),
)
"""Landmarks that a line joins, and whether it comes back to the first."""

POINT = 0.022
"""Radius of a point, in inter-ocular distances."""

_SUBPIXEL = 4
"""Fractional bits of the coordinates that OpenCV draws with."""
_ABOVE = 0.75
"""How far the number stands above the eyes, in inter-ocular distances."""


def draw_landmarks(frame: Frame, faces: Sequence[tuple[int, NDArray[np.floating]]]) -> Frame:
    """Draw the landmarks of all people, each in a colour of their own, with their numbers.

    Parameters
    ----------
    frame : Frame
        Is left as it is.
    faces : sequence of (int, ndarray of shape (68, 2))
        Number of the person, from 1, and pixels (x, y).

    Returns
    -------
    Frame
    """
    drawn = frame.copy()
    for number, points in faces:
        colour = np.full((2, 2, 3), COLOURS[(number - 1) % len(COLOURS)], np.uint8)
        sample = Frame.from_rgb(colour, like=frame)
        # A chroma sample lies in the middle of its four pixels.
        halves = (np.asarray(points, np.float64) - 0.5) / 2
        for plane, value, places in (
            (drawn.y, sample.y, points),
            (drawn.u, sample.u, halves),
            (drawn.v, sample.v, halves),
        ):
            _draw_face(plane, np.asarray(places, np.float64), number, int(value[0, 0]))
    return drawn


def _draw_face(plane: U8, points: NDArray[np.float64], number: int, value: int) -> None:
    unit = float(inter_ocular_distance(points))
    places = np.round(points * 2**_SUBPIXEL).astype(np.int32)
    # One pixel of luma at least, and half as wide in chroma, where a pixel is twice as large.
    wide = max(1, round(0.5 * POINT * unit))
    for line, closed in LINES:
        cv2.polylines(plane, [places[list(line)]], closed, value, wide, cv2.LINE_AA, _SUBPIXEL)
    radius = round(max(POINT * unit, 1.0) * 2**_SUBPIXEL)
    for x, y in places.tolist():
        cv2.circle(plane, (x, y), radius, value, -1, cv2.LINE_AA, _SUBPIXEL)
    eyes = points[RIGHT_EYE.start : LEFT_EYE.stop].mean(axis=0)
    size = max(unit / 60, 0.3)
    text = str(number)
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, wide)
    origin = (round(eyes[0] - width / 2), round(eyes[1] - _ABOVE * unit))
    cv2.putText(plane, text, origin, cv2.FONT_HERSHEY_SIMPLEX, size, value, 2 * wide, cv2.LINE_AA)
