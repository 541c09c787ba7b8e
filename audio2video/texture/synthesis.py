"""The texture of one output frame: candidates, warp, median, detail, teeth (paper, section 3.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import OUTER_LIP
from ..face.occlusion import disc
from ..face.rectify import RectifiedGrid
from ..runtime.threads import ordered_map
from .candidates import (
    Candidates,
    FrameFeatures,
    frames_apart,
    merge_candidates,
    search_candidates,
    temporal_window,
)
from .detail import Sample, detail_gain, sharpen
from .enhance import enhance_teeth
from .generic_mouth import GenericMouth, paint_mouth
from .hidden import filled, median_of_seen
from .median import weighted_median
from .teeth import TeethProxy, mouth_interior
from .warp import coarse_grid, displacement_grids
from .window import part_of, window_around

CALIBRATIONS = 40
"""Frames of the target that are rebuilt to learn how much detail the median loses."""

APART = 0.5
"""Seconds around a frame from which it is not rebuilt: its neighbours are nearly itself."""

OPENING_BORDER = 0.012
"""Softness of the border between lips and mouth opening, in inter-ocular distances."""

TEMPORAL_WEIGHTS = (0.25, 0.5, 0.25)
"""What the candidates of the frame before, of the frame itself and of the one after count. Flicker
falls by a tenth, and rebuilt targets come a little nearer to the truth (up to 0.35 dB)."""

LIP_CANDIDATES = 8
LIP_MARGIN, LIP_FEATHER = 0.03, 0.02
"""How far beyond the lips, and how softly, the nearest candidates alone are seen, in inter-ocular
distances."""

SEARCHED = 4096
"""Moments whose features are held at once: those of two hours would be many."""

SOFT = 4.0
"""So many standard deviations, and as many pixels, beyond its middle a soft border has ended."""

FILL = 0.08
"""Inter-ocular distances from which what no candidate shows is made."""

MOUTH_MARGIN = 0.25
"""Surroundings of the lips in which detail is measured, in inter-ocular distances."""

MEDIAN, LIPS, DETAIL, FINISHED = STAGES = ("median", "lips", "detail", "teeth")
"""Stages of a texture: the median of all candidates, lips of the nearest ones laid over it, fine
detail restored, teeth enhanced or the inside of the mouth painted."""


@dataclass(frozen=True)
class CandidateSet:
    """A target's frames, as the synthesis sees them.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
        Rectified; may be memory-mapped.
    looks : FrameFeatures
        Of T frames.
    jaws : ndarray, shape (T, 17, 2)
        Rectified jaw lines.
    usable : ndarray of int, shape (U,)
        Frames that may be candidates.
    space : RectifiedGrid
    rate : float
        Frames per second.
    hidden : ndarray of uint8, shape (T, h, w), optional
        Not 0 where something in front of the face hides a texel, on a raster of the lower face of
        any resolution.
    """

    textures: NDArray[np.uint8]
    looks: FrameFeatures
    jaws: NDArray[np.floating]
    usable: NDArray[np.integer]
    space: RectifiedGrid
    rate: float
    hidden: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class SynthesisConfig:
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
    generic : GenericMouth or None
        Painted into the mouth opening, instead of what candidates show there.
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
    generic: GenericMouth | None = None


class TextureMaker:
    """Makes textures of one target.

    Parameters
    ----------
    gallery : CandidateSet
    recipe : SynthesisConfig
    """

    def __init__(self, gallery: CandidateSet, recipe: SynthesisConfig) -> None:
        self.gallery = gallery
        self.recipe = recipe
        jaw = gallery.jaws[gallery.usable].mean(axis=0)
        self._grid = coarse_grid(gallery.space)
        self._region = visible_region(jaw, gallery.space)
        self._features = self._features_of(gallery.looks)

    def make(
        self, wanted: FrameFeatures, allowed: NDArray[np.integer] | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Make a texture.

        Parameters
        ----------
        wanted : FrameFeatures
            The mouth that is asked for, on the head and in the light of the frame that it will be
            put onto. Of one frame, or of three: the one before and the one after then have a say in
            which candidates are taken (`TEMPORAL_WEIGHTS`).
        allowed : ndarray of int, optional
            Frames to choose from, instead of all usable ones.

        Returns
        -------
        texture : ndarray of uint8, shape (H, W, 3)
        jaw : ndarray of float64, shape (17, 2)
            The jaw line that goes with it.
        """
        choices = list(self._search(self.gallery.usable if allowed is None else allowed, wanted))
        chosen = choices[0] if len(choices) == 1 else merge_candidates(choices, TEMPORAL_WEIGHTS)
        return self.render(wanted.mouths[len(wanted.mouths) // 2], chosen)

    def choose(self, wanted: FrameFeatures, *, coherent: bool) -> Iterator[Candidates]:
        """Choose the candidates of successive output frames.

        Parameters
        ----------
        wanted : FrameFeatures
            Of N frames.
        coherent : bool
            The frames before and after have a say.

        Yields
        ------
        Candidates
            For `render`, one by one; the same as `make` takes.
        """
        choices = self._search(self.gallery.usable, wanted)
        if not coherent:
            yield from choices
            return
        around: deque[Candidates] = deque(maxlen=len(TEMPORAL_WEIGHTS))
        for chosen in choices:
            # The first frame is its own predecessor.
            around.extend([chosen] if around else [chosen, chosen])
            if len(around) == len(TEMPORAL_WEIGHTS):
                yield merge_candidates(around, TEMPORAL_WEIGHTS)
        around.append(around[-1])
        yield merge_candidates(around, TEMPORAL_WEIGHTS)

    def render(
        self, shape: NDArray[np.floating], chosen: Candidates
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Make a texture of candidates; may be called from several threads at once.

        Parameters
        ----------
        shape : ndarray, shape (20, 2)
            The mouth that is asked for.
        chosen : Candidates

        Returns
        -------
        texture, jaw
            See `make`.
        """
        chosen = self._weighed(chosen)
        *_, (_, texture) = self._stages(shape, chosen)
        jaws = self.gallery.jaws[chosen.frames]
        return texture, np.average(jaws, axis=0, weights=chosen.weights)

    def stages(
        self, shape: NDArray[np.floating], chosen: Candidates
    ) -> dict[str, NDArray[np.uint8]]:
        """Make a texture as `render` does, and keep it as it is after each stage.

        Parameters
        ----------
        shape, chosen
            See `render`.

        Returns
        -------
        dict of str to ndarray of uint8, shape (H, W, 3)
            By the names in `STAGES`, in this order; the last one is the texture.
        """
        made = self._stages(shape, self._weighed(chosen))
        return {name: texture.copy() for name, texture in made}

    def _weighed(self, chosen: Candidates) -> Candidates:
        if not self.recipe.equal:
            return chosen
        return replace(chosen, weights=np.ones_like(chosen.weights))

    def _stages(
        self, shape: NDArray[np.floating], chosen: Candidates
    ) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        """Give the texture after each stage; the next one may change it."""
        g, r = self.gallery, self.recipe
        grids = displacement_grids(
            shape, g.looks.mouths[chosen.frames], self._grid, g.space.resolution
        )
        texture = self._median(chosen.frames, chosen.weights, grids, self._region, None)
        yield MEDIAN, texture
        if r.lip_candidates < len(chosen.frames):
            self._add_crisp_lips(texture, shape, chosen, grids)
        yield LIPS, texture
        if r.detail > 0.0 or r.opening_detail > 0.0:
            texture = sharpen(texture, self._gain(shape))
        yield DETAIL, texture
        if r.generic is not None:
            texture = paint_mouth(texture, shape, g.space, r.generic)
        else:
            texture = enhance_teeth(texture, shape, g.space, r.upper, r.lower)
        yield FINISHED, texture

    def _add_crisp_lips(
        self,
        texture: NDArray[np.uint8],
        shape: NDArray[np.floating],
        chosen: Candidates,
        grids: NDArray[np.float32],
    ) -> None:
        """Lay lips, teeth and tongue of the nearest candidates alone over a texture.

        Skin is the same in all of them; the shine of lips, and what is seen between them, is not,
        and the median of many would show none of it.
        """
        g, few = self.gallery, self.recipe.lip_candidates
        reach = LIP_MARGIN + LIP_FEATHER + SOFT * LIP_FEATHER
        window = window_around(shape, reach * g.space.resolution + SOFT, g.space)
        cover = lip_cover(shape, part_of(g.space, window))
        region = np.zeros_like(self._region)
        region[window] = cover > 0
        crisp = self._median(
            chosen.frames[:few], chosen.weights[:few], grids[:few], region, texture
        )
        part = texture[window]
        mixed = part + cover[..., None] * (crisp[window].astype(np.float32) - part)
        texture[window] = np.round(mixed)

    def _median(
        self,
        frames: NDArray[np.int64],
        weights: NDArray[np.int64],
        grids: NDArray[np.float32],
        region: NDArray[np.bool_],
        instead: NDArray[np.uint8] | None,
    ) -> NDArray[np.uint8]:
        """Blend candidates, each without what hides the face in it.

        What none of them shows comes from another texture, or is continued from around it.
        """
        textures, hidden = self.gallery.textures, self.gallery.hidden
        blended = weighted_median(textures, frames, weights, grids, region)
        if hidden is None:
            return blended
        ratio = (hidden.shape[2] - 1) / (textures.shape[2] - 1)
        blended, unseen = median_of_seen(
            blended, textures, hidden, ratio, frames, weights, grids, region
        )
        if instead is None:
            return filled(blended, unseen, FILL * self.gallery.space.resolution)
        blended[unseen] = instead[unseen]
        return blended

    def _gain(self, shape: NDArray[np.floating]) -> NDArray[np.float32]:
        """Gain of detail in each pixel: another in the mouth opening than around it."""
        space, r = self.gallery.space, self.recipe
        gain = np.full((space.height, space.width), r.detail, np.float32)
        margin = SOFT * OPENING_BORDER * space.resolution + SOFT
        window = window_around(shape, margin, space)
        opening = mouth_interior(shape, part_of(space, window), OPENING_BORDER)
        gain[window] = r.detail + (r.opening_detail - r.detail) * opening
        return gain

    def _features_of(self, looks: FrameFeatures) -> NDArray[np.float64]:
        return looks.features(self.recipe.pose_weight, self.recipe.light_weight)

    def _search(self, frames: NDArray[np.integer], wanted: FrameFeatures) -> Iterator[Candidates]:
        """Choose some of these frames for each moment."""
        r = self.recipe
        count = min(r.candidates, len(frames))
        own = self._features[frames]
        for start in range(0, len(wanted.mouths), SEARCHED):
            part = wanted[range(start, min(start + SEARCHED, len(wanted.mouths)))]
            yield from search_candidates(own, frames, self._features_of(part), count, r.alpha)

    def calibrated(self, workers: int = 1) -> TextureMaker:
        """Give a maker whose textures are as sharp around the mouth as the target's own.

        Frames of the target are rebuilt from others and compared with themselves, by so many
        threads.
        """
        without = replace(
            self.recipe, detail=0.0, opening_detail=0.0, upper=None, lower=None, generic=None
        )
        plain = TextureMaker(self.gallery, without)
        g = self.gallery
        picks = np.linspace(0, len(g.usable) - 1, min(CALIBRATIONS, len(g.usable)))

        def rebuild(frame: np.integer) -> Sample | None:
            others = frames_apart(g.usable, int(frame), APART, g.rate)
            if len(others) == 0:
                return None
            texture, _ = plain.make(g.looks[temporal_window(int(frame), len(g.textures))], others)
            mouth = g.looks.mouths[frame]
            around = window_around(mouth, MOUTH_MARGIN * g.space.resolution, g.space)
            inside = mouth_interior(mouth, g.space)[around] > 0.5
            return texture[around], np.array(g.textures[frame][around]), inside

        rebuilt = ordered_map(rebuild, g.usable[np.unique(picks.astype(int))], workers)
        samples = [sample for sample in rebuilt if sample is not None]
        recipe = replace(
            self.recipe,
            detail=detail_gain((a, b, ~inside) for a, b, inside in samples),
            opening_detail=detail_gain(samples),
        )
        return TextureMaker(self.gallery, recipe)


def visible_region(jaw: NDArray[np.floating], space: RectifiedGrid) -> NDArray[np.bool_]:
    """Pixels that can come into view: inside a somewhat larger face than the speaker's.

    Parameters
    ----------
    jaw : ndarray, shape (17, 2)
        The speaker's mean jaw line, rectified.
    space : RectifiedGrid

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    centre = np.array([0.0, 1.1])
    outline = centre + (np.concatenate([jaw, [[0.0, 0.3]]]) - centre) * 1.15
    hull = cv2.convexHull(np.round(space.to_pixels(outline)).astype(np.int32))
    cover = np.zeros((space.height, space.width), np.uint8)
    cv2.fillConvexPoly(cover, hull, 1)
    return cover > 0


def lip_cover(mouth: NDArray[np.floating], space: RectifiedGrid) -> NDArray[np.float32]:
    """Soft mask of the lips and the mouth opening, shape (H, W); 0 to 1."""
    inside = np.zeros((space.height, space.width), np.uint8)
    cv2.fillPoly(inside, [np.round(space.to_pixels(mouth[OUTER_LIP])).astype(np.int32)], 1)
    grown = cv2.dilate(inside, disc((LIP_MARGIN + LIP_FEATHER) * space.resolution))
    sigma = max(0.5, LIP_FEATHER * space.resolution)
    return np.asarray(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), sigma), np.float32)
