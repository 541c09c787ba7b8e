"""Who is seen in a video, and where: found once, kept by content, shared by all that ask for it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Audio2VideoError, BadFileError, MissingFileError
from ..face.backend import DLIB
from ..face.face_tracks import Sighting
from ..face.flow import Motion
from ..face.layout import LANDMARKS
from ..media.video import VideoInfo
from ..models.face_models import backend_key
from ..progress import Progress
from ..storage.arrays import read_arrays, sealed
from ..storage.files import content_key, file_hash, mark_used, replacing
from ..storage.locks import locked
from ..storage.workspace import Workspace
from .face_following import Sureness, follow_faces
from .frame_spool import FrameSpool
from .looks import Looks
from .people import Groups, group_faces
from .track_pieces import Piece, Sightings

FORMAT = 1
"""Raised when faces are followed or told apart in another way, so that all are found again."""

MADE_BY = "audio2video landmarks"

_NAMES = (
    *("frames", "frame", "track", "landmarks", "moved", "moves", "doubt"),
    *("detected", "replaces", "confidence", "pieces"),
)


@dataclass(frozen=True)
class SeenPeople:
    """The faces of a video.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
        The faces of each frame.
    groups : sequence of sequence of Piece
        The parts of tracks that show each person; see `audio2video.target.people.people_of`.
    confidence : dict
        How sure the backend is of a face, by (frame, track).
    """

    sightings: Sightings
    groups: Groups
    confidence: dict[tuple[int, int], float]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays."""
        rows = [(k, face) for k, faces in enumerate(self.sightings) for face in faces]
        motions = [face.motion for _, face in rows]
        still = Motion(np.zeros((LANDMARKS, 2)), np.zeros(LANDMARKS))
        pieces = [
            (number, piece.track, piece.first, piece.last)
            for number, group in enumerate(self.groups)
            for piece in group
        ]
        return {
            "frames": np.array(len(self.sightings)),
            "frame": np.array([k for k, _ in rows], np.int64),
            "track": np.array([face.track for _, face in rows], np.int64),
            "landmarks": _stack([face.landmarks for _, face in rows], (LANDMARKS, 2)),
            "moved": np.array([motion is not None for motion in motions], bool),
            "moves": _stack([(motion or still).moves for motion in motions], (LANDMARKS, 2)),
            "doubt": _stack([(motion or still).doubt for motion in motions], (LANDMARKS,)),
            "detected": np.array([face.is_detected for _, face in rows], bool),
            "replaces": np.array([face.replaces or 0 for _, face in rows], np.int64),
            "confidence": np.array([self.confidence[k, face.track] for k, face in rows], float),
            "pieces": np.array(pieces, np.int64).reshape(-1, 4),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> SeenPeople:
        """Undo `arrays`."""
        sightings: list[tuple[Sighting, ...]] = [()] * int(arrays["frames"])
        confidence = {}
        columns = (arrays[name].tolist() for name in ("frame", "track", "moved", "detected"))
        for row, (frame, track, moved, detected) in enumerate(zip(*columns, strict=True)):
            motion = Motion(arrays["moves"][row], arrays["doubt"][row]) if moved else None
            replaces = int(arrays["replaces"][row]) or None
            face = Sighting(track, arrays["landmarks"][row], motion, detected, replaces)
            sightings[frame] = (*sightings[frame], face)
            confidence[frame, track] = float(arrays["confidence"][row])
        groups: dict[int, list[Piece]] = {}
        for number, track, first, last in arrays["pieces"].tolist():
            groups.setdefault(number, []).append(Piece(track, first, last))
        return cls(sightings, list(groups.values()), confidence)


def find_seen_people(
    workspace: Workspace,
    path: Path,
    info: VideoInfo,
    tar_id: str,
    progress: Progress,
    *,
    backend: str = DLIB,
    landmark_model: Path | None = None,
) -> SeenPeople:
    """Find the faces of a video, or read what was found before.

    Parameters
    ----------
    workspace : Workspace
        Where it is kept.
    path : Path
        The video.
    info : VideoInfo
        What it holds.
    tar_id : str
        Begins the name of the file.
    progress : Progress
    backend : str
        One of `audio2video.face.backend.BACKENDS`.
    landmark_model : Path, optional
        For the backend 'dlib': another model than the packaged one.

    Returns
    -------
    SeenPeople

    Raises
    ------
    Audio2VideoError
        The video can't be decoded, or the model not be used.
    """
    product = workspace.people(tar_id, people_key(path, backend, landmark_model))
    found = read_seen_people(product, progress)
    if found is None:
        with locked(
            workspace.people_lock(tar_id),
            lambda: progress.update("waiting for another run to find the faces", 0, None),
        ):
            found = read_seen_people(product, progress)  # by the run that was waited for
            if found is None:
                with (
                    tempfile.TemporaryDirectory(prefix="audio2video-") as folder,
                    FrameSpool(Path(folder) / "frames.raw") as spool,
                ):
                    found = find_people_in(
                        path,
                        info,
                        spool,
                        progress,
                        backend=backend,
                        landmark_model=landmark_model,
                        samples_only=True,
                    )
                write_seen_people(product, found)
    return found


def people_key(path: Path, backend: str = DLIB, landmark_model: Path | None = None) -> str:
    """Key of all that the faces of a video depend on."""
    return content_key(
        {
            "format": FORMAT,
            "video": file_hash(path),
            "backend": backend_key(backend, landmark_model),
        }
    )


def write_seen_people(product: Path, people: SeenPeople) -> None:
    """Write what was found in a video."""
    with replacing(product) as temporary, temporary.open("wb") as file:
        np.savez(file, **sealed(people.arrays()))  # type: ignore[arg-type]


def find_people_in(
    path: Path,
    info: VideoInfo,
    spool: FrameSpool,
    progress: Progress,
    *,
    backend: str = DLIB,
    landmark_model: Path | None = None,
    samples_only: bool = False,
    looks: Looks | None = None,
    known: SeenPeople | None = None,
) -> SeenPeople:
    """Find the faces of a video, and keep what is around them; see `follow_faces`.

    With `known`, from `read_seen_people`, frames are read, and nothing is looked for.
    """
    sureness = Sureness()
    sightings = follow_faces(
        path,
        info,
        spool,
        landmark_model,
        progress,
        samples_only=samples_only,
        looks=looks,
        backend=backend,
        sureness=sureness,
        known=None if known is None else known.sightings,
    )
    if known is not None:
        return known
    return SeenPeople(sightings, group_faces(sightings, spool), sureness.values)


def read_seen_people(product: Path, progress: Progress) -> SeenPeople | None:
    """Read what was found before; None if nothing was, or it is damaged: it is only a cache."""
    if not product.is_file():
        return None
    try:
        found = SeenPeople.from_arrays(read_arrays(product, _NAMES, made_by=MADE_BY))
    except (BadFileError, MissingFileError, IndexError, TypeError, ValueError) as error:
        why = error.problem if isinstance(error, Audio2VideoError) else "of another form"
        progress.warn(f"{product}: {why}; the faces are found again")
        return None
    mark_used(product)
    return found


def _stack(parts: Sequence[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array(parts, np.float64).reshape(-1, *shape)
