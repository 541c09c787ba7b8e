"""What footage is good for: how calm each frame is, how closed the mouth, and which are alike."""

from __future__ import annotations

import numpy as np

from .._typing import F32, F64, U8, Mask
from .graph import SLOT_SECONDS, Footage, largest, slot_frames
from .motion import BROW, EYES, PITCH, ROLL, SMILE, YAW, FaceMotion, X, Y
from .repeats import gesture_frames
from .wish import aspects_of

PICTURE_SIDE = 64
"""Longer side of the small pictures that are compared, in pixels."""

BLOCK = 4
"""Side of the parts of small pictures that are compared one by one, in their pixels."""

SEEN = 12.0
"""Grey levels by which a part may differ while one piece passes into another, where all is still.
From about 15 on flow does not make hands meet (half of the frames of two clips that were tried);
under 6 it does. Where much moves within a join's time, flow makes more of it meet: the level is the
geometric mean of this and of what is usual then."""

COMPONENTS = 16
"""Principal components of the small pictures that are compared."""

ALIKE = np.array([3.0, 3.0, 3.0, 0.06, 0.06, 0.05, 0.3, 0.12])
"""Differences of yaw, pitch, roll, x, y, brows, eyes and smile that count as one."""

LONGEST_MEASURED = 3000
"""Frames of which the components are found, spread over the footage."""

LOST_COST = 60.0
"""Cost of a frame in which no mouth can be made: whoever listens must not be seen talking."""

OPEN_COST = 0.8
"""Cost of a frame whose own mouth is open as usual, growing with the square: it has to be replaced,
and a chin that is far down has a long way up."""

BODY_COST, POSTURE_COST, POSE_COST = 0.2, 0.15, 0.2
"""Costs of a body that moves as usual in this footage, of one that is as far from its usual
posture as usual, and of a head turned by `POSE`."""

POSE = np.array([8.0, 7.0, 7.0, 0.3, 0.3])
"""Degrees, and inter-ocular distances."""

MOST = 6.0


def make_footage(
    motion: FaceMotion,
    pictures: U8,
    mouths: F64,
    opened: F64,
    untouched: Mask,
    starts: Mask,
    *,
    reversible: bool,
) -> Footage:
    """Prepare footage for `playing.play`.

    Parameters
    ----------
    motion : FaceMotion
        Of T frames.
    pictures : ndarray of uint8, shape (T, h, w)
        Small grey pictures.
    mouths : ndarray, shape (T, 4)
        Left, top, right and bottom of the part of the face that moves with the mouth, as shares of
        the picture: it is made anew, and need not be alike.
    opened : ndarray, shape (T,)
        How far the own mouth is open, see `motion.openness`.
    untouched : ndarray of bool, shape (T,)
        Frames in which no mouth can be made.
    starts : ndarray of bool, shape (T,)
        Where an unbroken stretch starts.
    reversible : bool
        Whether it may be played backwards.

    Returns
    -------
    Footage
    """
    frames, lag = len(motion), max(1, round(SLOT_SECONDS * motion.rate))
    values = motion.values
    seen = _components(pictures)
    moves = np.linalg.norm(np.diff(seen, axis=0, prepend=seen[:1]), axis=1)
    within = np.linalg.norm(seen[lag:] - seen[:-lag], axis=1) if frames > lag else np.zeros(1)
    usual_step = max(float(np.median(moves)), 1e-6)
    usual_join = max(float(np.quantile(within, 0.25)), 1e-6)
    posture = np.linalg.norm(seen - np.median(seen, axis=0), axis=1)
    pose = values[:, [YAW, PITCH, ROLL, X, Y]] / POSE
    cost = (
        OPEN_COST * opened**2
        + BODY_COST * np.minimum((moves / usual_step) ** 2, MOST)
        + POSTURE_COST * np.minimum((posture / max(float(np.median(posture)), 1e-6)) ** 2, MOST)
        + POSE_COST * np.minimum((pose**2).sum(axis=1), MOST)
        + LOST_COST * (untouched | ~motion.seen)
    )
    face = values[:, [YAW, PITCH, ROLL, X, Y, BROW, EYES, SMILE]] / ALIKE
    linked = np.ones(frames, bool)
    linked[1:] = ~starts[1:] & motion.seen[1:] & motion.seen[:-1]
    return Footage(
        aspects_of(motion),
        np.asarray(cost, np.float64),
        np.hstack([face, seen / usual_join]) / np.sqrt(2.0),
        _blocks(pictures, mouths, lag),
        linked,
        gesture_frames(motion, slot_frames(motion.rate)),
        motion.rate,
        reversible,
    )


def _blocks(pictures: U8, mouths: F64, lag: int) -> F32:
    """Give the brightness of all parts of pictures, shape (T, parts); see `Footage.blocks`."""
    frames, height, width = pictures.shape
    rows, columns = max(1, height // BLOCK), max(1, width // BLOCK)
    high, wide = height // rows, width // columns
    whole = pictures[:, : rows * high, : columns * wide].reshape(frames, rows, high, columns, wide)
    means = whole.mean(axis=(2, 4), dtype=np.float32)
    # A part is left out where the mouth covers its middle.
    left, top, right, bottom = np.asarray(mouths).T[:, :, None]
    x, y = (np.arange(columns) + 0.5) * wide / width, (np.arange(rows) + 0.5) * high / height
    across, down = (left < x) & (x < right), (top < y) & (y < bottom)
    means[down[:, :, None] & across[:, None, :]] = np.nan
    means = means.reshape(frames, -1)
    usual = SEEN
    if frames > lag:
        usual = max(SEEN, float(np.quantile(largest(means[lag:] - means[:-lag]), 0.25)))
    return np.asarray(means / np.sqrt(SEEN * usual), np.float32)


def _components(pictures: U8) -> F64:
    """Give principal components of pictures, scaled so that distances are mean grey levels."""
    flat = pictures.reshape(len(pictures), -1)
    some = flat[:: max(1, -(-len(flat) // LONGEST_MEASURED))].astype(np.float32)
    mean = some.mean(axis=0)
    _, _, axes = np.linalg.svd(some - mean, full_matrices=False)
    axes = axes[:COMPONENTS]
    found = np.concatenate(
        [
            (flat[k : k + LONGEST_MEASURED].astype(np.float32) - mean) @ axes.T
            for k in range(0, len(flat), LONGEST_MEASURED)
        ]
    )
    return np.asarray(found / np.sqrt(flat.shape[1]), np.float64)
