"""Lip contours from the parameters of a mouth shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .anatomy import MOUTH_Y, rest_landmarks
from .brush import FloatArray

# How far each of the 20 points follows the edge of the upper and of the lower lip.
_RISE = np.array(
    [0, 0.35, 0.72, 0.80, 0.72, 0.35, 0, 0, 0, 0, 0, 0, 0, 0.97, 1, 0.97, 0, 0, 0, 0], np.float32
)
_DROP = np.array(
    [0.13, 0, 0, 0, 0, 0, 0.13, 0.78, 0.98, 1, 0.98, 0.78, 0.15, 0, 0, 0, 0.15, 0.97, 1, 0.97],
    np.float32,
)
_UPPER_OUTER = slice(1, 6)
_LOWER_OUTER = slice(7, 12)
_CORNERS = [0, 6, 12, 16]
_FLANKS_UP = [1, 5]
_FLANKS_DOWN = [7, 11]


def lip_points(mouth: Mapping[str, FloatArray]) -> FloatArray:
    """Place the 20 lip points for mouth shapes.

    Parameters
    ----------
    mouth : mapping of str to ndarray, each shape (T,)
        The fields of `Viseme`.

    Returns
    -------
    ndarray, shape (T, 20, 2), float32
        On the head at rest, in units of the eye distance. The inner contours never cross.
    """
    rest = rest_landmarks()[48:]
    get = {name: np.asarray(track, np.float32)[:, None] for name, track in mouth.items()}
    points = np.repeat(rest[None], len(get["upper"]), axis=0)
    y = points[..., 1]
    # A full lip is a thick one: its outer edge moves away from the seam.
    y[:, _UPPER_OUTER] = MOUTH_Y + (y[:, _UPPER_OUTER] - MOUTH_Y) * get["upper_full"]
    y[:, _LOWER_OUTER] = MOUTH_Y + (y[:, _LOWER_OUTER] - MOUTH_Y) * get["lower_full"]
    y += get["lower"] * _DROP - get["upper"] * _RISE
    y[:, _FLANKS_UP] -= 0.012 * get["rounding"]
    y[:, _FLANKS_DOWN] += 0.018 * get["rounding"] + 0.06 * get["lower"] * get["rounding"]
    points[..., 0] *= get["half_width"] / np.float32(rest[6, 0])
    # Round lips pull the corners of the opening inwards and the middle points outwards a little.
    points[:, [12, 16], 0] *= 1.0 - 0.06 * get["rounding"]
    points[:, [2, 4, 8, 10, 13, 15, 17, 19], 0] *= 1.0 + 0.10 * get["rounding"]
    return points
