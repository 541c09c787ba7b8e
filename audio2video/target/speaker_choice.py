"""Who of the people in a target speaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..config import AnalysisConfig, FacePlace
from ..errors import NoFaceError, OptionError
from ..face.detection import box_of
from ..face.tracking import TrackedFace
from ..media.video import VideoInfo
from .people import Groups, Person, people_of
from .track_pieces import Sightings

BADLY_SEEN = "the face is never seen well enough"
NEEDED = "the target must show one person talking to the camera"

ADVICE = "'audio2video faces VIDEO' lists them"

FACE_ADVICE = f"--face N chooses, {ADVICE}"


def find_speaker(
    sightings: Sightings, groups: Groups, info: VideoInfo, config: AnalysisConfig
) -> tuple[list[Person], int]:
    """Find the people in a target, and who of them speaks.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
    groups : sequence of sequence of Piece
        See `people_of`.
    info : VideoInfo
    config : AnalysisConfig

    Returns
    -------
    people : list of Person
    speaker : int
        Index into them.

    Raises
    ------
    OptionError, NoFaceError
        See `choose_speaker`; or nobody is seen well enough.
    """
    people = people_of(sightings, groups, steady=config.steady)
    if not people and any(sightings):
        raise NoFaceError(BADLY_SEEN, path=info.path, hint=NEEDED)
    return people, choose_speaker(people, info, config)


def choose_speaker(people: Sequence[Person], info: VideoInfo, config: AnalysisConfig) -> int:
    """Choose who speaks: ``--face``, ``--face_at``, or the person with most usable frames.

    Parameters
    ----------
    people : sequence of Person
        From `people_of`.
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
