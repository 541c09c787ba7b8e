"""The landmarks of a video, as files: a table of arrays, the same as text, and a drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import NoFaceError
from ..face.backend import DLIB
from ..face.drawing import draw_landmarks
from ..media.tags import read_tags
from ..media.video import Frame, VideoInfo, VideoReader, VideoWriter, probe_video
from ..models.face_models import check_backend
from ..progress import Progress
from ..provenance.container_tags import drawn_tags
from ..storage.artifacts import build_if_stale
from ..storage.files import file_hash
from ..storage.workspace import Workspace
from ..target.landmark_table import LandmarkTable, read_table, write_csv
from ..target.people import people_of
from ..target.seen_people import find_seen_people, people_key
from ..target.speaker_choice import BADLY_SEEN

FORMAT = 1
"""Raised when the files are to be made again."""

TABLE, TEXT, DRAWING = "landmarks.npz", "landmarks.csv", "landmarks.mp4"

CLEARER = "a video of people who face the camera is needed"


@dataclass(frozen=True)
class LandmarkChoices:
    """How landmarks are found.

    Parameters
    ----------
    backend : str
        One of `audio2video.face.backend.BACKENDS`.
    landmark_model : Path, optional
        dlib 68-point model to use instead of the packaged one.
    steady : bool
        Whether landmarks are stabilised.
    force : bool
        Write the files even if they are up to date.
    """

    backend: str = DLIB
    landmark_model: Path | None = None
    steady: bool = True
    force: bool = False


@dataclass(frozen=True)
class LandmarkFiles:
    """What there is of a video.

    Parameters
    ----------
    folder : Path
        Holds `TABLE`, `TEXT` and `DRAWING`.
    made : bool
        Whether one of them had to be made.
    """

    folder: Path
    made: bool


def make_landmarks(
    workspace: Workspace,
    video: Path,
    tar_id: str,
    folder: Path,
    choices: LandmarkChoices,
    progress: Progress,
) -> LandmarkFiles:
    """Find the landmarks of all people in a video, and write them.

    Parameters
    ----------
    workspace : Workspace
        Where the faces that were found are kept.
    video : Path
    tar_id : str
    folder : Path
        To write to.
    choices : LandmarkChoices
    progress : Progress

    Returns
    -------
    LandmarkFiles

    Raises
    ------
    NoFaceError
        There is nobody.
    Audio2VideoError
        The video or the model can't be used.
    """
    check_backend(choices.backend, choices.landmark_model)
    info = probe_video(video)
    table, source = folder / TABLE, {"video": video.name}

    def build_table(path: Path) -> None:
        found = landmark_table(workspace, video, info, tar_id, choices, progress)
        with path.open("wb") as file:
            np.savez(file, **found.arrays())  # type: ignore[arg-type]

    made = build_if_stale(
        table,
        {
            "format": FORMAT,
            "people": people_key(video, choices.backend, choices.landmark_model),
            "steady": choices.steady,
        },
        build_table,
        progress,
        force=choices.force,
        owner=source,
    )
    depends_on = {"format": FORMAT, "landmarks": file_hash(table)}
    made |= build_if_stale(
        folder / TEXT,
        depends_on,
        lambda path: write_csv(read_table(table), path),
        progress,
        force=choices.force,
        owner=source,
    )
    made |= build_if_stale(
        folder / DRAWING,
        {**depends_on, "video": file_hash(video)},
        lambda path: _draw(read_table(table), video, info, path, progress),
        progress,
        force=choices.force,
        owner=source,
    )
    return LandmarkFiles(folder, made)


def landmark_table(
    workspace: Workspace,
    video: Path,
    info: VideoInfo,
    tar_id: str,
    choices: LandmarkChoices,
    progress: Progress,
) -> LandmarkTable:
    """Find the landmarks of all people in a video; see `make_landmarks`."""
    seen = find_seen_people(
        workspace,
        video,
        info,
        tar_id,
        progress,
        backend=choices.backend,
        landmark_model=choices.landmark_model,
    )
    people = people_of(seen.sightings, seen.groups, steady=choices.steady)
    if not people:
        problem = BADLY_SEEN if any(seen.sightings) else "no face in the whole video"
        raise NoFaceError(problem, path=video, hint=CLEARER)
    return LandmarkTable.of(tar_id, info, people, seen.confidence)


def _draw(
    table: LandmarkTable, video: Path, info: VideoInfo, path: Path, progress: Progress
) -> None:
    """Write the video with the points over it, and its own sound."""
    starts = np.searchsorted(table.frame, np.arange(info.frames + 1))

    def drawn(reader: VideoReader) -> Iterator[Frame]:
        for index, frame in enumerate(reader.read()):
            rows = range(*starts[min(index, info.frames - 1) :][:2].tolist())
            yield draw_landmarks(frame, [(int(table.person[k]), table.points[k]) for k in rows])

    with (
        VideoReader(video) as reader,
        VideoWriter(
            path,
            info.width,
            info.height,
            info.rate,
            audio=video if info.has_audio else None,
            audio_seconds=info.duration,
            metadata=drawn_tags(table.name, read_tags(video) or {}),
            like=info,
        ) as writer,
    ):
        for frame in progress.follow(drawn(reader), "drawing landmarks", info.frames):
            writer.write(frame)
