"""Several threads at work, and their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import cv2
from threadpoolctl import threadpool_limits

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Results for each worker that may wait to be taken: more would only fill memory."""


def in_order(
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
def one_thread_each() -> Iterator[None]:
    """Keep OpenCV and BLAS from threads of their own, which only wait beside several workers."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(before)
