"""The mouth shapes that step 1 writes and later steps read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..storage.arrays import check_within, read_array
from ..storage.artifacts import build_if_stale, read_record
from ..storage.files import file_hash
from .job import Job

MADE_BY = "step 1 (lipsync)"

MAX_DISTANCE = 10.0
"""Largest distance of a mouth or jaw point from between the eyes, in inter-ocular distances."""


FORMAT = 1
"""Raised when the shapes of a mouth at rest change."""


def ensure_rest(job: Job) -> bool:
    """Write the shapes of a mouth at rest, for a person who listens.

    Returns
    -------
    bool
        Whether they were not there yet.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    rate, frames = job.rate, job.frames

    def build(path: Path) -> dict[str, Any]:
        rest = np.tile(job.predictor.reference.astype(np.float32), (frames, 1, 1))
        np.save(path, rest, allow_pickle=False)
        return {"rate": str(rate)}

    return build_if_stale(
        job.shapes_path,
        {
            "format": FORMAT,
            "rest": True,
            "network": file_hash(job.network_path),
            "rate": str(rate),
            "frames": frames,
        },
        build,
        job.progress,
        force=job.config.machine.force,
    )


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
