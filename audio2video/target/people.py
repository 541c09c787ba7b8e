"""Who is seen in a target: tracks grouped into persons, and the one who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..config import AnalysisConfig, FacePlace
from ..errors import NoFaceError, OptionError
from ..face.detection import box_of
from ..face.face_tracks import Sighting
from ..face.layout import NOSE
from ..face.persons import TrackLook, group_tracks
from ..face.smoothing import unbroken_stretches
from ..face.track import MIN_STRETCH, FaceTrack, build_track
from ..face.tracking import TrackedFace
from ..media.video import VideoInfo
from .frame_spool import FrameSpool

if TYPE_CHECKING:
    from ..face.identity import FaceDescriber

SAMPLES = 4
"""Frames of a track that are described: more bring it no nearer to the person's other tracks."""

TWO_PEOPLE = 0.6
"""Distance of the descriptors of two frames of a track from which on it shows two people: the
model's own threshold."""

MIN_DETECTIONS = 2
"""Times that the detector must see a person's face: once, it may be wrong."""

NEEDED = "the target must show one person talking to the camera"

ADVICE = "'audio2video faces VIDEO' lists them"

FACE_ADVICE = f"--face N chooses, {ADVICE}"


@dataclass(frozen=True)
class Person:
    """A person in a target of T frames.

    Parameters
    ----------
    faces : tuple of TrackedFace
        One for each frame.
    track : FaceTrack
    tracks : ndarray of int, shape (T,)
        Number of the track that each face is from; -1 where the person is not seen.
    detected : tuple of (int, int)
        Frame and track where the detector saw the face.
    """

    faces: tuple[TrackedFace, ...]
    track: FaceTrack
    tracks: NDArray[np.int64]
    detected: tuple[tuple[int, int], ...]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Frames in which the person's face is seen, usable or not; bool (T,)."""
        return np.asarray(self.tracks >= 0)

    def stretches(self) -> list[slice]:
        """Give the runs of frames in which the face is seen."""
        return unbroken_stretches(self.seen)


@dataclass(frozen=True)
class _Piece:
    """A part of a track that shows one person: frames `first` to `last`, both included."""

    track: int
    first: int
    last: int


Sightings = Sequence[tuple[Sighting, ...]]
"""The faces of each frame."""


def find_people(sightings: Sightings, spool: FrameSpool, *, steady: bool = True) -> list[Person]:
    """Group the faces of a target into persons, the one with most usable frames first.

    Faces are described only where there is more than one track: with one, there is nobody else.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
    spool : FrameSpool
        Holds the whole face, by (frame, track), where the detector saw it.
    steady : bool
        Whether landmarks are stabilised.

    Returns
    -------
    list of Person
        Those who are seen well enough for at least one frame; others count as nobody.
    """
    sightings = _without_doubtful_ends(sightings)
    tracks: dict[int, list[int]] = {}
    for frame, faces in enumerate(sightings):
        for face in faces:
            tracks.setdefault(face.track, []).append(frame)
    # A shorter sighting is not trusted, so that nobody needs to be told of it.
    pieces = [
        _Piece(track, frames[0], frames[-1])
        for track, frames in tracks.items()
        if len(frames) >= MIN_STRETCH
    ]
    groups = [pieces] if pieces else []
    if len(pieces) > 1:
        groups = _group(pieces, sightings, spool)
    people = []
    for group in groups:
        person = _person(group, sightings, steady=steady)
        if person.track.usable.any():
            people.append(person)
    certain = [person for person in people if len(person.detected) >= MIN_DETECTIONS]
    # In turn of their first frames where they are seen equally long.
    return sorted(certain or people, key=lambda person: -int(person.track.usable.sum()))


