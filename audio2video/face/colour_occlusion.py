"""Things of another colour than skin in front of the face that are not always in one place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8, Mask
from .appearance import log_colour
from .bare_lips import LEAST_RED
from .head import generic_head
from .layout import JAW, MOUTH, OUTER_LIP
from .occlusion import disc, polygon
from .rectify import RectifiedGrid

CHEEKS = (0.25, 0.6, 0.4, 0.75)
"""Where skin is looked at: least and largest |x| and y, in inter-ocular distances."""

GRAY = 0.2
"""Share of the skin's redness up to which something is gray, and no highlight on skin."""

MIDDLE = 0.45
"""Largest |x| of what is looked at, in inter-ocular distances: beside a turned face, the background
is seen."""

COLD = -0.04
"""Logarithm of red over green below which nothing of a face is: it is green or blue."""

BELOW_NOSE = 0.85
"""Least y of what is looked at, in inter-ocular distances: nostrils are dark."""

INSET, LIP_ROOM = 0.35, 0.06
"""How far inside the jaw line, as a share of the way to the mouth, and how far from the lips, in
inter-ocular distances, colours are looked at."""

SOMETIMES = 0.1
"""Share of the frames in which a place must be seen as skin for something else there to be in front
of it: a beard always stays."""

MOSTLY = 0.5
"""Share of a thing that must lie in such places."""

LEAST_AREA, LEAST_COLD = 0.04, 0.012
"""Square inter-ocular distances; a smaller thing is a shadow, or noise. Nothing of a face is green
or blue, so that of this less is enough, such as a straw."""

OFTEN = 0.33
"""Share of the frames in which something must be in front: what is there less often is told by the
face's own looks, see `visibility`."""


def redness(pictures: U8, space: RectifiedGrid) -> F32:
    """Measure how red frames are below the nose.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, H, W, 3)
        Rectified lower faces.
    space : RectifiedGrid

    Returns
    -------
    ndarray of float32, shape (n, H, W)
        The logarithm of red over green, 1 being that of this frame's cheeks; 1 above, and where
        nothing is known; below 0 only for what is green or blue.
    """
    x, y = space.grid()
    away = np.abs(x)
    near, far, top, bottom = CHEEKS
    cheeks = (away > near) & (away < far) & (y > top) & (y < bottom)
    red = np.ones(pictures.shape[:3], np.float32)
    for plane, picture in zip(red, pictures, strict=True):
        colours = log_colour(picture)[..., 1]
        skin = float(np.median(colours[cheeks]))
        if skin >= LEAST_RED:
            # Between skin and what is green lies gray, which may be a beard.
            value = np.where(colours < COLD, colours, np.maximum(colours, 0)) / skin
            plane[y > BELOW_NOSE] = value[y > BELOW_NOSE]
    return red


def certain_face(landmarks: NDArray[np.floating], space: RectifiedGrid) -> Mask:
    """Mark what surely is skin if it is bare: no background, no lips, nothing between them.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        Rectified.
    space : RectifiedGrid

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    centre = generic_head()[MOUTH, :2].mean(axis=0)
    inner = polygon(centre + (landmarks[JAW] - centre) * (1 - INSET), space)
    lips = polygon(landmarks[MOUTH][OUTER_LIP], space).astype(np.uint8)
    around = cv2.dilate(lips, disc(LIP_ROOM * space.resolution)) > 0
    return np.asarray(inner & ~around & (np.abs(space.grid()[0]) < MIDDLE))


def colour_occlusions(
    red: F32, landmarks: NDArray[np.floating], bare: NDArray[np.bool_], space: RectifiedGrid
) -> U8:
    """Tell what is in front of the face by its colour.

    Parameters
    ----------
    red : ndarray of float32, shape (n, H, W)
        From `redness`.
    landmarks : ndarray, shape (n, 68, 2)
        Rectified.
    bare : ndarray of bool, shape (n,)
        Frames by which is told where skin is seen.
    space : RectifiedGrid

    Returns
    -------
    ndarray of uint8, shape (n, H, W)
        0, or 255 where something is in front; 0 throughout if that is so less than `OFTEN`.
    """
    odd = red < GRAY
    maps = np.zeros(odd.shape, np.uint8)
    if not (bare.any() and odd.any(axis=(1, 2)).mean() >= OFTEN):
        return maps
    inner = np.stack([certain_face(points, space) for points in landmarks])
    sometimes: Mask = (~(odd & inner)[bare]).mean(axis=0) >= SOMETIMES
    for found, own, values, face in zip(maps, odd, red, inner, strict=True):
        seeds = _certain(own & face, values, sometimes, space)
        if seeds.any():
            # It goes on beyond what surely is face.
            _, parts = cv2.connectedComponents(own.astype(np.uint8))
            found[np.isin(parts, np.unique(parts[seeds]))] = 255
    often = maps.any(axis=(1, 2)).mean() >= OFTEN
    return maps if often else np.zeros_like(maps)


def _certain(own: Mask, values: F32, sometimes: Mask, space: RectifiedGrid) -> Mask:
    """Mark the things among what is not red that can't belong to the face."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(own.astype(np.uint8))
    area, cold = stats[:, cv2.CC_STAT_AREA], (values < 0) & own
    told, colds = (
        np.bincount(parts[which], minlength=count) / area
        for which in ((sometimes & own) | cold, cold)
    )
    least = np.where(colds >= MOSTLY, LEAST_COLD, LEAST_AREA) * space.resolution**2
    kept = (told >= MOSTLY) & (area >= least)
    kept[0] = False
    return np.asarray(kept[parts])
