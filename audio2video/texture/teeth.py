"""Teeth proxies: frames of the target with a row of teeth in view (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import INNER_LIP, mouth_opening, mouth_width
from ..face.rectify import RectifiedGrid
from .window import EVERYWHERE, Window

MIN_OPENING = 0.05
"""Inner-lip opening, in inter-ocular distances, from which a frame can be a proxy."""

MIN_UPPER_SCORE = 0.2
MIN_LOWER_SCORE = 0.03
"""Least share of the mouth opening that must be teeth in a proxy; lower teeth show less, and most
when the mouth is wide open."""

DARK = 0.6
"""The dark of the mouth is below this share of the brightness of lower teeth."""

GAP = 0.88
"""The line between two rows of teeth is darker than this share of either row's brightness."""

FUSED = 0.5
"""Factor on the score where no such line tells the rows apart."""


@dataclass(frozen=True, eq=False)
class TeethProxy:
    """A picture with one row of teeth in view; equal only to itself.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
        Rectified.
    mouth : ndarray of float64, shape (20, 2)
        Its mouth shape, in inter-ocular distances.
    line : int
        Row where the teeth end (upper teeth) or begin (lower teeth).
    frame : int
        Target frame it comes from; -1 for the user's own picture.
    score : float
        How much of the mouth opening shows these teeth, 0 to 1.
    """

    texture: NDArray[np.uint8]
    mouth: NDArray[np.float64]
    line: int
    frame: int
    score: float


def mouth_interior(
    mouth: NDArray[np.floating], space: RectifiedGrid, feather: float = 0.0
) -> NDArray[np.float32]:
    """Cover the opening between the inner lips.

    Parameters
    ----------
    mouth : ndarray, shape (20, 2)
    space : RectifiedGrid
    feather : float
        Softness of the border, in inter-ocular distances.

    Returns
    -------
    ndarray of float32, shape (H, W)
        0 to 1.
    """
    cover = np.zeros((space.height, space.width), np.uint8)
    corners = np.round(space.to_pixels(mouth[INNER_LIP]) * 16).astype(np.int32)
    cv2.fillPoly(cover, [corners], 255, cv2.LINE_AA, 4)
    soft = np.asarray(cover, np.float32) / 255
    sigma = feather * space.resolution
    return np.asarray(cv2.GaussianBlur(soft, (0, 0), sigma) if sigma > 0.3 else soft, np.float32)


def whiteness(
    texture: NDArray[np.uint8],
    mouth: NDArray[np.floating],
    space: RectifiedGrid,
    window: Window = EVERYWHERE,
) -> NDArray[np.float32]:
    """Tell teeth from lips, tongue and the dark of the mouth by their colour.

    Teeth are nearly as bright as the skin around the mouth, and less red than it.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    mouth : ndarray, shape (20, 2)
    space : RectifiedGrid
    window : Window
        Part of the texture that is asked for.

    Returns
    -------
    ndarray of float32, shape of the window
        0 (not teeth) to 1.
    """
    skin_bright, skin_red = (
        float(np.median(values)) for values in _tones(_skin_beside(texture, mouth, space))
    )
    bright, red = _tones(texture[window])
    light = np.clip((bright / max(skin_bright, 1.0) - 0.5) / 0.3, 0, 1)
    pale = np.clip((skin_red * 1.05 + 0.05 - red) / 0.12, 0, 1)
    return np.asarray(light * pale, np.float32)


