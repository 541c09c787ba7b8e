"""Running steps of the pipeline: inputs brought in, steps in order, the report written."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..config import Config
from ..config.segments import read_segments
from ..errors import MostlyUnchangedError, OptionError
from ..progress import Progress
from ..runtime.extras import require
from ..spoken.programs import find_program
from ..spoken.speak import speak_text
from ..storage.artifacts import check_owners_in
from ..storage.files import file_hash, write_json
from ..storage.workspace import Workspace
from .job import Job, will_train
from .report import StepReport
from .step import STEPS, load_step

if TYPE_CHECKING:
    from .frame_count import FrameCount


def run(
    workspace: Workspace,
    steps: Sequence[int],
    config: Config,
    progress: Progress | None = None,
    *,
    link: bool = False,
) -> list[StepReport]:
    """Run steps of the pipeline.

    Parameters
    ----------
    workspace : Workspace
    steps : sequence of int
        Numbers 0 to 4; run in ascending order, each once.
    config : Config
    progress : Progress, optional
    link : bool
        Link ``--audio`` and ``--video`` into the workspace instead of copying them.

    Returns
    -------
    list of StepReport
        One for each step.

    Raises
    ------
    MostlyUnchangedError
        Most frames of the result are the target's own; all files are written by then.
    Audio2VideoError
        Something the user can put right; what is finished by then is kept.
    """
    progress = progress or Progress()
    chosen = sorted(set(steps))
    if not chosen or any(step not in STEPS for step in chosen):
        wrong = ", ".join(str(s) for s in chosen if s not in STEPS) or "none"
        raise OptionError(f"no such step: {wrong}", hint="steps are 0, 1, 2, 3 and 4")
    workspace.create()
    config = import_media(workspace, config, progress, link=link)
    job = Job(workspace, config, progress)
    if any(step > 1 for step in chosen) or (1 in chosen and config.lipsync.predict):
        job.check_speech()  # a wrong id is reported before anything is made
    if any(step > 1 for step in chosen):
        check_owners_in(job.folder, job.owner)
    check_requirements(workspace, chosen, config)
    with ExitStack() as stack:
        if any(step > 1 for step in chosen):
            _prepare_kernels(stack, progress)
        return _run_steps(job, chosen)


def _prepare_kernels(stack: ExitStack, progress: Progress) -> None:
    """Compile kernels beside the first steps, where they are not kept from an earlier run."""
    from ..runtime.kernels import compiling_ahead, keeping_problem
    from .kernel_warmup import rehearsals

    problem = keeping_problem()
    if problem is not None:
        progress.warn(problem)
    stack.enter_context(compiling_ahead(rehearsals()))


def _run_steps(job: Job, chosen: Sequence[int]) -> list[StepReport]:
    progress = job.progress
    reports: list[StepReport] = []
    timings: dict[str, dict[str, Any]] = {}
    for number in chosen:
        step = load_step(number)
        progress.note(f"step {number}: {step.NAME}")
        began = time.perf_counter()
        report = step.run(job)
        seconds = report.seconds = time.perf_counter() - began
        reports.append(report)
        timings[f"{number} {report.name}"] = {
            **report.facts,
            "seconds": round(seconds, 3),
            f"{report.unit}s": report.count,
            f"{report.unit}s_per_second": round(report.count / seconds, 2) if seconds > 0 else None,
        }
    for report in reports:
        if report.frames is not None and report.result is not None:
            _check_frames(job, timings, report.frames, report.result)
    if any(number >= 2 for number in chosen):
        _write_report(job, timings)
    return reports


def _check_frames(
    job: Job, timings: dict[str, dict[str, Any]], frames: FrameCount, result: Path
) -> None:
    from .frame_count import check_count

    try:
        check_count(frames, result, job.progress)
    except MostlyUnchangedError:
        _write_report(job, timings)
        raise


def check_requirements(workspace: Workspace, steps: Sequence[int], config: Config) -> None:
    """Check the requirements of all steps before the first one runs.

    Training needs TensorFlow; step 4 signs its result, with a key that is made on first use.

    Raises
    ------
    MissingLibraryError
        A library is not installed.
    Audio2VideoError
        The signing key, or that of watermarks, can't be used, or there is none and it can't be
        kept; or a time stamp authority that is to be asked does not answer.
    """
    if 1 in steps and will_train(workspace, config, corpus_coming=0 in steps):
        require("training", "tensorflow")
    if 4 in steps:
        from ..provenance.signing import tried_credentials

        marking = config.marking
        tried_credentials(marking)
        if marking.watermark or marking.watermark_audio:
            from ..provenance.watermark_keys import marking_key

            marking_key()


def import_media(
    workspace: Workspace, config: Config, progress: Progress | None = None, *, link: bool = False
) -> Config:
    """Copy ``--audio`` and ``--video`` into the workspace, and speak ``--text`` there.

    Returns a config with their ids.

    An id given beside the file is used; otherwise the file's stem becomes the id. A file that can't
    be used is refused before anything is copied. One that has changed since takes the place of what
    it was, which is set aside.
    """
    from ..media.audio import probe_audio
    from ..media.video import probe_video

    inputs, config = config.inputs, config.with_media_ids()
    program = find_program(inputs.voice_program, inputs.voice_name) if inputs.is_text else None
    for sound in (inputs.audio, inputs.voice_audio):
        if sound is not None:
            probe_audio(sound)
    if inputs.video is not None:
        probe_video(inputs.video)
    if inputs.segments is not None:
        read_segments(inputs.segments)
    for source, folder, file_id in (
        (inputs.audio, "input/mp3", config.inputs.inp_id),
        (inputs.video, "target/mp4", config.inputs.tar_id),
    ):
        if source is None:
            continue
        force = config.machine.force
        brought = workspace.bring(source, folder, file_id, link=link, force=force)
        if brought.kept is not None and progress is not None:
            progress.warn(f"{source} is taken anew: what it was before is kept as {brought.kept}")
    if program is not None:
        speak_text(
            workspace,
            config.inputs.inp_id,
            inputs.said or "",
            program,
            progress or Progress(),
            force=config.machine.force,
        )
    return config


def import_target(workspace: Workspace, config: Config, progress: Progress | None = None) -> Config:
    """Copy ``--video`` into the workspace.

    Returns
    -------
    Config
        With the target's id.
    """
    workspace.create()
    return import_media(workspace, config, progress)


def _write_report(job: Job, timings: dict[str, dict[str, Any]]) -> None:
    inputs = job.media
    shapes, folder = job.config.inputs.load_shapes, job.workspace.finished_pass(job.pass_id)
    if shapes is not None:
        inputs["shapes"] = shapes
    elif folder is not None:
        inputs["network"] = folder / "network.npz"
    write_json(
        job.folder / "report.json",
        {
            "audio2video": __version__,
            "options": job.config.flags(),
            "inputs": {
                name: {"file": path.name, "sha256": file_hash(path)}
                for name, path in inputs.items()
            },
            "steps": timings,
            "peak_memory_mib": _peak_memory(),
            "warnings": job.progress.warnings,
            "notices": job.progress.notices,
        },
    )


def _peak_memory() -> float | None:
    """Largest memory of this process so far, in MiB; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
