"""The part of the face that is replaced: mouth, chin and cheeks, inside the jaw line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import JAW, NOSE, OUTER_LIP
from ..face.occlusion import disc, polygon, resampled
from ..face.rectify import RectifiedGrid

JAW_INSET = 0.12
"""How far the mask stays inside the jaw line, as a share of the way to the mouth."""

FEATHER = 0.05
"""Softness of the mask's border, in inter-ocular distances (Gaussian sigma)."""

COVER_MARGIN = 0.04
"""How far the mask keeps away from what covers the face, in inter-ocular distances."""

COVER_FEATHER = 0.03
"""Softness of the mask along what covers the face (Gaussian sigma): a hand has a clear edge."""

MIN_PIECE = 0.08
"""Square inter-ocular distances: a smaller piece, as between two fingers, is not worth a change."""

_JAW_POINTS = tuple(range(3, 14))
_NOSE_BASE = 33


def face_mask(
    landmarks: NDArray[np.floating], mouth: NDArray[np.floating], space: RectifiedGrid
) -> NDArray[np.float32]:
    """Cover the inner lower face, softly.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        The target frame's landmarks, rectified; its jaw line as it is to be in the result.
    mouth : ndarray, shape (20, 2)
        The mouth in the result, rectified.
    space : RectifiedGrid

    Returns
    -------
    ndarray of float32, shape (H, W)
        0 to 1; 0 along the border of the texture.
    """
    centre = mouth.mean(axis=0)
    rim = centre + (landmarks[JAW] - centre) * (1 - JAW_INSET)
    lowest = rim[list(_JAW_POINTS)]
    # Above, the mask ends under the nostrils and rises towards the cheeks.
    base = landmarks[_NOSE_BASE]
    wings = landmarks[[NOSE.start + 4, NOSE.start + 8]]
    below_nose = float(wings[:, 1].mean()) + 0.06
    top = np.array(
        [
            [lowest[-1, 0], max(lowest[-1, 1], below_nose - 0.1)],
            [wings[1, 0] + 0.12, below_nose],
            [base[0], base[1] + 0.05],
            [wings[0, 0] - 0.12, below_nose],
            [lowest[0, 0], max(lowest[0, 1], below_nose - 0.1)],
        ]
    )
    outline = space.to_pixels(np.concatenate([lowest, top]))
    cover = np.zeros((space.height, space.width), np.uint8)
    cv2.fillPoly(cover, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cover[[0, -1]] = 0
    cover[:, [0, -1]] = 0
    sigma = FEATHER * space.resolution
    # Shrunk first, so that the soft border lies inside the outline and not across it.
    inner = cv2.erode(cover, disc(1.5 * sigma), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    mask = cv2.GaussianBlur(inner.astype(np.float32) / 255, (0, 0), sigma)
    mask[[0, -1]] = 0
    mask[:, [0, -1]] = 0
    return np.asarray(mask)


def skin_weight(
    mask: NDArray[np.float32], mouth: NDArray[np.floating], space: RectifiedGrid
) -> NDArray[np.float32]:
    """Weight of pixels whose colour can be compared between texture and frame.

    Skin inside the mask, away from the lips of the result.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
    mouth : ndarray, shape (20, 2)
    space : RectifiedGrid

    Returns
    -------
    ndarray of float32, shape (H, W)
    """
    centre = mouth.mean(axis=0)
    half = np.maximum((mouth.max(axis=0) - mouth.min(axis=0)) / 2 + 0.12, 0.1)
    x = space.left + np.arange(space.width) / space.resolution
    y = space.top + np.arange(space.height) / space.resolution
    across = (((x - centre[0]) / half[0]) ** 2).astype(np.float32)
    down = (((y - centre[1]) / half[1]) ** 2 - 1).astype(np.float32)
    return np.asarray(mask * np.clip(down[:, None] + across, 0, 1))


def visible_mask(
    mask: NDArray[np.float32],
    covered: NDArray[np.uint8],
    facing: NDArray[np.floating],
    mouth: NDArray[np.floating],
    space: RectifiedGrid,
    reduced: RectifiedGrid,
) -> NDArray[np.float32]:
    """Remove occluded and back-facing pixels from the mask.

    Parameters
    ----------
    mask : ndarray of float32, shape (space.height, space.width)
        From `face_mask`.
    covered : ndarray of uint8, shape (reduced.height, reduced.width)
        From `face.visibility.occlusion_maps`.
    facing : ndarray, shape like `covered`
        From `face.visibility.facing`. The lips are replaced as long as they are seen at all, as
        half of a mouth is worse than either.
    mouth : ndarray, shape (20, 2)
        The mouth in the result, rectified.
    space, reduced : RectifiedGrid
        Rasters of the mask and of what is known about visibility.

    Returns
    -------
    ndarray of float32, shape like `mask`
        0 where something covers the face; never more than `mask`.
    """
    unit = reduced.resolution
    lips = polygon(mouth[OUTER_LIP], reduced).astype(np.uint8)
    near = cv2.dilate(lips, disc(0.1 * unit)).astype(np.float32)
    turned = cv2.erode(np.asarray(facing, np.float32), disc(FEATHER * unit))
    turned = cv2.GaussianBlur(turned, (0, 0), FEATHER * unit)
    seen = np.maximum(turned, cv2.GaussianBlur(near, (0, 0), FEATHER * unit))
    if covered.any():
        hidden = (covered > 0).astype(np.uint8)
        # Grown by its own feather, so that nothing of it is left in the mask.
        grown = cv2.dilate(hidden, disc((COVER_MARGIN + 1.5 * COVER_FEATHER) * unit))
        clear = 1 - cv2.GaussianBlur(grown.astype(np.float32), (0, 0), COVER_FEATHER * unit)
        margin = cv2.dilate(hidden, disc(COVER_MARGIN * unit)) > 0
        clear[margin] = 0
        seen = seen * clear
        left = resampled(mask, space, reduced) * seen > 0.1
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(left.astype(np.uint8))
        small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < MIN_PIECE * unit**2)
        seen[np.isin(pieces, small[small > 0])] = 0
    spread = resampled(seen.astype(np.float32), reduced, space)
    return np.asarray(mask * np.clip(spread, 0, 1), np.float32)
