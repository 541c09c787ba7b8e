"""Training one pass of a sweep, in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...config import Config
from ...progress import Progress
from ...runtime.workers import WorkerMessage
from ...storage.workspace import Workspace


def train_in_worker(root: Path, config: Config, report: Callable[[WorkerMessage], None]) -> None:
    """Train a pass.

    Parameters
    ----------
    root : Path
        Of the workspace.
    config : Config
    report : callable
        Called with the epochs done so far, and with each warning.

    Raises
    ------
    Audio2VideoError
        The pass can't be trained.
    """
    # Imported here, behind the number of threads, which libraries read once.
    from ..loop import train_pass

    def on_progress(stage: str, done: int, total: int | None, unit: str) -> None:
        if unit == "epoch":
            report(WorkerMessage(count=done))

    progress = Progress(on_progress, lambda text: report(WorkerMessage(warning=text)))
    train_pass(Workspace(root), config, progress)
