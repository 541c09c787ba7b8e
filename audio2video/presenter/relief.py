"""The head as a relief map: depth over the picture plane, and how light falls on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

KEY_LIGHT = (-0.42, -0.55, 0.72)
FILL_LIGHT = (0.75, 0.05, 0.6)

# Bumps and hollows: centre x (mirrored when not 0), centre y, spread x, spread y, height.
_BUMPS = (
    (0.46, -0.27, 0.30, 0.10, 0.075),  # brow ridge
    (0.00, -0.24, 0.14, 0.10, 0.020),  # glabella
    (0.34, -0.02, 0.15, 0.13, -0.110),  # inner eye socket
    (0.58, -0.02, 0.22, 0.12, -0.060),  # outer eye socket
    (0.50, 0.00, 0.17, 0.10, 0.060),  # eyeball under the lids
    (0.52, 0.17, 0.22, 0.045, -0.014),  # tear trough
    (0.70, 0.42, 0.24, 0.20, 0.110),  # cheekbone
    (0.78, 1.00, 0.20, 0.26, -0.085),  # hollow of the cheek
    (0.00, 1.08, 0.44, 0.26, 0.110),  # mouth mound
    (0.00, 0.83, 0.030, 0.085, -0.012),  # philtrum
    (0.075, 0.84, 0.028, 0.085, 0.010),  # its ridges
    (0.47, 1.14, 0.06, 0.10, -0.030),  # corner of the mouth
    (0.00, 1.40, 0.24, 0.055, -0.050),  # groove over the chin
    (0.00, 1.64, 0.24, 0.16, 0.100),  # chin
    (0.95, -0.45, 0.18, 0.28, -0.060),  # temple
    (0.36, -0.65, 0.34, 0.20, 0.020),  # forehead
)


def _bell(x: FloatArray, y: FloatArray, cx: float, cy: float, sx: float, sy: float) -> FloatArray:
    bell: FloatArray = np.exp(-0.5 * (((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2))
    return bell


def bell_pair(
    x: FloatArray, y: FloatArray, cx: float, cy: float, sx: float, sy: float
) -> FloatArray:
    """Gaussian bell of height 1 at (cx, cy) and, when cx is not 0, at (-cx, cy)."""
    bell = _bell(x, y, cx, cy, sx, sy)
    return bell if cx == 0.0 else bell + _bell(x, y, -cx, cy, sx, sy)


def _step(t: FloatArray, width: float) -> FloatArray:
    smooth: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(t / width, -40.0, 40.0)))
    return smooth


def _nose(x: FloatArray, y: FloatArray) -> FloatArray:
    along = np.clip((y + 0.12) / 0.62, 0.0, 1.0)
    height = 0.05 + 0.25 * along**1.3
    spread = 0.075 + 0.055 * along
    ridge = height * np.exp(-0.5 * (x / spread) ** 2) * _step(y + 0.14, 0.06)
    tip = 0.13 * _bell(x, y, 0.0, 0.52, 0.12, 0.10)
    wings = 0.13 * bell_pair(x, y, 0.165, 0.575, 0.065, 0.075)
    base = _step(np.asarray(0.665 - 0.25 * np.abs(x) - y, np.float32), 0.022)
    nose: FloatArray = (ridge + tip + wings) * base
    return nose


def features(x: FloatArray, y: FloatArray) -> FloatArray:
    """Depth of nose, eye sockets, cheeks, mouth and chin above the plain oval of the head.

    Parameters
    ----------
    x, y : ndarray, shape (...,), float32
        Places on the head in units of the eye distance.

    Returns
    -------
    ndarray, shape (...,), float32
        Depth towards the camera, same unit.
    """
    depth: FloatArray = _nose(x, y)
    for cx, cy, sx, sy, height in _BUMPS:
        depth += np.float32(height) * bell_pair(x, y, cx, cy, sx, sy)
    # The fold from nostril to mouth corner: a shallow crease along a slanted line.
    across = np.abs(x) - (0.30 + 0.42 * np.clip(y - 0.62, 0.0, 0.55))
    within = _step(y - 0.66, 0.04) * _step(1.06 - y, 0.06)
    fold: FloatArray = depth + within * (0.022 * np.tanh(across / 0.035))
    return fold


def oval(x: FloatArray, y: FloatArray) -> FloatArray:
    """Depth of the plain ellipsoid of the skull; 0 at and beyond its rim."""
    rho = (x / 1.42) ** 2 + ((y - 0.2) / 1.95) ** 2
    return np.asarray(1.15 * np.sqrt(np.clip(1.0 - rho, 0.0, None)), np.float32)


def relief(x: FloatArray, y: FloatArray, half_width: FloatArray) -> FloatArray:
    """Depth of the lit face: rounded towards its outline, with all features.

    Parameters
    ----------
    x, y : ndarray, shape (H, W), float32
        Places on the head.
    half_width : ndarray, shape (H, 1), float32
        Half the width of the face at each row, 0 where there is no face.
    """
    rim = np.clip(1.0 - np.abs(x / np.maximum(half_width, 1e-3)) ** 2.1, 0.0, 1.0) ** 0.72
    profile = (
        1.02 - 0.22 * np.clip(-0.35 - y, 0.0, None) ** 1.6 - 0.10 * np.clip(y - 1.0, 0.0, None)
    )
    chin = np.clip((1.93 - y) / 0.34, 0.0, 1.0)
    depth: FloatArray = (
        profile * (0.12 + 0.88 * rim) * np.sqrt(1.0 - 0.75 * (1.0 - chin) ** 2)
    ) + features(x, y)
    return depth


def _blur(image: FloatArray, sigma: float) -> FloatArray:
    blurred: FloatArray = cv2.GaussianBlur(
        image, (0, 0), sigmaX=sigma, borderType=cv2.BORDER_REPLICATE
    ).astype(np.float32, copy=False)
    return blurred


def _facing(normals: FloatArray, light: tuple[float, float, float], wrap: float) -> FloatArray:
    direction = np.asarray(light, np.float32) / np.float32(np.linalg.norm(light))
    lit: FloatArray = np.clip((normals @ direction + wrap) / (1.0 + wrap), 0.0, None)
    return lit


def _cast_shadow(depth: FloatArray, scale: float) -> FloatArray:
    """How far each place lies in the shadow that the relief casts in the key light, 0 to 1."""
    lx, ly, lz = KEY_LIGHT
    flat = float(np.hypot(lx, ly))
    height, width = depth.shape
    blocked = np.zeros_like(depth)
    for reach in np.linspace(0.03, 0.75, 26):
        move = np.array(
            [[1, 0, -lx / flat * reach * scale], [0, 1, -ly / flat * reach * scale]], np.float32
        )
        moved = cv2.warpAffine(depth, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
        over = moved - depth - np.float32(reach * lz / flat)
        np.maximum(blocked, over / np.float32(0.05 + 0.25 * reach), out=blocked)
    shadow: FloatArray = np.clip(blocked, 0.0, 1.0)
    return shadow


def shade(depth: FloatArray, scale: float) -> tuple[FloatArray, FloatArray]:
    """Light a relief with a soft key light, a fill light and the sky.

    Parameters
    ----------
    depth : ndarray, shape (H, W), float32
        Relief, in units of the eye distance.
    scale : float
        Pixels per unit.

    Returns
    -------
    diffuse : ndarray, shape (H, W, 3), float32
        Factor for the linear colour of the skin. Light bleeds further in red than in blue, as it
        does in skin (subsurface scattering).
    gloss : ndarray, shape (H, W), float32
        Highlight to add.
    """
    smooth = _blur(depth, 0.012 * scale)
    slope_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=scale / 8.0)
    slope_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=scale / 8.0)
    normals = np.stack([-slope_x, -slope_y, np.ones_like(smooth)], axis=2)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    open_sky = np.exp(-3.2 * np.clip(_blur(depth, 0.16 * scale) - depth, 0.0, None))
    open_near = np.exp(-3.0 * np.clip(_blur(depth, 0.05 * scale) - depth, 0.0, None))
    shadow = _blur(_cast_shadow(smooth, scale), 0.022 * scale)
    key = _facing(normals, KEY_LIGHT, 0.20) * (1.0 - 0.62 * shadow)
    fill = _facing(normals, FILL_LIGHT, 0.3)
    sky = 0.5 - 0.5 * normals[..., 1]
    light = (0.93 * key + 0.17 * fill + 0.18 * sky * open_sky + 0.08) * open_near * open_sky
    diffuse = np.stack([_blur(light, s * scale) for s in (0.035, 0.018, 0.010)], axis=2)
    half = np.asarray(KEY_LIGHT, np.float32) / np.float32(np.linalg.norm(KEY_LIGHT))
    half = half + np.array([0.0, 0.0, 1.0], np.float32)
    half /= np.linalg.norm(half)
    mirror = np.clip(normals @ half, 0.0, 1.0)
    gloss = (0.095 * mirror**14 + 0.05 * mirror**60) * (1.0 - shadow)
    return diffuse.astype(np.float32), gloss.astype(np.float32)
