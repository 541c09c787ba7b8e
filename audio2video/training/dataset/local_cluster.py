"""Worker processes of this machine, and a library that keeps its words to itself."""

from __future__ import annotations

import atexit
import logging
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import Any

_SILENT = logging.CRITICAL + 10
"""No message has this level."""


@contextmanager
def local_cluster(processes: int) -> Iterator[Any]:
    """Start worker processes on this machine; they end with the ``with`` block.

    Parameters
    ----------
    processes : int

    Yields
    ------
    distributed.LocalCluster
        What a client is connected to.
    """
    import dask
    from distributed import LocalCluster

    with (
        # What workers keep for themselves lies far from the user's folders, and goes with them.
        tempfile.TemporaryDirectory(prefix="audio2video-", ignore_cleanup_errors=True) as folder,
        # Started afresh: a fork of a process with running threads may hang.
        dask.config.set(
            {
                "distributed.worker.multiprocessing-method": "spawn",
                "distributed.worker.preload": [__name__],
                "temporary-directory": folder,
            }
        ),
        ExitStack() as stack,
    ):
        with _interrupts_held():
            cluster = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                worker_dashboard_address=None,
                memory_limit=0,
                local_directory=folder,
                silence_logs=_SILENT,
            )
            stack.enter_context(cluster)
        yield cluster


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: here for now, and for good in threads and processes begun meanwhile.

    It reaches the whole group of processes, and the workers leave the answer to this run, which
    ends them; but before `dask_setup` is called in one of them, it has been importing for a second.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def dask_setup(worker: Any) -> None:
    """Prepare a worker process of this machine; called by dask when it starts one."""
    # Where it could not be held back, and for what the worker itself starts.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the cluster's own messages from the terminal: what matters is said by this package."""
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
