"""Worker processes, here or on a cluster, through dask.distributed."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import Audio2VideoError, OptionError
from .local_cluster import local_cluster, quiet

CONNECT_SECONDS = 8
"""How long a scheduler is waited for."""

LONELY_SECONDS = 60
"""How long a run waits when the scheduler has no worker left."""

HEARTBEAT_SECONDS = 0.5
"""How often a caller who waits is heard, so that a run can be stopped between two results."""


MOST_GREETING = 1 << 20
"""Bytes of a scheduler's greeting; it has some hundred."""

_ADDRESS = re.compile(r"(tcp|tls)://(?P<host>\S+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Job:
    """A call for a worker.

    Parameters
    ----------
    function : callable
        Of a module, so that workers can import it. Running it twice must do no harm.
    arguments : tuple
        Small: they go through the scheduler.
    tag : object
        Whatever tells the caller which job it is; stays here.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    tag: Any = None


@dataclass(frozen=True)
class Lost:
    """Result of a job that another run may well do: its workers died, or the disk was full."""

    why: str


class Workers:
    """Some worker processes; made by `start_workers`."""

    def __init__(self, client: Any, where: str) -> None:
        self._client = client
        self._where = where

    def run(self, jobs: deque[Job], beat: Callable[[], None]) -> Iterator[tuple[Job, Any]]:
        """Run jobs, as many at a time as there are workers.

        Parameters
        ----------
        jobs : deque of Job
            Taken from the left; the caller may add to it between two results.
        beat : callable
            Called every half a second; it may raise to stop the run.

        Yields
        ------
        (Job, object)
            What the job's function returned, or `Lost`; in the order they are done.

        Raises
        ------
        Audio2VideoError
            The cluster went away.
        Exception
            What a job's function raised.
        """
        from distributed import KilledWorker
        from distributed import wait as wait_for

        waiting: dict[Any, Job] = {}
        seen_worker = time.monotonic()
        try:
            while jobs or waiting:
                room = self._room()
                if room:
                    seen_worker = time.monotonic()
                elif time.monotonic() - seen_worker > LONELY_SECONDS:
                    raise self._gone("has had no worker for a minute")
                # No more at once than can begin: when a worker dies, only what ran on it is
                # suspected, and a cancelled run ends soon.
                while jobs and len(waiting) < room:
                    job = jobs.popleft()
                    future = self._client.submit(job.function, *job.arguments, pure=False)
                    waiting[future] = job
                if not waiting:
                    time.sleep(HEARTBEAT_SECONDS)
                    beat()
                    continue
                try:
                    done = wait_for(
                        list(waiting), timeout=HEARTBEAT_SECONDS, return_when="FIRST_COMPLETED"
                    ).done
                except (TimeoutError, asyncio.TimeoutError):  # before Python 3.11 two classes
                    done = ()
                beat()
                for future in done:
                    job = waiting.pop(future)
                    if future.status == "finished":
                        yield job, future.result()
                        continue
                    if future.status != "error":
                        raise self._gone("was lost")
                    error = future.exception()
                    if isinstance(error, KilledWorker):
                        yield job, Lost("every worker process that tried it died (out of memory?)")
                    else:
                        raise error
        finally:
            if waiting:
                self._client.cancel(list(waiting), force=True)

    def _room(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except (OSError, asyncio.TimeoutError, RuntimeError) as error:
            raise self._gone("was lost") from error

    def _gone(self, how: str) -> Audio2VideoError:
        return Audio2VideoError(
            f"the cluster {self._where} {how}",
            hint="run the step again, it goes on where it stopped",
        )


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

    Raises
    ------
    OptionError
        The scheduler's address can't be used.
    Audio2VideoError
        Its workers can't do the work.
    """
    with quiet(), ExitStack() as stack:
        from distributed import Client

        if scheduler is None:
            address = stack.enter_context(local_cluster(min(nthreads, most)))
        else:
            address = scheduler
        client = _connect(Client, address, scheduler)
        stack.callback(client.close, timeout=2)
        stack.enter_context(client.as_current())
        if scheduler is not None:
            _check_workers(client, address, root)
        yield Workers(client, address if scheduler else "of this machine")


def _connect(client_type: Any, address: Any, given: str | None) -> Any:
    unanswered = OptionError(
        f"--scheduler {given!r}: no scheduler answers there",
        hint="start one with 'dask scheduler' and give its address, tcp://HOST:8786",
    )
    if given is not None and not _listens(given):
        raise unanswered
    try:
        return client_type(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        if given is None:
            raise Audio2VideoError(
                f"no worker processes can be started ({' '.join(str(error).split())})"
            ) from error
        raise unanswered from error


def _listens(address: str) -> bool:
    """Tell whether a scheduler is at an address; dask's client may wait for ever to find out."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return False
    place = match["host"].strip("[]"), int(match["port"])
    try:
        with socket.create_connection(place, CONNECT_SECONDS) as caller:
            # Without encryption a scheduler speaks first: the length of a short greeting. Anything
            # else would be taken for the length of one, and memory for it asked for.
            if address.startswith("tls"):
                return True
            with caller.makefile("rb") as words:
                length = words.read(8)
            return len(length) == 8 and int.from_bytes(length, sys.byteorder) < MOST_GREETING
    except (OSError, OverflowError, UnicodeError):
        return False


def _check_workers(client: Any, address: str, root: Path) -> None:
    deadline = time.monotonic() + CONNECT_SECONDS
    while not client.nthreads():
        if time.monotonic() > deadline:
            raise Audio2VideoError(
                f"the scheduler {address} has no workers",
                hint=f"start some with 'dask worker {address}'",
            )
        time.sleep(0.1)
    try:
        answers = client.run(sees, str(root.resolve()))
    except Exception as error:  # a worker's own errors come as text in a bare Exception
        missing = re.search(r"No module named '([\w.]+)'", str(error))
        raise Audio2VideoError(
            f"the workers of {address} lack the module {missing[1]}"
            if missing
            else f"the workers of {address} can't be used ({' '.join(str(error).split())})",
            hint="install audio2video, the same version as here, where they run",
        ) from error
    for worker, there in answers.items():
        if not there:
            raise Audio2VideoError(
                f"the worker {worker} does not see the workspace",
                path=root.resolve(),
                hint="put it on a file system that all machines share, under one path",
            )


def sees(root: str) -> bool:
    """Tell whether this process sees a workspace."""
    return (Path(root) / "raw").is_dir()
