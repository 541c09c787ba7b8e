"""Worker processes: calls, status messages and outcomes."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from types import ModuleType, TracebackType
from typing import Any

from ..errors import Audio2VideoError
from .resource_errors import as_resource_error
from .signals import graceful_worker
from .startup import prepare_process

HEARTBEAT_SECONDS = 0.5
"""How often a waiting caller is called back, so that it can stop a run between two results."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Set to a worker's threads. BLAS keeps the one thread that every process gives it: with two, mouth
shapes differ in their last bits, and what is up to date would be made again."""

END_SECONDS = 20.0
"""Seconds in which a process ends when it is told to, even if a compiler is at work in it."""


@dataclass(frozen=True)
class WorkerMessage:
    """A status message about a call that is under way.

    Parameters
    ----------
    stage : str, optional
        What the call does now.
    count : int, optional
        Units it has done.
    warning : str, optional
    total : int, optional
        Units that there are to do.
    unit : str
        Of the counts.
    notice : str, optional
        What is routine, and yet to be read.
    """

    stage: str | None = None
    count: int | None = None
    warning: str | None = None
    total: int | None = None
    unit: str = ""
    notice: str | None = None


@dataclass(frozen=True)
class Crash:
    """Outcome of a call whose process ended, as by lack of memory; another try may succeed."""

    why: str


@dataclass(frozen=True)
class _End:
    """A call's last message: what it returned, or the error it raised."""

    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True)
class Call:
    """A call for a worker process.

    Parameters
    ----------
    function : callable
        Of a module, so that workers can import it. Running it twice must do no harm.
    arguments : tuple
    tag : object
        Tells the caller which call it is; stays here.
    reports : bool
        Whether the function takes one more argument, to be called with each `WorkerMessage`.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    tag: Any = None
    reports: bool = False


class WorkerProcess:
    """A process that runs one call after another.

    Parameters
    ----------
    nthreads : int
        Threads of the libraries that read their number once, when they are imported.
    """

    def __init__(self, nthreads: int) -> None:
        # Started afresh: a fork of a process with running threads may hang.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, nthreads), daemon=True)
        with _interrupts_held(), _main_hidden():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.is_alive()

    def begin(self, call: Call) -> None:
        """Hand over a call; `receive` gives its messages."""
        with suppress(OSError):  # the process has died in the meantime: `receive` says so
            self.connection.send((call.function, call.arguments, call.reports))

    def receive(self) -> WorkerMessage | _End | Crash:
        """Wait for the next message; an end without one is a crash."""
        try:
            message: WorkerMessage | _End = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode or 0
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            return Crash(f"the process ended {how} (out of memory?)")
        return message

    def close(self) -> None:
        """End the process if it still runs; finished work is kept."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self.connection.close()


