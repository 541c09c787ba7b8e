"""A process of its own that trains one pass, and tells its parent how far it is."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..errors import Audio2VideoError
from ..options import Options
from ..progress import Progress
from ..workspace import Workspace

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


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


class Worker:
    """A running process.

    Parameters
    ----------
    workspace : Workspace
    options : Options
        Of the pass.
    """

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self.pass_id = options.pass_id
        # Started afresh: a fork of a process with running threads may hang.
        context = get_context("spawn")
        self.ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_train, args=(theirs, workspace.root, options), daemon=True
        )
        self._process.start()
        theirs.close()

    def news(self) -> News:
        """Wait for what it says next; an end without a word is an error."""
        try:
            found: News = self.ours.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            return News(error=f"the process ended {how} (out of memory?)")
        return found

    def close(self) -> None:
        """End the process if it still runs; what it has saved is kept."""
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()
        self.ours.close()


def _train(parent: Connection, root: Path, options: Options) -> None:
    # Ctrl-C reaches all processes of a terminal: the parent decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in THREAD_VARIABLES:
        os.environ[name] = str(options.nthreads)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    def on_progress(stage: str, done: int, total: int | None, unit: str) -> None:
        if unit == "epoch":
            parent.send(News(epochs=done))

    def on_warning(text: str) -> None:
        parent.send(News(warning=text))

    try:
        # Imported here, behind the number of threads, which libraries read once.
        from ..steps.training import train_pass

        train_pass(Workspace(root), options, Progress(on_progress, on_warning))
    except Audio2VideoError as error:
        parent.send(News(error=str(error)))
    except Exception as error:
        parent.send(News(error=f"{type(error).__name__}: {error}"))
    else:
        parent.send(News(done=True))


def _end_with(parent: Any) -> None:
    """End when the parent does, however it ended: two must never train the same pass."""
    try:
        parent.recv()  # nothing is ever sent: this returns when the other side is closed
    except (EOFError, OSError):
        os._exit(1)
