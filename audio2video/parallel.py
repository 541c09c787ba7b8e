"""Several threads at work, and their results in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 0.1
"""Seconds after which a thread that waits for room looks whether it is still wanted."""


def ahead(items: Iterable[T], count: int) -> Generator[T, None, None]:
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
