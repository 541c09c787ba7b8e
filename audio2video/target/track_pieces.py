"""Parts of face tracks, and how far a track is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..face.face_tracks import Sighting
from ..face.tracking import DETECT_EVERY, MAX_MISSES

Sightings = Sequence[tuple[Sighting, ...]]
"""The faces of each frame."""


@dataclass(frozen=True)
class Piece:
    """A part of a track that shows one person.

    Parameters
    ----------
    track : int
    first, last : int
        Its frames, both included.
    """

    track: int
    first: int
    last: int


def sighting_of(sightings: Sightings, frame: int, track: int) -> Sighting:
    """Give the face of a track in a frame of it."""
    return next(face for face in sightings[frame] if face.track == track)


def without_doubtful_ends(sightings: Sightings) -> Sightings:
    """Leave out with what a track ended if it hardly was the face any more.

    That is where the picture does not show that it went on; and all since the detector saw it last
    where it then saw the face somewhere else, or missed it until the track was given up.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
        The faces of each frame.

    Returns
    -------
    sequence of tuple of Sighting
    """
    last_seen = {
        face.track: frame
        for frame, faces in enumerate(sightings)
        for face in faces
        if face.is_detected
    }
    ends = {face.track: frame for frame, faces in enumerate(sightings) for face in faces}
    given_up = {
        track
        for track, end in ends.items()
        if end - last_seen[track] >= (MAX_MISSES - 1) * DETECT_EVERY and end < len(sightings) - 1
    }
    given_up |= {face.replaces for faces in sightings for face in faces if face.replaces}
    going_on: set[int] = set()
    kept: list[tuple[Sighting, ...]] = []
    for frame in range(len(sightings) - 1, -1, -1):
        for face in sightings[frame]:
            continuous = face.motion is not None and face.motion.is_continuous
            if frame <= last_seen[face.track] or (continuous and face.track not in given_up):
                going_on.add(face.track)
        kept.append(tuple(face for face in sightings[frame] if face.track in going_on))
    return kept[::-1]
