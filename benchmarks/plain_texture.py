"""Choice of candidates, and a whole texture, in plain NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audio2video.texture.candidates import (
    WEIGHT_UNIT,
    Candidates,
    FrameFeatures,
    choose_candidates,
    merge_candidates,
)
from audio2video.texture.detail import sharpen
from audio2video.texture.enhance import enhance_teeth
from audio2video.texture.synthesis import OPENING_BORDER, TEMPORAL_WEIGHTS, TextureMaker, lip_cover
from audio2video.texture.teeth import mouth_interior
from audio2video.texture.warp import coarse_grid, displacement_grids

from . import plain

HALVINGS = 80


def choose(
    features: NDArray[np.float64], wanted: NDArray[np.float64], count: int, alpha: float
) -> Candidates:
    """Choose the nearest frames by sorting all; the width of their weights by bisection.

    Parameters
    ----------
    features : ndarray of float64, shape (U, F)
    wanted : ndarray of float64, shape (F,)
    count : int
        Fewer than U.
    alpha : float

    Returns
    -------
    Candidates
        Rows of `features`.
    """
    distance = ((features - wanted) ** 2).sum(axis=1)
    order = np.argsort(distance, kind="stable")
    apart = distance[order] - distance[order[0]]
    narrow, wide = 0.0, float(apart[-1])
    for _ in range(HALVINGS):
        width = (narrow + wide) / 2
        weights = np.exp(-apart / width)
        if weights[:count].sum() > alpha * weights.sum():
            narrow = width
        else:
            wide = width
    weights = np.exp(-apart[:count] / wide)
    whole = np.round(weights / weights.sum() * WEIGHT_UNIT).astype(np.int64)
    return Candidates(order[:count][whole > 0], whole[whole > 0])


def choice_agrees(found: list[Candidates], twin: list[Candidates]) -> tuple[bool, str]:
    """Compare two lists of choices: the same frames; weights that differ by rounding only."""
    ok = all(np.array_equal(a.frames, b.frames) for a, b in zip(found, twin, strict=True))
    if not ok:
        return False, "other frames"
    apart = max(int(np.abs(a.weights - b.weights).max()) for a, b in zip(found, twin, strict=True))
    return apart <= 1, f"same frames, weights to {apart} of {WEIGHT_UNIT}"


def make_texture(
    maker: TextureMaker, wanted: FrameFeatures, region: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Make a texture with every part of it computed over all of it.

    The twin of `TextureMaker.make` for three moments.

    Parameters
    ----------
    maker : TextureMaker
    wanted : FrameFeatures
        Of the frame before, of the one that is asked for, and of the one after it.
    region : ndarray of bool, shape (H, W)
        Pixels to compute.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    g, r = maker.gallery, maker.recipe
    shape = wanted.mouths[1]
    chosen = merge_candidates(
        [
            choose_candidates(
                g.looks.distance(wanted[k], r.pose_weight, r.light_weight),
                *(g.usable, r.candidates, r.alpha),
            )
            for k in range(len(TEMPORAL_WEIGHTS))
        ],
        TEMPORAL_WEIGHTS,
    )
    grids = displacement_grids(
        shape, g.looks.mouths[chosen.frames], coarse_grid(g.space), g.space.resolution
    )
    texture = plain.weighted_median(g.textures, chosen.frames, chosen.weights, grids, region)
    few = slice(0, r.lip_candidates)
    if r.lip_candidates < len(chosen.frames):
        crisp = plain.weighted_median(
            g.textures, chosen.frames[few], chosen.weights[few], grids[few], region
        )
        cover = lip_cover(shape, g.space)[..., None]
        texture = np.round(texture + cover * (crisp.astype(np.float32) - texture)).astype(np.uint8)
    opening = mouth_interior(shape, g.space, OPENING_BORDER)
    texture = sharpen(texture, r.detail + (r.opening_detail - r.detail) * opening)
    return enhance_teeth(texture, shape, g.space, r.upper, r.lower)
