"""Names for the 68 landmarks (iBUG 300-W numbering, counted from 0) and measures on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 68
MOUTH_POINTS = 20

JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
RIGHT_EYE = slice(36, 42)
"""The person's right eye, left in the picture."""
LEFT_EYE = slice(42, 48)
MOUTH = slice(48, 68)
OUTER_LIP = slice(0, 12)
"""Within the 20 mouth points."""
INNER_LIP = slice(12, 20)
"""Within the 20 mouth points."""

CHIN = 8
MOUTH_CORNERS = (0, 6)
MOUTH_MIRROR = (6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 16, 15, 14, 13, 12, 19, 18, 17)
"""For each mouth point, the one on the other side of the face."""
UPPER_INNER_LIP = (13, 14, 15)
LOWER_INNER_LIP = (19, 18, 17)


def eye_centres(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    """Centres of both eyes.

    Parameters
    ----------
    landmarks : ndarray, shape (..., 68, 2)

    Returns
    -------
    ndarray, shape (..., 2, 2)
        Right eye, left eye.
    """
    right = landmarks[..., RIGHT_EYE, :].mean(axis=-2)
    left = landmarks[..., LEFT_EYE, :].mean(axis=-2)
    return np.stack([right, left], axis=-2)


def inter_ocular_distance(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    """Distance between the eye centres, in the landmarks' unit, shape (...)."""
    eyes = eye_centres(landmarks)
    return np.asarray(np.linalg.norm(eyes[..., 1, :] - eyes[..., 0, :], axis=-1))


def eye_aspect_ratio(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    """Height over width of the eye openings, mean of both eyes; low in a blink.

    Source: Soukupova and Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016, eq. 1.

    Parameters
    ----------
    landmarks : ndarray, shape (..., 68, 2)

    Returns
    -------
    ndarray, shape (...)
    """
    ratios = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        p = landmarks[..., eye, :]
        height = np.linalg.norm(p[..., 1, :] - p[..., 5, :], axis=-1) + np.linalg.norm(
            p[..., 2, :] - p[..., 4, :], axis=-1
        )
        width = np.linalg.norm(p[..., 0, :] - p[..., 3, :], axis=-1)
        ratios.append(height / np.maximum(2 * width, 1e-6))
    return np.asarray(np.mean(ratios, axis=0))


def mouth_opening(mouth: NDArray[np.floating]) -> NDArray[np.floating]:
    """Mean height of the inner-lip opening, in the unit of the points.

    Parameters
    ----------
    mouth : ndarray, shape (..., 20, 2)
        Mouth points; y down.

    Returns
    -------
    ndarray, shape (...)
        Not negative for lips that do not cross; zero when closed.
    """
    upper = mouth[..., UPPER_INNER_LIP, 1]
    lower = mouth[..., LOWER_INNER_LIP, 1]
    return np.asarray((lower - upper).mean(axis=-1))


def opening_weights() -> NDArray[np.float64]:
    """Weights of the 40 coordinates whose sum is `mouth_opening`, shape (20, 2)."""
    weights = np.zeros((MOUTH_POINTS, 2))
    weights[list(LOWER_INNER_LIP), 1] = 1 / len(LOWER_INNER_LIP)
    weights[list(UPPER_INNER_LIP), 1] = -1 / len(UPPER_INNER_LIP)
    return weights


def mouth_width(mouth: NDArray[np.floating]) -> NDArray[np.floating]:
    """Distance between the mouth corners, in the unit of the points, shape (...)."""
    left, right = MOUTH_CORNERS
    return np.asarray(np.linalg.norm(mouth[..., right, :] - mouth[..., left, :], axis=-1))
