"""Who is seen in a target: face tracks grouped into persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..face.detection import box_of
from ..face.persons import group_tracks
from ..face.smoothing import unbroken_stretches
from ..face.track import MIN_STRETCH, FaceTrack, build_track
from ..face.tracking import RIVAL, TrackedFace
from .frame_spool import FrameSpool
from .gallery import Gallery
from .track_pieces import Piece, Sightings, sighting_of, without_doubtful_ends

Groups = Sequence[Sequence[Piece]]
"""The parts of tracks that show each person."""

MIN_DETECTIONS = 2
"""Times that the detector must see a person's face: once, it may be wrong."""


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

    def side(self, frame: int) -> float:
        """Side of a box around the face in a frame that shows it, in pixels."""
        landmarks = self.faces[frame].landmarks
        return 0.0 if landmarks is None else box_of(landmarks).side

    def stretches(self) -> list[slice]:
        """Give the runs of frames in which the face is seen."""
        return unbroken_stretches(self.seen)


def find_people(sightings: Sightings, spool: FrameSpool, *, steady: bool = True) -> list[Person]:
    """Find the persons in a target; see `group_faces` and `people_of`."""
    return people_of(sightings, group_faces(sightings, spool), steady=steady)


def group_faces(sightings: Sightings, spool: FrameSpool) -> Groups:
    """Group the faces of a target by person.

    Faces are described only where there is more than one track: with one, there is nobody else.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
    spool : FrameSpool
        Holds the whole face, by (frame, track), where the detector saw it.

    Returns
    -------
    sequence of sequence of Piece
        The parts of tracks that show each of them.
    """
    sightings = without_doubtful_ends(sightings)
    tracks: dict[int, list[int]] = {}
    for frame, faces in enumerate(sightings):
        for face in faces:
            tracks.setdefault(face.track, []).append(frame)
    # A shorter sighting is not trusted, so that nobody needs to be told of it.
    pieces = [
        Piece(track, frames[0], frames[-1])
        for track, frames in tracks.items()
        if len(frames) >= MIN_STRETCH
    ]
    if len(pieces) > 1:
        return _group(pieces, sightings, spool)
    return [pieces] if pieces else []


def people_of(sightings: Sightings, groups: Groups, *, steady: bool = True) -> list[Person]:
    """Give the persons that faces were grouped into.

    The first has most usable frames; those who are mostly seen small beside others come last.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
    groups : sequence of sequence of Piece
        From `group_faces`.
    steady : bool
        Whether landmarks are stabilised.

    Returns
    -------
    list of Person
        Those who are seen well enough for at least one frame; others count as nobody.
    """
    sightings = without_doubtful_ends(sightings)
    people = []
    for group in groups:
        person = _person(group, sightings, steady=steady)
        if person.track.usable.any():
            people.append(person)
    people = [one for one in people if len(one.detected) >= MIN_DETECTIONS] or people
    if len(people) < 2:
        return people
    largest = [max((box_of(f.landmarks).side for f in seen), default=0.0) for seen in sightings]
    # In turn of their first frames where they are seen equally long.
    return sorted(
        people,
        key=lambda one: (_is_behind(one, largest), -int(one.track.usable.sum())),
    )


def _is_behind(person: Person, largest: Sequence[float]) -> bool:
    """Whether a person is mostly seen small beside somebody else, as in the background."""
    frames = np.flatnonzero(person.seen).tolist()
    small = [person.side(frame) < RIVAL * largest[frame] for frame in frames]
    return bool(2 * sum(small) > len(small))


def _group(pieces: Sequence[Piece], sightings: Sightings, spool: FrameSpool) -> list[list[Piece]]:
    """Group the pieces of tracks by person, having divided those that show two."""
    from ..models.face_models import load_face_describer

    gallery = Gallery(sightings, spool, load_face_describer())
    divided = [part for piece in pieces for part in gallery.divided(piece)]
    looks = [gallery.look(piece) for piece in divided]
    return [[divided[k] for k in group] for group in group_tracks(looks)]


def _person(pieces: Sequence[Piece], sightings: Sightings, *, steady: bool) -> Person:
    faces = [TrackedFace(None, len(seen)) for seen in sightings]
    tracks = np.full(len(sightings), -1)
    detected = []
    # Where two tracks of one person meet, the older goes on.
    for piece in sorted(pieces, key=lambda one: -one.track):
        for frame in range(piece.first, piece.last + 1):
            tracks[frame] = piece.track
    firsts = {piece.first for piece in pieces}
    for frame in np.flatnonzero(tracks >= 0).tolist():
        face = sighting_of(sightings, frame, int(tracks[frame]))
        goes_on = frame > 0 and tracks[frame - 1] == face.track and frame not in firsts
        motion = face.motion if steady and goes_on else None
        others = len(sightings[frame]) - 1
        faces[frame] = TrackedFace(face.landmarks, others, motion, begins=not goes_on)
        if face.is_detected:
            detected.append((frame, face.track))
    return Person(tuple(faces), build_track(faces), tracks, tuple(detected))
