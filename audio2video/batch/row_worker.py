"""Making one row of a batch, in a worker process."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..runtime.reporting import Report, telling_stages
from ..storage.locks import locked
from ..storage.workspace import Workspace


def make_row(root: Path, config: Config, report: Report) -> bool:
    """Make one result.

    Parameters
    ----------
    root : Path
        Of the workspace.
    config : Config
    report : callable
        Called with each stage once, and with each warning.

    Returns
    -------
    bool
        Whether the result had to be made.

    Raises
    ------
    Audio2VideoError
        An input can't be used.
    """
    # Imported here, behind the number of threads, which libraries read once.
    import cv2

    from ..pipeline.job import Job
    from ..pipeline.run import check_requirements, import_target, run
    from ..pipeline.step import VIDEO_STEPS

    cv2.setNumThreads(config.machine.nthreads)
    workspace = Workspace(root)
    progress = telling_stages(report)
    check_requirements(workspace, VIDEO_STEPS, config)
    # Rows of one target wait for the first of them to analyse it.
    lock = workspace.batch_lock(config.inputs.tar_id)
    with locked(lock, lambda: progress.note("waiting for the target's analysis")):
        job = Job(workspace, import_target(workspace, config, progress), progress)
        # Without speech there is nothing to analyse the target for.
        job.check_speech()
        job.analyse()
    reports = run(workspace, VIDEO_STEPS, config, progress)
    # Mouth shapes may have been made again for this target's frame rate, and be the same.
    return reports[-1].count > 0
