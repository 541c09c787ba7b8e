"""In which order workers are asked for what, and what happens when something goes wrong."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audio2video.config import Config
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.progress import Progress
from audio2video.runtime.workers import Call
from audio2video.storage.workspace import Workspace
from audio2video.training.dataset import preparation
from audio2video.training.dataset.fragments import RecordingResult
from audio2video.training.dataset.preparation import prepare_all
from audio2video.training.dataset.recording import Opened, Recording
from audio2video.training.dataset.workers import Lost


class Inline:
    """Does jobs at once, in this process; ``lost`` names those whose workers die."""

    def __init__(self, lost: tuple[str, ...] = ()) -> None:
        self.lost = lost

    def run(self, jobs: deque[Call], beat: Callable[[], None]) -> Iterator[tuple[Call, object]]:
        while jobs:
            job = jobs.popleft()
            beat()
            name = f"{job.tag.name} {' '.join(str(a) for a in job.arguments[1:])}".strip()
            result = Lost("died") if name in self.lost else job.function(*job.arguments)
            yield job, result


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked for, of recordings named after the number of their spans."""
    made: list[str] = []

    def open_recording(recording: Recording) -> Opened:
        made.append(f"open {recording.name}")
        recording.work.mkdir(parents=True)
        if recording.name == "0":
            raise BadFileError("it has no sound", path=recording.path)
        spans = tuple((k, k + 1) for k in range(int(recording.name)))
        return Opened("25", len(spans), len(spans) == 1, spans)

    def follow_span(recording: Recording, number: int) -> None:
        made.append(f"follow {recording.name} {number}")
        if recording.speaker == f"fails at {number}":
            raise BadFileError("can't be decoded", path=recording.path)
        if recording.speaker == f"no room at {number}":
            raise Audio2VideoError("the disk is full", path=recording.work, hint="make room")
        if recording.speaker == f"gone at {number}":
            raise MissingFileError("file not found", path=recording.path)

    def finish_recording(recording: Recording) -> RecordingResult:
        made.append(f"finish {recording.name}")
        return RecordingResult([f"{recording.name}}}}}00"], 3.0)

    for function in (open_recording, follow_span, finish_recording):
        monkeypatch.setattr(preparation, function.__name__, function)
    return made


def prepare(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: dict[str, str],
    lost: tuple[str, ...] = (),
    counts: list[tuple[str, int, int | None]] | None = None,
) -> dict[str, tuple[RecordingResult | str, bool]]:
    @contextlib.contextmanager
    def start(*_: object) -> Iterator[Inline]:
        yield Inline(lost)

    monkeypatch.setattr(preparation, "start_workers", start)
    video = tmp_path / "video.mp4"
    video.touch()
    todo = [Recording(tmp_path, name, speaker, video, "key") for name, speaker in names.items()]

    def count(stage: str, done: int, total: int | None, unit: str) -> None:
        if counts is not None:
            counts.append((stage, done, total))

    progress = Progress(count)
    results = list(
        prepare_all(Workspace(tmp_path), Config().dataset, Config().machine, todo, progress)
    )
    assert len({r.name for r, _, _ in results}) == len(results), "an outcome was told twice"
    return {recording.name: (outcome, lasting) for recording, outcome, lasting in results}


def test_all_goes_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[str]) -> None:
    counts: list[tuple[str, int, int | None]] = []
    results = prepare(tmp_path, monkeypatch, {"3": "", "1": "", "2": ""}, counts=counts)
    assert {name: outcome.fragments for name, (outcome, _) in results.items()} == {  # type: ignore[union-attr]
        "3": ["3}}00"],
        "1": ["1}}00"],
        "2": ["2}}00"],
    }
    assert calls.index("finish 3") == calls.index("follow 3 2") + 1, "finished as soon as it can be"
    assert sorted(c for c in calls if c.startswith("follow")) == [
        *("follow 1 0", "follow 2 0", "follow 2 1", "follow 3 0", "follow 3 1", "follow 3 2")
    ]
    assert counts[-1] == ("following faces", 6, 6)
    assert counts.count(counts[-1]) == 1, "the end is told once"
    assert all(done <= (total or 0) for _, done, total in counts)


def test_what_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    results = prepare(tmp_path, monkeypatch, {"0": "", "1": ""})
    assert results["0"] == ("it has no sound", True)
    assert isinstance(results["1"][0], RecordingResult)
    assert not (tmp_path / "raw/unfinished/0").exists()


def test_a_recording_that_fails_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    counts: list[tuple[str, int, int | None]] = []
    results = prepare(tmp_path, monkeypatch, {"3": "fails at 1", "2": ""}, counts=counts)
    assert results["3"] == ("can't be decoded", True)
    assert isinstance(results["2"][0], RecordingResult)
    assert "follow 3 2" not in calls
    assert "finish 3" not in calls
    assert counts[-1][1:] == (5, 5)
    assert not (tmp_path / "raw/unfinished/3").exists()


@pytest.mark.parametrize("lost", ["3 1", "3"])
def test_what_kills_workers_is_given_up_but_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[str], lost: str
) -> None:
    results = prepare(tmp_path, monkeypatch, {"3": "", "2": ""}, lost=(lost,))
    assert results["3"] == ("died", False)
    assert isinstance(results["2"][0], RecordingResult)
    assert (tmp_path / "raw/unfinished/3").exists() == (lost == "3 1"), "spans that are done stay"


@pytest.mark.parametrize("name", ["3", "1"])
@pytest.mark.parametrize(
    ("speaker", "why"),
    [("no room at 0", "the disk is full; make room"), ("gone at 0", "file not found")],
)
def test_what_is_not_the_recordings_fault_may_be_tried_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calls: list[str],
    name: str,
    speaker: str,
    why: str,
) -> None:
    results = prepare(tmp_path, monkeypatch, {name: speaker, "2": ""})
    reason, lasting = results[name]
    assert str(reason).endswith(f": {why}"), "with the file it is about"
    assert not lasting
    assert isinstance(results["2"][0], RecordingResult)
