"""A generic 3-D head: the 68 landmarks in space."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Half of the head (the other half mirrors it): x right, y down, z away from the camera, in
# inter-ocular distances, origin between the eyes. x and y: mean over eight clips of five speakers,
# pose removed; z: typical adult proportions (ear 80 mm behind the nasion, nose tip 28 before).
_MIDLINE = {
    8: (0.00, 1.93, 0.05),
    27: (0.00, -0.08, -0.12),
    28: (0.00, 0.11, -0.25),
    29: (0.00, 0.29, -0.40),
    30: (0.00, 0.48, -0.55),
    33: (0.00, 0.73, -0.28),
    51: (0.00, 1.01, -0.20),
    57: (0.00, 1.38, -0.16),
    62: (0.00, 1.10, -0.13),
    66: (0.00, 1.21, -0.12),
}
# (right index, left index): the person's right has negative x.
_PAIRS = {
    (0, 16): (1.13, 0.09, 1.25),
    (1, 15): (1.11, 0.40, 1.15),
    (2, 14): (1.08, 0.70, 1.05),
    (3, 13): (1.03, 1.00, 0.92),
    (4, 12): (0.94, 1.28, 0.75),
    (5, 11): (0.78, 1.53, 0.52),
    (6, 10): (0.56, 1.73, 0.30),
    (7, 9): (0.31, 1.88, 0.12),
    (17, 26): (0.92, -0.20, 0.28),
    (18, 25): (0.80, -0.35, 0.08),
    (19, 24): (0.60, -0.41, -0.04),
    (20, 23): (0.39, -0.40, -0.10),
    (21, 22): (0.18, -0.34, -0.12),
    (31, 35): (0.23, 0.67, -0.12),
    (32, 34): (0.12, 0.71, -0.22),
    (36, 45): (0.70, 0.01, 0.15),
    (37, 44): (0.57, -0.06, 0.02),
    (38, 43): (0.43, -0.07, 0.00),
    (39, 42): (0.29, 0.02, 0.03),
    (40, 47): (0.43, 0.05, 0.00),
    (41, 46): (0.58, 0.05, 0.03),
    (48, 54): (0.43, 1.15, 0.05),
    (49, 53): (0.28, 1.04, -0.10),
    (50, 52): (0.12, 0.98, -0.19),
    (59, 55): (0.29, 1.29, -0.07),
    (58, 56): (0.13, 1.36, -0.14),
    (60, 64): (0.36, 1.15, 0.03),
    (61, 63): (0.12, 1.09, -0.10),
    (67, 65): (0.12, 1.20, -0.10),
}

# Points that keep their place on the skull whatever is said: eyes, nose, and the jaw near the ears.
RIGID = (*range(27, 48), 0, 1, 2, 14, 15, 16)

_PLAUSIBLE_RESIDUAL = 0.12
"""Rms distance to the best-fitting generic head, in inter-ocular distances, of an odd face."""


@lru_cache(maxsize=1)
def generic_head() -> NDArray[np.float64]:
    """Give the generic head's landmarks.

    Returns
    -------
    ndarray of float64, shape (68, 3)
        x right, y down, z away from the camera, in inter-ocular distances; read-only.
    """
    points = np.zeros((68, 3))
    for index, point in _MIDLINE.items():
        points[index] = point
    for (right, left), (x, y, z) in _PAIRS.items():
        points[right] = (-x, y, z)
        points[left] = (x, y, z)
    points.flags.writeable = False
    return points


def mirrored(offsets: NDArray[np.floating]) -> NDArray[np.float64]:
    """Swap the left and right `RIGID` points, mirrored.

    Parameters
    ----------
    offsets : ndarray, shape (len(RIGID), 3)

    Returns
    -------
    ndarray of float64, shape (len(RIGID), 3)
    """
    opposite = {index: index for index in _MIDLINE}
    for right, left in _PAIRS:
        opposite[right], opposite[left] = left, right
    order = [RIGID.index(opposite[index]) for index in RIGID]
    return np.asarray(offsets[order] * np.array([-1.0, 1.0, 1.0]))


def shape_plausibility(landmarks: NDArray[np.floating]) -> float:
    """Judge whether 68 points form a face, seen from anywhere in front.

    The best affine view of the generic head is taken away; what is left over, relative to the
    face's size, tells a face from the points which a landmark model scatters over something else.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)

    Returns
    -------
    float
        1 for the generic head, 0.5 for a very odd face, towards 0 for no face.
    """
    model = np.hstack([generic_head(), np.ones((68, 1))])
    view, *_ = np.linalg.lstsq(model, landmarks, rcond=None)
    residual = np.sqrt(((model @ view - landmarks) ** 2).sum(axis=1).mean())
    # The size of the view: how long one inter-ocular distance along x and along y appears.
    singular = np.linalg.svd(view[:3], compute_uv=False)
    size = float(singular[0])
    # Seen from the front both axes of the face plane are about equally long.
    squash = float(singular[1]) / max(size, 1e-9)
    if size < 1e-6 or squash < 0.4 or view[0, 0] <= 0 or view[1, 1] <= 0:
        return 0.0
    return float(0.5 ** ((residual / size / _PLAUSIBLE_RESIDUAL) ** 2))
