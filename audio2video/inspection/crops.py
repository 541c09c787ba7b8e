"""What pictures of a run show: the face in a frame, and the mouth in a texture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import eye_centres, inter_ocular_distance
from ..face.rectify import RectifiedGrid
from ..face.track import FaceTrack

FACE_SIZE = 3.0
"""Side of a picture of the face, in inter-ocular distances."""

FACE_CENTRE = 0.75
"""How far below the eyes its middle lies, in inter-ocular distances."""

MOUTH_SIZE = (1.3, 0.9)
"""Width and height of a picture of the mouth in a texture, in inter-ocular distances."""


@dataclass(frozen=True)
class FaceCrop:
    """The square around the face in each frame of a target: it follows the head.

    Parameters
    ----------
    corners : ndarray of int64, shape (T, 2)
        x and y of its upper left corner; may lie outside the picture.
    side : int
        Pixels.
    """

    corners: NDArray[np.int64]
    side: int

    def cut(self, picture: NDArray[np.uint8], frame: int, size: int) -> NDArray[np.uint8]:
        """Cut the square out of a picture of a frame, `size` pixels wide or less."""
        x, y = self.corners[frame]
        rows = np.clip(np.arange(y, y + self.side), 0, picture.shape[0] - 1)
        columns = np.clip(np.arange(x, x + self.side), 0, picture.shape[1] - 1)
        return resized(picture[rows[:, None], columns[None, :]], size, size)

    def relative(self, points: NDArray[np.floating], frame: int) -> NDArray[np.float64]:
        """Give points of the frame, pixel (x, y), as shares of the square's side."""
        # The middle of a pixel, of which the first lies half a pixel from the square's edge.
        return np.asarray((points - self.corners[frame] + 0.5) / self.side, np.float64)


def face_crop(track: FaceTrack, width: int, height: int) -> FaceCrop:
    """Choose the square around the face; where it is not seen, it goes on from where it was."""
    usable = np.flatnonzero(track.usable)
    landmarks = track.landmarks[usable].astype(np.float64)
    unit = inter_ocular_distance(landmarks)
    centres = eye_centres(landmarks).mean(axis=1)
    centres[:, 1] += FACE_CENTRE * unit
    side = int(np.clip(round(FACE_SIZE * float(np.quantile(unit, 0.9))), 32, max(width, height)))
    every = np.arange(len(track))
    x, y = (np.interp(every, usable, centres[:, axis]) for axis in (0, 1))
    corners = np.round(np.stack([x, y], axis=1) - side / 2).astype(np.int64)
    return FaceCrop(corners, side)


@dataclass(frozen=True)
class MouthCrop:
    """The part of a texture around the mouth.

    Parameters
    ----------
    rows, columns : slice
    """

    rows: slice
    columns: slice

    def cut(self, texture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
        """Cut it out of a texture, `width` pixels wide or less."""
        part = texture[self.rows, self.columns]
        height = max(1, round(width * part.shape[0] / part.shape[1]))
        return resized(part, width, height)


def mouth_crop(space: RectifiedGrid, reference: NDArray[np.floating]) -> MouthCrop:
    """Choose the part of textures around a closed mouth, with room below for an open one."""
    half = np.array(MOUTH_SIZE) / 2
    centre = reference.mean(axis=0) + np.array([0.0, 0.08])
    limit = [space.width, space.height]
    low = np.clip(np.floor(space.to_pixels(centre - half)), 0, limit).astype(int)
    high = np.clip(np.ceil(space.to_pixels(centre + half)), 0, limit).astype(int)
    return MouthCrop(slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))


def resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Make a picture smaller; a smaller one stays as it is."""
    if picture.shape[1] <= width:
        return np.ascontiguousarray(picture)
    smaller = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)
