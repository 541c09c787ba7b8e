"""Waits that end, and say what hung."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audio2video.storage.locks import locked

LIMIT = 600
"""Seconds after which something hangs, however busy the machine is."""


def ended(process: subprocess.Popen[Any]) -> None:
    """Wait for a process that has been told to end."""
    try:
        process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"does not end: {process.args}") from error


def joined(thread: threading.Thread, what: str) -> None:
    """Wait for a thread."""
    thread.join(LIMIT)
    assert not thread.is_alive(), f"does not end: {what}"


def wait_until(holds: Callable[[], bool], what: str, limit: float = LIMIT) -> None:
    """Wait for a condition."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < limit, f"not after {limit} s: {what}"
        time.sleep(0.005)


@contextmanager
def held_elsewhere(path: Path) -> Iterator[None]:
    """Let another thread hold a lock of the package."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(path):
            held.set()
            done.wait(LIMIT)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(LIMIT), f"never held: {path}"
        yield
    finally:
        done.set()
        joined(thread, "the thread that holds a lock")
