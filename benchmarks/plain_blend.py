"""Composite and half-way frame as one would write them first: all of the picture, in floats."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from audio2video._typing import F32, U8
from audio2video.compositing.composite import LEVELS, LIGHT_SCALE, Box, MouthPatch, Visibility
from audio2video.compositing.illumination import MAX_CHANGE
from audio2video.compositing.jaw import move_jaw, offset_jaw
from audio2video.compositing.masks import face_mask, skin_weight, visible_mask
from audio2video.face.layout import JAW
from audio2video.face.pose import HeadPose
from audio2video.face.rectify import RectifiedGrid, frame_map, project_to_frame, to_rectified
from audio2video.face.visibility import facing
from audio2video.retiming.interpolation import FLOW_SIDE

CUBIC = -0.75
"""OpenCV's parameter of cubic convolution (Keys 1981)."""

STEPS = 32
"""OpenCV reads at 32nds of a pixel."""


def compose(
    part: U8,
    box: Box,
    piece: MouthPatch,
    landmarks: NDArray[np.floating],
    pose: HeadPose,
    space: RectifiedGrid,
    sight: Visibility,
) -> U8:
    """Put a mouth onto a part of a frame; the twin of `audio2video.compositing.composite.compose`.

    Mask, light and pyramids are computed over all of the box, and both pictures have pyramids.

    Returns
    -------
    ndarray of uint8, shape like `part`
    """
    unit = float(pose.scale[0])
    rectified = to_rectified(landmarks[None], pose)[0]
    before = project_to_frame(rectified[None, JAW], pose)[0]
    rectified[JAW] = offset_jaw(rectified[JAW], piece.drop * sight.shown)
    moved = landmarks[JAW] + project_to_frame(rectified[None, JAW], pose)[0] - before
    frame = move_jaw(part, box[:2], landmarks[JAW], moved, unit).astype(np.float32)
    mask = face_mask(rectified, piece.mouth, space)
    turned = facing(sight.reduced, pose)
    mask = visible_mask(mask, sight.covered, turned, piece.mouth, space, sight.reduced)
    mask = mask * np.float32(sight.shown)
    places = frame_map(space, pose, box)
    texture = cv2.remap(
        piece.texture, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    cover, compared = (
        cv2.remap(plane, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        for plane in (mask, skin_weight(mask, piece.mouth, space))
    )
    lit = match_light(texture, frame, compared, LIGHT_SCALE * unit)
    reach = cv2.dilate(cover, np.ones((3, 3), np.uint8)) > 0.02
    lit[~reach] = frame[~reach]
    blended = laplacian_blend(lit, frame, cover, LEVELS)
    fade = np.clip(cv2.GaussianBlur(reach.astype(np.float32), (0, 0), 0.04 * unit) * 2, 0, 1)
    mixed = frame + fade[..., None] * (blended - frame)
    return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def match_light(texture: F32, frame: F32, weight: F32, sigma: float) -> F32:
    """Add the smooth difference between frame and texture to the texture."""
    if float(weight.sum()) < 1.0:
        return texture
    difference = np.clip(frame - texture, -MAX_CHANGE, MAX_CHANGE)
    step = max(1, int(sigma / 3))
    height, width = weight.shape
    size = (-(-width // step), -(-height // step))
    small, norm = (
        cv2.GaussianBlur(
            cv2.resize(plane, size, interpolation=cv2.INTER_AREA),
            *((0, 0), sigma / step),
            borderType=cv2.BORDER_CONSTANT,
        )
        for plane in (difference * weight[..., None], weight)
    )
    field = small / (norm + 1e-4)[..., None]
    return np.asarray(texture + cv2.resize(field, (width, height)), np.float32)


def laplacian_blend(front: F32, back: F32, mask: F32, levels: int) -> F32:
    """Blend level by level of two Laplacian pyramids (Burt and Adelson 1983)."""
    levels = min(levels, max(0, int(np.log2(max(min(mask.shape) / 4, 1)))))
    details = []
    for _ in range(levels):
        small_front, small_back = cv2.pyrDown(front), cv2.pyrDown(back)
        size = (front.shape[1], front.shape[0])
        fine_front = front - cv2.pyrUp(small_front, dstsize=size)
        fine_back = back - cv2.pyrUp(small_back, dstsize=size)
        details.append(fine_back + mask[..., None] * (fine_front - fine_back))
        front, back, mask = small_front, small_back, cv2.pyrDown(mask)
    result = back + mask[..., None] * (front - back)
    for fine in reversed(details):
        result = fine + cv2.pyrUp(result, dstsize=(fine.shape[1], fine.shape[0]))
    return np.asarray(result, np.float32)


def halfway(a: tuple[U8, ...], b: tuple[U8, ...]) -> list[U8]:
    """Plain twin of `audio2video.retiming.interpolation.planes_between`: the frame half way.

    The flow is OpenCV's there, too; reading along it is NumPy's here.
    """
    height, width = a[0].shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = [cv2.resize(f[0], size, interpolation=cv2.INTER_AREA) for f in (a, b)]
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    moves = []
    for one, other in (small, small[::-1]):
        flow = finder.calc(one, other, None)
        arriving = read(flow, _grid(*flow.shape[:2]) - 0.5 * flow, cubic=False)
        moves.append(arriving * (-0.5 / np.array(size)))
    result = []
    for planes in zip(a, b, strict=True):
        height, width = planes[0].shape
        pulled = [
            read(
                plane.astype(np.float64)[..., None],
                cv2.resize(move, (width, height)) * [width, height] + _grid(height, width),
                cubic=True,
            )[..., 0]
            for plane, move in zip(planes, moves, strict=True)
        ]
        rounded = [np.clip(np.round(plane), 0, 255) for plane in pulled]
        result.append(np.round((rounded[0] + rounded[1]) / 2).astype(np.uint8))
    return result


def read(picture: NDArray[Any], places: NDArray[Any], *, cubic: bool) -> NDArray[np.float64]:
    """Read a picture (H, W, C) between its pixels; beyond the border the nearest is repeated."""
    height, width = picture.shape[:2]
    fixed = np.round(places * STEPS).astype(np.int64)
    first, share = fixed // STEPS, (fixed % STEPS) / STEPS
    taps = range(-1, 3) if cubic else range(2)
    result = np.zeros((*places.shape[:2], picture.shape[2]))
    for down in taps:
        for right in taps:
            y = np.clip(first[..., 1] + down, 0, height - 1)
            x = np.clip(first[..., 0] + right, 0, width - 1)
            weight = _weight(share[..., 0] - right, cubic) * _weight(share[..., 1] - down, cubic)
            result += weight[..., None] * picture[y, x]
    return result


def _weight(distance: NDArray[np.float64], cubic: bool) -> NDArray[np.float64]:
    d = np.abs(distance)
    if not cubic:
        return np.asarray(1 - d)
    near = ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
    far = ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC
    return np.asarray(np.where(d <= 1, near, far))


def _grid(height: int, width: int) -> NDArray[np.float64]:
    return np.stack(np.meshgrid(np.arange(width, dtype=float), np.arange(height)), axis=-1)
