"""Eyes, painted into every frame: the opening between the lids, iris, pupil, highlight, lashes."""

from __future__ import annotations

import numpy as np

from .anatomy import LEFT_EYE, RIGHT_EYE, rest_landmarks
from .brush import FloatArray, curve, mix
from .canvas import Window, between, over_columns

_WHITE = (214, 204, 197)
_CORNER = (196, 140, 128)
_LASH = (38, 26, 22)
_RIM = (40, 44, 42)
_IRIS = (92, 112, 104)
_IRIS_INNER = (134, 118, 82)
_PUPIL = (12, 11, 12)
_IRIS_RADIUS = 0.092
_PUPIL_RADIUS = 0.036


def close_lids(eye: FloatArray, eyelid: float) -> FloatArray:
    """Landmarks of one eye, shape (6, 2), with the lids shut by `eyelid` from 0 to 1."""
    shut = eye.copy()
    # The upper lid does nearly all of the way; the order of the lower points is reversed.
    meet = 0.15 * eye[[1, 2]] + 0.85 * eye[[5, 4]]
    shut[[1, 2]] = eye[[1, 2]] + np.float32(eyelid) * (meet - eye[[1, 2]])
    shut[[5, 4]] = eye[[5, 4]] + np.float32(eyelid) * (meet - eye[[5, 4]])
    return np.asarray(shut, np.float32)


def eye_centres() -> FloatArray:
    """Places of the two pupils when the gaze is straight: shape (2, 2)."""
    marks = rest_landmarks()
    middle = [marks[eye].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    return np.asarray(np.array(middle) + np.array([0.0, -0.012]), np.float32)


def paint_eye(
    frame: FloatArray, eye: FloatArray, pupil: FloatArray, scale: float, *, inner: int
) -> None:
    """Paint one eye into a frame, in place.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), float32
        Picture, 0 to 255.
    eye : ndarray, shape (6, 2)
        The landmarks of the lids in pixels, as the picture shows them.
    pupil : ndarray, shape (2,)
        The pupil's middle in pixels.
    scale : float
        Pixels per unit.
    inner : int
        Index of the landmark by the nose: 3 for the right eye, 0 for the left.
    """
    window = Window.around(frame, eye, 0.14 * scale)
    picture, x, y = window.view, window.x, window.y
    upper = over_columns(curve(eye[[0, 1, 2, 3]]), x)
    lower = over_columns(curve(eye[[0, 5, 4, 3]]), x)
    inside = ((x >= eye[0, 0]) & (x <= eye[3, 0])).astype(np.float32)
    opening = between(y, upper, lower) * inside

    away = np.hypot(x - pupil[0], y - pupil[1]) / np.float32(scale)
    to_corner = (x - pupil[0]) / np.float32(0.21 * scale)
    ball = np.broadcast_to(np.array(_WHITE, np.float32), picture.shape)
    ball = ball * (1.0 - 0.20 * np.abs(to_corner) ** 1.8)[..., None]
    caruncle = np.clip(1.0 - np.abs(x - eye[inner, 0]) / np.float32(0.055 * scale), 0.0, 1.0)
    ball = mix(ball, _CORNER, caruncle * np.ones_like(away))
    iris = np.clip((_IRIS_RADIUS - away) * scale + 0.5, 0.0, 1.0)
    rim = np.exp(-(((away - _IRIS_RADIUS) / 0.016) ** 2))
    warm = np.exp(-(((away - 0.048) / 0.018) ** 2)) * 0.7
    glow = 1.0 + 0.35 * np.clip((y - pupil[1]) / (0.09 * scale), -0.6, 1.0)
    disc = mix(np.broadcast_to(np.array(_IRIS, np.float32), picture.shape), _IRIS_INNER, warm)
    disc = mix(disc * glow[..., None], _RIM, 0.85 * rim)
    disc = mix(disc, _PUPIL, np.clip((_PUPIL_RADIUS - away) * scale + 0.5, 0.0, 1.0))
    ball = mix(ball, disc, iris)
    under_lid = np.exp(-np.clip(y - upper, 0.0, None) / np.float32(0.034 * scale))
    ball = ball * (1.0 - 0.62 * under_lid)[..., None]
    glint_at = pupil + np.float32(scale) * np.array([-0.034, -0.036], np.float32)
    glint = np.hypot(x - glint_at[0], y - glint_at[1]) / np.float32(scale)
    ball = mix(ball, (250, 250, 250), np.clip((0.0155 - glint) * scale + 0.5, 0.0, 1.0))

    painted = mix(picture, ball, opening)
    outer = np.abs(x - eye[inner, 0]) / np.float32(abs(eye[3, 0] - eye[0, 0]) + 1e-3)
    outer = np.clip(outer, 0.0, 1.0) * inside
    thick = np.float32(scale) * (0.012 + 0.012 * outer)
    lashes = np.exp(-(((y - upper + 0.4 * thick) / thick) ** 2)) * inside
    painted = mix(painted, _LASH, np.clip((0.50 + 0.45 * outer) * lashes, 0.0, 1.0))
    rim_low = np.exp(-(((y - lower) / np.float32(0.011 * scale)) ** 2)) * inside
    window.view[:] = mix(painted, (120, 78, 66), 0.45 * rim_low)
