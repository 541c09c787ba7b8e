"""The picture of the one person whose fragments are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import BadFileError, MissingFileError
from ...media.pictures import read_picture


def read_portrait(path: Path, landmark_model: Path | None) -> tuple[float, ...]:
    """Describe the one face in a picture file, in 128 numbers.

    Raises
    ------
    MissingFileError
        There is no such file.
    BadFileError
        It is not a picture, or does not show exactly one face.
    """
    from ...face.detection import box_of
    from ...models.face_models import load_face_describer, load_face_finder

    if not path.is_file():
        raise MissingFileError("picture not found", path=path, hint="check --speaker")
    rgb = read_picture(path, "give --speaker a JPEG or PNG file")
    finder = load_face_finder(landmark_model)
    gray = np.asarray(rgb @ np.array([0.299, 0.587, 0.114]), np.uint8)
    faces = finder.detect(gray)
    if not faces:
        raise BadFileError("no face in the picture", path=path, hint="give a frontal portrait")
    if len(faces) > 1:
        raise BadFileError(
            f"{len(faces)} faces in the picture", path=path, hint="cut it to the one to keep"
        )
    coarse = finder.landmarks(gray, faces[0])
    found = load_face_describer().describe(rgb, finder.landmarks(gray, box_of(coarse)))
    return tuple(float(number) for number in np.round(found, 6))
