"""The texture of one output frame: candidates, warp, median, detail, teeth (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.covers import disc
from ..face.layout import OUTER_LIP
from ..face.rectify import FaceSpace
from .candidates import Candidates, Looks, choose_candidates, merge_candidates
from .detail import detail_gain, sharpen
from .enhance import enhance_teeth
from .median import weighted_median
from .teeth import TeethProxy, mouth_interior
from .warp import coarse_grid, displacement_grids

CALIBRATIONS = 16
"""Frames of the target that are rebuilt to learn how much detail the median loses."""

APART = 0.5
"""Seconds around a frame from which it is not rebuilt: its neighbours are nearly itself."""

OPENING_BORDER = 0.012
"""Softness of the border between lips and mouth opening, in inter-ocular distances."""

MOMENTS = (0.25, 0.5, 0.25)
"""What the candidates of the frame before, of the frame itself and of the one after count. Flicker
falls by a tenth, and rebuilt targets come a little nearer to the truth (up to 0.35 dB)."""

LIP_CANDIDATES = 8
LIP_MARGIN, LIP_FEATHER = 0.03, 0.02
"""How far beyond the lips, and how softly, the nearest candidates alone are seen, in inter-ocular
distances."""

MOUTH_MARGIN = 0.25
"""Surroundings of the lips in which detail is measured, in inter-ocular distances."""


@dataclass(frozen=True)
class Gallery:
    """A target's frames, as the synthesis sees them.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
        Rectified; may be memory-mapped.
    looks : Looks
        Of T frames.
    jaws : ndarray, shape (T, 17, 2)
        Rectified jaw lines.
    usable : ndarray of int, shape (U,)
        Frames that may be candidates.
    space : FaceSpace
    rate : float
        Frames per second.
    """

    textures: NDArray[np.uint8]
    looks: Looks
    jaws: NDArray[np.floating]
    usable: NDArray[np.integer]
    space: FaceSpace
    rate: float


@dataclass(frozen=True)
class Recipe:
    """How textures are made.

    Parameters
    ----------
    candidates : int
        So many for one texture, or all if there are fewer.
    alpha : float
        Share of all weight that they carry.
    pose_weight, light_weight : float
        What a squared radian of head turn, and a squared difference of brightness (full scale
        being 1), weigh beside a squared inter-ocular distance of mouth shape.
    detail, opening_detail : float
        Gain of fine detail, on skin and lips and in the mouth opening.
    lip_candidates : int
        The nearest so many make the lips and what is seen between them.
    equal : bool
        All candidates weigh the same: a baseline.
    upper, lower : TeethProxy or None
    """

    candidates: int
    alpha: float
    pose_weight: float
    light_weight: float
    detail: float = 0.0
    opening_detail: float = 0.0
    lip_candidates: int = LIP_CANDIDATES
    equal: bool = False
    upper: TeethProxy | None = None
    lower: TeethProxy | None = None


@dataclass(frozen=True, eq=False)
class TextureMaker:
    """Makes textures of one target.

    Parameters
    ----------
    gallery : Gallery
    recipe : Recipe
    """

    gallery: Gallery
    recipe: Recipe
    _grid: NDArray[np.float64] = field(init=False)
    _region: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        jaw = self.gallery.jaws[self.gallery.usable].mean(axis=0)
        object.__setattr__(self, "_grid", coarse_grid(self.gallery.space))
        object.__setattr__(self, "_region", visible_region(jaw, self.gallery.space))

    def make(
        self, wanted: Looks, allowed: NDArray[np.integer] | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Make a texture.

        Parameters
        ----------
        wanted : Looks
            The mouth that is asked for, on the head and in the light of the frame that it will be
            put onto. Of one frame, or of three: the one before and the one after then have a say in
            which candidates are taken (`MOMENTS`).
        allowed : ndarray of int, optional
            Frames to choose from, instead of all usable ones.

        Returns
        -------
        texture : ndarray of uint8, shape (H, W, 3)
        jaw : ndarray of float64, shape (17, 2)
            The jaw line that goes with it.
        """
        g, r = self.gallery, self.recipe
        usable = g.usable if allowed is None else allowed
        chosen = self._choose(wanted, usable)
        if r.equal:
            chosen = replace(chosen, weights=np.ones_like(chosen.weights))
        shape = wanted.mouths[len(wanted.mouths) // 2]
        grids = displacement_grids(
            shape, g.looks.mouths[chosen.frames], self._grid, g.space.resolution
        )
        texture = weighted_median(g.textures, chosen.frames, chosen.weights, grids, self._region)
        if r.lip_candidates < len(chosen.frames):
            texture = self._with_crisp_lips(texture, shape, chosen, grids)
        if r.detail > 0.0 or r.opening_detail > 0.0:
            opening = mouth_interior(shape, g.space, OPENING_BORDER)
            texture = sharpen(texture, r.detail + (r.opening_detail - r.detail) * opening)
        texture = enhance_teeth(texture, shape, g.space, r.upper, r.lower)
        return texture, np.average(g.jaws[chosen.frames], axis=0, weights=chosen.weights)

    def _with_crisp_lips(
        self,
        texture: NDArray[np.uint8],
        shape: NDArray[np.floating],
        chosen: Candidates,
        grids: NDArray[np.float32],
    ) -> NDArray[np.uint8]:
        """Make lips, teeth and tongue of the nearest candidates alone.

        Skin is the same in all of them; the shine of lips, and what is seen between them, is not,
        and the median of many would show none of it.
        """
        g, few = self.gallery, self.recipe.lip_candidates
        cover = lip_cover(shape, g.space)
        crisp = weighted_median(
            g.textures, chosen.frames[:few], chosen.weights[:few], grids[:few], cover > 0
        )
        mixed = texture + cover[..., None] * (crisp.astype(np.float32) - texture)
        return np.asarray(np.round(mixed), np.uint8)

    def _choose(self, wanted: Looks, usable: NDArray[np.integer]) -> Candidates:
        """Choose for each moment, and put the choices together."""
        looks, r = self.gallery.looks, self.recipe
        count = min(r.candidates, len(usable))
        choices = [
            choose_candidates(
                looks.distance(wanted[moment], r.pose_weight, r.light_weight),
                usable,
                count,
                r.alpha,
            )
            for moment in range(len(wanted.mouths))
        ]
        return choices[0] if len(choices) == 1 else merge_candidates(choices, MOMENTS)

    def calibrated(self) -> TextureMaker:
        """Give a maker whose textures are as sharp around the mouth as the target's own.

        Frames of the target are rebuilt from others and compared with themselves.
        """
        without = replace(self.recipe, detail=0.0, opening_detail=0.0, upper=None, lower=None)
        plain = replace(self, recipe=without)
        g = self.gallery
        picks = np.linspace(0, len(g.usable) - 1, min(CALIBRATIONS, len(g.usable)))
        skin, opening = [], []
        for frame in g.usable[np.unique(picks.astype(int))]:
            others = frames_apart(g.usable, int(frame), APART, g.rate)
            if len(others) == 0:
                continue
            texture, _ = plain.make(g.looks[moments(int(frame), len(g.textures))], others)
            mouth = g.looks.mouths[frame]
            around = _around_mouth(mouth, g.space)
            inside = mouth_interior(mouth, g.space)[around] > 0.5
            pair = texture[around], np.array(g.textures[frame][around])
            skin.append((*pair, ~inside))
            opening.append((*pair, inside))
        recipe = replace(
            self.recipe,
            detail=detail_gain(skin),
            opening_detail=detail_gain(opening),
        )
        return replace(self, recipe=recipe)


def moments(frame: int, frames: int) -> list[int]:
    """Give a frame between the one before and the one after it, where they are there."""
    return [max(frame - 1, 0), frame, min(frame + 1, frames - 1)]


def frames_apart(
    usable: NDArray[np.integer], frame: int, seconds: float, rate: float
) -> NDArray[np.integer]:
    """Those of the usable frames that are more than so many seconds from a frame."""
    return np.asarray(usable[np.abs(usable - frame) > seconds * rate])


def visible_region(jaw: NDArray[np.floating], space: FaceSpace) -> NDArray[np.bool_]:
    """Pixels that can come into view: inside a somewhat larger face than the speaker's.

    Parameters
    ----------
    jaw : ndarray, shape (17, 2)
        The speaker's mean jaw line, rectified.
    space : FaceSpace

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    centre = np.array([0.0, 1.1])
    outline = centre + (np.concatenate([jaw, [[0.0, 0.3]]]) - centre) * 1.15
    hull = cv2.convexHull(np.round(space.to_pixels(outline)).astype(np.int32))
    cover = np.zeros((space.height, space.width), np.uint8)
    cv2.fillConvexPoly(cover, hull, 1)
    return np.asarray(cover > 0)


def lip_cover(mouth: NDArray[np.floating], space: FaceSpace) -> NDArray[np.float32]:
    """Cover the lips and what lies between them, softly, shape (H, W); 0 to 1."""
    inside = np.zeros((space.height, space.width), np.uint8)
    cv2.fillPoly(inside, [np.round(space.to_pixels(mouth[OUTER_LIP])).astype(np.int32)], 1)
    grown = cv2.dilate(inside, disc((LIP_MARGIN + LIP_FEATHER) * space.resolution))
    sigma = max(0.5, LIP_FEATHER * space.resolution)
    return np.asarray(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), sigma), np.float32)


def _around_mouth(mouth: NDArray[np.floating], space: FaceSpace) -> tuple[slice, slice]:
    low = space.to_pixels(mouth.min(axis=0) - MOUTH_MARGIN).astype(int)
    high = space.to_pixels(mouth.max(axis=0) + MOUTH_MARGIN).astype(int) + 1
    x0, y0 = np.clip(low, 0, [space.width - 1, space.height - 1])
    x1, y1 = np.clip(high, [x0 + 1, y0 + 1], [space.width, space.height])
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))