class WorkerPool:
    """Worker processes that share a queue of calls; they end with the ``with`` block.

    Parameters
    ----------
    processes : int
        At most so many at once; each is started when it is needed.
    nthreads : int
        See `WorkerProcess`.
    attempts : int
        How often a call is tried whose process ends.
    reuse : bool
        Whether a process runs one call after another, or one only.
    """

    def __init__(
        self, processes: int, nthreads: int = 1, *, attempts: int = 1, reuse: bool = True
    ) -> None:
        self._processes, self._nthreads = processes, nthreads
        self._attempts, self._reuse = attempts, reuse
        self._idle: list[WorkerProcess] = []
        self._busy: dict[Any, tuple[WorkerProcess, Call, int]] = {}

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        for worker in (*self._idle, *(worker for worker, _, _ in self._busy.values())):
            worker.close()
        self._idle, self._busy = [], {}

    @property
    def running(self) -> list[Call]:
        """Calls that are under way."""
        return [call for _, call, _ in self._busy.values()]

    def run(
        self,
        calls: deque[Call],
        beat: Callable[[], None],
        on_message: Callable[[Call, WorkerMessage], None] | None = None,
        may_start: Callable[[Call, list[Call]], bool] | None = None,
    ) -> Iterator[tuple[Call, Any]]:
        """Run calls, as many at a time as there may be processes.

        Parameters
        ----------
        calls : deque of Call
            Taken from the left; the caller may add to it between two results.
        beat : callable
            Called at least every half a second; it may raise to stop the run.
        on_message : callable, optional
            Called with each status message of a call.
        may_start : callable, optional
            Given a call and those under way, tells whether it may begin beside them.

        Yields
        ------
        (Call, object)
            What the function returned or the exception it raised, or a `Crash`; in the order they
            end.
        """
        again: deque[tuple[Call, int]] = deque()
        try:
            while calls or again or self._busy:
                self._start(calls, again, may_start)
                ready = wait(list(self._busy), HEARTBEAT_SECONDS)
                beat()
                for connection in ready:
                    worker, call, attempt = self._busy[connection]
                    message = worker.receive()
                    if isinstance(message, WorkerMessage):
                        if on_message is not None:
                            on_message(call, message)
                        continue
                    del self._busy[connection]
                    self._retire(worker)
                    if isinstance(message, Crash):
                        if attempt < self._attempts:
                            again.append((call, attempt + 1))
                        else:
                            yield call, message
                    else:
                        yield call, message.value if message.error is None else message.error
        finally:
            # What is still under way is not waited for.
            for worker, _, _ in self._busy.values():
                worker.close()
            self._busy = {}

    def _start(
        self,
        calls: deque[Call],
        again: deque[tuple[Call, int]],
        may_start: Callable[[Call, list[Call]], bool] | None,
    ) -> None:
        while len(self._busy) < self._processes:
            attempt = 1
            if again:
                call, attempt = again.popleft()
            else:
                found = next(
                    (one for one in calls if may_start is None or may_start(one, self.running)),
                    None,
                )
                if found is None:
                    return
                calls.remove(found)
                call = found
            worker = self._idle.pop() if self._idle else WorkerProcess(self._nthreads)
            self._busy[worker.connection] = worker, call, attempt
            worker.begin(call)

    def _retire(self, worker: WorkerProcess) -> None:
        if self._reuse and worker.alive:
            self._idle.append(worker)
        else:
            worker.close()


def failure_text(outcome: object) -> str | None:
    """Say in one line why a call of a worker process failed.

    Parameters
    ----------
    outcome : object
        As `WorkerPool.run` yields it.

    Returns
    -------
    str or None
        None if it did not fail.
    """
    if isinstance(outcome, Crash):
        return outcome.why
    if not isinstance(outcome, Exception):
        return None
    if isinstance(outcome, Audio2VideoError):
        return str(outcome)
    words = as_resource_error(outcome) or f"{type(outcome).__name__}: {outcome}"
    return " ".join(str(words).split())


def _serve(parent: Connection, nthreads: int) -> None:
    """Run calls until the parent ends."""
    # Ctrl-C reaches all processes of a terminal: the parent decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _THREAD_VARIABLES:
        os.environ[name] = str(nthreads)
    prepare_process()
    with graceful_worker():
        calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...], bool]]
        calls = queue.SimpleQueue()
        threading.Thread(target=_receive, args=(parent, calls), daemon=True).start()
        while True:
            function, arguments, reports = calls.get()
            extra = (parent.send,) if reports else ()
            try:
                end = _End(function(*arguments, *extra))
            except Exception as error:
                end = _End(error=error)
            _send(parent, end)


def _receive(parent: Connection, calls: queue.SimpleQueue[Any]) -> None:
    """Take in calls, and end when the parent does, however it ended: two must never do one job."""
    while True:
        try:
            calls.put(parent.recv())
        except (EOFError, OSError):
            os._exit(1)


def _send(parent: Connection, end: _End) -> None:
    try:
        parent.send(end)
    except OSError:
        os._exit(1)
    except Exception:  # an error that can't be pickled
        parent.send(_End(error=RuntimeError(f"{type(end.error).__name__}: {end.error}")))


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Hide the program's main module from a process that is being started.

    The process would run it again, to find functions in it: a script that calls this package
    without the guard ``if __name__ == "__main__"`` would start more processes. Calls are of
    modules, so that nothing in it is needed.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: here for now, and for good in processes started meanwhile.

    It reaches the whole group of processes, and a new one takes a while until it ignores it.
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
