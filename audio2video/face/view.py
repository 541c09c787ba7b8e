"""A frame's face on a raster that frames have in common, and the colour of its skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8, Mask
from .appearance import log_colour
from .foreign_colour import is_foreign
from .pose import HeadPose

PATCH = 0.08
"""Half the width of the patches in which skin is looked at, in inter-ocular distances."""


@dataclass(frozen=True)
class View:
    """The lower face of one frame, on a raster that all frames have in common.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
    origin : tuple of int
        Raster pixel (x, y) of its first pixel.
    landmarks : ndarray, shape (68, 2)
        Raster pixel (x, y).
    pose : HeadPose
        Of this one frame, in raster pixels.
    """

    picture: U8
    origin: tuple[int, int]
    landmarks: NDArray[np.floating]
    pose: HeadPose

    @cached_property
    def skin(self) -> F32:
        """Colour of the skin, as of `appearance.log_colour`; float32 (3,).

        That of the reddest of cheeks, nose and the place between the brows: a mask or a microphone
        covers some of them, and is mostly less red.
        """
        marks = self.landmarks
        reach = max(1, round(PATCH * float(self.pose.scale[0])))
        pairs = ([41, 31], [46, 35], [30], [21, 22])
        points = np.stack([marks[pair].mean(axis=0) for pair in pairs]) - self.origin
        height, width = self.picture.shape[:2]
        colours = []
        for x, y in np.clip(np.round(points), 0, [width - 1, height - 1]).astype(int):
            rows, columns = (slice(max(0, k - reach), k + reach + 1) for k in (y, x))
            part = log_colour(self.picture[rows, columns])
            colours.append(np.median(part.reshape(-1, 3), axis=0))
        return np.asarray(max(colours, key=lambda colour: float(colour[1])), np.float32)


def foreign(view: View) -> Mask:
    """Mark what is neither skin nor lip by its colour, bool (h, w)."""
    return is_foreign(log_colour(view.picture), view.skin)
