"""Occlusion maps of a face: grid, cleaning, and occluded fractions."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8
from .layout import OUTER_LIP
from .rectify import RectifiedGrid

RESOLUTION = 24.0
"""Pixels per inter-ocular distance at which the face is looked at."""

SPREADING = 0.6
"""Beside a covered pixel, this share of the limit is enough."""

MIN_AREA = 0.025
"""Square inter-ocular distances; anything smaller in front of a face is noise."""

GAP = 0.13
"""Gaps in a cover up to this width, in inter-ocular distances, are closed."""

SPEED = 0.17
"""Inter-ocular distances that something in front of the face may jump from frame to frame."""


def analysis_grid(space: RectifiedGrid) -> RectifiedGrid:
    """Grid on which occlusions are detected, independent of the video's resolution."""
    return RectifiedGrid.lower_face(min(RESOLUTION, space.resolution))


def reduce_texture(texture: U8, space: RectifiedGrid, reduced: RectifiedGrid) -> U8:
    """Bring a rectified texture to the smaller raster.

    Parameters
    ----------
    texture : ndarray of uint8, shape (space.height, space.width, 3)
    space, reduced : RectifiedGrid

    Returns
    -------
    ndarray of uint8, shape (reduced.height, reduced.width, 3)
    """
    ratio = space.resolution / reduced.resolution
    width = max(1, 2 * round((ratio - 1) / 2) + 1)
    smooth = cv2.blur(texture, (width, width)) if width > 1 else texture
    return np.asarray(resampled(smooth, space, reduced), np.uint8)


def clean_mask(score: F32, space: RectifiedGrid) -> U8:
    """Keep large, confident regions, grown and filled.

    Parameters
    ----------
    score : ndarray of float32, shape (H, W)
        1 and more where a pixel is covered by all that is known of it alone.
    space : RectifiedGrid

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0, or 128 to 255 where the face is covered.
    """
    loose = (score > SPREADING).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(loose)
    if count == 1:
        return np.zeros(score.shape, np.uint8)
    sure = np.bincount(labels[score > 1], minlength=count)
    kept = (sure > 0) & (stats[:, cv2.CC_STAT_AREA] >= MIN_AREA * space.resolution**2)
    kept[0] = False
    if not kept.any():
        return np.zeros(score.shape, np.uint8)
    cover = kept[labels].astype(np.uint8)
    cover = cv2.morphologyEx(cover, cv2.MORPH_CLOSE, disc(GAP / 2 * space.resolution))
    level = 128 + 127 * np.clip(score - 1, 0, 1)
    return np.where(cover > 0, level, 0).astype(np.uint8)


def confirmed_occlusions(occlusions: U8, starts: NDArray[np.bool_], space: RectifiedGrid) -> U8:
    """Drop occlusions of a single frame: hands stay longer, errors do not.

    Parameters
    ----------
    covers : ndarray of uint8, shape (T, H, W)
        From `visibility.occlusion_maps`; 0 in frames without a face.
    starts : ndarray of bool, shape (T,)
        Nothing goes on from the frame before.
    space : RectifiedGrid
        From `analysis_grid`.

    Returns
    -------
    ndarray of uint8, shape (T, H, W)
        Connected parts that lie near a covered part of the frame before or after.
    """
    kept = np.zeros_like(occlusions)
    last = len(occlusions) - 1
    for index in np.flatnonzero(occlusions.any(axis=(1, 2))):
        near = np.zeros(occlusions.shape[1:], np.uint8)
        if index > 0 and not starts[index]:
            near |= occlusions[index - 1]
        if index < last and not starts[index + 1]:
            near |= occlusions[index + 1]
        near = cv2.dilate(near, disc(SPEED * space.resolution)) > 0
        _, labels = cv2.connectedComponents((occlusions[index] > 0).astype(np.uint8))
        kept[index] = np.where(np.isin(labels, labels[near]), occlusions[index], 0)
    return kept


def occluded_fraction(covered: U8, weight: NDArray[np.floating]) -> float:
    """Share of a region that is covered.

    Parameters
    ----------
    covered : ndarray of uint8, shape (H, W)
        From `visibility.occlusion_maps`.
    weight : ndarray, shape (H, W)
        The region, such as the mask of the composite at this raster.

    Returns
    -------
    float
        0 to 1.
    """
    total = float(weight.sum())
    return float(weight[covered > 0].sum()) / total if total > 0 else 0.0


def lip_region(mouth: NDArray[np.floating], space: RectifiedGrid) -> F32:
    """Mask of the lips and the mouth opening, for `occluded_fraction`.

    Parameters
    ----------
    mouth : ndarray, shape (20, 2)
        Rectified.
    space : RectifiedGrid

    Returns
    -------
    ndarray of float32, shape (H, W)
        1 inside the outer lip.
    """
    return polygon(mouth[OUTER_LIP], space).astype(np.float32)


def polygon(outline: NDArray[np.floating], space: RectifiedGrid) -> NDArray[np.bool_]:
    """Fill a rectified outline."""
    return filled_outline(space.to_pixels(outline), (space.height, space.width))


def filled_outline(outline: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill an outline in pixels (x, y), on a plane of this shape (height, width)."""
    plane = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(plane, [np.round(outline * 16).astype(np.int32)], 1, shift=4)
    return plane > 0


def disc(radius: float) -> U8:
    """Round structuring element of a radius in pixels, at least one."""
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def resampled(
    picture: NDArray[np.generic], own: RectifiedGrid, wanted: RectifiedGrid
) -> NDArray[np.generic]:
    """Bring a picture or plane from one raster of the lower face to another."""
    ratio = own.resolution / wanted.resolution
    return np.asarray(
        cv2.warpAffine(
            picture,
            np.array([[ratio, 0, 0], [0, ratio, 0]]),
            (wanted.width, wanted.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
