"""Independent check of the composite's mask against skin, lips and mouth.

It knows one frame alone: the skin between eyes and mouth tells the colour of this face in this
light, and whatever in the mask has another colour, outside the lips, is foreign. Skin in front of
skin, such as a hand, it cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8
from ..face.layout import MOUTH, NOSE, OUTER_LIP
from ..face.occlusion import disc, filled_outline

TOUCHED = 0.1
"""Cover from which on a pixel counts as touched."""

LIP_MARGIN = 0.03
"""How far beyond the outer lip its colour may reach, in inter-ocular distances."""

LIP_EDGE = 0.08
"""How far beyond that what is redder than skin is still taken for lip: landmarks cut lips short."""

MIN_AREA = 0.01
"""Square inter-ocular distances: anything smaller is a mole, a glint or noise."""

LIMIT = 4.5
"""Mahalanobis distance in chroma from which a colour is not this skin's."""

MIN_SPREAD = 4.0
"""Standard deviation of chroma, of 256 levels, that any skin is granted: cheeks are redder than
chins, shadows bluer, and video stores chroma coarsely."""

DARKEST = 0.25
"""Share of the skin's brightness which a shadow leaves; what is darker is not skin."""

BRIGHTER = 1.25
"""Times the brightness of the skin's lights at which a highlight ends."""

_BANDS = 6
"""Skin is described at so many levels of brightness."""

_NEAR_NOSE = 20.0
"""Chroma levels within which cheeks are of the nose's colour."""

_GRAY = 24.0
"""Luma under which chroma says nothing."""


@dataclass(frozen=True)
class MaskTouch:
    """Pixels that a mask touched in one frame.

    Parameters
    ----------
    foreign : int
        Touched pixels that are not skin, lips, teeth or mouth.
    touched : int
        All touched pixels.
    """

    foreign: int
    touched: int

    @property
    def share(self) -> float:
        """Fraction of the touched pixels that is not skin, 0 to 1."""
        return self.foreign / self.touched if self.touched else 0.0


