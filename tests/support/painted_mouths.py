"""Painted mouths whose teeth are known row by row."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP, MOUTH, OUTER_LIP
from audio2video.face.rectify import RectifiedGrid
from audio2video.texture.teeth import mouth_interior

SPACE = RectifiedGrid.lower_face(80.0)
SKIN, LIP, DARK, TONGUE = (205, 160, 140), (195, 108, 105), (55, 24, 26), (165, 80, 82)
TOOTH = np.array([216, 206, 190])


def opened(opening: float) -> NDArray[np.float64]:
    mouth = generic_head()[MOUTH, :2].copy()
    mouth[list(LOWER_INNER_LIP), 1] = mouth[[13, 14, 15], 1] + opening
    mouth[7:12, 1] += opening
    return np.asarray(mouth)


def rows_of(mouth: NDArray[np.float64]) -> tuple[int, int]:
    """First row of the mouth opening and the row behind its last one."""
    rows = np.flatnonzero(mouth_interior(mouth, SPACE).sum(axis=1) > 0.5)
    return int(rows[0]), int(rows[-1]) + 1


def painted(
    mouth: NDArray[np.float64],
    upper: int = 0,
    lower: int = 0,
    behind: tuple[int, ...] = DARK,
    stripes: float = 0.0,
) -> NDArray[np.uint8]:
    """A face with so many rows of upper and of lower teeth; stripes part the single teeth."""
    face = np.full((SPACE.height, SPACE.width, 3), SKIN, np.uint8)
    lips = np.round(SPACE.to_pixels(mouth[OUTER_LIP]) * 16).astype(np.int32)
    cv2.fillPoly(face, [lips], LIP, cv2.LINE_AA, 4)
    top, bottom = rows_of(mouth)
    row, column = np.indices(face.shape[:2])
    inside = np.where(
        ((row < top + upper) | (row >= bottom - lower))[..., None],
        TOOTH - stripes * (1 + np.cos(column * 2 * np.pi / 7))[..., None] / 2,
        behind,
    )
    cover = mouth_interior(mouth, SPACE)[..., None]
    return np.asarray(np.round(face * (1 - cover) + inside * cover), np.uint8)
