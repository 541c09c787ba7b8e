"""Finding where a mark lies in a picture: by its template, at any scale and shift."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .._typing import F32
from .pattern import TILE, Layout, band
from .residual import Seen

SMALLEST, LARGEST, STEP = 0.45, 1.7, 0.007
"""Scales that are tried: the size of the mark against that in an uncropped picture. An upright
video between bars in a wide one is at 0.56. Between two of them, it is off by a quarter of the
shortest period at the edge of a picture."""

_POWER = 0.3
"""Magnitudes are brought near to each other by this power; phases alone would be the matching of
Kalker et al. (1999). It found most in four videos after strong compression."""

_TINY = 1e-9

_NEARBY = np.arange(-1.0, 1.01, 0.25)

Spectrum = NDArray[np.complexfloating]


@dataclass(frozen=True)
class Place:
    """Where a template fits best.

    Parameters
    ----------
    score : float
        Correlation with the template, in standard deviations of what chance gives.
    tries : int
        Places, scales and keys that were tried.
    key : int
        Which of the keys.
    scale : float
        Size of the mark against that in an uncropped picture.
    down, across : float
        Where a tile begins in the picture at that scale.
    mirrored : bool
    """

    score: float
    tries: int
    key: int
    scale: float
    down: float
    across: float
    mirrored: bool


def best_place(seen: Seen, plans: list[Layout]) -> Place:
    """Look for the template of any of the keys, at any scale and shift, mirrored or not.

    Parameters
    ----------
    seen : Seen
    plans : list of Layout
        Of the keys, at least one.
    """
    masks = _templates(plans)
    places = masks != 0
    steps = np.arange(math.floor(math.log(SMALLEST) / STEP), math.log(LARGEST) / STEP)
    best, found = -math.inf, (0, 0, 0, 1.0, False)
    for mirrored in (False, True):
        residual = seen.turned(mirrored=mirrored).residual
        for scale in np.exp(STEP * steps).tolist():
            spectrum = evened(scipy.fft.rfft2(fold(residual, scale)))
            squared = np.abs(spectrum) ** 2
            there = scipy.fft.irfft2(masks * spectrum, (TILE, TILE)) * (TILE**2 / 2)
            there /= np.sqrt((squared * places).sum(axis=(1, 2), keepdims=True) / 2 + _TINY)
            top = int(there.argmax())
            if there.flat[top] > best:
                best = float(there.flat[top])
                key, y, x = (int(n) for n in np.unravel_index(top, there.shape))
                found = key, y, x, scale, mirrored
    key, y, x, scale, mirrored = found
    tries = 2 * len(steps) * len(plans) * TILE**2
    return _refined(seen, plans, Place(best, tries, key, scale, y, x, mirrored))


def drawn_at(residual: F32, scale: float) -> F32:
    """Resize a picture so that a mark of that scale is as large in it as its tile."""
    height, width = residual.shape
    size = round(width / scale), round(height / scale)
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    drawn = cv2.resize(np.ascontiguousarray(residual), size, interpolation=how)
    return np.asarray(drawn, np.float32)


def cells(drawn: F32, down: int = 0, across: int = 0) -> F32:
    """Cut a picture into tiles, the first of which begins at or before its corner.

    Parameters
    ----------
    drawn : ndarray of float32, shape (H, W)
    down, across : int
        Where some tile begins.

    Returns
    -------
    ndarray of float32, shape (R, C, 128, 128)
        Zero beyond the picture.
    """
    top, left = -down % TILE, -across % TILE
    rows, columns = -(-(drawn.shape[0] + top) // TILE), -(-(drawn.shape[1] + left) // TILE)
    whole = np.zeros((rows * TILE, columns * TILE), np.float32)
    whole[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return np.asarray(whole.reshape(rows, TILE, columns, TILE).swapaxes(1, 2))


def fold(residual: F32, scale: float) -> F32:
    """Lay all tiles of a picture over each other.

    Parameters
    ----------
    residual : ndarray of float32, shape (H, W)
    scale : float
        Size of the mark in it.

    Returns
    -------
    ndarray of float32, shape (128, 128)
    """
    return np.asarray(cells(drawn_at(residual, scale)).sum(axis=(0, 1)))


def evened(spectrum: Spectrum) -> Spectrum:
    """Bring the magnitudes of a spectrum near to each other."""
    return np.asarray(spectrum * (np.abs(spectrum) + _TINY) ** (_POWER - 1))


def moved_back(down: float, across: float) -> Spectrum:
    """Give the factors that move what begins at a place to the corner, for each of the band."""
    rows, columns = band()
    rows = np.where(rows < TILE // 2, rows, rows - TILE)
    return np.asarray(np.exp(2j * np.pi / TILE * (rows * down + columns * across)))


def _templates(plans: list[Layout]) -> Spectrum:
    masks = np.zeros((len(plans), TILE, TILE // 2 + 1), np.complex64)
    rows, columns = band()
    for mask, plan in zip(masks, plans, strict=True):
        at = rows[plan.template], columns[plan.template]
        mask[at] = np.exp(-1j * plan.phases[plan.template])
    return masks


def _refined(seen: Seen, plans: list[Layout], place: Place) -> Place:
    """Try places a little beside one; the score stays that of the search."""
    rows, columns = band()
    plan, residual = plans[place.key], seen.turned(mirrored=place.mirrored).residual
    best, found = -math.inf, (place.scale, place.down, place.across)
    for scale in (place.scale * np.exp(np.linspace(-STEP, STEP, 5))).tolist():
        phases = evened(scipy.fft.rfft2(fold(residual, scale)))[rows, columns]
        phases = phases * np.exp(-1j * plan.phases)
        for y in (place.down + _NEARBY).tolist():
            for x in (place.across + _NEARBY).tolist():
                agreement = (phases * moved_back(y, x)).real[plan.template]
                score = float(agreement.sum())
                if score > best:
                    best, found = score, (scale, y, x)
    scale, down, across = found
    return Place(place.score, place.tries, place.key, scale, down, across, place.mirrored)
