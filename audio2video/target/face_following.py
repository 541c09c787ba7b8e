"""The faces in every frame of a target, and what is around them, kept for a second pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..face.backend import DLIB, Backend
from ..face.face_tracks import Sighting
from ..face.layout import JAW, NOSE, inter_ocular_distance
from ..media.frame import Box
from ..media.video import Frame, VideoInfo, VideoReader
from ..progress import Progress
from ..runtime.threads import prefetch
from .frame_spool import FrameSpool
from .looks import Looks
from .track_pieces import Sightings

DECODED = 8
"""Frames that may be decoded before the face is looked for in them."""

ROOM = 0.65
"""Around jaw and nose, in inter-ocular distances: a texture whose head leans reaches as far."""

FOREHEAD = 1.2
"""Above the eyes, in inter-ocular distances: a face's descriptor looks as far."""

COLOUR_JUMP = 15.0
"""Levels of chroma by which a face's skin never changes from one frame to the next: with a jump of
as much, another face has taken its place."""


class Sureness:
    """How sure a backend is of each face, kept by (frame, track)."""

    def __init__(self) -> None:
        self.values: dict[tuple[int, int], float] = {}

    def judge(
        self, index: int, gray: NDArray[np.uint8], faces: tuple[Sighting, ...], finder: Backend
    ) -> None:
        """Judge the faces of a frame."""
        for face in faces:
            self.values[index, face.track] = finder.confidence(gray, face.landmarks)


def follow_faces(
    path: Path,
    info: VideoInfo,
    spool: FrameSpool,
    landmark_model: Path | None,
    progress: Progress,
    *,
    samples_only: bool = False,
    looks: Looks | None = None,
    backend: str = DLIB,
    sureness: Sureness | None = None,
    known: Sightings | None = None,
) -> list[tuple[Sighting, ...]]:
    """Find the faces in every frame, and keep what is around them for a second pass.

    Parameters
    ----------
    path : Path
        The video.
    info : VideoInfo
    spool : FrameSpool
        Gets the lower part of each face, by (frame, track), and all of it in frames that
        `find_people` may look at.
    landmark_model : Path, optional
    progress : Progress
    samples_only : bool
        Keep only what `find_people` may look at.
    looks : Looks, optional
        Takes its pictures on the way.
    backend : str
        One of `audio2video.face.backend.BACKENDS`.
    sureness : Sureness, optional
        Judges the faces on the way.
    known : sequence of tuple of Sighting, optional
        What was found before, with the same model: it is not looked for again.

    Returns
    -------
    list of tuple of Sighting
        The faces of each frame.
    """
    from ..face.face_tracks import track_faces
    from ..models.face_models import load_backend

    finder = None if known is not None else load_backend(backend, landmark_model)
    colours = _ColourWatch()
    waiting: deque[tuple[Frame, NDArray[np.uint8]]] = deque()
    sightings = []
    with VideoReader(path) as reader, closing(prefetch(_with_gray(reader), DECODED)) as decoded:

        def grays() -> Iterator[NDArray[np.uint8]]:
            for frame, gray in decoded:
                waiting.append((frame, gray))
                yield gray

        tracked: Iterator[tuple[Sighting, ...]]
        if known is not None:
            tracked = (faces for faces, _ in zip(known, grays(), strict=True))
        else:
            assert finder is not None
            tracked = track_faces(grays(), finder)
        followed = progress.follow(tracked, "finding the face", info.frames)
        for index, faces in enumerate(followed):
            frame, gray = waiting.popleft()
            if looks is not None:
                looks.take(index, frame)
            if known is None:
                faces = colours.split(faces, frame)
            if sureness is not None and finder is not None:
                sureness.judge(index, gray, faces, finder)
            for face in faces:
                if face.is_detected or not samples_only:
                    box = _face_box(face, frame.width, frame.height)
                    spool.put((index, face.track), frame, box)
            sightings.append(faces)
    spool.finish()
    return sightings


def _with_gray(reader: VideoReader) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    for frame in reader.read():
        yield frame, frame.gray()


def _face_box(face: Sighting, width: int, height: int) -> Box:
    """Part of the frame that the texture will be read from, once the pose is steady.

    Where the detector saw the face, the forehead as well, by which persons are told apart.
    """
    landmarks = face.landmarks
    unit = float(inter_ocular_distance(landmarks))
    lower = landmarks[np.r_[JAW, 27:68]]
    x0, y0 = np.floor(lower.min(axis=0) - ROOM * unit).astype(int)
    x1, y1 = np.ceil(lower.max(axis=0) + ROOM * unit).astype(int)
    if face.is_detected:
        y0 = min(y0, int(lower[:, 1].min() - FOREHEAD * unit))
    left, top = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
    return left, top, int(np.clip(x1, left + 1, width)), int(np.clip(y1, top + 1, height))


class _ColourWatch:
    """Ends tracks where the skin's colour jumps: they are followed in gray, and it is not seen."""

    def __init__(self) -> None:
        self._colours: dict[int, NDArray[np.float64]] = {}
        self._names: dict[int, int] = {}
        self._tracks = 0

    def split(self, faces: tuple[Sighting, ...], frame: Frame) -> tuple[Sighting, ...]:
        """Give a frame's faces with the numbers of their own tracks."""
        return tuple(self._named(face, _skin_chroma(face, frame)) for face in faces)

    def _named(self, face: Sighting, colour: NDArray[np.float64]) -> Sighting:
        before = self._colours.get(face.track)
        self._colours[face.track] = colour
        jumped = before is not None and float(np.abs(colour - before).max()) > COLOUR_JUMP
        if before is None or jumped:
            self._tracks += 1
            self._names[face.track] = self._tracks
        # Nothing that was seen to move leads from one face to another.
        motion = None if jumped else face.motion
        detected = face.is_detected or jumped
        name, replaced = self._names[face.track], self._names.get(face.replaces or 0)
        return replace(face, track=name, motion=motion, is_detected=detected, replaces=replaced)


def _skin_chroma(face: Sighting, frame: Frame) -> NDArray[np.float64]:
    """Mean U and V around the nose."""
    nose = face.landmarks[NOSE] / 2
    x0, y0 = np.maximum(nose.min(axis=0).astype(int), 0)
    x1, y1 = nose.max(axis=0).astype(int) + 1
    parts = (plane[y0:y1, x0:x1] for plane in (frame.u, frame.v))
    return np.array([part.mean() if part.size else 128.0 for part in parts])
