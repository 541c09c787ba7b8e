"""The speaker's face in a result that shows other people as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..face.face_tracks import Sighting, track_faces
from ..face.layout import NOSE, inter_ocular_distance
from ..face.tracking import Finder, TrackedFace

NEAR = 1.0
"""Distance from where the target has it, in inter-ocular distances, up to which a face is his."""


def follow_speaker(
    grays: Iterable[NDArray[np.uint8]],
    finder: Finder,
    expected: NDArray[np.floating],
    usable: NDArray[np.bool_],
) -> Iterator[TrackedFace]:
    """Follow the face that is where the target's speaker has it.

    Parameters
    ----------
    grays : iterable of ndarray of uint8, shape (H, W)
        N frames of a result.
    finder : FaceFinder
    expected : ndarray, shape (N, 68, 2)
        Landmarks of the target's frames that play.
    usable : ndarray of bool, shape (N,)
        Whether these show the speaker.

    Yields
    ------
    TrackedFace
        One for each frame.
    """
    before = None
    for faces, points, there in zip(track_faces(grays, finder), expected, usable, strict=False):
        face = _nearest(faces, points) if there else None
        if face is None:
            yield TrackedFace(None, len(faces))
        else:
            begins = before != face.track
            motion = None if begins else face.motion
            yield TrackedFace(face.landmarks, len(faces) - 1, motion, begins)
        before = None if face is None else face.track


def _nearest(faces: Iterable[Sighting], points: NDArray[np.floating]) -> Sighting | None:
    unit = float(inter_ocular_distance(points))
    nose = points[NOSE].mean(axis=0)
    apart = {
        float(np.linalg.norm(face.landmarks[NOSE].mean(axis=0) - nose)) / unit: face
        for face in faces
    }
    nearest = min(apart, default=np.inf)
    return apart[nearest] if nearest <= NEAR else None
