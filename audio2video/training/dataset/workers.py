"""The worker processes of step 0: of this machine, or of a dask cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...runtime.workers import Call, Crash, WorkerPool

ATTEMPTS = 3
"""How often a call is tried whose process dies."""


@dataclass(frozen=True)
class Lost:
    """Outcome of a call that another run may well do: its workers died, or the disk was full."""

    why: str


class Workers(Protocol):
    """Some worker processes, wherever they are."""

    def run(self, calls: deque[Call], beat: Callable[[], None]) -> Iterator[tuple[Call, Any]]:
        """Run calls, as many at a time as there are workers.

        Parameters
        ----------
        calls : deque of Call
            Taken from the left; the caller may add to it between two results.
        beat : callable
            Called every half a second; it may raise to stop the run.

        Yields
        ------
        (Call, object)
            What the call's function returned, or `Lost`; in the order they are done.

        Raises
        ------
        Exception
            What a call's function raised.
        """


class LocalWorkers:
    """Worker processes of this machine.

    Parameters
    ----------
    pool : WorkerPool
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def run(self, calls: deque[Call], beat: Callable[[], None]) -> Iterator[tuple[Call, Any]]:
        """See `Workers`."""
        for call, outcome in self._pool.run(calls, beat):
            if isinstance(outcome, Crash):
                yield call, Lost("every worker process that tried it died (out of memory?)")
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                yield call, outcome


@contextmanager
def start_workers(scheduler: str | None, nthreads: int, root: Path, most: int) -> Iterator[Workers]:
    """Start worker processes, or join the cluster that ``--scheduler`` names.

    Parameters
    ----------
    scheduler : str or None
        Address of a dask scheduler; None starts processes on this machine.
    nthreads : int
        Processes to start, at most.
    root : Path
        The workspace, which workers must see under the same path.
    most : int
        More processes than this are not worth starting.

    Yields
    ------
    Workers

    Raises
    ------
    OptionError
        The scheduler's address can't be used.
    Audio2VideoError
        Its workers can't do the work.
    """
    if scheduler is None:
        with WorkerPool(min(nthreads, most), attempts=ATTEMPTS) as pool:
            yield LocalWorkers(pool)
        return
    from .cluster import join_cluster

    with join_cluster(scheduler, root) as workers:
        yield workers