def judge_mask(
    frame: U8,
    cover: NDArray[np.floating],
    landmarks: NDArray[np.floating],
    unit: float,
) -> MaskTouch:
    """Judge which pixels under a mask are not this face.

    Parameters
    ----------
    frame : ndarray of uint8, shape (H, W, 3)
        The target's own frame.
    cover : ndarray, shape (H, W)
        0 to 1, how much of each pixel is replaced.
    landmarks : ndarray, shape (68, 2)
        Pixel (x, y).
    unit : float
        Inter-ocular distance, in pixels.

    Returns
    -------
    MaskTouch
    """
    touched = cover > TOUCHED
    if not touched.any():
        return MaskTouch(0, 0)
    # Only what lies around the mask and the skin samples is looked at.
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    low = np.minimum([columns[0], rows[0]], landmarks[NOSE.start : MOUTH.stop].min(axis=0))
    high = np.maximum([columns[-1], rows[-1]], landmarks[NOSE.start : MOUTH.stop].max(axis=0))
    height, width = touched.shape
    x0, y0 = np.clip(np.floor(low - 0.1 * unit).astype(int), 0, [width - 1, height - 1])
    x1, y1 = np.clip(np.ceil(high + 0.1 * unit).astype(int) + 1, [x0 + 1, y0 + 1], [width, height])
    part = np.ascontiguousarray(frame[y0:y1, x0:x1])
    points = np.asarray(landmarks, np.float64) - [x0, y0]
    touched = touched[y0:y1, x0:x1]

    # Detail below a fiftieth of the face is noise of the camera and the codec.
    smooth = cv2.GaussianBlur(part, (0, 0), max(0.5, 0.02 * unit))
    colour = cv2.cvtColor(smooth, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    patch, lips = _skin_patch(points, colour), _lips(points, unit, touched.shape)
    foreign = _not_skin(colour, patch, touched) & touched & ~lips
    if patch.any():
        skin = np.median(colour[patch], axis=0)
        foreign &= ~_lip_coloured(colour, lips, skin, LIP_EDGE * unit)
    _, _, stats, _ = cv2.connectedComponentsWithStats(foreign.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return MaskTouch(int(areas[areas >= MIN_AREA * unit**2].sum()), int(touched.sum()))


def foreign_pixels(
    frame: U8,
    cover: NDArray[np.floating],
    landmarks: NDArray[np.floating],
    unit: float,
) -> int:
    """Count the pixels under a mask that are not skin, lips, teeth or mouth; see `judge_mask`."""
    return judge_mask(frame, cover, landmarks, unit).foreign


def _skin_patch(points: NDArray[np.float64], colour: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Cheeks and nose between the eyes and the mouth, where they are of the nose's colour."""
    shape = colour.shape[:2]
    drop = points[33] - points[27]
    right, left = points[48] - 0.5 * drop, points[54] - 0.5 * drop
    below_eyes = points[[36, 41, 40, 39, 42, 47, 46, 45]] + 0.35 * drop
    wings = points[[35, 30, 31]] - 0.12 * drop
    patch = filled_outline(np.concatenate([[right], below_eyes, [left], wings]), shape)
    # Background beyond a turned cheek and hands lie at the sides: the nose is seen longest.
    aside = 0.12 * (points[35] - points[31])
    bridge = np.array([points[28] - aside, points[28] + aside, points[30] + aside])
    nose = filled_outline(np.concatenate([bridge, [points[30] - aside]]), shape)
    if nose.any():
        away = colour[..., 1:] - np.median(colour[nose], axis=0)[1:]
        patch &= np.linalg.norm(away, axis=-1) < _NEAR_NOSE
    return patch


def _lips(points: NDArray[np.float64], unit: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    plane = filled_outline(points[MOUTH][OUTER_LIP], shape).astype(np.uint8)
    return np.asarray(cv2.dilate(plane, disc(LIP_MARGIN * unit)) > 0)


def _not_skin(
    colour: NDArray[np.float32], patch: NDArray[np.bool_], touched: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Pixels of another colour than the patch has anywhere between its shade and its lights."""
    # Without a patch in view there is nothing to compare with but the mask's own middle.
    sample = colour[patch] if patch.sum() >= _BANDS else colour[touched]
    sample = sample[np.argsort(sample[:, 0], kind="stable")]
    luma = np.maximum(colour[..., 0], 1.0)
    least = np.full(luma.shape, np.inf, np.float32)
    for band in np.array_split(sample, _BANDS):
        # A highlight is paler than the skin around it: each brightness has a colour of its own.
        centre = np.median(band, axis=0)
        away = band[:, 1:] - centre[1:]
        length = np.linalg.norm(away, axis=1)
        kept = away[length <= max(3 * float(np.median(length)), 1.0)]
        covariance = kept.T @ kept / max(len(kept), 1) + MIN_SPREAD**2 * np.eye(2)
        # Light multiplies chroma with luma: pixels are brought to the band's own brightness. In
        # the dark that magnifies noise as well, so they are allowed to be farther away.
        gain = np.clip(centre[0] / np.maximum(luma, _GRAY), 0.7, 2.5)
        chroma = (colour[..., 1:] - 128) * gain[..., None] - (centre[1:] - 128)
        inverse = np.linalg.inv(covariance)
        square = np.einsum("...i,ij,...j->...", chroma, inverse, chroma)
        least = np.minimum(least, np.sqrt(square) / np.maximum(gain, 1.0))
    typical = float(np.median(sample[:, 0]))
    lightest = BRIGHTER * float(sample[-len(sample) // _BANDS :, 0].mean())
    return (least > LIMIT) | (luma < DARKEST * typical) | (luma > lightest)


def _lip_coloured(
    colour: NDArray[np.float32], lips: NDArray[np.bool_], skin: NDArray[np.float32], reach: float
) -> NDArray[np.bool_]:
    """Pixels near the lips that are redder than skin, as lips are."""
    size = 2 * max(1, round(reach)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = cv2.dilate(lips.astype(np.uint8), disc) > 0
    return np.asarray(near & (colour[..., 1] > skin[1]))
