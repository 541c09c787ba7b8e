"""Head pose: the scaled orthographic view of a 3-D head that fits the landmarks best."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .head import RIGID, generic_head

_ITERATIONS = 6
_ROBUST = 0.04
"""Residual, in inter-ocular distances, from which a point counts less (Huber)."""


@dataclass(frozen=True)
class HeadPose:
    """How the head stands in each of T frames.

    A point X of the head (inter-ocular distances) is seen at ``scale * (R X)[:2] + position`` with
    ``R = Rz(roll) Rx(pitch) Ry(yaw)``.

    Parameters
    ----------
    yaw, pitch, roll : ndarray of float64, shape (T,)
        Radians.
    scale : ndarray of float64, shape (T,)
        Pixels per inter-ocular distance of a frontal face.
    position : ndarray of float64, shape (T, 2)
        Pixel (x, y) of the point between the eyes.
    """

    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]
    roll: NDArray[np.float64]
    scale: NDArray[np.float64]
    position: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scale)

    def __getitem__(self, index: int | np.integer | slice | NDArray[np.integer]) -> HeadPose:
        """Pose of some frames; a number gives a single one (T = 1)."""
        chosen = [int(index)] if isinstance(index, int | np.integer) else index
        return HeadPose(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def axes(self) -> NDArray[np.float64]:
        """First two rows of the rotations, shape (T, 2, 3)."""
        return _axes(self.yaw, self.pitch, self.roll)

    def as_array(self) -> NDArray[np.float64]:
        """All numbers, shape (T, 6): yaw, pitch, roll, scale, x, y."""
        return np.column_stack([self.yaw, self.pitch, self.roll, self.scale, self.position])

    @classmethod
    def from_array(cls, numbers: NDArray[np.floating]) -> HeadPose:
        """Undo `as_array`."""
        n = np.asarray(numbers, np.float64)
        return cls(n[:, 0], n[:, 1], n[:, 2], n[:, 3], n[:, 4:6])


def _axes(
    yaw: NDArray[np.float64], pitch: NDArray[np.float64], roll: NDArray[np.float64]
) -> NDArray[np.float64]:
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    # Rx(pitch) Ry(yaw), rows 0 and 1.
    row0 = np.stack([cy, np.zeros_like(cy), sy], axis=-1)
    row1 = np.stack([sp * sy, cp, -sp * cy], axis=-1)
    return _rolled(row0, row1, roll)


def _rolled(
    row0: NDArray[np.float64], row1: NDArray[np.float64], roll: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Multiply with Rz(roll) from the left."""
    cr, sr = np.cos(roll)[:, None], np.sin(roll)[:, None]
    return np.stack([cr * row0 - sr * row1, sr * row0 + cr * row1], axis=1)


def _derivatives(
    numbers: NDArray[np.float64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the points are seen, shape (T, N, 2), and its derivatives, shape (T, N, 2, 6)."""
    yaw, pitch, roll = numbers[:, 0], numbers[:, 1], numbers[:, 2]
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    none = np.zeros_like(cy)
    by_yaw = _rolled(np.stack([-sy, none, cy], -1), np.stack([sp * cy, none, sp * sy], -1), roll)
    by_pitch = _rolled(np.zeros((len(yaw), 3)), np.stack([cp * sy, -sp, -cp * cy], -1), roll)
    axes = np.stack([_axes(yaw, pitch, roll), by_yaw, by_pitch], axis=1)
    seen, turned, nodded = np.moveaxis(points @ axes.transpose(0, 1, 3, 2), 1, 0)
    scale = numbers[:, 3, None, None]
    slopes = np.zeros((*seen.shape, 6))
    slopes[..., 0], slopes[..., 1] = scale * turned, scale * nodded
    # A roll carries what is seen at (x, y) towards (-y, x).
    slopes[..., 0, 2], slopes[..., 1, 2] = -(scale * seen)[..., 1], (scale * seen)[..., 0]
    slopes[..., 3] = seen
    slopes[..., 0, 4] = slopes[..., 1, 5] = 1.0
    return scale * seen + numbers[:, None, 4:6], slopes


def _project(numbers: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = _axes(numbers[:, 0], numbers[:, 1], numbers[:, 2])
    seen = np.einsum("tij,nj->tni", axes, points)
    return np.asarray(numbers[:, 3, None, None] * seen + numbers[:, None, 4:6])


def _place(
    numbers: NDArray[np.float64], points: NDArray[np.float64], seen: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Best roll, scale and position for given yaw and pitch, in closed form (2-D Procrustes)."""
    flat = _project(
        np.column_stack([numbers[:, :2], np.tile([0.0, 1, 0, 0], (len(seen), 1))]), points
    )
    a = flat - flat.mean(axis=1, keepdims=True)
    b = seen - seen.mean(axis=1, keepdims=True)
    along = (a * b).sum(axis=(1, 2))
    across = (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(axis=1)
    roll = np.arctan2(across, along)
    scale = np.hypot(along, across) / (a * a).sum(axis=(1, 2))
    placed = np.column_stack([numbers[:, :2], roll, scale, np.zeros((len(seen), 2))])
    placed[:, 4:6] = (seen - _project(placed, points)).mean(axis=1)
    return placed


def project(pose: HeadPose, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """See points of the head in each frame.

    Parameters
    ----------
    pose : HeadPose
        Of T frames.
    points : ndarray, shape (N, 3)
        In inter-ocular distances.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
        Pixel (x, y).
    """
    return _project(pose.as_array(), np.asarray(points, np.float64))


def fit_pose(landmarks: NDArray[np.floating], head: NDArray[np.floating] | None = None) -> HeadPose:
    """Fit a head to each frame by itself; steady landmarks give a steady pose.

    Gauss-Newton with Huber weights on the points that stay with the skull.

    Parameters
    ----------
    landmarks : ndarray, shape (T, 68, 2)
        Pixel (x, y).
    head : ndarray, shape (68, 3), optional
        The speaker's, from `fit_speaker`; the generic one if not given.

    Returns
    -------
    HeadPose
    """
    points = (generic_head() if head is None else np.asarray(head, np.float64))[list(RIGID)]
    seen = np.asarray(landmarks, np.float64)[:, list(RIGID)]
    numbers = _place(np.zeros((len(seen), 6)), points, seen)
    for _ in range(_ITERATIONS):
        expected, slopes = _derivatives(numbers, points)
        residual = seen - expected
        length = np.linalg.norm(residual, axis=-1) / numbers[:, 3, None]
        weight = np.minimum(1.0, _ROBUST / np.maximum(length, 1e-9))[..., None]
        full = slopes.reshape(len(seen), -1, 6)
        pull = (slopes * weight[..., None]).reshape(len(seen), -1, 6).transpose(0, 2, 1)
        normal = pull @ full
        gradient = (pull @ residual.reshape(len(seen), -1, 1))[..., 0]
        numbers = numbers + np.linalg.solve(normal, gradient[..., None])[..., 0]
        numbers[:, :2] = np.clip(numbers[:, :2], -1.0, 1.0)
    return HeadPose.from_array(numbers)
