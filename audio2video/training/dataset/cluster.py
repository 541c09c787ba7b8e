"""The worker processes of a cluster, through dask.distributed."""

from __future__ import annotations

import asyncio
import atexit
import logging
import re
import socket
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ...errors import Audio2VideoError, OptionError
from ...runtime.workers import HEARTBEAT_SECONDS, Call
from .workers import Lost

_SILENT = logging.CRITICAL + 10
"""No message has this level."""

CONNECT_SECONDS = 8
"""How long a scheduler is waited for."""

LONELY_SECONDS = 60
"""How long a run waits when the scheduler has no worker left."""

MAX_GREETING = 1 << 20
"""Bytes of a scheduler's greeting; it has some hundred."""

_ADDRESS = re.compile(r"(tcp|tls)://(?P<host>\S+):(?P<port>\d{1,5})")


class ClusterWorkers:
    """The worker processes of a dask cluster."""

    def __init__(self, client: Any, where: str) -> None:
        self._client = client
        self._where = where

    def run(self, calls: deque[Call], beat: Callable[[], None]) -> Iterator[tuple[Call, Any]]:
        """See `audio2video.training.dataset.workers.Workers`.

        Raises
        ------
        Audio2VideoError
            The cluster went away.
        """
        from distributed import KilledWorker
        from distributed import wait as wait_for

        waiting: dict[Any, Call] = {}
        seen_worker = time.monotonic()
        try:
            while calls or waiting:
                room = self._room()
                if room:
                    seen_worker = time.monotonic()
                elif time.monotonic() - seen_worker > LONELY_SECONDS:
                    raise self._gone("has had no worker for a minute")
                # No more at once than can begin: when a worker dies, only what ran on it is
                # suspected, and a cancelled run ends soon.
                while calls and len(waiting) < room:
                    call = calls.popleft()
                    future = self._client.submit(call.function, *call.arguments, pure=False)
                    waiting[future] = call
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
                    call = waiting.pop(future)
                    if future.status == "finished":
                        yield call, future.result()
                        continue
                    if future.status != "error":
                        raise self._gone("was lost")
                    error = future.exception()
                    if isinstance(error, KilledWorker):
                        yield call, Lost("every worker process that tried it died (out of memory?)")
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
def join_cluster(scheduler: str, root: Path) -> Iterator[ClusterWorkers]:
    """Join the cluster of a dask scheduler.

    Parameters
    ----------
    scheduler : str
        Its address, tcp://HOST:8786.
    root : Path
        The workspace, which workers must see under the same path.

    Raises
    ------
    OptionError
        The address can't be used.
    Audio2VideoError
        The cluster's workers can't do the work.
    """
    with quiet(), ExitStack() as stack:
        from distributed import Client

        client = _connect(Client, scheduler)
        stack.callback(client.close, timeout=2)
        stack.enter_context(client.as_current())
        _check_workers(client, scheduler, root)
        yield ClusterWorkers(client, scheduler)


def _connect(client_type: Any, address: str) -> Any:
    unanswered = OptionError(
        f"--scheduler {address!r}: no scheduler answers there",
        hint="start one with 'dask scheduler' and give its address, tcp://HOST:8786",
    )
    if not _listens(address):
        raise unanswered
    try:
        return client_type(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
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
            return len(length) == 8 and int.from_bytes(length, sys.byteorder) < MAX_GREETING
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


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the cluster's own log messages."""
    from distributed.deploy.spec import close_clusters  # its import sets the loggers up

    names = [
        name
        for name in (*logging.root.manager.loggerDict, "asyncio", "tornado", "distributed")
        if name.split(".")[0] in ("asyncio", "tornado", "distributed")
    ]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(_SILENT)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(distributed|tornado)(\..*)?")
            yield
    except KeyboardInterrupt:
        # What is half started or half closed ends with this process, in silence: asked to close it
        # at the very end, distributed would wait for it in vain, or stumble over it.
        atexit.unregister(close_clusters)
        before.clear()
        raise
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
