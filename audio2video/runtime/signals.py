"""How a run ends that is asked to stop: Ctrl-C, a closed terminal, or the system's own request."""

from __future__ import annotations

import _thread
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

REQUESTS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask a process to stop; no system has all of them."""

GRACE_SECONDS = 5.0
"""Seconds in which a run tidies up; the same request sent twice must not disturb that."""

RETRY_SECONDS = 0.02
"""Seconds until a request is raised again that came where nothing can be raised."""


class StopRequest:
    """The stop signal that a process has received.

    Parameters
    ----------
    error : type of BaseException
        What a signal raises in the main thread.
    grace : float
        Seconds after a request in which others are not listened to.
    """

    def __init__(
        self, error: type[BaseException] = KeyboardInterrupt, grace: float = GRACE_SECONDS
    ) -> None:
        self.number = 0
        self.error = error
        self._grace = grace
        self._first = -math.inf

    @property
    def code(self) -> int:
        """Exit code that a shell gives such an end."""
        return 128 + (self.number or signal.SIGINT)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: raise `error` in the main thread."""
        now = time.monotonic()
        if now - self._first < self._grace:
            return
        # A later one is let through again: a library may have made something else of the first.
        self.number, self._first = number, now
        raise self.error(self.code)

    def retry(self) -> None:
        """Receive the same signal again in a moment."""
        self._first = -math.inf
        timer = threading.Timer(RETRY_SECONDS, _thread.interrupt_main, (self.number,))
        timer.daemon = True
        timer.start()


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
        with _raised_for_certain(request):
            yield request
    finally:
        for number, handler in before.items():
            # After a request the process ends: a second one has nothing left to stop, and must not
            # change the exit code.
            signal.signal(number, signal.SIG_IGN if request.number else handler)


@contextmanager
def graceful_worker() -> Iterator[None]:
    """Let a process that works for another end, when it is asked to, as at the end of its work."""
    request = StopRequest(SystemExit, grace=math.inf)
    _install(request.handle, ("SIGTERM",))
    try:
        with _raised_for_certain(request):
            yield
    except Exception:
        if request.number:  # whatever it was made of, as by a module that was being imported
            raise SystemExit(request.code) from None
        raise
    finally:
        # It ends anyway, and must not be disturbed while it tidies up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def _raised_for_certain(request: StopRequest) -> Iterator[None]:
    """Retry a request whose error Python drops, as in the callback of a weak reference."""
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if request.number and issubclass(unraisable.exc_type, request.error):
            request.retry()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


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
