"""A process of its own that works for this one, and tells how far it is."""

from __future__ import annotations

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any, Generic, TypeVar

from .signals import TIDYING, stops_tidily

NewsT = TypeVar("NewsT")

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class Child(ABC, Generic[NewsT]):
    """A running process; what it says is read from `ours`.

    Parameters
    ----------
    work : callable
        Called in the process, with a connection to this one and the arguments.
    *arguments : object
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        # Started afresh: a fork of a process with running threads may hang.
        context = get_context("spawn")
        self.ours, theirs = context.Pipe()
        self._process = context.Process(target=_begin, args=(work, theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    @abstractmethod
    def lost(self, error: str) -> NewsT:
        """Give the news that the process has ended without a word."""

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.is_alive()

    def news(self) -> NewsT:
        """Wait for what it says next; an end without a word is an error."""
        try:
            found: NewsT = self.ours.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            return self.lost(f"the process ended {how} (out of memory?)")
        return found

    def close(self) -> None:
        """End the process if it still runs; what it has finished is kept."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(TIDYING)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self.ours.close()


def _begin(work: Callable[..., None], *arguments: Any) -> None:
    with stops_tidily():
        work(*arguments)


def settle_in(nthreads: int) -> None:
    """Prepare the process itself, before it imports libraries that read their threads once."""
    # Ctrl-C reaches all processes of a terminal: the parent decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _THREAD_VARIABLES:
        os.environ[name] = str(nthreads)
