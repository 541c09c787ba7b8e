"""Small grey pictures of all frames of a target, kept beside its analysis."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .._typing import U8
from ..listening.footage import PICTURE_SIDE
from ..media.video import VideoReader
from ..progress import Progress
from ..storage.arrays import read_array
from ..storage.files import replacing
from ..target.analysis import TargetAnalysis

MADE_BY = "step 3 (retiming)"
LEAST_SIDE = 8


def small_pictures(target: TargetAnalysis, folder: Path, progress: Progress) -> U8:
    """Give small pictures of a target, made now unless they are on disk.

    Parameters
    ----------
    target : TargetAnalysis
    folder : Path
        Of its analysis.
    progress : Progress

    Returns
    -------
    ndarray of uint8, shape (T, h, w)
        The luma, reduced to `PICTURE_SIDE`.

    Raises
    ------
    Audio2VideoError
        The video can't be read, or the file there can't be used.
    """
    info, path = target.info, folder / "small.npy"
    scale = PICTURE_SIDE / max(info.width, info.height)
    width, height = (max(LEAST_SIDE, round(side * scale)) for side in (info.width, info.height))
    shape = (len(target.track), height, width)
    if not path.is_file():
        pictures = np.zeros(shape, np.uint8)
        with VideoReader(info.path) as reader:
            frames = progress.follow(reader.read(), "comparing frames", len(pictures))
            for k, frame in enumerate(frames):
                pictures[k] = cv2.resize(frame.y, (width, height), interpolation=cv2.INTER_AREA)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, pictures, allow_pickle=False)
    return np.asarray(read_array(path, shape, made_by=MADE_BY, dtype=np.uint8))
