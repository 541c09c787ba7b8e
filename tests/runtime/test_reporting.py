"""Progress of a call, sent as status messages."""

from __future__ import annotations

import pytest

from audio2video.runtime import reporting
from audio2video.runtime.reporting import telling_counts, telling_stages
from audio2video.runtime.workers import WorkerMessage


def test_each_stage_is_told_once_and_so_is_a_warning() -> None:
    said: list[WorkerMessage] = []
    progress = telling_stages(said.append)
    for done in range(3):
        progress.update("reading", done, 3)
    progress.note("waiting")
    progress.note("waiting")
    progress.warn("odd")
    progress.notice("routine")
    assert said == [
        WorkerMessage(stage="reading"),
        WorkerMessage(stage="waiting"),
        WorkerMessage(warning="odd"),
    ]


def test_counts_are_told_a_few_times_a_second_and_the_last_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([10.0, 10.1, 10.25, 10.3, 10.3])
    monkeypatch.setattr(reporting.time, "monotonic", lambda: next(moments))
    said: list[WorkerMessage] = []
    progress = telling_counts(said.append)
    for done in (0, 1, 2, 3):
        progress.update("reading", done, 3, "clip")
    progress.update("writing", 0, None, "frame")
    progress.warn("odd")
    progress.notice("routine")
    assert said == [
        WorkerMessage("reading", 0, total=3, unit="clip"),
        WorkerMessage("reading", 2, total=3, unit="clip"),
        WorkerMessage("reading", 3, total=3, unit="clip"),
        WorkerMessage("writing", 0, unit="frame"),
        WorkerMessage(warning="odd"),
        WorkerMessage(notice="routine"),
    ]
