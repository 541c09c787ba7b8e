"""The picture of the one person whose fragments are kept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ...errors import BadFileError, MissingFileError


def read_portrait(path: Path, landmark_model: Path | None) -> tuple[float, ...]:
    """Describe the one face in a picture file, in 128 numbers.

    Raises
    ------
    MissingFileError
        There is no such file.
    BadFileError
        It is not a picture, or does not show exactly one face.
    """
    from ...face.detection import FaceFinder
    from ...face.identity import FaceDescriber, describe_portrait

    if not path.is_file():
        raise MissingFileError("picture not found", path=path, hint="check --speaker")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise BadFileError("not a picture", path=path, hint="give --speaker a JPEG or PNG file")
    rgb = np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)
    found = describe_portrait(rgb, path, FaceFinder(landmark_model), FaceDescriber())
    return tuple(float(number) for number in np.round(found, 6))
