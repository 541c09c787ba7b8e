"""Rectified face space: the lower face seen from the front, in inter-ocular distances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .pose import HeadPose
from .surface import intersect_surface, surface_depth

_COARSE = 4
"""Maps are computed at every fourth pixel and interpolated: they are smooth."""


@dataclass(frozen=True)
class RectifiedGrid:
    """The raster of rectified textures.

    Parameters
    ----------
    resolution : float
        Pixels per inter-ocular distance.
    left, top : float
        Rectified coordinates of the centre of pixel (0, 0), in inter-ocular distances.
    width, height : int
        Pixels.
    """

    resolution: float
    left: float
    top: float
    width: int
    height: int

    @classmethod
    def lower_face(cls, resolution: float) -> RectifiedGrid:
        """Cover the face from below the eyes to below an open mouth's chin."""
        left, top, right, bottom = -1.0, 0.36, 1.0, 2.2
        return cls(
            resolution,
            left,
            top,
            round((right - left) * resolution) + 1,
            round((bottom - top) * resolution) + 1,
        )

    def to_pixels(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Rectified coordinates to texture pixels (x, y), shape (..., 2)."""
        return np.asarray((points - np.array([self.left, self.top])) * self.resolution)

    def grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rectified x and y of every texture pixel, each of shape (height, width)."""
        x = self.left + np.arange(self.width) / self.resolution
        y = self.top + np.arange(self.height) / self.resolution
        xx, yy = np.meshgrid(x, y)
        return xx, yy


def project_to_frame(points: NDArray[np.floating], pose: HeadPose) -> NDArray[np.float64]:
    """See rectified points of the face surface in the frame.

    Parameters
    ----------
    points : ndarray, shape (T, N, 2)
        Rectified (x, y), in inter-ocular distances.
    pose : HeadPose
        Of T frames.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
        Pixel (x, y).
    """
    depth = surface_depth(points[..., 0], points[..., 1])
    axes = pose.axes()
    seen = (
        np.einsum("tij,tnj->tni", axes[:, :, :2], points) + axes[:, None, :, 2] * depth[..., None]
    )
    return np.asarray(pose.scale[:, None, None] * seen + pose.position[:, None])


def to_rectified(points: NDArray[np.floating], pose: HeadPose) -> NDArray[np.float64]:
    """Take the head pose out of points on the face surface; the inverse of `project_to_frame`.

    Parameters
    ----------
    points : ndarray, shape (T, N, 2)
        Pixel (x, y).
    pose : HeadPose
        Of T frames.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
        Rectified (x, y), in inter-ocular distances.
    """
    axes = pose.axes()
    unturn = np.linalg.inv(axes[:, :, :2])
    seen = (points - pose.position[:, None]) / pose.scale[:, None, None]
    flat = np.einsum("tij,tnj->tni", unturn, seen)
    lean = np.einsum("tij,tj->ti", unturn, axes[:, :, 2])
    return intersect_surface(flat, lean)


def texture_map(space: RectifiedGrid, pose: HeadPose) -> NDArray[np.float32]:
    """Where in the frame each texture pixel is seen.

    Parameters
    ----------
    space : RectifiedGrid
    pose : HeadPose
        Of one frame.

    Returns
    -------
    ndarray of float32, shape (height, width, 2)
        Pixel (x, y) in the frame.
    """
    axes = pose.scale[0] * pose.axes()[0]
    view = np.column_stack([axes, pose.position[0]]).astype(np.float32)
    return np.asarray(cv2.transform(_surface_points(space), view), np.float32)


@lru_cache(maxsize=4)
def _surface_points(space: RectifiedGrid) -> NDArray[np.float32]:
    """Points of the surface that texture pixels show, shape (height, width, 3)."""
    x, y = space.grid()
    return np.stack([x, y, surface_depth(x, y)], axis=-1).astype(np.float32)


def frame_map(
    space: RectifiedGrid, pose: HeadPose, box: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """Where in the texture each pixel of a part of the frame lies.

    Parameters
    ----------
    space : RectifiedGrid
    pose : HeadPose
        Of one frame.
    box : tuple of int
        x0, y0, x1, y1 of the part, in pixels, the end excluded.

    Returns
    -------
    ndarray of float32, shape (y1 - y0, x1 - x0, 2)
        Texture pixel (x, y).
    """
    x0, y0, x1, y1 = box
    columns = (x1 - x0 - 1) // _COARSE + 2
    rows = (y1 - y0 - 1) // _COARSE + 2
    xx, yy = np.meshgrid(x0 + np.arange(columns) * _COARSE, y0 + np.arange(rows) * _COARSE)
    points = np.stack([xx.ravel(), yy.ravel()], axis=-1).astype(np.float64)[None]
    coarse = space.to_pixels(to_rectified(points, pose)[0]).reshape(rows, columns, 2)
    shape = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]])
    return np.asarray(
        cv2.warpAffine(
            coarse.astype(np.float32),
            shape,
            (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
