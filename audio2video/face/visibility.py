"""Visibility of the lower face per pixel: occluded or facing away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8
from ..numerics import robust_deviation
from .alignment import LIPS, NOSTRILS, Alignment, from_common, to_common
from .appearance import Appearance, learn_appearance, log_colour, typical_frames
from .head import generic_head
from .layout import JAW, MOUTH
from .occlusion import clean_mask, disc, polygon
from .pose import HeadPose
from .rectify import RectifiedGrid
from .surface import surface_slope

SAMPLE = 160
"""Frames a face is learned from."""

FINE, WIDE = 0.03, 0.11
"""Scales at which deviations are gathered, in inter-ocular distances: small things with a clear
edge, and large ones of the colour of skin, each of whose pixels is only a little odd."""

FINE_LIMIT, WIDE_LIMIT = 2.7, 1.75
"""How many times its usual deviation makes a pixel covered."""

LIP_ALLOWANCE = 1.4
"""Teeth and tongue show what they have not shown before."""

FULL_FACING, NO_FACING = np.radians(60.0), np.radians(75.0)
"""Angle between surface and view at which a pixel is seen well, and not any more."""

_INSET = 0.03
"""How far inside the jaw line the face is known, as a share of the way to the mouth."""

_WIDE_MOST = 9.0
"""Largest deviation that counts at the wide scale: a strong one must not reach far."""

_WIDE_OVER_MEDIAN = 2.0

_SKIN_FLOOR = (0.3, 0.05, 0.05)
_SKIN_LIMIT = 4.5
_SKIN_MARGIN = 2.5
"""Least spread of the skin's colour, and how many times it is too far; more where it is usual."""

_SIDE = 0.55
"""Beyond this distance from the middle, hair is as likely as a beard, which may as well stay the
frame's own there."""
_SIDE_LIMIT = 7.0


@dataclass(frozen=True)
class FaceModel:
    """A speaker's bare lower face.

    Parameters
    ----------
    alignment : Alignment
        Raster of pictures and maps, and the common place.
    region : ndarray of bool, shape (H, W)
        Where the face is known, in the common place.
    appearance : Appearance
        Of the P pixels of the region.
    usual : ndarray of float32, shape (2, H, W)
        Usual deviation at the fine and at the wide scale.
    skin : ndarray of float32, shape (2, 3)
        Logarithmic colour of the speaker's skin, and its spread.
    skin_limit : ndarray of float32, shape (P,)
        Distance to the skin's colour from which a pixel is not skin.
    """

    alignment: Alignment
    region: NDArray[np.bool_]
    appearance: Appearance
    usual: F32
    skin: F32
    skin_limit: F32


def sample_frames(usable: NDArray[np.bool_], count: int = SAMPLE) -> NDArray[np.int64]:
    """Choose frames to learn from: usable ones, spread evenly.

    Parameters
    ----------
    usable : ndarray of bool, shape (T,)
    count : int
        At most so many.

    Returns
    -------
    ndarray of int64, shape (n,)
        Ascending.
    """
    frames = np.flatnonzero(usable)
    places = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    return np.asarray(frames[places], np.int64)


def learn_face(pictures: U8, landmarks: NDArray[np.floating], space: RectifiedGrid) -> FaceModel:
    """Learn a speaker's unoccluded lower face from the majority of frames.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, H, W, 3)
        From `covers.reduce_texture`, of the frames that `sample_frames` chose.
    landmarks : ndarray, shape (n, 68, 2)
        Rectified.
    space : RectifiedGrid
        From `covers.analysis_grid`.

    Returns
    -------
    FaceModel
    """
    alignment = Alignment.of(landmarks, space)
    region = _region(np.median(landmarks, axis=0), space)
    x, y = space.grid()
    inside = (x[region], y[region])
    moved = [
        to_common(picture, alignment.field(points))
        for picture, points in zip(pictures, landmarks, strict=True)
    ]
    colours = np.stack([log_colour(picture[region]) for picture in moved])
    colours = colours[typical_frames(colours, *inside)]
    appearance = learn_appearance(colours, *inside)
    deviations, lights = appearance.explain(colours)

    gathered = np.stack([_gather(deviation, region, space) for deviation in deviations])
    # The upper quartile is not moved by something that covers a pixel in some of the frames.
    usual = 1.35 * np.percentile(gathered, 75, axis=0)
    usual = np.maximum(usual, np.array([1.2, 0.8])[:, None, None]).astype(np.float32)
    usual[:, _mouth_and_nostrils(alignment)] *= LIP_ALLOWANCE
    around = np.ones((5, 5), np.uint8)
    usual = np.stack([cv2.dilate(plane, around) for plane in usual])

    skin, limit = _learn_skin(colours - lights, *inside)
    return FaceModel(alignment, region, appearance, usual, skin, limit)


