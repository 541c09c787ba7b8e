"""A process of its own that trains one pass, and tells its parent how far it is."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ...config import Config
from ...errors import Audio2VideoError
from ...progress import Progress
from ...runtime.process import Child, settle_in
from ...runtime.resource_errors import as_shortage
from ...storage.workspace import Workspace


@dataclass(frozen=True)
class News:
    """What a process says of itself.

    Parameters
    ----------
    epochs : int, optional
        Finished epochs so far.
    warning, error : str, optional
    done : bool
        The pass is trained.
    """

    epochs: int | None = None
    warning: str | None = None
    error: str | None = None
    done: bool = False


class Worker(Child[News]):
    """A running process.

    Parameters
    ----------
    workspace : Workspace
    config : Config
        Of the pass.
    """

    def __init__(self, workspace: Workspace, config: Config) -> None:
        self.pass_id = config.inputs.pass_id
        super().__init__(_train, workspace.root, config)

    def lost(self, error: str) -> News:
        """See `Child.lost`."""
        return News(error=error)


def _train(parent: Connection, root: Path, config: Config) -> None:
    settle_in(config.machine.nthreads)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    def on_progress(stage: str, done: int, total: int | None, unit: str) -> None:
        if unit == "epoch":
            parent.send(News(epochs=done))

    def on_warning(text: str) -> None:
        parent.send(News(warning=text))

    try:
        # Imported here, behind the number of threads, which libraries read once.
        from ..loop import train_pass

        train_pass(Workspace(root), config, Progress(on_progress, on_warning))
    except Audio2VideoError as error:
        parent.send(News(error=str(error)))
    except Exception as error:
        words = as_shortage(error) or f"{type(error).__name__}: {error}"
        parent.send(News(error=str(words)))
    else:
        parent.send(News(done=True))


def _end_with(parent: Any) -> None:
    """End when the parent does, however it ended: two must never train the same pass."""
    try:
        parent.recv()  # nothing is ever sent: this returns when the other side is closed
    except (EOFError, OSError):
        os._exit(1)
