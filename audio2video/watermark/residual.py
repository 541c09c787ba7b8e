"""What frames hold beside their coarse content, and a mark with it."""

from __future__ import annotations

import cv2
import numpy as np

from .._typing import F32, F64, U8
from .pattern import ROWS

_SMOOTH = 2.5
_CLIP = 2.0
_SPREAD = 4.0
_QUIET = 0.1
"""How a residual is made: what found most in four videos after strong compression."""


class Residual:
    """What is left of frames without their coarse content, averaged over time."""

    def __init__(self) -> None:
        self._total: F64 | None = None
        self.count = 0

    def add(self, luma: U8) -> None:
        """Take in a frame.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)
            The same size each time.
        """
        rest = fine(luma)
        if self._total is None:
            self._total = np.zeros(rest.shape)
        self._total += rest
        self.count += 1

    def whitened(self) -> F32:
        """Give the average, of like strength everywhere."""
        if self._total is None:
            raise ValueError("no frame was added")
        mean = self._total / self.count
        power = cv2.GaussianBlur(mean**2, (0, 0), _SPREAD)
        return np.asarray(mean / np.sqrt(power + _QUIET**2), np.float32)


def fine(luma: U8) -> F32:
    """Reduce a frame to the size that marks are defined in, and take its coarse content away."""
    height, width = luma.shape
    scale = ROWS / min(width, height)
    size = round(width * scale), round(height * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(luma, size, interpolation=how), np.float32)
    rest = np.clip(small - cv2.GaussianBlur(small, (0, 0), _SMOOTH), -_CLIP, _CLIP)
    return np.asarray(rest, np.float32)
