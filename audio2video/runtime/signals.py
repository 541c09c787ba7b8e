"""How a run ends that is asked to stop: Ctrl-C, a closed terminal, or the system's own request."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

REQUESTS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask a process to stop; no system has all of them."""

GRACE_SECONDS = 5.0
"""Seconds in which a run tidies up; the same request sent twice must not disturb that."""


class StopRequest:
    """The stop signal that a run has received.

    Parameters
    ----------
    number : int
        The signal; 0 as long as there was none.
    """

    def __init__(self) -> None:
        self.number = 0
        self._first = 0.0

    @property
    def code(self) -> int:
        """Exit code that a shell gives such an end."""
        return 128 + (self.number or signal.SIGINT)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: raise `KeyboardInterrupt` in the main thread."""
        now = time.monotonic()
        if self.number and now - self._first < GRACE_SECONDS:
            return
        # A later one is let through again: the first may have come where it could not be raised.
        self.number, self._first = number, now
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[StopRequest]:
    """Raise `KeyboardInterrupt` on any stop signal, so that existing cleanup code runs.

    Outside the main thread, where no signal arrives, it does nothing. Signals that this process was
    told to ignore, as under ``nohup``, stay ignored.

    Yields
    ------
    StopRequest
    """
    request = StopRequest()
    before = _install(request.handle)
    try:
        yield request
    finally:
        for number, handler in before.items():
            # After a request the process ends: a second one has nothing left to stop, and must not
            # change the exit code.
            signal.signal(number, signal.SIG_IGN if request.number else handler)


@contextmanager
def graceful_worker() -> Iterator[None]:
    """Let a process that works for another end, when it is asked to, as at the end of its work."""
    request = StopRequest()

    def handle(number: int, frame: FrameType | None) -> None:
        if not request.number:
            request.number = number
            raise SystemExit(request.code)

    _install(handle, ("SIGTERM",))
    try:
        yield
    except Exception:
        if request.number:  # whatever it was made of, as by a module that was being imported
            raise SystemExit(request.code) from None
        raise
    finally:
        # It ends anyway, and must not be disturbed while it tidies up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _install(
    handle: Callable[[int, FrameType | None], None], names: tuple[str, ...] = REQUESTS
) -> dict[signal.Signals, signal._HANDLER]:
    """Let signals be heard; returns what was done about them before."""
    before: dict[signal.Signals, signal._HANDLER] = {}
    if threading.current_thread() is not threading.main_thread():
        return before
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, handle)
    return before
