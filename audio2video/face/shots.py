"""Where a shot ends: frames that differ from the one before far more than frames lately did."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Pixels of the shorter side that frames are compared at: motion within a shot hardly shows."""

MIN_DIFFERENCE = 0.035
"""Mean difference of two frames (1 is from black to white) below which there is no cut."""

CUT_RATIO = 4.0
"""A cut differs so many times more than frames lately did: a camera that pans is no cut."""

RECENT = 12
"""Frames whose differences are remembered."""


class ShotDetector:
    """Finds hard cuts, frame by frame.

    Whether a face goes on across what looks like a cut is for its tracking to say: in a screen
    recording with the speaker in a corner, the slides change and the face does not.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._recent: deque[float] = deque(maxlen=RECENT)

    def is_cut(self, gray: NDArray[np.uint8]) -> bool:
        """Take the next frame; tell whether a shot begins with it.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        """
        now, before = _reduced(gray), self._before
        self._before = now
        if before is None or before.shape != now.shape:
            return False
        difference = float(np.abs(now - before).mean()) / 255
        usual = float(np.median(self._recent)) if self._recent else 0.0
        self._recent.append(difference)
        return difference > max(MIN_DIFFERENCE, CUT_RATIO * usual)


def _reduced(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Reduce a frame; most of its pixels are passed over, which is quick and good enough."""
    step = max(1, min(gray.shape) // (4 * SIDE))
    sparse = gray[::step, ::step]
    zoom = SIDE / min(sparse.shape)
    size = (max(1, round(sparse.shape[1] * zoom)), max(1, round(sparse.shape[0] * zoom)))
    return np.asarray(cv2.resize(sparse, size, interpolation=cv2.INTER_AREA), np.float32)
