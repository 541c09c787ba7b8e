"""Runs the numbered steps in order, with progress and one report."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import __version__
from ..config.options import Options
from ..errors import OptionError
from ..progress import Progress
from ..runtime.report import StepReport
from ..storage.artifacts import refuse_others_in
from ..storage.files import file_hash, write_json
from ..storage.ids import DEFAULT_ID, brought_id
from ..storage.workspace import Workspace

STEPS = (0, 1, 2, 3, 4)


def run(
    workspace: Workspace, steps: Sequence[int], options: Options, progress: Progress | None = None
) -> list[StepReport]:
    """Run steps of the pipeline.

    Parameters
    ----------
    workspace : Workspace
    steps : sequence of int
        Numbers 0 to 4; run in ascending order, each once.
    options : Options
    progress : Progress, optional
        The caller's callbacks.

    Returns
    -------
    list of StepReport
        One for each step.

    Raises
    ------
    Audio2VideoError
        Something the user can put right; what is finished by then is kept.
    """
    progress = progress or Progress()
    chosen = sorted(set(steps))
    if not chosen or any(step not in STEPS for step in chosen):
        wrong = ", ".join(str(s) for s in chosen if s not in STEPS) or "none"
        raise OptionError(f"no such step: {wrong}", hint="steps are 0, 1, 2, 3 and 4")
    workspace.create()
    options = bring_files(workspace, options)
    if any(step > 1 for step in chosen) or (1 in chosen and options.predict):
        workspace.input_audio(options.inp_id)  # a wrong id is told before anything is painted
        _make_demo(workspace, options, progress)
    if any(step > 1 for step in chosen):
        ids = {"inp_id": options.inp_id, "tar_id": options.tar_id}
        refuse_others_in(workspace.output(options.inp_id, options.tar_id), ids)
    reports: list[StepReport] = []
    timings: dict[str, dict[str, Any]] = {}
    for step in chosen:
        progress.note(f"step {step}: {_NAMES[step]}")
        began = time.perf_counter()
        report = _step(step)(workspace, options, progress)
        seconds = time.perf_counter() - began
        reports.append(report)
        timings[f"{step} {report.name}"] = {
            **report.facts,
            "seconds": round(seconds, 3),
            f"{report.unit}s": report.count,
            f"{report.unit}s_per_second": round(report.count / seconds, 2) if seconds > 0 else None,
        }
    if any(step >= 2 for step in chosen):
        _write_report(workspace, options, timings, progress)
    return reports


_NAMES = ("dataset", "lipsync", "texture", "retiming", "composite")
_MODULES = ("..training.dataset.step", ".lipsync", ".texture", ".retiming", ".compositing")


def _step(number: int) -> Any:
    # Imported when run: each step brings heavy libraries that the others do not need.
    from importlib import import_module

    return import_module(_MODULES[number], __package__).run


def bring_files(workspace: Workspace, options: Options) -> Options:
    """Copy ``--audio`` and ``--video`` into the workspace; returns options with their ids.

    An id given beside the file is used; otherwise the file's stem becomes the id. A file that can't
    be used is refused before anything is copied.
    """
    options = replace(
        options,
        inp_id=brought_id(options.inp_id, options.audio),
        tar_id=brought_id(options.tar_id, options.video),
    )
    if options.audio is not None:
        from ..media.audio import probe_audio

        probe_audio(options.audio)
    if options.video is not None:
        from ..media.video import probe_video

        probe_video(options.video)
    if options.audio is not None:
        workspace.bring(options.audio, "input/mp3", options.inp_id)
    if options.video is not None:
        workspace.bring(options.video, "target/mp4", options.tar_id)
    return options


def bring_target(workspace: Workspace, options: Options, progress: Progress) -> Options:
    """Copy ``--video`` into the workspace, or paint the embedded presenter where it is meant.

    Returns
    -------
    Options
        With the target's id.
    """
    workspace.create()
    options = bring_files(workspace, options)
    _make_demo(workspace, options, progress)
    return options


def _make_demo(workspace: Workspace, options: Options, progress: Progress) -> None:
    """Paint the embedded presenter on first use."""
    if options.tar_id != DEFAULT_ID:
        return
    if any((workspace.root / "target" / "mp4").glob(f"{DEFAULT_ID}.*")):
        return
    folder = workspace.inside("target", "mp4")
    from ..demo.video import make_demo_video

    make_demo_video(
        folder / f"{DEFAULT_ID}.mp4",
        lambda done, total: progress.update("painting the presenter", done, total, "frame"),
    )


def _write_report(
    workspace: Workspace,
    options: Options,
    timings: dict[str, dict[str, Any]],
    progress: Progress,
) -> None:
    inputs = {
        "audio": workspace.input_audio(options.inp_id),
        "video": workspace.target_video(options.tar_id),
    }
    folder = workspace.finished_pass(options.pass_id)
    if folder is not None:
        inputs["network"] = folder / "network.npz"
    write_json(
        workspace.output(options.inp_id, options.tar_id) / "report.json",
        {
            "audio2video": __version__,
            "options": options.as_dict(),
            "inputs": {
                name: {"file": path.name, "sha256": file_hash(path)}
                for name, path in inputs.items()
            },
            "steps": timings,
            "peak_memory_mib": _peak_memory(),
            "warnings": progress.warnings,
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
