"""What the cluster's tests ask workers to do; workers import this module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


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
