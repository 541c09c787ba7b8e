"""Views of a target's frames on a raster that all of them have in common."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..face.pose import HeadPose
from ..face.track import FaceTrack
from ..face.view import View
from ..media.video import Frame

Part = Callable[[int], tuple[Frame, tuple[int, int]]]
"""Gives the part of a frame around the face, and where in the frame it begins."""


class Views:
    """Views of the frames of a track.

    Parameters
    ----------
    part : callable
        See `Part`; safe to be called from several threads.
    track : FaceTrack
        With usable frames.
    resolution : float
        Pixels per inter-ocular distance, or fewer where the video has fewer.

    Attributes
    ----------
    scale : float
        Raster pixels per frame pixel, at most 1.
    unit : float
        Raster pixels per inter-ocular distance.
    """

    def __init__(self, part: Part, track: FaceTrack, resolution: float) -> None:
        size = float(np.median(track.pose.scale[track.usable]))
        self._part, self._track = part, track
        self.scale = min(1.0, resolution / size)
        self.unit = size * self.scale

    def __getitem__(self, frame: int) -> View:
        part, origin = self._part(frame)
        scale = self.scale
        rgb = part.rgb()
        if scale < 1:
            width = 2 * int(np.ceil((1 / scale - 1) / 2)) + 1
            rgb = np.asarray(cv2.blur(rgb, (width, width)), np.uint8)
        x0, y0 = (int(np.ceil(k * scale)) for k in origin)
        width, height = (
            max(1, int(np.floor((k + size - 1) * scale)) - start + 1)
            for k, size, start in zip(origin, (part.width, part.height), (x0, y0), strict=True)
        )
        back = np.array(
            [[1 / scale, 0, x0 / scale - origin[0]], [0, 1 / scale, y0 / scale - origin[1]]]
        )
        picture = cv2.warpAffine(
            rgb,
            back,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        numbers = self._track.pose[frame].as_array()
        numbers[:, 3:] *= scale
        landmarks = self._track.landmarks[frame].astype(np.float64) * scale
        return View(
            np.asarray(picture, np.uint8), (x0, y0), landmarks, HeadPose.from_array(numbers)
        )
