"""Who is seen in a target: tracks grouped into persons, and the one who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

SAMPLES = 4
"""Frames of a track that are described: more bring it no nearer to the person's other tracks."""

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
    long = {track: frames for track, frames in tracks.items() if len(frames) >= MIN_STRETCH}
    names = list(long)
    groups = [[0]] if len(names) == 1 else []
    if len(names) > 1:
        groups = group_tracks(_looks(long, sightings, spool))
    people = []
    for group in groups:
        members = {names[k] for k in group}
        person = _person(members, sightings, steady=steady)
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


def _looks(
    tracks: dict[int, list[int]], sightings: Sightings, spool: FrameSpool
) -> list[TrackLook]:
    """Describe the face of each track, in some of the frames in which the detector saw it."""
    from ..models.face_models import load_face_describer

    describer = load_face_describer()
    looks = []
    for track, frames in tracks.items():
        faces = {frame: _sighting(sightings, frame, track) for frame in frames}
        detected = [frame for frame, face in faces.items() if face.is_detected]
        places = np.linspace(0, len(detected) - 1, SAMPLES).round().astype(int)
        picked = {detected[place] for place in places}
        descriptors, colours = [], []
        for frame in sorted(picked):
            part, origin = spool.get((frame, track))
            rgb, landmarks = part.rgb(), faces[frame].landmarks - origin
            descriptors.append(describer.describe(rgb, landmarks))
            colours.append(skin_colour(rgb, landmarks))
        looks.append(
            TrackLook(
                frames[0],
                frames[-1],
                np.mean(descriptors, axis=0),
                np.mean(colours, axis=0),
                float(len(descriptors)),
            )
        )
    return looks


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


def _person(members: set[int], sightings: Sightings, *, steady: bool) -> Person:
    faces, detected = [], []
    tracks = np.full(len(sightings), -1)
    for frame, seen in enumerate(sightings):
        mine = [face for face in seen if face.track in members]
        if not mine:
            faces.append(TrackedFace(None, len(seen)))
            continue
        # Where two tracks of one person meet, the older goes on.
        face = min(mine, key=lambda one: one.track)
        tracks[frame] = face.track
        goes_on = frame > 0 and tracks[frame - 1] == face.track
        motion = face.motion if steady and goes_on else None
        faces.append(TrackedFace(face.landmarks, len(seen) - 1, motion, begins=not goes_on))
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
