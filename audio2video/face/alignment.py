"""Bringing lips, chin and nose of all frames to one place, so that faces can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8
from .radial import wendland
from .rectify import RectifiedGrid

KNOTS = np.r_[4:13, 31:36, 48:60]
"""Landmarks brought to one place: chin, nostrils, outer lips. Inner lips meet in a closed mouth,
where no smooth warp could part them."""

LIPS = slice(14, 26)
NOSTRILS = slice(9, 14)
"""Where lips and nostrils stand among the knots."""

REACH = 0.9
"""Distance from the knots, in inter-ocular distances, at which the warp has died away."""

_ITERATIONS = 8
_STIFFNESS = 1e-2
_ANCHORS = np.array([[-0.7, 0.5], [0.7, 0.5], [-0.9, 0.9], [0.9, 0.9]])
"""Places on the cheeks that stay where they are."""


@dataclass(frozen=True)
class Alignment:
    """The common place, and how frames are warped to it.

    Parameters
    ----------
    space : RectifiedGrid
    knots : ndarray of float64, shape (K, 2)
        Common place of the landmarks and of some points that do not move, rectified.
    spread : ndarray of float32, shape (H * W, K)
        Spreads the knots' displacements over the raster, in pixels.
    """

    space: RectifiedGrid
    knots: NDArray[np.float64]
    spread: F32

    @classmethod
    def of(cls, landmarks: NDArray[np.floating], space: RectifiedGrid) -> Alignment:
        """Choose the median place of some frames' landmarks, shape (n, 68, 2), rectified."""
        knots = np.median(_with_anchors(landmarks), axis=0)
        x, y = space.grid()
        places = np.stack([x.ravel(), y.ravel()], axis=-1)
        gram = wendland(knots, knots, REACH) + _STIFFNESS * np.eye(len(knots))
        spread = np.linalg.solve(gram, wendland(places, knots, REACH).T).T * space.resolution
        return cls(space, knots, spread.astype(np.float32))

    def field(self, landmarks: NDArray[np.floating]) -> F32:
        """Where a frame shows each pixel of the common place.

        Parameters
        ----------
        landmarks : ndarray, shape (68, 2)
            Rectified.

        Returns
        -------
        ndarray of float32, shape (H, W, 2)
            Displacement (x, y) in pixels.
        """
        moves = (_with_anchors(landmarks) - self.knots).astype(np.float32)
        return (self.spread @ moves).reshape(self.space.height, self.space.width, 2)


def to_common(picture: U8, field: F32) -> U8:
    """Warp a frame's picture, shape (H, W, 3), to the common place."""
    places = _raster(field) + field
    return np.asarray(
        cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def from_common(plane: F32, field: F32) -> F32:
    """Warp a map, shape (H, W), from the common place back to the frame."""
    raster = _raster(field)
    places = raster - field
    # Fixed-point iteration: the field is smooth and changes by less than a pixel a pixel.
    for _ in range(_ITERATIONS):
        there = cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        places = raster - there
    return np.asarray(cv2.remap(plane, places, None, cv2.INTER_LINEAR))


def _raster(field: F32) -> F32:
    y, x = np.mgrid[: field.shape[0], : field.shape[1]].astype(np.float32)
    return np.dstack([x, y])


def _with_anchors(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    knots = np.asarray(landmarks, np.float64)[..., KNOTS, :]
    still = np.broadcast_to(_ANCHORS, (*knots.shape[:-2], *_ANCHORS.shape))
    return np.concatenate([knots, still], axis=-2)
