"""Making the result of a job, in a worker process."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...config import Config
from ...errors import MostlyUnchangedError
from ...runtime.reporting import Report, telling_counts
from ...storage.files import replacing
from ...storage.workspace import Workspace
from .job import FILES


def make_result(
    root: Path,
    folder: Path,
    audio: Path | None,
    video: Path,
    segments: Path | None,
    config: Config,
    preview: Mapping[str, Any],
    report: Report,
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
            progress=telling_counts(report),
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
