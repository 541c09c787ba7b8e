"""The speaker's own head: the generic one with the proportions that many frames agree on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .head import RIGID, generic_head, mirrored
from .pose import HeadPose, fit_pose, project

ROUNDS = 3
"""Proportions and poses depend on each other and are found in turn; more changes nothing."""

SHRINKAGE = 0.06
"""Variance of a landmark's systematic error over that of proportions among people. A depth that is
hardly seen, as the head hardly turns, stays the generic one."""

MAX_FRAMES = 500
"""So many, spread over the video, tell the proportions as well as all."""


def fit_speaker(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Find the proportions of a speaker's head.

    The residual of the best pose of each frame, turned back into the head's axes, is averaged over
    the frames with a prior that draws it to zero. What would only turn, move or scale the head is
    taken out, and both halves get the same: a head is symmetric, so that its pose is not biased by
    a landmark model that is not.

    Parameters
    ----------
    landmarks : ndarray, shape (T, 68, 2)
        Pixel (x, y) in the frames that show the face.

    Returns
    -------
    ndarray of float64, shape (68, 3)
        The generic head, its `RIGID` points at the speaker's own places.
    """
    generic = generic_head()
    head = np.array(generic)
    rigid = list(RIGID)
    step = max(1, -(-len(landmarks) // MAX_FRAMES))
    seen = np.asarray(landmarks, np.float64)[::step]
    for _ in range(ROUNDS):
        offsets = _offsets(seen[:, rigid], fit_pose(seen, head), generic[rigid])
        head[rigid] = generic[rigid] + offsets
    return head


def _offsets(
    seen: NDArray[np.float64], pose: HeadPose, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Regularised least squares of each point's offset from its generic place, shape (N, 3)."""
    axes = pose.axes()
    residual = (seen - project(pose, points)) / pose.scale[:, None, None]
    known = np.einsum("tij,tik->jk", axes, axes) / len(axes)
    pull = np.einsum("tij,tni->nj", axes, residual) / len(axes)
    offsets = np.linalg.solve(known + SHRINKAGE * np.eye(3), pull.T).T
    offsets = (offsets + mirrored(offsets)) / 2
    return np.asarray(offsets - _rigid_part(offsets, points))


def _rigid_part(offsets: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find the part of offsets that a small turn, shift or scaling of the whole head explains."""
    motions = [np.tile(axis, (len(points), 1)) for axis in np.eye(3)]
    motions += [np.cross(axis, points) for axis in np.eye(3)]
    motions.append(points - points.mean(axis=0))
    basis = np.stack([motion.ravel() for motion in motions], axis=1)
    share, *_ = np.linalg.lstsq(basis, offsets.ravel(), rcond=None)
    return (basis @ share).reshape(offsets.shape)
