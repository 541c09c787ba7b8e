"""The part of the face that is replaced: mouth, chin and cheeks, inside the jaw line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import JAW, NOSE
from ..face.rectify import FaceSpace

JAW_INSET = 0.12
"""How far the mask stays inside the jaw line, as a share of the way to the mouth."""

FEATHER = 0.05
"""Softness of the mask's border, in inter-ocular distances (Gaussian sigma)."""

_JAW_POINTS = tuple(range(3, 14))
_NOSE_BASE = 33


def face_mask(
    landmarks: NDArray[np.floating], mouth: NDArray[np.floating], space: FaceSpace
) -> NDArray[np.float32]:
    """Cover the inner lower face, softly.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        The target frame's landmarks, rectified; its jaw line as it is to be in the result.
    mouth : ndarray, shape (20, 2)
        The mouth in the result, rectified.
    space : FaceSpace

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
    reach = max(1, round(1.5 * sigma))
    # Shrunk first, so that the soft border lies inside the outline and not across it.
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inner = cv2.erode(cover, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    mask = cv2.GaussianBlur(inner.astype(np.float32) / 255, (0, 0), sigma)
    mask[[0, -1]] = 0
    mask[:, [0, -1]] = 0
    return np.asarray(mask)


def skin_weight(
    mask: NDArray[np.float32], mouth: NDArray[np.floating], space: FaceSpace
) -> NDArray[np.float32]:
    """Weight of pixels whose colour can be compared between texture and frame.

    Skin inside the mask, away from the lips of the result.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
    mouth : ndarray, shape (20, 2)
    space : FaceSpace

    Returns
    -------
    ndarray of float32, shape (H, W)
    """
    x, y = space.grid()
    centre = mouth.mean(axis=0)
    half = np.maximum((mouth.max(axis=0) - mouth.min(axis=0)) / 2 + 0.12, 0.1)
    inside = ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2
    return np.asarray(mask * np.clip(inside - 1, 0, 1), np.float32)
