"""The contact sheet of a result: target above, result below, ten moments."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..media.pictures import write_picture
from ..media.video import Frame

TEMPORAL_WEIGHTS = 10
CELL_HEIGHT = 300
"""Height of one picture on the sheet, in pixels."""


class ContactSheet:
    """Collects pictures while a result is made.

    Parameters
    ----------
    frames : int
        Length of the result.
    """

    def __init__(self, frames: int) -> None:
        count = min(TEMPORAL_WEIGHTS, frames)
        self._moments = {round((k + 0.5) * frames / count - 0.5) for k in range(count)}
        self._above: list[NDArray[np.uint8]] = []
        self._below: list[NDArray[np.uint8]] = []

    def wants(self, index: int) -> bool:
        """Tell whether this is one of the moments."""
        return index in self._moments

    def before(self, index: int, frame: Frame) -> None:
        """Take the target's frame, if this is one of the moments."""
        if self.wants(index):
            self._above.append(_cell(frame))

    def after(self, index: int, frame: Frame) -> None:
        """Take the result's frame, if this is one of the moments."""
        if self.wants(index):
            self._below.append(_cell(frame))

    def save(self, path: Path) -> None:
        """Write the sheet as PNG."""
        rows = np.concatenate(
            [np.concatenate(cells, axis=1) for cells in (self._above, self._below)], axis=0
        )
        write_picture(path, rows)


def _cell(frame: Frame) -> NDArray[np.uint8]:
    rgb = frame.rgb()
    scale = CELL_HEIGHT / rgb.shape[0]
    width = max(1, round(rgb.shape[1] * scale))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (width, CELL_HEIGHT), interpolation=shrink), np.uint8)
