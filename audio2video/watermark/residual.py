"""What frames hold beside their coarse content, and a mark with it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .._typing import F32, F64, U8
from .pattern import ROWS

_SMOOTH = 2.5
_CLIP = 2.0
_SPREAD = 4.0
_QUIET = 0.2
_WEIGHT = 0.75
"""How a residual is made: what found most in ten videos after strong compression. Power 0.5 would
bring all places to the same strength; with 0.75 the quieter ones, where a mark stands out more from
what is there, count for more."""


@dataclass(frozen=True)
class Seen:
    """What a detector looks at, in the pixels that marks are defined in.

    Parameters
    ----------
    residual : ndarray of float32, shape (H, W)
        What is left without the coarse content, of nearly like strength everywhere.
    picture : ndarray of float32, shape (H, W)
        Luma.
    """

    residual: F32
    picture: F32

    def turned(self, *, mirrored: bool) -> Seen:
        """Give them as they were before the picture was mirrored."""
        return Seen(self.residual[:, ::-1], self.picture[:, ::-1]) if mirrored else self


class Average:
    """Frames, and what is left of them without their coarse content, averaged over time."""

    def __init__(self) -> None:
        self._rest: F64 | None = None
        self._picture: F64 | None = None
        self._count = 0

    def add(self, luma: U8) -> None:
        """Take in a frame.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)
            The same size each time.
        """
        small = reduced(luma)
        if self._rest is None or self._picture is None:
            self._rest, self._picture = np.zeros(small.shape), np.zeros(small.shape)
        self._rest += np.clip(small - cv2.GaussianBlur(small, (0, 0), _SMOOTH), -_CLIP, _CLIP)
        self._picture += small
        self._count += 1

    def seen(self) -> Seen:
        """Give the averages.

        Raises
        ------
        ValueError
            No frame was added.
        """
        if self._rest is None or self._picture is None:
            raise ValueError("no frame was added")
        mean = self._rest / self._count
        power = cv2.GaussianBlur(mean**2, (0, 0), _SPREAD)
        return Seen(
            np.asarray(mean / (power + _QUIET**2) ** _WEIGHT, np.float32),
            np.asarray(self._picture / self._count, np.float32),
        )


def reduced(luma: U8) -> F32:
    """Bring a frame to the size that marks are defined in."""
    height, width = luma.shape
    scale = ROWS / min(width, height)
    size = round(width * scale), round(height * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(luma, size, interpolation=how), np.float32)
