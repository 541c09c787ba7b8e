"""The recordings of a corpus handed to worker processes, piece by piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from ...config import DatasetConfig, MachineConfig
from ...errors import Audio2VideoError, MissingFileError
from ...progress import Progress
from ...runtime.extras import require
from ...runtime.resource_errors import as_resource_error
from ...runtime.workers import Call
from ...storage.workspace import Workspace
from ..corpus import recording_record
from .finishing import finish_recording
from .fragments import RecordingResult, read_outcome
from .recording import (
    Opened,
    Recording,
    as_reason,
    discard_work,
    follow_span,
    open_recording,
    read_opened,
)
from .workers import Lost, Workers, start_workers


def prepare_all(
    workspace: Workspace,
    dataset: DatasetConfig,
    machine: MachineConfig,
    todo: list[Recording],
    progress: Progress,
) -> Iterator[tuple[Recording, RecordingResult | str, bool]]:
    """Prepare recordings in worker processes.

    Yields each with its outcome, or with why it can't be used and whether that will be so again.
    """
    if not todo:
        return
    require("preparing a corpus", "scenedetect")
    if dataset.scheduler is not None:
        require("--scheduler", "distributed")
    if machine.force:
        for recording in todo:
            discard_work(recording)
            recording_record(workspace, recording.name).unlink(missing_ok=True)
    with start_workers(
        dataset.scheduler, machine.nthreads, workspace.root, _processes(todo)
    ) as workers:
        opened: list[tuple[Recording, Opened]] = []
        for recording, result in _open_all(workers, todo, progress):
            if isinstance(result, Opened):
                opened.append((recording, result))
            else:
                discard_work(recording)
                yield recording, _reason(result), not isinstance(result, Lost)
        yield from _follow_all(workers, opened, progress)


def _processes(todo: list[Recording]) -> int:
    """More processes than this have nothing to do: a long recording occupies several."""
    most = 0
    for recording in todo:
        opened = read_opened(recording)
        size = recording.path.stat().st_size
        # Before it is opened its length is unknown; a megabyte is seconds rather than minutes.
        most += len(opened.spans) if opened is not None else 1 + size // 2_000_000
    return most


def _open_all(
    workers: Workers, todo: list[Recording], progress: Progress
) -> Iterator[tuple[Recording, Any]]:
    jobs = deque(Call(_open, (recording,), recording) for recording in todo)
    stage, done = "listening", 0

    def beat() -> None:
        progress.update(stage, done, len(todo), "recording")

    beat()
    for job, result in workers.run(jobs, beat):
        done += 1
        beat()
        yield job.tag, result


def _follow_all(
    workers: Workers, opened: list[tuple[Recording, Opened]], progress: Progress
) -> Iterator[tuple[Recording, RecordingResult | str, bool]]:
    """Follow the face through all spans; recordings are finished as soon as theirs are done."""
    left = {recording.name: len(found.spans) for recording, found in opened}
    total, done = sum(left.values()), 0
    # Spans that an earlier run has done are no more than a look at the disk.
    jobs: deque[Call] = deque()
    for recording, found in opened:
        if len(found.spans) == 1:
            jobs.append(Call(_follow_and_finish, (recording,), recording))
        else:
            jobs.extend(
                Call(_follow, (recording, number), recording) for number in range(len(found.spans))
            )
    given_up: dict[str, bool] = {}  # and whether another try is in vain
    unfinished = len(opened)

    def beat() -> None:
        # A recording whose faces have been followed still has to be finished.
        progress.update("following faces", min(done, total - bool(unfinished)), total, "part")

    beat()
    for job, result in workers.run(jobs, beat):
        recording = job.tag
        if job.function is not _finish:
            done += 1
            left[recording.name] -= 1
        if isinstance(result, RecordingResult):
            unfinished -= 1
            yield recording, result, True
        elif result is None:
            if left[recording.name] == 0 and recording.name not in given_up:
                # Before what else there is to do: what is finished stays, whatever comes.
                jobs.appendleft(Call(_finish, (recording,), recording))
        elif recording.name not in given_up:
            unfinished -= 1
            given_up[recording.name] = not isinstance(result, Lost)
            rest = [job for job in jobs if job.tag is recording]
            for job in rest:
                jobs.remove(job)
            done += len(rest)
            yield recording, _reason(result), given_up[recording.name]
        beat()
    for recording, _ in opened:
        # After workers died, the spans that are done stay for another try.
        if given_up.get(recording.name):
            discard_work(recording)


def _reason(result: Lost | str) -> str:
    return result.why if isinstance(result, Lost) else result


# What workers are asked to do: expected errors come back as text.


def _open(recording: Recording) -> Opened | str | Lost:
    try:
        return open_recording(recording)
    except Audio2VideoError as error:
        return _fault(recording, error)


def _follow(recording: Recording, number: int) -> str | Lost | None:
    try:
        follow_span(recording, number)
    except Audio2VideoError as error:
        return _fault(recording, error)
    return None


def _finish(recording: Recording) -> RecordingResult | str | Lost:
    try:
        return finish_recording(recording)
    except Audio2VideoError as error:
        discard_work(recording)
        return _fault(recording, error)


def _fault(recording: Recording, error: Audio2VideoError) -> str | Lost:
    """Say why a job failed: the recording can't be used, or something is in the way just now."""
    shortage = as_resource_error(error)
    if shortage is not None:
        return Lost(str(shortage))
    if error.path == recording.path and not isinstance(error, MissingFileError):
        return as_reason(error)
    return Lost(str(error))


def _follow_and_finish(recording: Recording) -> RecordingResult | str | Lost:
    # A worker that died when all was done, but not yet told, leaves nothing to follow.
    if read_outcome(recording.workspace, recording.name, recording.key) is not None:
        return _finish(recording)
    return _follow(recording, 0) or _finish(recording)
