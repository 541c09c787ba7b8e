"""What a face does, as a handful of numbers for each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F64, Mask
from ..face.layout import BROWS, MOUTH_CORNERS, eye_aspect_ratio, mouth_opening, mouth_width
from ..face.rectify import to_rectified
from ..face.track import FaceTrack

NAMES = ("yaw", "pitch", "roll", "x", "y", "brows", "eyes", "smile", "opening")
"""Columns of a motion: angles in degrees, places in inter-ocular distances, see `face_motion`."""

YAW, PITCH, ROLL, X, Y, BROW, EYES, SMILE, OPENING = range(len(NAMES))
POSE = slice(YAW, BROW)
EXPRESSION = slice(BROW, OPENING)
HEARD = slice(0, OPENING)
"""What a listener's motion is made of: all but the opening, which is the mouth's own."""

MOST_OPEN = 3.0

_MIDDLE = (3, 9, 14, 18)
"""Lip points in the middle of the mouth: corners above these are raised."""


@dataclass(frozen=True)
class FaceMotion:
    """The motion of one face through T frames.

    Parameters
    ----------
    values : ndarray of float64, shape (T, 9)
        Columns as in `NAMES`; where the face is not seen, a straight line between what is.
    seen : ndarray of bool, shape (T,)
    rate : float
        Frames per second.
    """

    values: F64
    seen: Mask
    rate: float

    def __len__(self) -> int:
        return len(self.values)


def face_motion(track: FaceTrack, rate: float) -> FaceMotion:
    """Describe what a face does in each frame, relative to what it usually does.

    Yaw, pitch (positive when the head looks down) and roll are in degrees, relative to their
    medians. The place of the face is relative to its median, in inter-ocular distances. ``brows``
    is the brows' height above the eyes, ``eyes`` the eyes' opening as a share of the usual one,
    ``smile`` the width of the mouth and the height of its corners, and ``opening`` that of the
    lips, all in inter-ocular distances.

    Parameters
    ----------
    track : FaceTrack
        With at least one usable frame.
    rate : float
        Frames per second.

    Returns
    -------
    FaceMotion
    """
    pose, seen = track.pose, track.usable
    angles = np.degrees(np.column_stack([pose.yaw, pose.pitch, pose.roll]))
    size = float(np.median(pose.scale[seen]))
    eyes = eye_aspect_ratio(track.landmarks.astype(np.float64))
    brows = np.zeros(len(track))
    frames = np.flatnonzero(seen)
    shown = to_rectified(track.landmarks[frames][:, BROWS].astype(np.float64), pose[frames])
    brows[frames] = -shown[..., 1].mean(axis=1)
    values = np.column_stack(
        [
            angles,
            pose.position / size,
            brows,
            eyes / max(float(np.median(eyes[seen])), 1e-6),
            _smile(track.mouth.astype(np.float64)),
            mouth_opening(track.mouth.astype(np.float64)),
        ]
    )
    for column in (*range(YAW, EYES), SMILE):
        values[:, column] -= np.median(values[seen, column])
    return FaceMotion(_filled(values, seen), seen.copy(), rate)


def _smile(mouth: F64) -> F64:
    """How wide a mouth is and how far its corners are raised, shape (T,)."""
    corners = mouth[:, list(MOUTH_CORNERS), 1].mean(axis=1)
    middle = mouth[:, list(_MIDDLE), 1].mean(axis=1)
    return np.asarray(mouth_width(mouth) + 2 * (middle - corners), np.float64)


def _filled(values: F64, seen: Mask) -> F64:
    """Put straight lines where nothing is seen."""
    frames = np.flatnonzero(seen)
    if len(frames) == len(seen):
        return values
    everywhere = np.arange(len(seen))
    lines = [np.interp(everywhere, frames, column[frames]) for column in values.T]
    return np.column_stack(lines)


def resampled(motion: FaceMotion, rate: float, frames: int) -> FaceMotion:
    """Give a motion at another rate, for so many frames; the last one stays.

    Parameters
    ----------
    motion : FaceMotion
    rate : float
        Frames per second.
    frames : int
    """
    places = np.arange(frames) * (motion.rate / rate)
    own = np.arange(len(motion))
    values = np.column_stack([np.interp(places, own, column) for column in motion.values.T])
    nearest = np.minimum(np.rint(places).astype(int), len(motion) - 1)
    return FaceMotion(values, motion.seen[nearest], rate)


def openness(opening: NDArray[np.floating], closed: float, usual: float) -> F64:
    """Tell how far a mouth is open: 0 at rest, 1 as usual in the footage, up to `MOST_OPEN`.

    Parameters
    ----------
    opening : ndarray, shape (T,)
        In inter-ocular distances.
    closed, usual : float
        Of the speaker's closed mouth, and the median in the footage.
    """
    span = max(usual - closed, 0.02)
    return np.asarray(np.clip((np.asarray(opening) - closed) / span, 0, MOST_OPEN), np.float64)
