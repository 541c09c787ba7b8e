"""The contact sheet of a result: target and result at some moments, and their mouths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8
from ..face.layout import MOUTH, inter_ocular_distance
from ..media.pictures import write_picture
from ..media.video import Box, Frame

MOMENTS = 5
"""Columns of the sheet."""

TILE = 480
"""Longer side of a whole picture on the sheet, in pixels."""

CLOSE_UP = (360, 270)
"""Width and height of a picture of the mouth."""

MOUTH_SIZE = 1.6
"""Width of what a picture of the mouth shows, in inter-ocular distances."""

ROWS = ("target", "result", "target, mouth", "result, mouth")

_GAP, _LINE = 10, 26
"""Pixels between tiles, and for a line of text."""


class ContactSheet:
    """Collects pictures while a result is made.

    Parameters
    ----------
    shown : sequence of float
        For each frame of the result the second of the target that it shows.
    rate : float
        Frames of the result per second.
    mouths : sequence
        For each frame of the result the part of the picture around the mouth, see `mouth_box`; None
        without a face.
    among : sequence of int, optional
        Frames of which some are shown, ascending; all by default.
    """

    def __init__(
        self,
        shown: Sequence[float],
        rate: float,
        mouths: Sequence[Box | None],
        among: Sequence[int] | None = None,
    ) -> None:
        chosen = range(len(shown)) if among is None else among
        count = min(MOMENTS, len(chosen))
        places = [round((k + 0.5) * len(chosen) / count - 0.5) for k in range(count)]
        self._moments = [chosen[place] for place in places]
        self._shown, self._rate, self._mouths = shown, rate, mouths
        self._tiles: dict[tuple[int, int], U8] = {}

    def wants(self, index: int) -> bool:
        """Tell whether this is one of the moments."""
        return index in self._moments

    def before(self, index: int, frame: Frame) -> None:
        """Take the target's frame, if this is one of the moments."""
        self._take(0, index, frame)

    def after(self, index: int, frame: Frame) -> None:
        """Take the result's frame, if this is one of the moments."""
        self._take(1, index, frame)

    def save(self, path: Path) -> None:
        """Write the sheet as PNG."""
        write_picture(path, self._drawn())

    def _take(self, row: int, index: int, frame: Frame) -> None:
        if not self.wants(index):
            return
        rgb = frame.rgb()
        height, width = rgb.shape[:2]
        scale = TILE / max(height, width)
        self._tiles[row, index] = _resized(rgb, round(width * scale), round(height * scale))
        box = self._mouths[index]
        if box is not None:
            part = rgb[box[1] : box[3], box[0] : box[2]]
            self._tiles[row + 2, index] = _resized(part, *CLOSE_UP)

    def _drawn(self) -> U8:
        width = max(tile.shape[1] for tile in self._tiles.values()) + _GAP
        heights = [0] * len(ROWS)
        for (row, _), tile in self._tiles.items():
            heights[row] = max(heights[row], tile.shape[0])
        total = _GAP + sum(2 * _LINE + height + _GAP for height in heights if height)
        sheet = np.full((total, _GAP + width * len(self._moments), 3), 255, np.uint8)
        y = _GAP
        for row, height in enumerate(heights):
            if not height:
                continue
            _write(sheet, ROWS[row], _GAP, y + 18, 0.7)
            y += _LINE
            for column, index in enumerate(self._moments):
                found, x = self._tiles.get((row, index)), _GAP + column * width
                if found is not None:
                    sheet[y : y + found.shape[0], x : x + found.shape[1]] = found
                else:
                    _write(sheet, "no face", x, y + height // 2, 0.6)
                _write(sheet, self._caption(row, index), x, y + height + 18, 0.5)
            y += height + _LINE + _GAP
        return sheet

    def _caption(self, row: int, index: int) -> str:
        if row % 2:
            return f"{index / self._rate:.2f} s of the result"
        return f"{self._shown[index]:.2f} s of the target"


def mouth_box(landmarks: NDArray[np.floating], width: int, height: int) -> Box | None:
    """Choose the part of a picture around the mouth, or None if that is not in it.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        Pixel (x, y).
    width, height : int
        Of the picture.

    Returns
    -------
    tuple of int or None
        Left, top, right, bottom.
    """
    points = np.asarray(landmarks, np.float64)
    across = MOUTH_SIZE * float(inter_ocular_distance(points[np.newaxis])[0])
    half = np.array([across, across * CLOSE_UP[1] / CLOSE_UP[0]]) / 2
    centre = points[MOUTH].mean(axis=0)
    low = np.maximum(np.floor(centre - half), 0).astype(int)
    high = np.minimum(np.ceil(centre + half), [width, height]).astype(int)
    if (high - low < 2).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _resized(rgb: U8, width: int, height: int) -> U8:
    shrinks = width < rgb.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (max(1, width), max(1, height)), interpolation=how), np.uint8)


def _write(sheet: U8, text: str, x: int, y: int, size: float) -> None:
    cv2.putText(sheet, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA)
