"""A process of its own that makes results one after the other, and tells how far it is."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ..config import Config
from ..errors import Audio2VideoError
from ..progress import Progress
from ..runtime.process import Child, settle_in
from ..runtime.resource_errors import as_shortage
from ..storage.locks import locked
from ..storage.workspace import Workspace

STEPS = (1, 2, 3, 4)


@dataclass(frozen=True)
class News:
    """What a process says of its row.

    Parameters
    ----------
    stage : str, optional
        What it does now.
    warning, error : str, optional
    made : bool, optional
        When it is done: whether the result had to be made.
    """

    stage: str | None = None
    warning: str | None = None
    error: str | None = None
    made: bool | None = None

    @property
    def ended(self) -> bool:
        """Tell whether the row is done with."""
        return self.error is not None or self.made is not None


class Worker(Child[News]):
    """A process that waits for rows.

    Parameters
    ----------
    workspace : Workspace
    nthreads : int
        Threads of the libraries that read their number once.
    """

    def __init__(self, workspace: Workspace, nthreads: int) -> None:
        super().__init__(_serve, workspace.root, nthreads)

    def lost(self, error: str) -> News:
        """See `Child.lost`."""
        return News(error=error)

    def begin(self, config: Config) -> None:
        """Hand over a row's config; its news come from `news`."""
        try:
            self.ours.send(config)
        except OSError:  # it has died in the meantime: `news` says so
            return


def _serve(parent: Connection, root: Path, nthreads: int) -> None:
    settle_in(nthreads)
    rows: queue.SimpleQueue[Config] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(parent, rows), daemon=True).start()
    # Imported behind the number of threads.
    import cv2

    cv2.setNumThreads(nthreads)
    while True:
        parent.send(_make(Workspace(root), rows.get(), parent))


def _receive(parent: Connection, rows: queue.SimpleQueue[Config]) -> None:
    """Take in rows, and end when the parent does, however it ended."""
    while True:
        try:
            rows.put(parent.recv())
        except (EOFError, OSError):
            os._exit(1)


def _make(workspace: Workspace, config: Config, parent: Connection) -> News:
    """Make one result; returns the last news of it."""
    from ..pipeline.job import Job
    from ..pipeline.run import import_target, run

    stages: set[str] = set()

    def say(stage: str) -> None:
        if stage not in stages:
            stages.add(stage)
            parent.send(News(stage=stage))

    def on_progress(stage: str, done: int, total: int | None, unit: str) -> None:
        say(stage)

    def on_warning(text: str) -> None:
        parent.send(News(warning=text))

    progress = Progress(on_progress, on_warning, say)
    try:
        # Rows of one target wait for the first of them to analyse it.
        lock = workspace.batch_lock(config.inputs.tar_id)
        with locked(lock, lambda: say("waiting for the target's analysis")):
            ready = import_target(workspace, config, progress)
            workspace.input_audio(
                ready.inputs.inp_id
            )  # without speech there is nothing to analyse for
            _ = Job(workspace, ready, progress).target  # analysed now, for all rows that wait
        reports = run(workspace, STEPS, config, progress)
    except Audio2VideoError as error:
        return News(error=str(error))
    except Exception as error:
        words = as_shortage(error) or f"{type(error).__name__}: {error}"
        return News(error=" ".join(str(words).split()))
    # Mouth shapes may have been made anew for this target's frame rate, and be the same as before.
    return News(made=reports[-1].count > 0)
