"""The landmarks of many videos, several at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadFileError, MissingFileError
from ..pipeline.landmarks import LandmarkChoices, make_landmarks
from ..progress import Progress
from ..runtime.reporting import Report, telling_stages
from ..runtime.workers import Call, WorkerMessage, WorkerPool, failure_text
from ..storage.ids import DEFAULT_ID, folded, id_from_path
from ..storage.limits import MAX_LIST_BYTES, read_limited
from ..storage.workspace import Workspace
from ..training.dataset.sources import VIDEO_SUFFIXES
from .rows import cores_each
from .run import FAILED, LEFT, MADE, MAX_JOBS, UP_TO_DATE

LIST_SUFFIXES = (".txt", ".list", ".lst", "")
"""Of files that name videos, one a line."""


@dataclass
class VideoResult:
    """What became of a video.

    Parameters
    ----------
    video : Path
    tar_id : str
    folder : Path
        Where its landmarks are.
    state : str
        `MADE`, `UP_TO_DATE`, `FAILED` or `LEFT`.
    error : str, optional
        Why it failed, in one line.
    """

    video: Path
    tar_id: str
    folder: Path
    state: str = LEFT
    error: str | None = None


def videos_in(given: Path) -> list[Path]:
    """List the videos that a path means: those of a folder, of a list, or itself.

    Parameters
    ----------
    given : Path
        In a list, paths are relative to its folder; empty lines and those that begin with ``#`` are
        passed over.

    Raises
    ------
    MissingFileError
        There is nothing, or no video in it.
    BadFileError
        The list is too long, or no text.
    """
    if given.is_dir():
        found = sorted(path for path in given.rglob("*") if _is_video(path, given))
        if not found:
            raise MissingFileError("no video in the folder", path=given, hint="check the path")
        return found
    if given.suffix.lower() not in LIST_SUFFIXES:
        return [given]
    if not given.is_file():
        raise MissingFileError("no such file or folder", path=given, hint="check its name")
    try:
        lines = read_limited(given, MAX_LIST_BYTES, "split it").decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        if not given.suffix:
            return [given]  # a video may have any name
        raise BadFileError("not UTF-8 text", path=given, hint="one path a line") from error
    names = [line.strip() for line in lines]
    named = [given.parent / name for name in names if name and not name.startswith("#")]
    if not named:
        raise BadFileError("names no video", path=given, hint="one path a line")
    return named


def _is_video(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in VIDEO_SUFFIXES and not hidden and path.is_file()


def plan_videos(
    videos: Sequence[Path], folder_of: Callable[[str], Path], given: Path
) -> list[VideoResult]:
    """Give each video its id, and the folder of its landmarks.

    Raises
    ------
    BadFileError
        Two videos would have the same.
    """
    planned: dict[str, VideoResult] = {}
    for video in videos:
        tar_id = id_from_path(DEFAULT_ID, video)
        one = VideoResult(video, tar_id, folder_of(tar_id))
        # Some file systems don't tell upper from lower case.
        first = planned.setdefault(folded(tar_id), one)
        if first is not one and first.video.resolve() != video.resolve():
            raise BadFileError(
                f"two videos are named '{tar_id}' ({first.video.name}, {video.name})",
                path=given,
                hint="rename one of them, or go through their folders one by one",
            )
    return list(planned.values())


def landmarks_of_all(
    workspace: Workspace,
    results: Sequence[VideoResult],
    choices: LandmarkChoices,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Find the landmarks of many videos, each in a process of its own.

    A video that fails is told of and does not stop the others; one whose landmarks are up to date
    is passed over.

    Parameters
    ----------
    workspace : Workspace
    results : sequence of VideoResult
        Are filled in.
    choices : LandmarkChoices
    jobs : int, optional
        Videos at once; by default as many as there are cores, up to `MAX_JOBS`.
    progress : Progress, optional
        Hears of finished videos ('video' is the unit).
    """
    progress = progress or Progress()
    jobs = jobs or min(os.cpu_count() or 1, MAX_JOBS)
    nthreads = cores_each(jobs, len(results))
    calls = deque(
        Call(
            _make,
            (workspace.root, one.video, one.tar_id, one.folder, choices, nthreads),
            one,
            reports=True,
        )
        for one in results
    )
    done = 0

    def beat() -> None:
        progress.update("landmarks", done, len(results), "video")

    def hear(call: Call, message: WorkerMessage) -> None:
        if message.warning is not None:
            progress.warn(f"{call.tag.video}: {message.warning}")
        if message.stage is not None:
            progress.note(f"{call.tag.video.name}: {message.stage}")

    beat()
    with WorkerPool(jobs, nthreads) as pool:
        for call, value in pool.run(calls, beat, hear):
            one: VideoResult = call.tag
            one.error = failure_text(value)
            if one.error is None:
                one.state = MADE if value else UP_TO_DATE
            else:
                one.state = FAILED
                where = "" if str(one.video) in one.error else f"{one.video}: "
                progress.warn(f"{where}{one.error}")
            done += 1
            beat()


def _make(
    root: Path,
    video: Path,
    tar_id: str,
    folder: Path,
    choices: LandmarkChoices,
    nthreads: int,
    report: Report,
) -> bool:
    """Find the landmarks of one video, in a worker process; tells whether they had to be made."""
    import cv2

    cv2.setNumThreads(nthreads)
    progress = telling_stages(report)
    return make_landmarks(Workspace(root), video, tar_id, folder, choices, progress).made
