"""Making the results of a batch, several at once."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import Config
from ..errors import Audio2VideoError
from ..progress import Progress
from ..storage.files import write_json
from ..storage.workspace import Workspace
from .rows import Row, as_given, cores_each, read_rows
from .worker import News, Worker

MADE, UP_TO_DATE, FAILED, LEFT = "made", "up to date", "failed", "not run"
"""What became of a row; the last one only where the batch was stopped."""


MOST_JOBS = 8
"""Rows at once unless told otherwise: each process takes half a gigabyte."""


@dataclass
class Outcome:
    """What became of a row.

    Parameters
    ----------
    row : Row
    state : str
        `MADE`, `UP_TO_DATE`, `FAILED` or `LEFT`.
    seconds : float
    error : str, optional
        Why it failed, in one line.
    warnings : list of str
    """

    row: Row
    state: str = LEFT
    seconds: float = 0.0
    error: str | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Tell whether the result is there."""
        return self.state in (MADE, UP_TO_DATE)


@dataclass(frozen=True)
class Batch:
    """What became of a batch.

    Parameters
    ----------
    outcomes : list of Outcome
        In the order of the file.
    path : Path
        JSON file with the same.
    """

    outcomes: list[Outcome]
    path: Path

    @property
    def failed(self) -> int:
        """Number of rows that could not be made."""
        return sum(outcome.state == FAILED for outcome in self.outcomes)


def run_batch(
    workspace: Workspace, path: Path, jobs: int | None = None, progress: Progress | None = None
) -> Batch:
    """Run steps 1 to 4 for every row of a CSV file.

    A row that fails is told of and does not stop the others; one whose result is up to date is
    passed over. A target that several rows share is analysed once.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        See `audio2video.batch.rows.read_rows`.
    jobs : int, optional
        Rows at once, each in a process of its own with its share of the cores; by default as many
        as there are cores, up to `MOST_JOBS`.
    progress : Progress, optional
        Hears of finished rows ('row' is the unit), and in notes of what each row does.

    Returns
    -------
    Batch

    Raises
    ------
    Audio2VideoError
        The file can't be used; nothing was run then.
    """
    progress = progress or Progress()
    jobs = jobs or min(os.cpu_count() or 1, MOST_JOBS)
    rows = read_rows(path, workspace, jobs)
    workspace.create()
    product = workspace.batch(path.stem)
    batch = Batch([Outcome(row) for row in rows], product)
    began = time.perf_counter()
    try:
        _Crew(workspace, cores_each(jobs, len(rows)), progress).run(batch.outcomes, jobs)
    finally:
        write_json(product, _as_dict(workspace, path, batch, time.perf_counter() - began))
    return batch


class _Crew:
    """The processes of a batch, and which row each of them is at."""

    def __init__(self, workspace: Workspace, nthreads: int, progress: Progress) -> None:
        self._workspace, self._nthreads, self._progress = workspace, nthreads, progress
        self._busy: dict[Any, tuple[Worker, Outcome, float]] = {}
        self._idle: list[Worker] = []
        self._rates: dict[str, Fraction | None] = {}

    def run(self, outcomes: Sequence[Outcome], jobs: int) -> None:
        queue = list(outcomes)
        done, total = 0, len(outcomes)
        self._progress.update("batch", done, total, "row")
        try:
            while done < total:
                while len(self._busy) < jobs and (outcome := self._next(queue)) is not None:
                    self._begin(outcome)
                ended = 0
                while not ended:
                    for ready in wait(list(self._busy)):
                        ended += self._hear(ready)
                    # A caller may stop the batch here.
                    self._progress.update("batch", done + ended, total, "row")
                done += ended
        finally:
            for worker in (*self._idle, *(worker for worker, _, _ in self._busy.values())):
                worker.close()

    def _next(self, queue: list[Outcome]) -> Outcome | None:
        """Take the first row that gets in the way of none that is being made."""
        for place, outcome in enumerate(queue):
            if not any(self._clash(outcome.row, other.row) for _, other, _ in self._busy.values()):
                return queue.pop(place)
        return None

    def _clash(self, one: Row, other: Row) -> bool:
        """Tell whether two rows need the same mouth shapes, but for other frame rates."""
        a, b = one.config.inputs, other.config.inputs
        if (a.inp_id, a.pass_id) != (b.inp_id, b.pass_id):
            return False
        rate = self._rate(one.config)
        return rate is None or rate != self._rate(other.config)

    def _rate(self, config: Config) -> Fraction | None:
        """Frame rate of a row's target; None if it is not known."""
        from ..media.video import probe_video

        if config.inputs.tar_id not in self._rates:
            rate = None
            with suppress(Audio2VideoError):
                path = config.inputs.video or self._workspace.target_video(config.inputs.tar_id)
                rate = probe_video(path).rate
            self._rates[config.inputs.tar_id] = rate
        return self._rates[config.inputs.tar_id]

    def _begin(self, outcome: Outcome) -> None:
        worker = self._idle.pop() if self._idle else Worker(self._workspace, self._nthreads)
        worker.begin(outcome.row.config)
        self._busy[worker.ours] = worker, outcome, time.perf_counter()

    def _hear(self, ready: Any) -> int:
        """Take in what a process says; returns 1 if its row is done with."""
        worker, outcome, began = self._busy[ready]
        news, row = worker.news(), outcome.row
        if news.stage is not None:
            self._progress.note(f"{row.name}: {news.stage}")
        if news.warning is not None:
            outcome.warnings.append(news.warning)
            self._progress.warn(f"{row.name}: {news.warning}")
        if not news.ended:
            return 0
        outcome.seconds = time.perf_counter() - began
        outcome.error = news.error
        outcome.state = _state(news)
        if news.error is not None:
            self._progress.warn(f"line {row.line}: {row.name} failed: {news.error}")
        del self._busy[ready]
        if worker.alive:
            self._idle.append(worker)
        else:
            worker.close()
        return 1


def _state(news: News) -> str:
    if news.error is not None:
        return FAILED
    return MADE if news.made else UP_TO_DATE


def _as_dict(workspace: Workspace, path: Path, batch: Batch, seconds: float) -> dict[str, Any]:
    states = [outcome.state for outcome in batch.outcomes]
    return {
        "audio2video": __version__,
        "file": path.name,
        "seconds": round(seconds, 3),
        "states": {state: states.count(state) for state in (MADE, UP_TO_DATE, FAILED, LEFT)},
        "rows": [
            {
                "line": outcome.row.line,
                "name": outcome.row.name,
                "options": as_given(outcome.row.config),
                "state": outcome.state,
                "seconds": round(outcome.seconds, 3),
                "result": str(_result(workspace, outcome)) if outcome.done else None,
                "error": outcome.error,
                "warnings": outcome.warnings,
            }
            for outcome in batch.outcomes
        ],
    }


def _result(workspace: Workspace, outcome: Outcome) -> Path:
    config = outcome.row.config
    return workspace.result(config.inputs.inp_id, config.inputs.tar_id).relative_to(workspace.root)


def batch_table(batch: Batch) -> list[tuple[str, ...]]:
    """Give what became of all rows, under a heading."""
    rows: list[tuple[str, ...]] = [("line", "result", "state", "seconds", "why")]
    for outcome in batch.outcomes:
        row = outcome.row
        spent = f"{outcome.seconds:.1f}"
        rows.append((str(row.line), row.name, outcome.state, spent, outcome.error or ""))
    return rows
