"""Step 3: which target frame plays under each output frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..config.options import Options
from ..errors import BadFileError
from ..media.audio import probe_audio
from ..progress import Progress
from ..retiming.activity import head_velocity
from ..retiming.retime import Retiming, as_it_is, retime
from ..runtime.report import StepReport
from ..speech.recording import recording_activity
from ..storage.arrays import read_arrays
from ..storage.artifacts import make
from ..storage.files import file_hash, replacing
from ..storage.workspace import Workspace
from ..target.analysis import Target, analyse_target
from .lipsync import output_frames, result_ids
from .plots import plot_retiming
from .speech_samples import samples_of

NAME = "retiming"
MADE_BY = "step 3 (retiming)"
FORMAT = 3
"""Raised when the way frames are chosen changes."""


def retiming_path(workspace: Workspace, options: Options) -> Path:
    """File of the retiming."""
    return workspace.output(options.inp_id, options.tar_id) / "retiming.npz"


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Retime the target to the speech.

    Writes ``retiming.npz`` (array ``places``) and a plot of it into the output
    folder.

    Raises
    ------
    Audio2VideoError
        Something needed is missing or can't be used.
    """
    target = analyse_target(workspace, options, progress)
    timing, made = make_retiming(workspace, options, target, progress)
    wanted = len(timing.frames)
    report = StepReport(NAME, "frame", count=wanted if made else 0)
    report.facts = {"output_frames": wanted, "frames_between": int(timing.between.sum())}
    return report


def make_retiming(
    workspace: Workspace, options: Options, target: Target, progress: Progress
) -> tuple[Retiming, bool]:
    """Make the retiming unless it is up to date, and tell whether it was made now.

    Step 2 needs it as well: a texture is made for the head that it will be put onto.

    Raises
    ------
    Audio2VideoError
        The speech is missing, or the file there can't be used.
    """
    audio = probe_audio(workspace.input_audio(options.inp_id))
    rate = target.info.rate
    wanted = output_frames(audio, rate)

    def build(path: Path) -> dict[str, Any]:
        track = target.track
        with samples_of(audio.path, path) as pcm:
            speech = recording_activity(pcm, rate, wanted)
        velocity = head_velocity(track.landmarks, track.starts, track.usable)
        timing = (
            retime(speech, velocity, track.blink, track.usable, track.starts, float(rate))
            if options.retiming
            else as_it_is(wanted, len(track))
        )
        with path.open("wb") as file:
            np.savez(file, places=timing.places)
        with replacing(path.parent / "retiming.png") as temporary:
            motion = np.linalg.norm(velocity, axis=1)
            plot_retiming(timing, speech, motion, track.blink, float(rate), temporary)
        return {"between": int(timing.between.sum())}

    product = retiming_path(workspace, options)
    made = make(
        product,
        {
            "format": FORMAT,
            "target": target.key,
            "audio": file_hash(audio.path),
            "frames": wanted,
            "retiming": options.retiming,
        },
        build,
        progress,
        force=options.force,
        made_for=result_ids(options),
        beside=[product.with_suffix(".png")],
    )
    return read_retiming(workspace, options, target, wanted), made


def read_retiming(workspace: Workspace, options: Options, target: Target, wanted: int) -> Retiming:
    """Read what step 3 made, for so many output frames.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, damaged, of another length, or names frames that the target does not
        have.
    """
    path = retiming_path(workspace, options)
    places = read_arrays(path, ("places",), made_by=MADE_BY)["places"]
    if places.ndim != 1 or places.dtype.kind not in "fiu" or len(places) == 0:
        raise BadFileError("places must be a list of numbers", path=path)
    last = len(target.track) - 1
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
    return Retiming(places.astype(np.float64))