def _tones(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Brightness and redness of each pixel."""
    rgb = picture.astype(np.float32)
    bright = _luminance(picture)
    red = (rgb[..., 0] - (rgb[..., 1] + rgb[..., 2]) / 2) / np.maximum(bright, np.float32(8))
    return bright, np.asarray(red, np.float32)


def _luminance(texture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return texture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _skin_beside(
    texture: NDArray[np.uint8], mouth: NDArray[np.floating], space: RectifiedGrid
) -> NDArray[np.uint8]:
    """Cheek patches left and right of the mouth, free of lips, nose and jaw line."""
    x = space.left + np.arange(space.width) / space.resolution
    y = space.top + np.arange(space.height) / space.resolution
    centre = mouth.mean(axis=0)
    away = np.abs(x - centre[0])
    columns = np.flatnonzero((away > 0.5) & (away < 0.7))
    return np.asarray(texture[np.ix_(np.abs(y - centre[1]) < 0.18, columns)])


def teeth_rows(
    texture: NDArray[np.uint8], mouth: NDArray[np.floating], space: RectifiedGrid
) -> tuple[float, float, int, int]:
    """Find the upper and the lower teeth in the mouth opening.

    Returns
    -------
    upper_score, lower_score : float
        Share of the opening that is teeth joined to the upper, or lower, lip.
    upper_line, lower_line : int
        Row where the upper teeth end, and row where the lower teeth begin.
    """
    inside = mouth_interior(mouth, space)
    white = whiteness(texture, mouth, space) * inside
    rows = np.flatnonzero(inside.sum(axis=1) > 0.5)
    if len(rows) < 3:
        return 0.0, 0.0, 0, space.height - 1
    # How white the middle of each row is; the gap between the rows of teeth is the darkest one.
    x, _ = space.grid()
    middle = inside * (np.abs(x - mouth[:, 0].mean()) < 0.3 * mouth_width(mouth))
    profile = (white * middle).sum(axis=1)[rows] / np.maximum(middle.sum(axis=1)[rows], 1e-3)
    toothed = profile > 0.35
    upper = _run_from(toothed)
    lower = _run_from(toothed[::-1])
    luminance = (_luminance(texture) * middle).sum(axis=1)[rows]
    luminance /= np.maximum(middle.sum(axis=1)[rows], 1e-3)
    if upper + lower <= len(rows):
        # Lower teeth stand out against the dark of the mouth; a bright lip or tongue does not.
        above, below = np.split(luminance, [len(rows) - lower])
        above = above[1:]  # without the upper lip's shadow
        if lower and (len(above) == 0 or above.min() > DARK * below.max()):
            lower = 0
    else:
        # Teeth all the way: both rows, with a darker line between them somewhere in the middle, or
        # the upper teeth alone, which are the ones that people mostly show.
        third = len(rows) // 3
        upper = third + int(np.argmin(luminance[third : len(rows) - third // 2]))
        lower = len(rows) - upper
        brightest = min(float(luminance[:upper].max()), float(luminance[upper:].max()))
        if luminance[upper] > GAP * brightest:
            upper, lower = len(rows), 0
            white = white * FUSED
    area = float(inside.sum())
    upper_line, lower_line = int(rows[0]) + upper, int(rows[-1]) + 1 - lower
    return (
        float(white[:upper_line].sum()) / area if upper else 0.0,
        float(white[lower_line:].sum()) / area if lower else 0.0,
        upper_line,
        lower_line,
    )


def _run_from(flags: NDArray[np.bool_]) -> int:
    """Length of the first run of True, which may begin behind the lip's edge."""
    start = int(np.argmax(flags))
    if not flags.any() or start > len(flags) / 3:
        return 0
    rest = flags[start:]
    return start + (int(np.argmin(rest)) if not rest.all() else len(rest))


def proxy_quality(
    mouths: NDArray[np.floating],
    yaw: NDArray[np.floating],
    pitch: NDArray[np.floating],
    sharpness: NDArray[np.floating],
    usable: NDArray[np.integer],
) -> NDArray[np.float64]:
    """Judge frames as proxies before their pictures are looked at: open, frontal, sharp, at rest.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    yaw, pitch : ndarray, shape (T,)
        Radians.
    sharpness : ndarray, shape (T,)
    usable : ndarray of int, shape (U,)

    Returns
    -------
    ndarray of float64, shape (U,)
        0 (unfit) and more.
    """
    opening = mouth_opening(mouths[usable])
    turned = np.hypot(
        yaw[usable] - np.median(yaw[usable]), pitch[usable] - np.median(pitch[usable])
    )
    sharp = sharpness[usable] / max(float(np.quantile(sharpness[usable], 0.9)), 1e-9)
    fit = np.clip(opening / 0.12, 0, 1) * np.exp(-((turned / 0.2) ** 2)) * np.clip(sharp, 0, 1.2)
    return np.where(opening >= MIN_OPENING, fit, 0.0)
