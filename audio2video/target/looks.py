"""Small pictures of a target, taken while its frames are decoded anyway."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..media.video import Frame, VideoInfo
from ..retiming.direction import WIDTH, frames_to_look_at


class Looks:
    """Takes the frames by which `audio2video.retiming.direction` tells whether time has one.

    Parameters
    ----------
    info : VideoInfo
        The target.
    """

    def __init__(self, info: VideoInfo) -> None:
        first = frames_to_look_at(info.frames, float(info.rate))
        self._wanted = {int(k) + after for k in first for after in (0, 1)}
        self._first = first
        scale = WIDTH / max(info.width, info.height)
        self._size = (max(16, round(info.width * scale)), max(16, round(info.height * scale)))
        self._taken: dict[int, NDArray[np.uint8]] = {}

    def take(self, index: int, frame: Frame) -> None:
        """Take a frame, if it is one of those."""
        if index in self._wanted:
            small = cv2.resize(frame.gray(), self._size, interpolation=cv2.INTER_AREA)
            self._taken[index] = np.asarray(small, np.uint8)

    def pictures(self) -> NDArray[np.uint8]:
        """Give the pictures, each with the frame after it: uint8 (n, 2, height, width)."""
        pairs = [
            (self._taken[int(k)], self._taken[int(k) + 1])
            for k in self._first
            if int(k) in self._taken and int(k) + 1 in self._taken
        ]
        width, height = self._size
        return np.array(pairs, np.uint8).reshape(-1, 2, height, width)
