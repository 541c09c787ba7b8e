"""What tests of worker processes ask them to do; workers import this module."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from audio2video.runtime.workers import WorkerMessage


def square(number: int) -> int:
    """Return the square."""
    return number * number


def die(_: int) -> int:
    """Take the worker process with it."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def die_once(mark: str) -> str:
    """Take the worker process with it, but only the first time."""
    path = Path(mark)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def sleep(seconds: float) -> None:
    """Work for a while."""
    time.sleep(seconds)


def fail(_: int) -> None:
    """Raise what nobody expects."""
    raise RuntimeError("a defect")


class OddError(Exception):
    """An error that can't be pickled."""

    def __init__(self, one: str, two: object) -> None:
        super().__init__(one)
        self.two = two


def fail_oddly(_: int) -> None:
    """Raise what can't be sent to another process."""
    raise OddError("odd", lambda: None)


def tell(stages: int, report: Callable[[WorkerMessage], None]) -> str:
    """Report a few stages, with a warning at the end."""
    for stage in range(stages):
        report(WorkerMessage(stage=str(stage), count=stage))
    report(WorkerMessage(warning="enough"))
    return os.environ["OMP_NUM_THREADS"]
