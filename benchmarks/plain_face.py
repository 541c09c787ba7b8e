"""Analysing a target one frame after the other, each as if it were the only one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from audio2video.face.pose import fit_pose
from audio2video.face.rectify import RectifiedGrid, texture_map
from audio2video.media.video import Frame
from audio2video.models.face_models import landmark_model_path


class Analysis:
    """The models, loaded, and what is known of the target.

    Parameters
    ----------
    head : ndarray, shape (68, 3)
        The speaker's proportions.
    space : RectifiedGrid
    """

    def __init__(self, head: NDArray[np.floating], space: RectifiedGrid) -> None:
        self._head, self._space = head, space
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(landmark_model_path()))

    def landmarks(self, frames: Sequence[Frame]) -> NDArray[np.float64]:
        """Detect at full size, place landmarks, fit a pose and rectify; give the landmarks.

        Returns
        -------
        ndarray of float64, shape (T, 68, 2)
            NaN where no face is found.
        """
        found = np.full((len(frames), 68, 2), np.nan)
        for place, frame in enumerate(frames):
            picture = frame.rgb()
            gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            boxes = sorted(self._detector(gray, 0), key=lambda box: -box.width())
            if not boxes:
                continue
            found[place] = [(p.x, p.y) for p in self._predictor(gray, boxes[0]).parts()]
            pose = fit_pose(found[place][None], self._head)
            cv2.remap(picture, texture_map(self._space, pose), None, cv2.INTER_CUBIC)
        return found
