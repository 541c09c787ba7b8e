"""Locks between processes: one builds, the others wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from ..errors import Audio2VideoError

PAUSE = 0.1
"""Seconds between two looks at a lock that another process holds."""


def _just_wait() -> None:
    pass


@contextmanager
def locked(path: Path, while_waiting: Callable[[], None] = _just_wait) -> Iterator[None]:
    """Hold a lock, which ends with its process however that ends.

    Not reentrant: a thread that holds it must not ask for it again.

    Parameters
    ----------
    path : Path
        Lock file; it is there only while the lock is held.
    while_waiting : callable
        Called every tenth of a second while another holds the lock; may raise, to give up.

    Raises
    ------
    Audio2VideoError
        The file can't be written.
    """

    def give_up() -> bool:
        while_waiting()
        return False

    lock = FileLock(path, poll_interval=PAUSE)
    try:  # from here on: a signal may arrive as soon as the lock is held
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(cancel_check=give_up)
        except OSError as error:
            raise Audio2VideoError(
                f"can't be locked ({error.strerror or error})",
                path=path,
                hint="check the folder's permissions",
            ) from error
        yield
    finally:
        if lock.is_locked:
            # While it is held: who then locks the removed file notices, and looks again.
            with suppress(OSError):  # Windows removes no open file: there it stays, empty
                path.unlink()
            lock.release()
