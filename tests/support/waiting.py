"""Waits that end, and say what hung."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

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
