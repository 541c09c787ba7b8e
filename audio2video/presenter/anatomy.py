"""Proportions of the painted head: where its 68 landmarks are at rest.

The unit of length is the distance between the eye centres and the origin is half-way between them;
x points right in the picture, y down, z towards the camera. The proportions are those of an average
adult, rounded, and symmetric.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

LIPS = slice(48, 68)
RIGHT_EYE = slice(36, 42)  # the sitter's right: left in the picture
LEFT_EYE = slice(42, 48)

MOUTH_Y = 1.105
"""Height of the seam of the closed lips."""

_JAW = [(1.133, 0.02), (1.118, 0.30), (1.082, 0.60), (1.024, 0.90), (0.93, 1.18), (0.785, 1.44)]
_JAW += [(0.575, 1.665), (0.305, 1.825)]
_BROW = [(0.92, -0.19), (0.788, -0.325), (0.594, -0.385), (0.383, -0.385), (0.182, -0.325)]
_EYE = [(0.696, 0.012), (0.574, -0.068), (0.429, -0.073), (0.294, 0.018), (0.431, 0.054)]
_EYE += [(0.576, 0.060)]
_BRIDGE = [(0.0, -0.088), (0.0, 0.084), (0.0, 0.253), (0.0, 0.432)]
_NOSTRILS = [(-0.222, 0.643), (-0.114, 0.673), (0.0, 0.697), (0.114, 0.673), (0.222, 0.643)]
_OUTER_LIP = [(-0.425, 1.100), (-0.27, 1.026), (-0.115, 0.972), (0.0, 0.998)]
_LOWER_LIP = [(0.27, 1.204), (0.12, 1.26), (0.0, 1.272), (-0.12, 1.26), (-0.27, 1.204)]
_INNER_LIP = [(-0.352, 1.102), (-0.115, 1.1), (0.0, 1.108), (0.115, 1.1), (0.352, 1.102)]
_INNER_LOWER = [(0.115, 1.1), (0.0, 1.108), (-0.115, 1.1)]


def _mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(-x, y) for x, y in points]


def rest_landmarks() -> FloatArray:
    """Give the 68 landmarks of the head at rest: frontal, eyes open, lips closed.

    Returns
    -------
    ndarray, shape (68, 2), float32
        In the order of the 300-W annotation (Sagonas et al. 2013), in units of the eye distance.
    """
    jaw = [*_mirrored(_JAW), (0.0, 1.875), *_JAW[::-1]]
    brows = [*_mirrored(_BROW), *_BROW[::-1]]
    outer, inner, top, low, high = _EYE[0], _EYE[3], _EYE[1:3], _EYE[4:6], _EYE[2:0:-1]
    right_eye = _mirrored([outer, *top, inner, *low])
    left_eye = [inner, *high, outer, *low[::-1]]
    upper = [*_OUTER_LIP, *_mirrored(_OUTER_LIP[2::-1])]
    lips = [*upper, *_LOWER_LIP, *_INNER_LIP, *_INNER_LOWER]
    points = [*jaw, *brows, *_BRIDGE, *_NOSTRILS, *right_eye, *left_eye, *lips]
    return np.array(points, dtype=np.float32)
