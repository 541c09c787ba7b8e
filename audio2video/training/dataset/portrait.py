"""The picture of the one person whose fragments are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import MissingFileError
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
    from ...face.detection import FaceFinder
    from ...face.identity import FaceDescriber, describe_portrait

    if not path.is_file():
        raise MissingFileError("picture not found", path=path, hint="check --speaker")
    rgb = read_picture(path, "give --speaker a JPEG or PNG file")
    found = describe_portrait(rgb, path, FaceFinder(landmark_model), FaceDescriber())
    return tuple(float(number) for number in np.round(found, 6))
