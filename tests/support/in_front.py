"""Things drawn in front of a face: they are fixed in the picture, or move with the face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.uint8]


def stand_microphone(
    height: int, width: int, top: NDArray[np.floating], radius: float
) -> tuple[Plane, Picture]:
    """A round microphone on a stand, its highest point at `top`: its mask and its picture."""
    mask = np.zeros((height, width), np.uint8)
    x, y = int(top[0]), int(top[1] + 1.2 * radius)
    cv2.line(mask, (x, y), (x, height), 1, max(2, round(0.7 * radius)))
    cv2.ellipse(mask, (x, y), (int(radius), int(1.2 * radius)), 0, 0, 360, 1, -1)
    rows, columns = np.mgrid[:height, :width]
    mesh = 20 * np.sin(columns * 1.6) * np.sin(rows * 1.6)
    tone = np.clip(45 + mesh, 0, 255)[..., None]
    return mask, np.broadcast_to(tone, (height, width, 3)).astype(np.uint8)


def words(height: int, width: int, text: str, place: tuple[int, int], size: float) -> Plane:
    """Letters in a picture: their mask."""
    mask = np.zeros((height, width), np.uint8)
    cv2.putText(mask, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 1, max(1, round(2 * size)))
    return mask


def medical_mask(landmarks: NDArray[np.floating], height: int, width: int) -> Plane:
    """Mask of what a surgical mask covers: from the nose to the chin."""
    rim = np.concatenate([landmarks[2:15], landmarks[[28, 29]].mean(axis=0)[None]])
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [cv2.convexHull(np.round(rim).astype(np.int32))], 1)
    return mask


def laid(picture: Picture, mask: Plane, colour: Picture | tuple[int, int, int]) -> Picture:
    """Lay something of a colour over a picture, with a soft edge."""
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
    over = np.asarray(colour, np.float32)
    return np.asarray(np.round(picture * (1 - share) + over * share), np.uint8)