def _without_doubtful_ends(sightings: Sightings) -> Sightings:
    """Leave out with what a track ended if the picture does not show that it still was the face."""
    going_on: set[int] = set()
    kept: list[tuple[Sighting, ...]] = []
    for faces in reversed(sightings):
        certain = {
            face.track
            for face in faces
            if face.is_detected or (face.motion is not None and face.motion.is_continuous)
        }
        going_on |= certain
        kept.append(tuple(face for face in faces if face.track in going_on))
    return kept[::-1]


def _group(pieces: Sequence[_Piece], sightings: Sightings, spool: FrameSpool) -> list[list[_Piece]]:
    """Group the pieces of tracks by person, having divided those that show two."""
    from ..face.identity import FaceDescriber

    gallery = _Gallery(sightings, spool, FaceDescriber())
    divided = [part for piece in pieces for part in gallery.divided(piece)]
    looks = [gallery.look(piece) for piece in divided]
    return [[divided[k] for k in group] for group in group_tracks(looks)]


class _Gallery:
    """Descriptors of faces, each computed once, in frames in which the detector saw them."""

    def __init__(self, sightings: Sightings, spool: FrameSpool, describer: FaceDescriber) -> None:
        self._sightings, self._spool, self._describer = sightings, spool, describer
        self._known: dict[tuple[int, int], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def look(self, piece: _Piece) -> TrackLook:
        """Give the mean of some of a piece's frames."""
        found = [self._describe(frame, piece.track) for frame in self._picked(piece)]
        descriptor, colour = (np.mean(parts, axis=0) for parts in zip(*found, strict=True))
        return TrackLook(piece.first, piece.last, descriptor, colour, float(len(found)))

    def divided(self, piece: _Piece) -> list[_Piece]:
        """Divide a piece where its face becomes another person's, as in a dissolve."""
        parts, first = [], piece.first
        for before, after in pairwise(self._picked(piece)):
            if self._distance(before, after, piece.track) > TWO_PEOPLE:
                change = self._change(before, after, piece.track)
                parts.append(_Piece(piece.track, first, change - 1))
                first = change
        return [*parts, _Piece(piece.track, first, piece.last)]

    def _change(self, before: int, after: int, track: int) -> int:
        """Find the frame from which on the face is more like the later of two."""
        between = [k for k in self._detected(_Piece(track, before, after)) if before < k < after]
        while between:
            middle = between[len(between) // 2]
            earlier = self._distance(before, middle, track) < self._distance(middle, after, track)
            before, after = (middle, after) if earlier else (before, middle)
            between = [k for k in between if before < k < after]
        # The later frame is described, and so in the later piece.
        return (before + after + 1) // 2

    def _distance(self, a: int, b: int, track: int) -> float:
        one, other = (self._describe(frame, track)[0] for frame in (a, b))
        return float(np.linalg.norm(one - other))

    def _picked(self, piece: _Piece) -> list[int]:
        detected = self._detected(piece)
        places = np.linspace(0, len(detected) - 1, SAMPLES).round().astype(int)
        return sorted({detected[place] for place in places})

    def _detected(self, piece: _Piece) -> list[int]:
        frames = range(piece.first, piece.last + 1)
        return [k for k in frames if _sighting(self._sightings, k, piece.track).is_detected]

    def _describe(self, frame: int, track: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the descriptor and the colour of a face."""
        if (frame, track) not in self._known:
            part, origin = self._spool.get((frame, track))
            rgb = part.rgb()
            landmarks = _sighting(self._sightings, frame, track).landmarks - origin
            descriptor = self._describer.describe(rgb, landmarks)
            self._known[frame, track] = descriptor, skin_colour(rgb, landmarks)
        return self._known[frame, track]


def _sighting(sightings: Sightings, frame: int, track: int) -> Sighting:
    return next(face for face in sightings[frame] if face.track == track)


def skin_colour(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colour of the skin of nose and cheeks, a and b of CIELAB."""
    nose = landmarks[NOSE]
    half = max(2.0, float(box_of(landmarks).side) / 6)
    x, y = nose.mean(axis=0)
    height, width = rgb.shape[:2]
    x0, x1 = (int(np.clip(edge, 0, width - 1)) for edge in (x - half, x + half))
    y0, y1 = (int(np.clip(edge, 0, height - 1)) for edge in (y - half / 2, y + half / 2))
    part = rgb[y0 : y1 + 1, x0 : x1 + 1].astype(np.float32) / 255
    lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)
    return np.asarray(np.median(lab[..., 1:].reshape(-1, 2), axis=0), np.float64)


def _person(pieces: Sequence[_Piece], sightings: Sightings, *, steady: bool) -> Person:
    faces = [TrackedFace(None, len(seen)) for seen in sightings]
    tracks = np.full(len(sightings), -1)
    detected = []
    # Where two tracks of one person meet, the older goes on.
    for piece in sorted(pieces, key=lambda one: -one.track):
        for frame in range(piece.first, piece.last + 1):
            tracks[frame] = piece.track
    firsts = {piece.first for piece in pieces}
    for frame in np.flatnonzero(tracks >= 0).tolist():
        face = _sighting(sightings, frame, int(tracks[frame]))
        goes_on = frame > 0 and tracks[frame - 1] == face.track and frame not in firsts
        motion = face.motion if steady and goes_on else None
        others = len(sightings[frame]) - 1
        faces[frame] = TrackedFace(face.landmarks, others, motion, begins=not goes_on)
        if face.is_detected:
            detected.append((frame, face.track))
    return Person(tuple(faces), build_track(faces), tracks, tuple(detected))


def choose_speaker(people: Sequence[Person], info: VideoInfo, config: AnalysisConfig) -> int:
    """Choose who speaks: ``--face``, ``--face_at``, or the person with most usable frames.

    Parameters
    ----------
    people : sequence of Person
        From `find_people`.
    info : VideoInfo
    config : AnalysisConfig

    Returns
    -------
    int
        Index into `people`.

    Raises
    ------
    OptionError
        There is no such person.
    NoFaceError
        There is nobody.
    """
    if not people:
        raise NoFaceError("no face in the whole video", path=info.path, hint=NEEDED)
    place = config.face_place
    if config.face is not None and config.face > len(people):
        count = f"{len(people)} people are" if len(people) > 1 else "only one person is"
        raise OptionError(
            f"--face {config.face}: {count} seen in {info.path.name}",
            hint=ADVICE if len(people) > 1 else "leave --face out",
        )
    if place is not None:
        return _person_at(people, info, place)
    return 0 if config.face is None else config.face - 1


def _person_at(people: Sequence[Person], info: VideoInfo, place: FacePlace) -> int:
    where = f"--face_at {place}"
    if not (place.x < info.width and place.y < info.height):
        raise OptionError(
            f"{where} lies outside the picture, which has {info.width}x{info.height} pixels",
            hint=ADVICE,
        )
    frames: Sequence[int] = range(len(people[0].faces))
    if place.seconds is not None:
        frame = round(place.seconds * float(info.rate))
        if frame >= len(frames):
            raise OptionError(
                f"{where} lies behind the end of {info.path.name}, which lasts "
                f"{len(frames) / float(info.rate):.1f} s",
                hint=ADVICE,
            )
        frames = [frame]
    for frame in frames:
        offsets = [_offset(person.faces[frame], place) for person in people]
        if min(offsets) <= 1:
            return int(np.argmin(offsets))
    when = "" if place.seconds is None else " then"
    raise OptionError(f"{where}: no face is there{when} in {info.path.name}", hint=ADVICE)


def _offset(face: TrackedFace, place: FacePlace) -> float:
    """How far a place is from a face's centre, in halves of its box; up to 1 it is in the box."""
    if face.landmarks is None:
        return np.inf
    box = box_of(face.landmarks)
    return max(abs(place.x - box.x), abs(place.y - box.y)) / (box.side / 2)
