"""Mouth shapes that the user brings, in place of those that step 1 predicts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError, MissingFileError, OptionError
from ..mouth.prediction import MouthTrack
from ..mouth.resampling import at_times
from ..progress import Progress
from ..storage.artifacts import build_if_stale, read_record
from ..storage.files import file_hash
from ..storage.npy import load_array
from .job import MAX_APART, Job

SAVE = "save points 48 to 67 of dlib's 68, or all, with numpy.save: shape (T, 20, 2) or (T, 68, 2)"

FORMAT = 1
"""Raised when the way shapes are taken over changes."""

LOADED = "shapes of the user's own"
"""Stands for the pass in a result's marks."""

RATES = (5.0, 1000.0)
"""Shapes per second that can be meant."""


def load_shapes(job: Job) -> bool:
    """Put the user's own shapes where step 1 writes those that it predicts.

    Parameters
    ----------
    job : Job
        Whose config names a file of shapes.

    Returns
    -------
    bool
        Whether they were not there yet.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, or it holds no mouth shapes.
    OptionError
        They can't be meant for this speech.
    """
    inputs = job.config.inputs
    path = inputs.load_shapes
    assert path is not None
    if inputs.segments is not None:
        raise OptionError("--load_shapes can't go with --segments", hint="leave one of them out")
    if not path.is_file():
        raise MissingFileError("file of shapes not found", path=path)
    rate, frames = job.rate, job.frames

    def build(product: Path) -> dict[str, Any]:
        track = adopt_file(
            path, inputs.shapes_rate, frames / rate, job.predictor.reference, job.progress
        )
        times = np.arange(frames) / float(rate)
        shapes = at_times(track.shapes, track.rate, times).astype(np.float32)
        np.save(product, shapes, allow_pickle=False)
        return {"rate": str(rate), "spread": track.spread, "loaded": path.name}

    return build_if_stale(
        job.shapes_path,
        {
            "format": FORMAT,
            "shapes": file_hash(path),
            "shapes_rate": inputs.shapes_rate,
            "network": file_hash(job.network_path),
            "rate": str(rate),
            "frames": frames,
        },
        build,
        job.progress,
        force=job.config.machine.force,
    )


def adopt_file(
    path: Path,
    rate: float | None,
    lasts: Fraction,
    template: NDArray[np.floating],
    progress: Progress,
) -> MouthTrack:
    """Read mouth shapes from elsewhere; see `adopt_shapes`.

    Parameters
    ----------
    path : Path
        NumPy's file of an array.
    rate : float, optional
        Shapes per second; by default they last as long as the speech.
    lasts : Fraction
        Seconds of the speech.
    template : ndarray, shape (20, 2)
        Closed mouth of the face that they are to be of, rectified.
    progress : Progress
        Is told what was assumed.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, or it holds no mouth shapes.
    OptionError
        They can't be meant for this speech.
    """
    from ..mouth.foreign import adopt_shapes

    if not path.is_file():
        raise MissingFileError("file of shapes not found", path=path)
    try:
        points = load_array(path)
    except Exception as error:  # whatever NumPy raises for what is no array of its own
        raise BadFileError("not a NumPy array file, or damaged", path=path, hint=SAVE) from error
    if points.dtype.kind not in "fiu":
        raise BadFileError("not an array of numbers", path=path, hint=SAVE)
    exact = (
        Fraction(len(points)) / lasts if rate is None else Fraction(rate).limit_denominator(100_000)
    )
    if not RATES[0] <= exact <= RATES[1]:
        raise OptionError(
            f"{len(points)} shapes for a speech of {float(lasts):.1f} s are {float(exact):.3g} a "
            "second",
            path=path,
            hint="give their rate with --shapes_rate",
        )
    try:
        track = adopt_shapes(points, exact, template)
    except ValueError as error:
        raise BadFileError(str(error), path=path, hint=SAVE) from error
    if rate is None:
        progress.notice(
            f"{path}: {len(points)} shapes last as long as the speech, at {float(exact):.5g} a "
            "second; --shapes_rate says otherwise"
        )
    elif abs(len(points) / exact - lasts) > MAX_APART:
        progress.warn(
            f"{path}: the shapes last {float(len(points) / exact):.1f} s, the speech "
            f"{float(lasts):.1f} s: "
            + ("the last one stays" if len(points) / exact < lasts else "the rest is not used")
        )
    return track


def shapes_spread(job: Job) -> float | None:
    """Give the spread of the opening in a job's shapes, if it is known."""
    if job.config.inputs.load_shapes is None:
        return job.predictor.spread
    spread = (read_record(job.shapes_path) or {}).get("spread")
    return float(spread) if isinstance(spread, (int, float)) else None
