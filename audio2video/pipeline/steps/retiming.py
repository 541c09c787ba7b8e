"""Step 3: which target frame plays under each output frame."""

from __future__ import annotations

from ..job import Job
from ..report import StepReport
from ..schedule import ensure_retiming

NAME = "retiming"


def run(job: Job) -> StepReport:
    """Retime the target to the speech, or find its frames in the ranges that are dubbed.

    Writes ``retiming.npz`` (array ``places``) and its plot into the output folder.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    report = StepReport(NAME, "frame", facts={"output_frames": 0, "frames_between": 0})
    for one in job.speakers:
        timing, made = ensure_retiming(one)
        report.count += len(timing.frames) if made else 0
        report.facts["output_frames"] += len(timing.frames)
        report.facts["frames_between"] += int(timing.is_interpolated.sum())
    return report
