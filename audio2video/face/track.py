"""The geometry of a video's main face over time: smooth landmarks, pose, mouth shapes, blinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .head import generic_head
from .layout import JAW, MOUTH, eye_aspect_ratio, inter_ocular_distance
from .pose import HeadPose, fit_pose
from .rectify import to_rectified
from .smoothing import stabilise_landmarks, unbroken_stretches
from .speaker import fit_speaker
from .tracking import TrackedFace

PLACE_ERROR = 0.008
"""Error of a landmark in one frame, in inter-ocular distances: less, and its jitter stays; more,
and lips are slowed down where they can't be followed. Chosen by rebuilding four targets."""

MOVE_ERROR = 0.004
"""Error of a landmark's motion between two frames, in inter-ocular distances."""

DOUBT_WEIGHT = 2.0
"""Share of the doubt about a motion (see `Motion`) that adds to its error."""

CUT_JUMP = 0.4
"""Motion of the face between two frames, in inter-ocular distances, that must be a cut."""

MAX_YAW = np.radians(40.0)
MAX_PITCH = np.radians(35.0)
MIN_SCALE = 10.0
"""Pixels per inter-ocular distance below which a mouth is a handful of pixels."""

MIN_STRETCH = 3
"""Frames: a shorter sighting is not trusted."""

BLINK_RATIO = 0.6
"""Eye aspect ratio under this share of the speaker's usual one is a blink."""


@dataclass(frozen=True)
class FaceTrack:
    """A face through T frames. Numbers in frames that are not usable have no meaning.

    Parameters
    ----------
    usable : ndarray of bool, shape (T,)
        The face is seen well enough to be worked with.
    starts : ndarray of bool, shape (T,)
        An unbroken stretch (no cut, no loss of the face) starts here.
    landmarks : ndarray of float32, shape (T, 68, 2)
        Pixel (x, y), jitter removed.
    pose : HeadPose
    mouth : ndarray of float32, shape (T, 20, 2)
        Rectified mouth shape, in inter-ocular distances.
    blink : ndarray of bool, shape (T,)
    motion : ndarray of float32, shape (T,)
        How far the face moved since the frame before, in inter-ocular distances.
    head : ndarray of float64, shape (68, 3)
        The speaker's head, which the poses are of (see `fit_speaker`).
    """

    usable: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    pose: HeadPose
    mouth: NDArray[np.float32]
    blink: NDArray[np.bool_]
    motion: NDArray[np.float32]
    head: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.usable)

    def rectified_jaw(self) -> NDArray[np.float64]:
        """Jaw lines with the pose taken out, shape (T, 17, 2); zero in frames not usable."""
        jaw = np.zeros((len(self), JAW.stop, 2))
        jaw[self.usable] = to_rectified(
            self.landmarks[self.usable][:, JAW], self.pose[np.flatnonzero(self.usable)]
        )
        return jaw

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything as plain arrays, for `numpy.savez`."""
        return {
            "usable": self.usable,
            "starts": self.starts,
            "landmarks": self.landmarks,
            "pose": self.pose.as_array(),
            "mouth": self.mouth,
            "blink": self.blink,
            "motion": self.motion,
            "head": self.head,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> FaceTrack:
        """Undo `arrays`."""
        parts = {name: arrays[name] for name in cls.__dataclass_fields__}
        parts["pose"] = HeadPose.from_array(arrays["pose"])  # type: ignore[assignment, arg-type]
        return cls(**parts)  # type: ignore[arg-type]


def build_track(faces: Sequence[TrackedFace]) -> FaceTrack:
    """Turn the faces found frame by frame into a steady track.

    Parameters
    ----------
    faces : sequence of TrackedFace
        One for each frame. Where the motion between two frames is known, it takes the jitter out
        of the landmarks; else they are taken as they are.

    Returns
    -------
    FaceTrack
    """
    frames = len(faces)
    seen = np.array([face.landmarks is not None for face in faces], bool)
    raw = np.zeros((frames, 68, 2))
    if not seen.any():
        nothing = HeadPose.from_array(np.zeros((frames, 6)))
        return FaceTrack(
            seen,
            seen.copy(),
            raw.astype(np.float32),
            nothing,
            np.zeros((frames, 20, 2), np.float32),
            seen.copy(),
            np.zeros(frames, np.float32),
            np.array(generic_head()),
        )
    # Frames without a face borrow any face, so that all frames go through the same array code.
    some_face = next(face.landmarks for face in faces if face.landmarks is not None)
    moves, trust = np.zeros_like(raw), np.zeros(raw.shape[:2])
    for index, face in enumerate(faces):
        raw[index] = some_face if face.landmarks is None else face.landmarks
        if face.motion is not None:
            moves[index] = face.motion.moves
            trust[index] = (PLACE_ERROR / (MOVE_ERROR + DOUBT_WEIGHT * face.motion.doubt)) ** 2

    size = inter_ocular_distance(raw)
    moved = np.zeros(frames)
    moved[1:] = np.abs(np.diff(raw, axis=0)).max(axis=2).mean(axis=1) / size[1:]
    cut = moved > CUT_JUMP
    cut |= [face.begins or (face.motion is not None and face.motion.is_cut) for face in faces]
    stretches = unbroken_stretches(seen, cut)
    landmarks = stabilise_landmarks(raw, moves, trust, stretches)
    head = fit_speaker(landmarks[seen])
    pose = fit_pose(landmarks, head)
    usable = (
        seen
        & (np.abs(pose.yaw) < MAX_YAW)
        & (np.abs(pose.pitch) < MAX_PITCH)
        & (pose.scale > MIN_SCALE)
    )
    for run in unbroken_stretches(usable, cut):
        if run.stop - run.start < MIN_STRETCH:
            usable[run] = False

    mouth = to_rectified(landmarks[:, MOUTH], pose)
    eyes = eye_aspect_ratio(landmarks)
    usual = np.median(eyes[usable]) if usable.any() else np.inf
    motion = np.zeros(frames)
    motion[1:] = np.linalg.norm(np.diff(landmarks[:, :48], axis=0), axis=2).mean(axis=1) / size[1:]
    starts = np.zeros(frames, bool)
    starts[[run.start for run in unbroken_stretches(usable, cut)]] = True
    motion[starts | ~usable] = 0.0
    return FaceTrack(
        usable,
        starts,
        landmarks.astype(np.float32),
        pose,
        mouth.astype(np.float32),
        usable & (eyes < BLINK_RATIO * usual),
        motion.astype(np.float32),
        head,
    )
