"""A face cut out of a frame upright and at one size, as landmark models see it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Chip:
    """A square picture around a face.

    Parameters
    ----------
    linear : ndarray of float64, shape (2, 2)
        Turns and scales frame coordinates to the chip's.
    shift : ndarray of float64, shape (2,)
        Added afterwards.
    zoom : float
        Chip pixels per frame pixel.
    side : int
        Pixels.
    """

    linear: NDArray[np.float64]
    shift: NDArray[np.float64]
    zoom: float
    side: int

    @classmethod
    def around(cls, x: float, y: float, angle: float, zoom: float, side: int) -> Chip:
        """Make the chip whose centre is a place of the frame, turned by an angle in radians."""
        cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
        linear = np.array([[cos, sin], [-sin, cos]])
        return cls(linear, side / 2 - linear @ np.array([x, y]), zoom, side)

    def cut(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut it out of a frame; beyond its border the frame's edge goes on."""
        shrink = cv2.INTER_AREA if self.zoom < 0.5 else cv2.INTER_LINEAR
        to_chip = np.hstack([self.linear, self.shift[:, None]])
        size = (self.side, self.side)
        chip = cv2.warpAffine(gray, to_chip, size, flags=shrink, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(chip, np.uint8)

    def to_frame(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Give the places in the frame of points in the chip, shape (..., 2)."""
        return np.asarray((points - self.shift) @ np.linalg.inv(self.linear).T)
