"""Commands run in this process: without the seconds that starting one and importing libraries take.

The commands that tests of the real thing are about still run in processes of their own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NoReturn

from threadpoolctl import threadpool_limits

QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that an interpreter does not show by default."""


def run_inside(
    entry: Callable[[Sequence[str]], NoReturn], words: Sequence[str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own would, in a folder.

    Parameters
    ----------
    entry : callable
        The entry point; it ends with `SystemExit`.
    words : sequence of str
    folder : Path

    Returns
    -------
    subprocess.CompletedProcess
        All that was written to both streams, by compiled code and as Python's warnings, too. An
        error that would end the process with a traceback is raised.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _streams(out, err), _as_started(folder):
            try:
                entry(words)
            except SystemExit as end:
                code = end.code
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    assert isinstance(code, int)
    return subprocess.CompletedProcess(list(words), code, *texts)


@contextmanager
def _streams(out: IO[bytes], err: IO[bytes]) -> Iterator[None]:
    """Let stdout and stderr, and the descriptors below them, be two files."""
    with ExitStack() as stack:
        for name, number, file in (("stdout", 1, out), ("stderr", 2, err)):
            before = getattr(sys, name)
            before.flush()
            kept = os.dup(number)
            stack.callback(os.close, kept)
            os.dup2(file.fileno(), number)
            stack.callback(os.dup2, kept, number)
            stream = io.TextIOWrapper(
                open(number, "wb", closefd=False),  # noqa: SIM115
                encoding="utf-8",
                line_buffering=True,
            )
            setattr(sys, name, stream)
            stack.callback(setattr, sys, name, before)
            stack.callback(stream.close)
        yield


@contextmanager
def _as_started(folder: Path) -> Iterator[None]:
    """Be in a folder, and write warnings to stderr, where a test would collect them.

    What a command sets in the environment before it imports libraries comes too late for those
    that tests have imported: BLAS is told its one thread here, and variables are put back.
    """
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    try:
        with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
            warnings.resetwarnings()
            for category in QUIET:
                warnings.simplefilter("ignore", category)
            warnings.showwarning = _write_warning
            yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


def _write_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))
