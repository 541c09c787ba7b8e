"""Locks between processes: one builds, the others wait for it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Audio2VideoError

PAUSE = 0.1
"""Seconds between two looks at a lock that another process holds."""


def _just_wait() -> None:
    pass


@contextmanager
def locked(path: Path, while_waiting: Callable[[], None] = _just_wait) -> Iterator[None]:
    """Hold a lock, which ends with its process however that ends.

    Not reentrant: who holds it and asks again waits for ever.

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
    descriptor = None
    try:
        while descriptor is None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = _take(path)
            except OSError as error:
                raise Audio2VideoError(
                    f"can't be locked ({error.strerror or error})",
                    path=path,
                    hint="check the folder's permissions",
                ) from error
            if descriptor is None:
                while_waiting()
                time.sleep(PAUSE)
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):  # Windows removes no open file: there it stays, empty
                path.unlink()
            os.close(descriptor)


def _take(path: Path) -> int | None:
    """Open and lock a file; None if another process has it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if _lock(descriptor):
            with suppress(FileNotFoundError):
                # Its last holder may have removed it between our opening and our locking.
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
