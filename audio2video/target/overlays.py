"""Masks of what is fixed in a target's picture in front of the face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8
from ..face.layout import MOUTH, OUTER_LIP
from ..face.occlusion import disc, filled_outline, resampled
from ..face.pose import HeadPose
from ..face.rectify import RectifiedGrid, texture_map
from ..face.track import FaceTrack

HIDDEN_RESOLUTION = 48.0
"""Pixels per inter-ocular distance of the maps of hidden texels."""

HIDDEN_MARGIN = 0.03
"""Inter-ocular distances by which masks are grown for what no texture may show: the rim of a letter
is nothing in its place, and a scratch in another."""

OCCLUSION_MARGIN = 0.08
"""The same for other things in front of the face, whose maps are coarser."""

TOUCHED = 0.1
"""Share of a texel from which on it is hidden."""

HALF_HIDDEN = 0.3
"""The same on a coarser raster."""


@dataclass(frozen=True)
class Overlays:
    """Masks of what is fixed in the picture, for T frames.

    Parameters
    ----------
    masks : ndarray of uint8, shape (T, h, ceil(w / 8))
        One bit a pixel, as `numpy.packbits` gives; of no size where there is nothing.
    raster : ndarray of float64, shape (4,)
        Raster pixel (x, y) of the masks' first pixel, raster pixels per frame pixel, and w.
    """

    masks: U8
    raster: NDArray[np.float64]

    @classmethod
    def none(cls) -> Overlays:
        """Nothing is in front of the face."""
        return cls(np.zeros((0, 0, 0), np.uint8), np.zeros(4))

    def __bool__(self) -> bool:
        return bool(self.masks.size)

    def mask(self, frame: int) -> U8:
        """Give the mask of a frame, shape (h, w), 0 or 1."""
        return np.unpackbits(self.masks[frame], axis=1, count=int(self.raster[3]))

    def in_box(self, frames: Sequence[int], box: tuple[int, int, int, int]) -> F32 | None:
        """See the masks of some frames in a part of the picture; None where there are none.

        Parameters
        ----------
        frames : sequence of int
        box : tuple of int
            x0, y0, x1, y1 of the part in frame pixels, the end excluded.

        Returns
        -------
        ndarray of float32, shape (y1 - y0, x1 - x0)
            See `front`.
        """
        if not self:
            return None
        shape = box[3] - box[1], box[2] - box[0]
        return np.asarray(
            np.maximum.reduce([self.front(frame, box[:2], shape) for frame in frames])
        )

    def front(
        self, frame: int, origin: tuple[int, int], shape: tuple[int, ...], resolution: float = 1.0
    ) -> F32:
        """See the mask in a part of the frame.

        Parameters
        ----------
        frame : int
        origin : tuple of int
            First pixel (x, y) of the part.
        shape : tuple of int
            Its height and width.
        resolution : float
            Pixels of all these per frame pixel.

        Returns
        -------
        ndarray of float32, of that shape
            0 to 1; 1 in front of the face, with a soft edge.
        """
        left, top, own, _ = self.raster
        scale = own / resolution
        move = np.array([[scale, 0, origin[0] * scale - left], [0, scale, origin[1] * scale - top]])
        return np.asarray(
            cv2.warpAffine(
                self._soft(frame),
                move,
                (shape[1], shape[0]),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            ),
            np.float32,
        )

    def hidden(self, frame: int, space: RectifiedGrid, pose: HeadPose) -> U8:
        """See the mask on the rectified face, shape (space.height, space.width), 0 or 1."""
        left, top, scale, _ = self.raster
        places = texture_map(space, pose) * np.float32(scale) - np.array([left, top], np.float32)
        unit = scale * float(pose.scale[0])
        grown = cv2.dilate(self._soft(frame), disc(HIDDEN_MARGIN * unit))
        seen = cv2.remap(grown, places.astype(np.float32), None, cv2.INTER_LINEAR)
        return np.asarray(seen > TOUCHED, np.uint8)

    def _soft(self, frame: int) -> F32:
        grown = cv2.dilate(self.mask(frame), np.ones((3, 3), np.uint8))
        return np.asarray(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), 1.0), np.float32)


def lips_behind(overlays: Overlays, track: FaceTrack) -> F32:
    """Share of the lips that is hidden, float32 (T,)."""
    shares = np.zeros(len(track), np.float32)
    if not overlays:
        return shares
    left, top, scale, _ = overlays.raster
    for frame in np.flatnonzero(track.usable):
        mask = overlays.mask(int(frame))
        lips = track.landmarks[frame, MOUTH][OUTER_LIP] * scale - [left, top]
        area = abs(cv2.contourArea(lips.astype(np.float32)))
        shares[frame] = mask[filled_outline(lips, mask.shape)].sum() / max(area, 1.0)
    return shares


@dataclass(frozen=True)
class HiddenTexels:
    """Overlays as they lie on the rectified faces of T frames.

    Parameters
    ----------
    texels : ndarray of uint8, shape (T, h, w)
        1 where a frame does not show the face; without frames where there is no overlay.
    grid : RectifiedGrid
        Their raster.
    lips : ndarray of float32, shape (T,)
        Share of the lips that is hidden.
    """

    texels: U8
    grid: RectifiedGrid
    lips: F32

    @classmethod
    def of(cls, overlays: Overlays, track: FaceTrack, space: RectifiedGrid) -> HiddenTexels:
        """See overlays on the faces of a track."""
        grid = RectifiedGrid.lower_face(min(HIDDEN_RESOLUTION, space.resolution))
        texels = np.zeros((len(track) if overlays else 0, grid.height, grid.width), np.uint8)
        if overlays:
            for frame in np.flatnonzero(track.usable):
                texels[frame] = overlays.hidden(int(frame), grid, track.pose[int(frame)])
        return cls(texels, grid, lips_behind(overlays, track))

    def __bool__(self) -> bool:
        return bool(len(self.texels))

    def with_occlusions(self, maps: U8, reduced: RectifiedGrid) -> U8:
        """Give the texels together with what else is in front of the face.

        Parameters
        ----------
        maps : ndarray of uint8, shape (T, reduced.height, reduced.width)
            0 where the face is bare.
        reduced : RectifiedGrid

        Returns
        -------
        ndarray of uint8, shape (T, grid.height, grid.width)
        """
        both = np.zeros((len(maps), self.grid.height, self.grid.width), np.uint8)
        around = disc(OCCLUSION_MARGIN * reduced.resolution)
        for frame in np.flatnonzero(maps.any(axis=(1, 2))):
            grown = cv2.dilate((maps[frame] > 0).astype(np.float32), around)
            both[frame] = np.greater(resampled(grown, reduced, self.grid), HALF_HIDDEN)
        return both | self.texels if self else both

    def on(self, frame: int, wanted: RectifiedGrid) -> U8:
        """Give the hidden texels of a frame on another raster."""
        if not self:
            return np.zeros((wanted.height, wanted.width), np.uint8)
        plane = self.texels[frame].astype(np.float32)
        return np.asarray(np.greater(resampled(plane, self.grid, wanted), HALF_HIDDEN), np.uint8)
