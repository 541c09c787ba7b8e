"""The mouth shapes that step 1 writes and later steps read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..storage.arrays import check_within, read_array
from ..storage.artifacts import read_record
from .job import Job

MADE_BY = "step 1 (lipsync)"

MAX_DISTANCE = 10.0
"""Largest distance of a mouth or jaw point from between the eyes, in inter-ocular distances."""


def read_shapes(job: Job) -> NDArray[np.float32]:
    """Read the mouth shapes of a job, one for each frame of the result.

    Returns
    -------
    ndarray of float32, shape (N, 20, 2)
        Rectified.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, damaged, made for another frame rate or speech, or holds no mouth.
    """
    path = job.shapes_path
    shapes = read_array(path, (None, 20, 2), made_by=MADE_BY)
    if len(shapes) != job.frames:
        made_for = (read_record(path) or {}).get("rate")
        why = (
            f"made for {made_for} frames/s, the target has {job.rate}"
            if made_for not in (None, str(job.rate))
            else f"has {len(shapes)} frames, the speech needs {job.frames}"
        )
        raise BadFileError(
            why, path=path, hint=f"run {MADE_BY} again; --force True if it is your own file"
        )
    check_within(shapes, MAX_DISTANCE, path, f"{MADE_BY} makes it again with --force True")
    return shapes.astype(np.float32, copy=False)
