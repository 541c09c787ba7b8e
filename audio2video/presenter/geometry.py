"""The head in three dimensions: how a place on it gets into the picture, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .anatomy import rest_landmarks
from .brush import FloatArray, Sheet
from .relief import bell_pair, features, oval

PIVOT = (0.0, 1.2, -0.15)
"""The head turns about this place, in the neck."""

EYE_DISTANCE = 0.2
"""Distance between the eyes in the picture, as a part of its width."""
EYE_LINE = 0.415
"""Height of the eyes in the picture, from its top, as a part of its height."""

_GRID = Sheet(-2.2, -2.2, 2.2, 2.6, 24.0)
_MESH = 4
_ITERATIONS = 5


@dataclass(frozen=True)
class Camera:
    """Scaled-orthographic view of one frame.

    Attributes
    ----------
    scale : float
        Pixels per unit.
    rotation : ndarray, shape (3, 3)
        Of the head.
    offset : ndarray, shape (2,)
        Picture position, in pixels, of the rotated origin.
    """

    scale: float
    rotation: FloatArray
    offset: FloatArray

    def project(self, points: ArrayLike) -> FloatArray:
        """Picture positions, shape (N, 2), of places in space, shape (N, 3)."""
        turned = np.asarray(points, np.float32) @ self.rotation[:2].T
        return np.asarray(turned * np.float32(self.scale) + self.offset, np.float32)

    def unproject(self, pixels: FloatArray, depth: float) -> FloatArray:
        """Places (x, y), shape (..., 2), seen at picture positions, on the plane z = `depth`."""
        plane = (pixels - self.offset) / np.float32(self.scale)
        plane = plane - self.rotation[:2, 2] * np.float32(depth)
        return np.asarray(plane @ np.linalg.inv(self.rotation[:2, :2]).T, np.float32)


def rotation(yaw: float, pitch: float, roll: float) -> FloatArray:
    """Rotation matrix of a head pose in degrees: right, down and clockwise in the picture."""
    (a, b, c), (sa, sb, sc) = np.cos(p := np.deg2rad([yaw, pitch, roll])), np.sin(p)
    about_y = np.array([[a, 0, sa], [0, 1, 0], [-sa, 0, a]])
    about_x = np.array([[1, 0, 0], [0, b, sb], [0, -sb, b]])
    about_z = np.array([[c, -sc, 0], [sc, c, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float32)


def camera(
    size: int, yaw: float, pitch: float, roll: float, shift: ArrayLike = (0.0, 0.0)
) -> Camera:
    """View of the head in a square picture of `size` pixels."""
    scale = EYE_DISTANCE * size
    turn = rotation(yaw, pitch, roll)
    pivot = np.array(PIVOT, np.float32)
    centre = np.array([0.5 * size - 0.5, EYE_LINE * size - 0.5], np.float32)
    moved = pivot[:2] + np.asarray(shift, np.float32) - (turn @ pivot)[:2]
    return Camera(scale, turn, np.asarray(centre + np.float32(scale) * moved, np.float32))


def _ramp(t: FloatArray, low: float, high: float) -> FloatArray:
    t = np.clip((t - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


class Surface:
    """Depth of the skin, and how it moves with jaw, mouth corners and brows."""

    @cached_property
    def _fields(self) -> FloatArray:
        """Depth, then x and y motion per unit of jaw, widening and brow: shape (7, H, W)."""
        x, y = _GRID.x, _GRID.y
        depth = np.maximum(oval(x, y), np.float32(0.05)) + features(x, y)
        low = _ramp(y, 1.0, 1.5) * (1.0 - _ramp(np.abs(x), 0.3, 1.2))
        corner = bell_pair(x, y, 0.48, 1.1, 0.22, 0.24) * np.sign(x) * np.abs(np.tanh(x / 0.2))
        raise_ = -bell_pair(x, y, 0.55, -0.38, 0.34, 0.14)
        zero = np.zeros(_GRID.shape, np.float32)
        parts = [depth, -0.10 * x * low, low, 0.9 * corner, zero, zero, raise_]
        smooth = [_GRID.blur(np.asarray(part + zero, np.float32), 0.05) for part in parts]
        return np.stack(smooth)

    def _sample(self, maps: FloatArray, points: FloatArray) -> FloatArray:
        """Values (..., C) of maps (H, W, C) at places (..., 2), bilinear."""
        at = _GRID.pixels(points).reshape(-1, *points.shape[-2:])
        values = cv2.remap(
            maps, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(values, np.float32).reshape(*points.shape[:-1], -1)

    def moved(self, jaw: float, widening: float, brow: float) -> FloatArray:
        """Give the motion in x and y and the depth for one frame: maps, shape (H, W, 3)."""
        fields = self._fields
        amounts = np.array([jaw, widening, brow], np.float32)
        motion = np.tensordot(amounts, fields[1:].reshape(3, 2, *_GRID.shape), axes=1)
        return np.ascontiguousarray(np.moveaxis(np.concatenate([motion, fields[:1]]), 0, 2))

    def place(self, maps: FloatArray, points: ArrayLike) -> FloatArray:
        """Where places (N, 2) on the head at rest are in space: shape (N, 3)."""
        rest = np.asarray(points, np.float32)
        at = self._sample(maps, rest)
        return np.concatenate([rest + at[..., :2], at[..., 2:]], axis=-1)

    def lip_depth(self) -> FloatArray:
        """Depth of the 20 lip landmarks at rest, shape (20,)."""
        return self._sample(np.ascontiguousarray(self._fields[0]), rest_landmarks()[48:])[:, 0]

    def lookup(self, view: Camera, maps: FloatArray, size: int) -> FloatArray:
        """Which place on the head at rest each pixel shows: shape (size, size, 2).

        A place p is seen at ``rotation @ (p + motion(p), depth(p))``; the head turns little, so
        the fixed-point iteration for p gains a digit per round. It runs on a coarse mesh.
        """
        nodes = np.arange(-1, -(-size // _MESH) + 1, dtype=np.float32) * _MESH + (_MESH - 1) / 2
        seen = np.stack(np.meshgrid(nodes, nodes), axis=-1)
        flat = (seen - view.offset) / np.float32(view.scale)
        back = np.linalg.inv(view.rotation[:2, :2]).astype(np.float32)
        lean = view.rotation[:2, 2]
        place = flat @ back.T
        for _ in range(_ITERATIONS):
            at = self._sample(maps, place)
            place = (flat - at[..., 2:] * lean) @ back.T - at[..., :2]
        wide = len(nodes) * _MESH
        fine = cv2.resize(place.astype(np.float32), (wide, wide), interpolation=cv2.INTER_LINEAR)
        return np.asarray(fine[_MESH : _MESH + size, _MESH : _MESH + size], np.float32)
