"""Progress of a call in a worker process, sent to its caller as status messages."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..progress import Progress
from .workers import WorkerMessage

TOLD_EVERY = 0.2
"""Seconds between two messages about the counts of one stage."""

Report = Callable[[WorkerMessage], None]


def telling_stages(report: Report) -> Progress:
    """Give callbacks that tell of each stage once, and of warnings.

    Parameters
    ----------
    report : callable
        Called with each message.
    """
    told: set[str] = set()

    def say(stage: str) -> None:
        if stage not in told:
            told.add(stage)
            report(WorkerMessage(stage=stage))

    return Progress(
        lambda stage, done, total, unit: say(stage),
        lambda text: report(WorkerMessage(warning=text)),
        say,
    )


def telling_counts(report: Report) -> Progress:
    """Give callbacks that tell how far a stage is, a few times a second, of warnings and notices.

    Parameters
    ----------
    report : callable
        Called with each message.
    """
    told: dict[str, float] = {}

    def update(stage: str, done: int, total: int | None, unit: str) -> None:
        now = time.monotonic()
        if done == total or now - told.get(stage, 0.0) >= TOLD_EVERY:
            told[stage] = now
            report(WorkerMessage(stage, done, None, total, unit))

    return Progress(
        update,
        lambda text: report(WorkerMessage(warning=text)),
        on_notice=lambda text: report(WorkerMessage(notice=text)),
    )
