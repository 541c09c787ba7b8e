"""Several threads at work, and their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

import cv2
from threadpoolctl import threadpool_limits

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 0.1
"""Seconds after which a thread that waits for room looks whether it is still wanted."""

AHEAD = 2
"""Results for each worker that may wait to be taken: more would only fill memory."""


def prefetch(items: Iterable[T], count: int) -> Generator[T, None, None]:
    """Let items be made in a thread of their own, some time before they are needed.

    Parameters
    ----------
    items : iterable
        Made in another thread from the first `next` on.
    count : int
        At most so many wait.

    Yields
    ------
    object
        The items in order. What making them raises is raised here, behind those made before.
    """
    made: Queue[tuple[T] | BaseException | None] = Queue(count)
    unwanted = Event()

    def put(result: tuple[T] | BaseException | None) -> bool:
        while not unwanted.is_set():
            try:
                made.put(result, timeout=PATIENCE)
            except Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((item,)):
                    return
        except BaseException as error:
            put(error)
        else:
            put(None)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while (result := made.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result[0]
    finally:
        unwanted.set()
        thread.join()


def ordered_map(
    function: Callable[[T], R], items: Iterable[T], workers: int
) -> Generator[R, None, None]:
    """Apply a function to items in threads, which helps if it mostly runs compiled code.

    Parameters
    ----------
    function : callable
    items : iterable
        Taken in the caller's own thread, a few ahead of the results.
    workers : int
        Number of threads; with 1 the caller's own does the work.

    Yields
    ------
    object
        What the function gives for each item, in the order of the items. What it raises is raised
        in the caller's thread, and the items behind are dropped; so they are when the iterator is
        closed.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    pending: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) >= AHEAD * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


@contextmanager
def single_threaded_libraries() -> Iterator[None]:
    """Limit OpenCV and BLAS to one thread each while several workers run."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(before)
