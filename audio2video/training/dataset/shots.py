"""Where the picture cuts from one shot to the next."""

from __future__ import annotations

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from ...media.video import Frame

SIDE = 160
"""Pixels of the longer side that frames are reduced to; cuts are seen in the coarse picture."""

MIN_CHANGE = 6.0
"""Mean change of hue, saturation and brightness (0-255) that a cut must bring. Less than
PySceneDetect's usual 15, because two shots of one speaker in one room are much alike; and a border
too many only parts a fragment."""


class ShotDetector:
    """Watches frame after frame for new shots; it keeps one small frame.

    It looks for hard cuts: changes that stand out from those of the frames around (PySceneDetect's
    `AdaptiveDetector`). Slow dissolves are left to the face tracker, which sees the face change or
    jump.

    Attributes
    ----------
    cuts : list of int
        Numbers of the frames that begin a new shot, counted from the first frame given.
    """

    def __init__(self) -> None:
        self._detector = AdaptiveDetector(min_scene_len=1, min_content_val=MIN_CHANGE)
        self._count = 0
        self.cuts: list[int] = []

    def look(self, frame: Frame) -> None:
        """Take in the next frame; a cut is known two frames later."""
        scale = SIDE / max(frame.width, frame.height)
        size = max(round(frame.width * scale), 1), max(round(frame.height * scale), 1)
        planes = [
            cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_AREA)
            for plane in (frame.y, frame.u, frame.v)
        ]
        picture = cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YUV2BGR)
        found = self._detector.process_frame(FrameTimecode(self._count, fps=25.0), picture)
        self.cuts += [cut.frame_num for cut in found]
        self._count += 1
