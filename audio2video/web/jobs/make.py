"""Making the result of a job, in a worker process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...config import Config
from ...errors import MostlyUnchangedError
from ...progress import Progress
from ...runtime.workers import WorkerMessage
from ...storage.files import replacing
from ...storage.workspace import Workspace
from .job import FILES

TOLD_EVERY = 0.2
"""Seconds between two messages about one stage."""


def make_result(
    root: Path,
    folder: Path,
    audio: Path | None,
    video: Path,
    segments: Path | None,
    config: Config,
    preview: Mapping[str, Any],
    report: Callable[[WorkerMessage], None],
) -> dict[str, Any]:
    """Make a result and put what people look at into the job's folder.

    Parameters
    ----------
    root : Path
        Of the workspace.
    folder : Path
        The job's.
    audio, video, segments, config
        As `dub` takes them.
    preview : mapping
        Further arguments of `dub`.
    report : callable
        Called with progress, warnings and notices.

    Returns
    -------
    dict
        Figures of the result, as JSON values; with 'error' where most of it is the target's own.

    Raises
    ------
    Audio2VideoError
        An input can't be used.
    """
    # Imported here, behind the number of threads, which libraries read once.
    import cv2

    from ...api.dub import dub
    from ...media.video import probe_video

    cv2.setNumThreads(config.machine.nthreads)
    failure: str | None = None
    try:
        result = dub(
            audio,
            video,
            folder / FILES["video"],
            segments=segments,
            config=config,
            workspace=Workspace(root),
            overwrite=True,
            before=folder / FILES["before"],
            progress=reporting(report),
            **preview,
        )
    except MostlyUnchangedError as error:
        result, failure = error.result, f"{error.problem}; {error.hint}"
    for name, source in (
        ("sheet", result.sheet),
        ("report", result.report),
        ("shapes", result.shapes[0] if result.shapes else None),
    ):
        if source is not None:
            with replacing(folder / FILES[name]) as temporary:
                shutil.copyfile(source, temporary)
    info = probe_video(result.path)
    run = None if result.report is None else result.report.parent.relative_to(root).as_posix()
    return {
        "frames": result.frames,
        "synthesised": result.synthesised,
        "passed_through": dict(result.passed_through),
        "timeline": [list(one) for one in result.timeline],
        "rate": float(result.rate),
        "seconds": float(result.duration),
        "width": info.width,
        "height": info.height,
        "bytes": result.path.stat().st_size,
        "begins": result.begins,
        "run": run,
        "times": dict(result.seconds),
        "error": failure,
    }


def reporting(report: Callable[[WorkerMessage], None]) -> Progress:
    """Give callbacks that send messages to the server, of one stage a few a second."""
    told: dict[str, float] = {}

    def update(stage: str, done: int, total: int | None, unit: str) -> None:
        now = time.monotonic()
        if done == total or now - told.get(stage, 0.0) >= TOLD_EVERY:
            told[stage] = now
            report(WorkerMessage(stage, done, None, total, unit))

    return Progress(
        update,
        lambda text: report(WorkerMessage(warning=text)),
        on_notice=lambda text: report(WorkerMessage(notice=text)),
    )
