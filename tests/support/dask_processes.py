"""A dask scheduler and workers in processes of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT
from waiting import ended, wait_until

Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def scheduler_process(folder: Path) -> Iterator[str]:
    """A scheduler without workers; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with _process(folder, *arguments):

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return True
            return False

        wait_until(answers, "the scheduler answers")
        yield f"tcp://127.0.0.1:{port}"


@contextlib.contextmanager
def worker_process(folder: Path, address: str, name: str, path: Path = ROOT) -> Iterator[Process]:
    """A worker that nobody starts again when it dies."""
    own = folder / name
    own.mkdir()
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name)
    with _process(own, "worker", address, *options, path=path) as process:
        yield process


@contextlib.contextmanager
def _process(folder: Path, *args: str, path: Path = ROOT) -> Iterator[Process]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            process.kill()
            ended(process)
