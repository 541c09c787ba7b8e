"""How long work tells its caller about itself: plain callbacks, whoever the caller is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

ProgressCallback = Callable[[str, int, "int | None", str], None]
"""Called with (stage, done, total or None if unknown, unit of the counts).

It may raise `CancelledError` to stop the run; what is finished by then is kept.
"""

MessageCallback = Callable[[str], None]


def _ignore_progress(stage: str, done: int, total: int | None, unit: str) -> None:
    pass


def _ignore_message(text: str) -> None:
    pass


@dataclass
class Progress:
    """Callbacks for progress, warnings, notes and notices.

    Parameters
    ----------
    on_progress : callable
        See `ProgressCallback`.
    on_warning : callable
        Called with one line when something is odd but the run goes on.
    on_note : callable
        Called with one line about what is being done.
    warnings : list of str
        All warnings so far, for the report.
    on_notice : callable
        Called with one line that people should read once, though nothing is odd.
    notices : list of str
        All notices so far, for the report.
    """

    on_progress: ProgressCallback = _ignore_progress
    on_warning: MessageCallback = _ignore_message
    on_note: MessageCallback = _ignore_message
    warnings: list[str] = field(default_factory=list)
    on_notice: MessageCallback = _ignore_message
    notices: list[str] = field(default_factory=list)

    def update(self, stage: str, done: int, total: int | None, unit: str = "frame") -> None:
        """Tell how far a stage is."""
        self.on_progress(stage, done, total, unit)

    def warn(self, text: str) -> None:
        """Warn once about something."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.on_warning(text)

    def notice(self, text: str) -> None:
        """Say once what is routine, and yet to be read."""
        if text not in self.notices:
            self.notices.append(text)
            self.on_notice(text)

    def note(self, text: str) -> None:
        """Report an activity in one line."""
        self.on_note(text)

    def follow(
        self, items: Iterable[T], stage: str, total: int | None, unit: str = "frame"
    ) -> Iterator[T]:
        """Pass items through and tell how many have been worked on."""
        self.update(stage, 0, total, unit)
        for done, item in enumerate(items, start=1):
            yield item
            self.update(stage, done, total, unit)


class StageBars:
    """A progress bar with its rate for one stage after another, on standard error."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """Move the stage's bar; a new stage gets a new one, a finished one is left standing."""
        if self._bar is None or stage != self._stage:
            from tqdm import tqdm

            self.close()
            self._stage = stage
            self._bar = tqdm(desc=stage, total=total, unit=unit, dynamic_ncols=True)
        self._bar.update(done - self._bar.n)
        if total is not None and done >= total:
            self.close()

    def note(self, text: str) -> None:
        """Put a few words behind the bar, if there is one."""
        if self._bar is not None:
            self._bar.set_postfix_str(text)

    def clear(self) -> None:
        """Take the bar away until it moves again, so that a line can be printed."""
        if self._bar is not None:
            self._bar.clear()

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def as_progress(wanted: Progress | bool | None) -> Progress:
    """Return callbacks: those given, ones that show bars and warnings for True, or silent ones."""
    if isinstance(wanted, Progress):
        return wanted
    if not wanted:
        return Progress()
    bars = StageBars()

    def warn(text: str) -> None:
        bars.say(f"warning: {text}")

    return Progress(bars.update, on_warning=warn, on_notice=bars.say)
