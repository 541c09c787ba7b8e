"""Making the results of a batch, several at once."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import Config
from ..errors import Audio2VideoError
from ..progress import Progress
from ..runtime.workers import Call, WorkerMessage, WorkerPool, failure_text
from ..storage.files import write_json
from ..storage.workspace import Workspace
from .row_worker import make_row
from .rows import Row, as_given, cores_each, read_rows

MADE, UP_TO_DATE, FAILED, LEFT = "made", "up to date", "failed", "not run"
"""What became of a row; the last one only where the batch was stopped."""


MAX_JOBS = 8
"""Rows at once unless told otherwise: each process takes half a gigabyte."""


@dataclass
class RowResult:
    """Result of a row.

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
class BatchResult:
    """Results of a batch.

    Parameters
    ----------
    outcomes : list of RowResult
        In the order of the file.
    path : Path
        JSON file with the same.
    """

    outcomes: list[RowResult]
    path: Path

    @property
    def failed(self) -> int:
        """Number of rows that could not be made."""
        return sum(outcome.state == FAILED for outcome in self.outcomes)


def run_batch(
    workspace: Workspace, path: Path, jobs: int | None = None, progress: Progress | None = None
) -> BatchResult:
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
        as there are cores, up to `MAX_JOBS`.
    progress : Progress, optional
        Hears of finished rows ('row' is the unit), and in notes of what each row does.

    Returns
    -------
    BatchResult

    Raises
    ------
    Audio2VideoError
        The file can't be used; nothing was run then.
    """
    progress = progress or Progress()
    jobs = jobs or min(os.cpu_count() or 1, MAX_JOBS)
    rows = read_rows(path, workspace, jobs)
    workspace.create()
    product = workspace.batch(path.stem)
    batch = BatchResult([RowResult(row) for row in rows], product)
    began = time.perf_counter()
    try:
        _Scheduler(workspace, cores_each(jobs, len(rows)), progress).run(batch.outcomes, jobs)
    finally:
        write_json(product, _as_dict(workspace, path, batch, time.perf_counter() - began))
    return batch


class _Scheduler:
    """Hands the rows of a batch to worker processes, and keeps account of them."""

    def __init__(self, workspace: Workspace, nthreads: int, progress: Progress) -> None:
        self._workspace, self._nthreads, self._progress = workspace, nthreads, progress
        self._rates: dict[str, Fraction | None] = {}
        self._began: dict[int, float] = {}

    def run(self, outcomes: Sequence[RowResult], jobs: int) -> None:
        """Make all rows; their outcomes are filled in."""
        root = self._workspace.root
        calls = deque(Call(make_row, (root, one.row.config), one, reports=True) for one in outcomes)
        done, total = 0, len(outcomes)

        def beat() -> None:
            self._progress.update("batch", done, total, "row")

        beat()
        with WorkerPool(jobs, self._nthreads) as pool:
            for call, value in pool.run(calls, beat, self._on_message, self._may_start):
                done += 1
                self._conclude(call.tag, value)
                beat()

    def _may_start(self, call: Call, running: list[Call]) -> bool:
        """Tell whether a row may begin beside those that are being made."""
        row = call.tag.row
        if any(self._clash(row, other.tag.row) for other in running):
            return False
        self._began[row.line] = time.perf_counter()
        return True

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

    def _on_message(self, call: Call, message: WorkerMessage) -> None:
        result: RowResult = call.tag
        if message.stage is not None:
            self._progress.note(f"{result.row.name}: {message.stage}")
        if message.warning is not None:
            result.warnings.append(message.warning)
            self._progress.warn(f"{result.row.name}: {message.warning}")

    def _conclude(self, result: RowResult, value: Any) -> None:
        row = result.row
        result.seconds = time.perf_counter() - self._began[row.line]
        result.error = failure_text(value)
        if result.error is not None:
            result.state = FAILED
            self._progress.warn(f"line {row.line}: {row.name} failed: {result.error}")
        else:
            result.state = MADE if value else UP_TO_DATE


def _as_dict(
    workspace: Workspace, path: Path, batch: BatchResult, seconds: float
) -> dict[str, Any]:
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


def _result(workspace: Workspace, outcome: RowResult) -> Path:
    config = outcome.row.config
    return workspace.result(config.inputs.inp_id, config.inputs.tar_id).relative_to(workspace.root)


def batch_table(batch: BatchResult) -> list[tuple[str, ...]]:
    """Tabulate the results of all rows."""
    rows: list[tuple[str, ...]] = [("line", "result", "state", "seconds", "why")]
    for outcome in batch.outcomes:
        row = outcome.row
        spent = f"{outcome.seconds:.1f}"
        rows.append((str(row.line), row.name, outcome.state, spent, outcome.error or ""))
    return rows
