"""What a picture shows, in a few signs for each cell, by which a mark belongs to its picture.

A mark that does not depend on what it lies on can be copied: whoever averages it out of one video
and lays it onto another has forged it (Kutter, Voloshynovskiy and Herrigel 2000). So a third of the
frequencies that carry the code word are dealt to groups, and each group of a cell is turned by the
sign of a keyed projection of what the cell shows, block by block: of light and shade, which live
through compression, and which another picture has in other places. If all were turned, a crop,
which cuts cells, would cost half of the readings.
"""

from __future__ import annotations

import hashlib
from functools import cache

import cv2
import numpy as np

from .._typing import F32, F64, I64, U8
from .pattern import GROUPS, TILE
from .place import cells
from .residual import reduced

BLOCK = 32
"""Side of the blocks, in the pixels that a mark is defined in. With 16, heads that move turn more
signs; with 64, other pictures have more of them in common."""

OFFSET = 1.0
"""Levels that a projection is off zero where there is nothing to be seen."""

SURE = 2.0
"""Levels from which on a detector is sure of a sign, and an embedder turns one that was there
before. A detector weighs by less what is below."""

BAR = 24
"""Rows and columns at the edge with nothing brighter are bars beside the picture."""

EVERY = 10
"""An embedder looks at one frame of so many."""

_REMEMBERED = 0.2
"""Weight of a frame that it looks at in the mean of what it saw: about the last two seconds."""

_CUT = 16.0
"""Mean change in levels from which on another shot has begun."""


def projections(picture: F32, key: bytes, down: int = 0, across: int = 0) -> F64:
    """Project what each cell of a picture shows.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W)
        Luma, in the pixels that a mark is defined in.
    key : bytes
    down, across : int
        Where some cell begins.

    Returns
    -------
    ndarray of float64, shape (R, C, 8)
        In levels; R and C as `watermark.place.cells` cuts it. Zero where nothing of a cell is seen.
    """
    seen = _without_bars(picture)
    there = _block_means(cells(seen, down, across))
    share = _block_means(cells(np.asarray(seen > 0, np.float32), down, across))
    inside = share >= 0.5
    count = inside.sum(axis=(2, 3))
    means = np.where(inside, there / np.maximum(share, 0.5), 0.0)
    level = means.sum(axis=(2, 3)) / np.maximum(count, 1)
    uneven = np.where(inside, means - level[..., None, None], 0.0)
    weights, offsets = _projection(key)
    found = np.einsum("rcij,kij->rck", uneven, weights) / np.sqrt(np.maximum(count, 1))[..., None]
    return np.where(count[..., None] > 0, found + offsets, 0.0)


def sureness(projected: F64) -> F64:
    """Give the signs of projections, as far as they are sure [shape=(R, C, 8), -1 to 1]."""
    return np.clip(projected / SURE, -1.0, 1.0)


class Content:
    """The signs of a video that is being marked: of what it showed in the last two seconds.

    Parameters
    ----------
    key : bytes
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0
        self._mean: F32 | None = None
        self._signs: I64 | None = None

    def see(self, luma: U8) -> I64 | None:
        """Take in a frame.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)
            The same size each time, without the mark.

        Returns
        -------
        ndarray of int64, shape (R, C, 8), or None
            1 or -1; None where they are what they were before.
        """
        self._count += 1
        if self._count % EVERY != 1:
            return None
        picture = reduced(luma)
        if self._mean is None or float(np.abs(picture - self._mean).mean()) > _CUT:
            self._mean, self._count = picture, 1
        else:
            share = max(_REMEMBERED, EVERY / (self._count + EVERY - 1))
            self._mean = np.asarray(self._mean + share * (picture - self._mean), np.float32)
        projected = projections(self._mean, self._key)
        turned: I64 = np.where(projected >= 0, 1, -1)
        if self._signs is not None and self._count > 1:
            turned = np.where(np.abs(projected) < SURE, self._signs, turned)
        if self._signs is not None and np.array_equal(turned, self._signs):
            return None
        self._signs = turned
        return turned


@cache
def _projection(key: bytes) -> tuple[F64, F64]:
    """Draw weights of variance 1 for the blocks of a cell, and what is added, for each group."""
    side = TILE // BLOCK
    count = GROUPS * side**2
    drawn = np.frombuffer(
        hashlib.shake_256(b"audio2video mark 1 content" + key).digest(8 * (count + GROUPS)), "<u8"
    )
    even = drawn / 2.0**63 - 1.0
    weights = np.sqrt(3.0) * even[:count].reshape(GROUPS, side, side)
    return weights, np.where(even[count:] < 0, -OFFSET, OFFSET)


def _block_means(cut: F32) -> F64:
    """Give the mean of each block of cells [shape=(R, C, 4, 4)]."""
    rows, columns = cut.shape[:2]
    side = TILE // BLOCK
    blocks = cut.reshape(rows, columns, side, BLOCK, side, BLOCK)
    return np.asarray(blocks.mean(axis=(3, 5), dtype=np.float64))


def _without_bars(picture: F32) -> F32:
    """Give zero for dark bars beside a picture, and no zero elsewhere."""
    bright = cv2.GaussianBlur(picture, (0, 0), 1.0) > BAR
    seen = np.zeros_like(picture)
    if bright.any():
        rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        seen[part] = np.maximum(picture[part], 1.0)
    return seen
