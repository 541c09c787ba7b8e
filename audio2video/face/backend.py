"""What finds faces and their 68 landmarks: one small interface, whatever is behind it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .tracking import Finder

DLIB, FACEMESH = "dlib", "facemesh"
BACKENDS = (DLIB, FACEMESH)
"""Names of the backends; the first is the default, and the one that all else here uses."""


class Backend(Finder, Protocol):
    """A finder that also tells how sure it is."""

    def confidence(self, gray: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float:
        """Judge landmarks that were found in a frame.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        landmarks : ndarray, shape (68, 2)
            Pixel (x, y).

        Returns
        -------
        float
            0 to 1; backends differ in what they mean by it.
        """
        ...
