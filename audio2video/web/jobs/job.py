"""One job: what was asked for, how far it is, and what came of it; a folder on disk."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ...errors import BadFileError, OptionError
from ...storage.files import read_json, write_json
from ..dub_request import DubRequest

QUEUED, RUNNING, DONE, INCOMPLETE = "queued", "running", "done", "incomplete"
FAILED, CANCELLED = "failed", "cancelled"
STATES = (QUEUED, RUNNING, DONE, INCOMPLETE, FAILED, CANCELLED)
"""What a job can be; incomplete: the result is there, and most of it is the target's own."""

OVER = (DONE, INCOMPLETE, FAILED, CANCELLED)
"""States in which nothing more happens by itself."""

RECORD = "job.json"

FILES = {
    "video": "result.mp4",
    "before": "before.mp4",
    "sheet": "sheet.png",
    "report": "report.json",
    "shapes": "shapes.npy",
}
"""Files in a job's folder."""

INSPECTION = {"json": "inspection.json", "html": "inspection.html"}
"""Files of the window on a job's run, made when somebody looks."""

USUAL_SHARES = (
    ("finding the face", 0.3),
    ("rectifying the face", 0.06),
    ("looking for what covers the face", 0.04),
    ("making textures", 0.3),
    ("compositing", 0.22),
    ("preparing the comparison", 0.08),
)
"""Parts of a run's time, by its long stages in their order."""


@dataclass
class Stage:
    """A stage of a job and how far it is.

    Parameters
    ----------
    stage : str
    done : int
    total : int or None
    unit : str
        Of the counts.
    rate : float or None
        Units a second.
    began : float
        `time.monotonic`; only the process that runs the job has use for it.
    """

    stage: str
    done: int = 0
    total: int | None = None
    unit: str = "frame"
    rate: float | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float | None:
        """Seconds that it still takes; None if that is not known."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate

    def update(self, done: int, total: int | None, unit: str) -> None:
        """Take in how far it is."""
        self.done, self.total, self.unit = done, total, unit
        spent = time.monotonic() - self.began
        self.rate = done / spent if done and spent > 0 else self.rate

    def as_json(self) -> dict[str, Any]:
        """Give plain JSON types."""
        return {
            "stage": self.stage,
            "done": self.done,
            "total": self.total,
            "unit": self.unit,
            "rate": None if self.rate is None else round(self.rate, 2),
            "left": None if self.left is None else round(self.left, 1),
        }


@dataclass
class Job:
    """A job.

    Parameters
    ----------
    id : str
        Sorts by the time it was made.
    request : DubRequest
    name : str
        Of the result.
    command : str
        The equal command line.
    state : str
        One of `STATES`.
    created, started, finished : str or None
        ISO times, UTC.
    stages : list of Stage
        In the order they began.
    warnings, notices : list of str
    error : str or None
        Why it failed, or is incomplete, in one line.
    result : mapping or None
        Figures of the result.
    """

    id: str
    request: DubRequest
    name: str
    command: str
    state: str = QUEUED
    created: str = ""
    started: str | None = None
    finished: str | None = None
    stages: list[Stage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    error: str | None = None
    result: Mapping[str, Any] | None = None

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1: an estimate."""
        if self.state in (DONE, INCOMPLETE):
            return 1.0
        begun = {stage.stage: stage for stage in self.stages}
        known = [name in begun for name, _ in USUAL_SHARES]
        if not any(known):
            return 0.0
        # What comes before a stage is done, be it from an earlier run.
        last = len(known) - 1 - known[::-1].index(True)
        stage = begun[USUAL_SHARES[last][0]]
        part = min(1.0, stage.done / stage.total) if stage.total else 0.0
        before = sum(weight for _, weight in USUAL_SHARES[:last])
        return min(0.99, before + part * USUAL_SHARES[last][1])

    @property
    def left(self) -> float | None:
        """Seconds that it still takes, about; None if that can't be told yet."""
        if self.state != RUNNING or self.started is None or self.share < 0.05:
            return None
        spent = (datetime.now(timezone.utc) - datetime.fromisoformat(self.started)).total_seconds()
        return spent * (1 - self.share) / self.share

    def restart(self) -> None:
        """Put it into the queue again; what is finished on disk is not made again."""
        self.state, self.started, self.finished, self.error = QUEUED, None, None, None
        self.stages, self.warnings, self.notices = [], [], []

    def as_json(self, place: int | None = None) -> dict[str, Any]:
        """Give plain JSON types, with its place in the queue."""
        return {
            "id": self.id,
            "name": self.name,
            "command": self.command,
            "preview": self.request.preview,
            "request": self.request.as_json(),
            "state": self.state,
            "place": place,
            "created": self.created,
            "started": self.started,
            "finished": self.finished,
            "stages": [stage.as_json() for stage in self.stages],
            "share": round(self.share, 4),
            "left": None if self.left is None else round(self.left, 1),
            "warnings": self.warnings,
            "notices": self.notices,
            "error": self.error,
            "result": None if self.result is None else dict(self.result),
        }

    def save(self, folder: Path) -> None:
        """Write the job's record into its folder."""
        write_json(folder / RECORD, self.as_json())


def new_id() -> str:
    """Make an id that sorts by time."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"


def now() -> str:
    """Give the time as records write it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def read_job(folder: Path) -> Job:
    """Read a job's record.

    Raises
    ------
    BadFileError
        It is missing, damaged, or no record of a job.
    """
    path = folder / RECORD
    value = read_json(path)
    try:
        request = DubRequest.from_json(value.get("request"))
    except OptionError as error:
        raise BadFileError(f"no job ({error})", path=path, hint="remove its folder") from error
    state = value.get("state")
    if state not in STATES:
        raise BadFileError(f"unknown state {state!r}", path=path, hint="remove its folder")
    stages = [
        Stage(str(one.get("stage")), _count(one, "done") or 0, _count(one, "total"))
        for one in value.get("stages") or []
        if isinstance(one, dict)
    ]
    result = value.get("result")
    return Job(
        folder.name,
        request,
        str(value.get("name")),
        str(value.get("command")),
        state,
        created=_when(value, "created", path) or "",
        started=_when(value, "started", path),
        finished=_when(value, "finished", path),
        stages=stages,
        warnings=[str(one) for one in value.get("warnings") or []],
        notices=[str(one) for one in value.get("notices") or []],
        error=None if value.get("error") is None else str(value["error"]),
        result=result if isinstance(result, dict) else None,
    )


def _count(value: Mapping[str, Any], name: str) -> int | None:
    found = value.get(name)
    return found if isinstance(found, int) and found >= 0 else None


def _when(value: Mapping[str, Any], name: str, path: Path) -> str | None:
    text = value.get(name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(str(text)).isoformat(timespec="milliseconds")
    except ValueError as error:
        raise BadFileError(f"'{name}' is no time", path=path, hint="remove its folder") from error
