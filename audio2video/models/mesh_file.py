"""The weights of the face mesh, read from the package and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import BadFileError, MissingFileError
from ..storage.files import file_hash
from ..storage.workspace import shipped

MESH_SHA256 = "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
"""Of the file in Google's package mediapipe 0.10.21."""

REINSTALL = "install audio2video again"


def mesh_path() -> Path:
    """Where the weights of the face mesh lie."""
    return shipped() / "landmarks" / "face_landmark.tflite"


def load_mesh() -> Any:
    """Load the network of the face mesh; OpenCV runs it.

    Raises
    ------
    MissingFileError
        Its weights are not there.
    BadFileError
        They are damaged, or others.
    """
    path = mesh_path()
    if not path.is_file():
        raise MissingFileError("weights of the face mesh not found", path=path, hint=REINSTALL)
    if file_hash(path) != MESH_SHA256:
        raise BadFileError(
            "damaged, or not the weights of the face mesh (their SHA-256 is another)",
            path=path,
            hint=REINSTALL,
        )
    # Of its bytes: on Windows, OpenCV opens no path with letters beyond its code page.
    return cv2.dnn.readNetFromTFLite(np.frombuffer(path.read_bytes(), np.uint8))
