"""The retiming of a job: made once, needed by steps 2, 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..retiming.activity import head_velocity
from ..retiming.retime import Retiming
from ..speech.recording import recording_activity
from ..storage.arrays import read_arrays
from ..storage.artifacts import build_if_stale
from ..storage.files import replacing
from .job import Job
from .listener import lay_listener, listener_facts
from .playback import lay_target
from .plots import plot_retiming

MADE_BY = "step 3 (retiming)"
FORMAT = 5
"""Raised when the way frames are chosen changes."""


def ensure_retiming(job: Job) -> tuple[Retiming, bool]:
    """Make the retiming unless it is up to date.

    Step 2 needs it as well: a texture is synthesised for the head pose that it is put onto.

    Returns
    -------
    Retiming
    bool
        Whether it was made now.

    Raises
    ------
    Audio2VideoError
        The speech is missing, or the file there can't be used.
    """
    target, rate = job.target, float(job.rate)
    part, product = job.part, job.retiming_path

    def build(path: Path) -> dict[str, Any]:
        track = target.track
        with job.speech(path) as (samples, presence):
            speech = recording_activity(samples, job.rate, job.frames, presence)[job.asked]
        velocity = head_velocity(track.landmarks, track.starts, track.usable)
        facts: dict[str, Any] = {}
        if job.config.listening.listen:
            timing, facts = lay_listener(job)
        elif part is None:
            timing = lay_target(target, speech, job.config.playback, job.progress)
            _tell_of_own_time(job, len(speech) - len(track))
        else:
            timing = Retiming(part.places.astype(np.float64))
        with path.open("wb") as file:
            joins = {"joined": timing.joined, "shares": timing.shares}
            kept = {name: array for name, array in joins.items() if array is not None}
            np.savez(file, places=timing.positions, **kept)  # type: ignore[arg-type]
        with replacing(product.with_suffix(".png")) as temporary:
            motion = np.linalg.norm(velocity, axis=1)
            plot_retiming(timing, speech, motion, track.blink, track.usable, rate, temporary)
        return {"between": int(timing.is_interpolated.sum()), **facts}

    made = build_if_stale(
        product,
        {
            "format": FORMAT,
            "target": target.key,
            **job.voice_facts,
            "frames": job.frames,
            "ranges": None if part is None else part.runs.tolist(),
            **job.config.playback.flags(),
            **listener_facts(job),
        },
        build,
        job.progress,
        force=job.config.machine.force,
        owner=job.owner,
        outputs=[product.with_suffix(".png")],
    )
    return read_retiming(job), made


def _tell_of_own_time(job: Job, missing: int) -> None:
    """Say that the target plays in its own time, and where it is too short for the speech."""
    config = job.config
    if not config.plays_in_own_time:
        return
    if config.retiming.retiming == "auto":
        job.progress.notice(
            "the target's own sound is kept, so the target plays in its own time, from its first "
            "frame on"
        )
    if missing > 0 and config.retiming.fit == "auto":
        job.progress.warn(
            f"the speech is {missing / float(job.rate):.1f} s longer than the target, whose last "
            "frame stays, without a sound of its own: --fit cut ends the result there"
        )


def read_retiming(job: Job) -> Retiming:
    """Read the retiming of a job.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, damaged, of another length, or names frames that the target does not
        have.
    """
    path, wanted = job.retiming_path, job.wanted
    arrays = read_arrays(path, ("places",), made_by=MADE_BY)
    places = arrays["places"]
    if places.ndim != 1 or places.dtype.kind not in "fiu" or len(places) == 0:
        raise BadFileError("places must be a list of numbers", path=path)
    last = len(job.target.track) - 1
    if places.min() < 0 or places.max() > last:
        raise BadFileError(
            f"names a place outside the target's frames 0 to {last}",
            path=path,
            hint=f"{MADE_BY} makes it again with --force True",
        )
    if len(places) != wanted:
        raise BadFileError(
            f"has {len(places)} frames, the speech needs {wanted}",
            path=path,
            hint=f"run {MADE_BY} again; --force True if it is your own file",
        )
    return Retiming(places.astype(np.float64), *_read_joins(job, arrays))


def _read_joins(
    job: Job, arrays: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.int32] | None, NDArray[np.float64] | None]:
    """Give the frames that are mixed in, and how much of each; none in most retimings."""
    if "joined" not in arrays and "shares" not in arrays:
        return None, None
    wanted, last = job.wanted, len(job.target.track) - 1
    joined, shares = arrays.get("joined"), arrays.get("shares")
    if joined is None or shares is None or not joined.shape == shares.shape == (wanted,):
        raise BadFileError(
            "joined and shares must be lists of as many numbers", path=job.retiming_path
        )
    inside = joined.dtype.kind in "iu" and joined.min() >= -1 and joined.max() <= last
    if not inside or shares.min() < 0 or shares.max() > 0.5:
        raise BadFileError(
            f"joined must be frames 0 to {last}, or -1, and shares 0 to 0.5",
            path=job.retiming_path,
            hint=f"{MADE_BY} makes it again with --force True",
        )
    return joined.astype(np.int32), shares.astype(np.float64)
