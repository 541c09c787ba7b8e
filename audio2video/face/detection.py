"""Face detection, with dlib, and the 68 landmarks of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from .chip import Chip
from .head import shape_plausibility
from .layout import JAW, LEFT_EYE, RIGHT_EYE
from .regression import LandmarkModel, place_landmarks

DETECTION_SIDE = 640
"""Frames are reduced to this longer side, in pixels, before the detector looks at them."""

SMALLEST = 84.0
"""Side of the smallest face that dlib's detector finds (80 pixels), with a little room."""

FACE_SIDE = 200.0
"""Side of the face box in the upright chip that the landmark model sees, in pixels."""

CHIP_SIDE = 400
"""Side of that chip."""

BOX_OVER_RADIUS = 3.75
"""Face box side over the rms radius of the inner landmarks (17-47); measured on five clips."""

BOX_DOWN = 0.15
"""How far the face box's centre lies below the inner landmarks' centroid, in box sides."""

# What the model answers shifts with its box. (scale, right, down), in box sides. The mean over
# these four comes within 0.0024 inter-ocular distances (rms over five clips) of that over fifteen,
# and once stabilised (`stabilise_landmarks`) within 0.0014. Two of them in turn: 0.0044 and 0.0021.
# One: 0.0058 and 0.0031. All four, each rounded to whole pixels as dlib does: 0.0035 and 0.0018.
_BOXES = ((0.94, 0.0, 0.03), (1.06, 0.03, 0.0), (1.0, 0.0, 0.0), (1.0, -0.03, -0.03))


@dataclass(frozen=True)
class FaceBox:
    """A square around a face.

    Parameters
    ----------
    x, y : float
        Centre, in pixels.
    side : float
        Length of a side, in pixels.
    angle : float
        Roll of the head, in radians, clockwise in the picture.
    detected : bool
        It comes from the detector, which places it coarsely, not from landmarks.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0
    detected: bool = False


def frontal_detector() -> Any:
    """Make dlib's detector of frontal faces, which takes a tenth of a second."""
    return dlib.get_frontal_face_detector()


class FaceDetector:
    """Finds faces in gray frames.

    Parameters
    ----------
    detector : object, optional
        A `frontal_detector`.
    """

    def __init__(self, detector: Any = None) -> None:
        self._detector = detector or frontal_detector()

    def detect(
        self, gray: NDArray[np.uint8], least: float = 0.0, side: int = DETECTION_SIDE
    ) -> list[FaceBox]:
        """Find upright frontal faces, largest first.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        least : float
            Side of the smallest face of interest, in pixels: where it is large, the detector looks
            at a smaller picture.
        side : int
            Longer side to which the frame is reduced, in pixels, where it is larger.

        Returns
        -------
        list of FaceBox
        """
        scale = min(1.0, side / max(gray.shape))
        if least > SMALLEST:
            scale = min(scale, SMALLEST / least)
        small = gray
        if scale < 1.0:
            small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        boxes = self._boxes(small, scale)
        if not boxes and scale < 1.0 and least * scale < SMALLEST:
            # A face that is too small in the reduced frame may still be found at full size.
            boxes = self._boxes(gray, 1.0)
        return sorted(boxes, key=lambda box: -box.side)

    def _boxes(self, gray: NDArray[np.uint8], scale: float) -> list[FaceBox]:
        return [
            FaceBox(
                (r.left() + r.right() + 1) / 2 / scale,
                (r.top() + r.bottom() + 1) / 2 / scale,
                r.width() / scale,
                detected=True,
            )
            for r in self._detector(gray, 0)
        ]


class FaceFinder(FaceDetector):
    """Finds faces and their landmarks in gray frames, with dlib and its kind of landmark model.

    Parameters
    ----------
    model : LandmarkModel
        Of `LANDMARKS` points; see `audio2video.models.face_models.load_face_finder`.
    detector : object, optional
        A `frontal_detector`.
    """

    def __init__(self, model: LandmarkModel, detector: Any = None) -> None:
        super().__init__(detector)
        self._model = model

    def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        """Place the 68 landmarks inside a face box.

        The face is turned upright and brought to one size first, so that precision does not depend
        on either.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        box : FaceBox

        Returns
        -------
        ndarray of float64, shape (68, 2)
            Pixel (x, y).
        """
        chip = Chip.around(box.x, box.y, box.angle, FACE_SIDE / box.side, CHIP_SIDE)
        found = place_landmarks(self._model, chip.cut(gray), _boxes_in_chip()).mean(axis=0)
        return chip.to_frame(found)

    def confidence(self, gray: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float:
        """Give the landmarks' likeness to a face (`shape_plausibility`); the model has no score."""
        return shape_plausibility(landmarks)


def _boxes_in_chip() -> NDArray[np.float64]:
    """Left, top, right and bottom of each of the `_BOXES`, shape (4, 4)."""
    scale, right, down = np.array(_BOXES).T * FACE_SIDE
    x, y = CHIP_SIDE / 2 + right, CHIP_SIDE / 2 + down
    return np.stack([x - scale / 2, y - scale / 2, x + scale / 2, y + scale / 2], axis=1)


def box_of(landmarks: NDArray[np.floating]) -> FaceBox:
    """Compute the face box that belongs to landmarks, for the next frame.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)

    Returns
    -------
    FaceBox
    """
    inner = landmarks[JAW.stop : LEFT_EYE.stop]
    centre = inner.mean(axis=0)
    side = BOX_OVER_RADIUS * float(np.sqrt(((inner - centre) ** 2).sum(axis=1).mean()))
    across = landmarks[LEFT_EYE].mean(axis=0) - landmarks[RIGHT_EYE].mean(axis=0)
    angle = float(np.arctan2(across[1], across[0]))
    x = centre[0] - np.sin(angle) * BOX_DOWN * side
    y = centre[1] + np.cos(angle) * BOX_DOWN * side
    return FaceBox(float(x), float(y), side, angle)
