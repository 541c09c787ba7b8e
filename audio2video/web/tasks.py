"""Work of seconds that a page waits for: done once in a worker process, however many ask."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..errors import CancelledError
from ..runtime.workers import Call, WorkerMessage, WorkerPool, failure_text

AT_ONCE = 1
"""Tasks that are worked on at the same time, beside the jobs."""

MAX_KEPT = 200
"""Finished tasks whose outcome is remembered."""


@dataclass
class Task:
    """A task and how far it is.

    Parameters
    ----------
    state : {'running', 'done', 'failed'}
    stage : str
    done : int
    total : int or None
    unit : str
    error : str or None
    result : object
        JSON values.
    """

    state: str = "running"
    stage: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    error: str | None = None
    result: Any = None


class Tasks:
    """The tasks of a server."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._local = threading.local()
        self._pools: list[WorkerPool] = []
        self._ending = False

    def start(self, key: str, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Begin a task unless it is under way or done; one that failed is tried again.

        Parameters
        ----------
        key : str
            Equal for equal tasks.
        function : callable
            Of a module, called in another process with the arguments and one more, to be called
            with each `WorkerMessage`. What it returns must be JSON values.
        *arguments : object

        Returns
        -------
        dict
            See `look`.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task is None or task.state == "failed":
                self._forget_old()
                task = self._tasks[key] = Task()
                call = Call(function, arguments, reports=True)
                self._threads.submit(self._run, task, call)
        return self.look(key)

    def look(self, key: str) -> dict[str, Any]:
        """Give a task's state as JSON values; 'none' if it was never begun."""
        with self._lock:
            task = self._tasks.get(key)
            return {"state": "none"} if task is None else dict(vars(task))

    def forget(self, key: str) -> None:
        """Forget a task that is over, as its inputs have changed."""
        with self._lock:
            if key in self._tasks and self._tasks[key].state != "running":
                del self._tasks[key]

    def end(self) -> None:
        """Stop all of them."""
        self._ending = True
        self._threads.shutdown(wait=True, cancel_futures=True)
        for pool in self._pools:
            pool.close()

    def _forget_old(self) -> None:
        over = [key for key, task in self._tasks.items() if task.state != "running"]
        for key in over[: max(0, len(over) - MAX_KEPT)]:
            del self._tasks[key]

    def _run(self, task: Task, call: Call) -> None:
        def beat() -> None:
            if self._ending:
                raise CancelledError("the server ends")

        def hear(_: Call, said: WorkerMessage) -> None:
            with self._lock:
                if said.stage is not None:
                    task.stage, task.done = said.stage, said.count or 0
                    task.total, task.unit = said.total, said.unit

        value: Any
        try:
            ((_, value),) = self._pool().run(deque([call]), beat, hear)
        except Exception as error:
            value = error
        with self._lock:
            task.error = failure_text(value)
            task.state = "done" if task.error is None else "failed"
            task.result = value if task.error is None else None

    def _pool(self) -> WorkerPool:
        """Give this thread's process, which keeps its libraries loaded."""
        pool: WorkerPool | None = getattr(self._local, "pool", None)
        if pool is None:
            pool = self._local.pool = WorkerPool(1, os.cpu_count() or 1)
            self._pools.append(pool)
        return pool
