"""A mouth's inside of neutral shape, for a target that never shows its own.

Where a face never opens its mouth, candidates hold lips alone, and warping them to an open shape
stretches the lips over the opening. Painted over that: a dark cavity, the edge of the upper teeth
and a tongue, without detail, in colours measured on the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, F64, U8
from ..face.layout import INNER_LIP, MOUTH_CORNERS, OUTER_LIP, mouth_opening, mouth_width
from ..face.rectify import RectifiedGrid
from ..numerics import smoothstep
from .teeth import mouth_interior
from .window import part_of, window_around

SHOWN = 0.25
"""Share of the wanted opening that a target must show to be its own model."""

QUANTILE = 0.95
"""Quantile of an opening over time that counts as its largest."""

TEETH = 0.05
"""How far the upper teeth reach below the line where the lips meet, in inter-ocular distances."""

TONGUE = 0.10
"""How far the tongue reaches above the lower lip, in the same unit."""

EDGE = 0.012
"""Softness of the borders inside the mouth, in the same unit."""

SHADOW = 0.035
"""Depth of the upper lip's shadow, in the same unit."""

CAVITY, TEETH_LIGHT, TONGUE_LIGHT = 0.22, 0.85, 0.55
"""Brightness of the cavity and the tongue beside the lips', and of the teeth beside the skin's."""

TOOTH_TINT = (1.0, 0.97, 0.91)
"""Colour of teeth in white light."""


@dataclass(frozen=True)
class GenericMouth:
    """Colours and place of a painted mouth interior.

    Parameters
    ----------
    cavity, teeth, tongue : ndarray of float32, shape (3,)
        RGB, 0 to 255.
    lip_line : float
        Where the closed lips meet, rectified y in inter-ocular distances.
    """

    cavity: F32
    teeth: F32
    tongue: F32
    lip_line: float


def never_opens(
    own: NDArray[np.floating], wanted: NDArray[np.floating], closed: NDArray[np.floating]
) -> bool:
    """Tell whether a target hardly opens its mouth beside what it is asked to.

    Parameters
    ----------
    own : ndarray, shape (T, 20, 2)
        Mouths that the target shows, T at least 1.
    wanted : ndarray, shape (N, 20, 2)
        Mouths it is asked for, N at least 1.
    closed : ndarray, shape (20, 2)
        Its closed mouth.
    """
    shown, asked = (
        float(np.quantile(mouth_opening(shapes) - mouth_opening(closed), QUANTILE))
        for shapes in (own, wanted)
    )
    return shown < SHOWN * asked


def generic_mouth(
    textures: NDArray[np.uint8], mouths: NDArray[np.floating], space: RectifiedGrid
) -> GenericMouth:
    """Measure the colours of a generic mouth on a face with closed lips.

    Parameters
    ----------
    textures : ndarray of uint8, shape (K, H, W, 3)
        Some textures of the target, K at least 1.
    mouths : ndarray, shape (K, 20, 2)
        Their mouths.
    space : RectifiedGrid
    """
    lips, skin = [], []
    for texture, mouth in zip(textures, mouths, strict=True):
        outline = space.to_pixels(mouth[OUTER_LIP])
        low = np.floor(outline.min(axis=0)).astype(int)
        high = np.ceil(outline.max(axis=0)).astype(int)
        # Lips: the middle of their box. Skin: beside the mouth, as far as it is wide.
        x, y = (low + high) // 2
        across, down = (high - low) // 6
        lips.append(_median(texture, (x - across, y - down, x + across, y + down)))
        beside = high[0] + 2 * across
        skin.append(_median(texture, (beside - across, y - down, beside + across, y + down)))
    lip, cheek = np.median(lips, axis=0), np.median(skin, axis=0)
    bright = float(cheek @ np.array([0.299, 0.587, 0.114]))
    # The light's colour shows in the skin, which is redder than it: little of that is taken over.
    tint = np.array(TOOTH_TINT) * (cheek / max(bright, 1.0)) ** 0.25
    meeting = float(np.median(mouths[:, INNER_LIP, 1]))
    return GenericMouth(
        np.asarray(CAVITY * lip, np.float32),
        np.asarray(np.clip(TEETH_LIGHT * bright * tint, 0, 255), np.float32),
        np.asarray(TONGUE_LIGHT * lip, np.float32),
        meeting,
    )


def paint_mouth(
    texture: U8, mouth: NDArray[np.floating], space: RectifiedGrid, paint: GenericMouth
) -> U8:
    """Paint the inside of a mouth into a texture.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    mouth : ndarray, shape (20, 2)
        Rectified.
    space : RectifiedGrid
    paint : GenericMouth

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        A new texture; nothing changes outside the inner lips but for a soft border.
    """
    window = window_around(mouth, 4.0, space)
    part = part_of(space, window)
    cover = mouth_interior(mouth, part, EDGE)[..., None]
    if not cover.any():
        return texture
    x, y = part.grid()
    upper = np.interp(x, mouth[12:17, 0], mouth[12:17, 1])
    lower = np.interp(x, mouth[[12, 19, 18, 17, 16], 0], mouth[[12, 19, 18, 17, 16], 1])
    half = max(float(mouth_width(mouth)) / 2, 1e-3)
    aside = np.clip(np.abs(x - mouth[list(MOUTH_CORNERS), 0].mean()) / half, 0, 1)
    colour: F64 = np.broadcast_to(paint.cavity.astype(np.float64), (*x.shape, 3))
    colour = _over(
        colour, paint.tongue * _share(1 - 0.5 * aside), _ramp(y - (lower - TONGUE), TONGUE)
    )
    # Teeth stand still in the skull; their row bends away from the light towards the corners.
    edge = paint.lip_line + TEETH * (1 - aside**2)
    teeth = paint.teeth * _share(1 - 0.7 * aside**2)
    colour = _over(colour, teeth, _ramp(edge - y, 3 * EDGE))
    colour = colour * _share(0.45 + 0.55 * _ramp(y - upper, SHADOW))
    result = np.array(texture)
    below = texture[window].astype(np.float32)
    result[window] = np.round(below + cover * (colour - below))
    return result


def _ramp(distance: F64, width: float) -> F64:
    return smoothstep(distance / width)


def _share(values: F64) -> F64:
    return values[..., None]


def _over(below: NDArray[np.floating], colour: NDArray[np.floating], cover: F64) -> F64:
    return np.asarray(below + cover[..., None] * (colour - below), np.float64)


def _median(texture: U8, box: tuple[int, int, int, int]) -> F64:
    """Median colour of a part of a texture, as much of it as lies inside."""
    height, width = texture.shape[:2]
    x0, x1 = (int(np.clip(x, 0, width - 1)) for x in (box[0], box[2]))
    y0, y1 = (int(np.clip(y, 0, height - 1)) for y in (box[1], box[3]))
    part = texture[y0 : y1 + 1, x0 : x1 + 1]
    return np.asarray(np.median(part.reshape(-1, 3), axis=0), np.float64)