def occlusion_maps(model: FaceModel, pictures: U8, landmarks: NDArray[np.floating]) -> U8:
    """Tell which pixels of frames are not the speaker's bare face.

    Parameters
    ----------
    model : FaceModel
    pictures : ndarray of uint8, shape (n, H, W, 3)
        From `covers.reduce_texture`.
    landmarks : ndarray, shape (n, 68, 2)
        Rectified.

    Returns
    -------
    ndarray of uint8, shape (n, H, W)
        0 on the bare face and where nothing is known (off the face); 128 to 255, the surer the
        larger, where something else is seen.
    """
    space, region = model.alignment.space, model.region
    fields = [model.alignment.field(points) for points in landmarks]
    moved = [to_common(*pair)[region] for pair in zip(pictures, fields, strict=True)]
    colours = log_colour(np.stack(moved))
    deviations, lights = model.appearance.explain(colours)
    beyond = _skin_distance(colours - lights, model.skin) / model.skin_limit - 1
    # Steep, as there is no middle ground: what is nearly skin does not spread the cover.
    beyond = np.clip(1 + 3 * beyond, 0, 2)
    need_not_be_skin = _mouth_and_nostrils(model.alignment)
    maps = np.empty((len(fields), *region.shape), np.uint8)
    for found, field, deviation, outside in zip(maps, fields, deviations, beyond, strict=True):
        fine, wide = _gather(deviation, region, space)
        score = np.maximum(
            fine / (FINE_LIMIT * model.usual[0]), wide / (WIDE_LIMIT * model.usual[1])
        )
        foreign = np.zeros_like(score)
        foreign[region] = outside
        foreign[need_not_be_skin] = 0
        foreign = cv2.GaussianBlur(foreign, (0, 0), FINE * space.resolution)
        score = np.where(region, np.maximum(score, foreign), 0).astype(np.float32)
        found[:] = clean_mask(from_common(score, field), space)
    return maps


def facing(space: RectifiedGrid, pose: HeadPose) -> F32:
    """How well the camera sees the surface of the face.

    Parameters
    ----------
    space : RectifiedGrid
    pose : HeadPose
        Of one frame.

    Returns
    -------
    ndarray of float32, shape (H, W)
        1 where the surface faces the camera, down to 0 where it is seen edge-on or not at all.
    """
    by_x, by_y = surface_slope(*space.grid())
    right, down = pose.axes()[0]
    away = np.cross(right, down)
    # The outward normal is (by_x, by_y, -1), and points to the camera against `away`.
    cosine = (away[2] - by_x * away[0] - by_y * away[1]) / np.sqrt(1 + by_x**2 + by_y**2)
    least, full = np.cos(NO_FACING), np.cos(FULL_FACING)
    return np.asarray(np.clip((cosine - least) / (full - least), 0, 1), np.float32)


def _region(landmarks: NDArray[np.floating], space: RectifiedGrid) -> NDArray[np.bool_]:
    jaw = np.concatenate([landmarks[JAW], [[1.0, 0.2], [-1.0, 0.2]]])
    centre = generic_head()[MOUTH, :2].mean(axis=0)
    return polygon(centre + (jaw - centre) * (1 - _INSET), space)


def _mouth_and_nostrils(alignment: Alignment) -> NDArray[np.bool_]:
    """Mark what need not be skin, with some room."""
    space, knots = alignment.space, alignment.knots
    own = polygon(knots[LIPS], space)
    x, y = space.grid()
    nose = knots[NOSTRILS]
    own |= (np.abs(x - nose[:, 0].mean()) < 0.35) & (y < nose[:, 1].max() + 0.08)
    return np.asarray(cv2.dilate(own.astype(np.uint8), disc(0.08 * space.resolution)) > 0)


def _learn_skin(lit: F32, x: NDArray[np.floating], y: NDArray[np.floating]) -> tuple[F32, F32]:
    """Colour of the skin, and each pixel's distance from it that is too much."""
    # Between eyes and mouth, beside the nostrils.
    cheeks = (np.abs(x) < 0.6) & (y > 0.4) & (y < 0.85) & ((np.abs(x) > 0.3) | (y < 0.55))
    sample = lit[:, cheeks].reshape(-1, 3)
    centre = np.median(sample, axis=0)
    spread = np.hypot(robust_deviation(sample - centre), _SKIN_FLOOR)
    skin = np.stack([centre, spread]).astype(np.float32)
    # What is never skin, such as a beard, belongs to this face.
    usual = np.median([_skin_distance(colour, skin) for colour in lit], axis=0)
    limit = np.maximum(_SKIN_LIMIT, usual + _SKIN_MARGIN)
    side = np.abs(x) > _SIDE
    limit[side] = np.minimum(limit[side], _SIDE_LIMIT)
    return skin, limit.astype(np.float32)


def _skin_distance(colour: F32, skin: F32) -> F32:
    scaled = (colour - skin[0]) / skin[1]
    return np.asarray(np.sqrt((scaled**2).sum(axis=-1)))


def _gather(deviation: F32, region: NDArray[np.bool_], space: RectifiedGrid) -> F32:
    """Root mean square deviation around each pixel, at both scales, shape (2, H, W)."""
    planes = np.zeros((*region.shape, 3), np.float32)
    planes[region, 0] = deviation
    planes[region, 1] = np.minimum(deviation, _WIDE_MOST)
    planes[region, 2] = 1
    means = []
    for plane, scale in ((0, FINE), (1, WIDE)):
        blurred = cv2.GaussianBlur(planes[..., [plane, 2]], (0, 0), scale * space.resolution)
        means.append(blurred[..., 0] / np.maximum(blurred[..., 1], 0.1))
    fine, wide = means
    # A mean bleeds over edges, a median does not: on bare skin beside a hand most pixels are fine.
    own = np.where(region, planes[..., 0], wide)
    wide = np.minimum(wide, _WIDE_OVER_MEDIAN * cv2.medianBlur(own, 5))
    return np.asarray(np.sqrt(np.stack([fine, wide])) * region, np.float32)
