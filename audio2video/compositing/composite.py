"""One output frame: the texture put onto the target's face (paper, section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.layout import JAW
from ..face.pose import HeadPose
from ..face.rectify import RectifiedGrid, frame_map, project_to_frame, to_rectified
from ..face.visibility import facing
from .illumination import illumination_offset
from .jaw import move_jaw, offset_jaw
from .masks import face_mask, skin_weight, visible_mask
from .pyramid import blend_difference, scaled

LEVELS = 4
"""Pyramid levels."""

LIGHT_SCALE = 0.25
"""Scale at which light may differ between texture and frame, in inter-ocular distances."""

ROOM = 2**LEVELS
"""Pixels around the mask that the pyramid's coarsest level mixes into it."""

MARGIN = 0.35
"""Room around the lower face that the neck's warp may use, in inter-ocular distances."""


Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class MouthPatch:
    """Texture, mouth shape and chin offset for one frame.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
        Rectified.
    mouth : ndarray, shape (20, 2)
        Its mouth, rectified.
    drop : float
        How much lower its chin is than the frame's, in inter-ocular distances.
    """

    texture: NDArray[np.uint8]
    mouth: NDArray[np.floating]
    drop: float


@dataclass(frozen=True)
class Visibility:
    """Occlusion map and opacity of the face in a frame.

    Parameters
    ----------
    covered : ndarray of uint8, shape (h, w)
        From `face.visibility.occlusion_maps`.
    reduced : RectifiedGrid
        Its raster.
    shown : float
        How much of the mouthpiece is shown, 0 to 1; see `masks.covering_fade`.
    front : ndarray of float32, optional
        Of the shape of the part that is composited: how much of each pixel is in front of the face
        and stays as it is, 0 to 1.
    """

    covered: NDArray[np.uint8]
    reduced: RectifiedGrid
    shown: float = 1.0
    front: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class CompositePatch:
    """A part of a frame with another mouth.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
    cover : ndarray of float32, shape (h, w)
        How much of each pixel is the texture's, 0 to 1.
    """

    picture: NDArray[np.uint8]
    cover: NDArray[np.float32]


def working_box(landmarks: NDArray[np.floating], pose: HeadPose, width: int, height: int) -> Box:
    """Part of the frame that a composite may change.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        Pixel (x, y).
    pose : HeadPose
        Of this one frame.
    width, height : int
        Of the frame.

    Returns
    -------
    tuple of int
        x0, y0, x1, y1, the end excluded; even numbers, so that it falls on whole chroma pixels.
    """
    unit = float(pose.scale[0])
    lower = landmarks[np.r_[2:15, 31:36, 48:68]]
    x0, y0 = np.floor(lower.min(axis=0) - MARGIN * unit).astype(int)
    x1, y1 = np.ceil(lower.max(axis=0) + MARGIN * unit).astype(int)
    # Below the chin there is room for a mouth that opens wider than the frame's own.
    y1 += int(0.3 * unit)
    return (
        max(0, int(x0)) // 2 * 2,
        max(0, int(y0)) // 2 * 2,
        min(width // 2, -(-int(x1) // 2)) * 2,
        min(height // 2, -(-int(y1) // 2)) * 2,
    )


def compose(
    part: NDArray[np.uint8],
    box: Box,
    piece: MouthPatch,
    landmarks: NDArray[np.floating],
    pose: HeadPose,
    space: RectifiedGrid,
    *,
    light: bool = True,
    sight: Visibility | None = None,
) -> CompositePatch:
    """Put a mouth texture onto a part of a frame.

    Parameters
    ----------
    part : ndarray of uint8, shape (y1 - y0, x1 - x0, 3)
        The frame inside `box`.
    box : tuple of int
        From `working_box`.
    piece : MouthPatch
    landmarks : ndarray, shape (68, 2)
        The frame's own landmarks, pixel (x, y).
    pose : HeadPose
        Of this one frame.
    space : RectifiedGrid
    light : bool
        Match the texture's light to the frame's.
    sight : Visibility, optional
        By default all of the face is seen.

    Returns
    -------
    CompositePatch
        Of the shape of `part`.
    """
    unit = float(pose.scale[0])
    rectified = to_rectified(landmarks[None], pose)[0]
    before = project_to_frame(rectified[None, JAW], pose)[0]
    shown = 1.0 if sight is None else sight.shown
    rectified[JAW] = offset_jaw(rectified[JAW], piece.drop * shown)
    moved = landmarks[JAW] + project_to_frame(rectified[None, JAW], pose)[0] - before
    frame = move_jaw(part, box[:2], landmarks[JAW], moved, unit)

    mask = face_mask(rectified, piece.mouth, space)
    if sight is not None:
        turned = facing(sight.reduced, pose)
        mask = shown * visible_mask(mask, sight.covered, turned, piece.mouth, space, sight.reduced)
    cover = np.zeros(part.shape[:2], np.float32)
    inner = _reached(mask, pose, space, box)
    if inner is None:
        return CompositePatch(frame, cover)
    x0, y0, x1, y1 = inner
    window = slice(y0 - box[1], y1 - box[1]), slice(x0 - box[0], x1 - box[0])
    places = frame_map(space, pose, inner)
    texture = cv2.remap(
        piece.texture, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    planes = cv2.merge([mask, skin_weight(mask, piece.mouth, space)])
    planes = cv2.remap(planes, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    cover[window], compared = cv2.split(planes)
    if sight is not None and sight.front is not None:
        behind = 1 - sight.front[window]
        cover[window] *= behind
        compared = compared * behind
    result = frame if frame is not part else part.copy()
    light_scale = LIGHT_SCALE * unit if light else None
    result[window] = _blend(texture, frame[window], cover[window], compared, light_scale, unit)
    return CompositePatch(result, cover)


def _reached(
    mask: NDArray[np.float32], pose: HeadPose, space: RectifiedGrid, box: Box
) -> Box | None:
    """Part of the box that a mask reaches, with room for the pyramid; None if it reaches none."""
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    if not width:
        return None
    # The outline is convex enough for its box's border to tell how far it reaches in the frame.
    along = np.linspace(0, 1, 9)
    across = np.concatenate([along, along, 0 * along, 0 * along + 1])
    down = np.concatenate([0 * along, 0 * along + 1, along, along])
    border = np.stack([x + across * width, y + down * height], axis=-1) / space.resolution
    places = project_to_frame(border[None] + [space.left, space.top], pose)[0]
    low = np.floor(places.min(axis=0)).astype(int) - ROOM
    high = np.ceil(places.max(axis=0)).astype(int) + ROOM
    x0, y0 = max(int(low[0]), box[0]), max(int(low[1]), box[1])
    x1, y1 = min(int(high[0]), box[2]), min(int(high[1]), box[3])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _blend(
    texture: NDArray[np.uint8],
    frame: NDArray[np.uint8],
    cover: NDArray[np.float32],
    compared: NDArray[np.float32],
    light_scale: float | None,
    unit: float,
) -> NDArray[np.uint8]:
    """Blend the texture, seen in the frame, into the frame."""
    difference = cv2.subtract(texture, frame, dtype=cv2.CV_32F)
    if light_scale is not None:
        difference += illumination_offset(difference, compared, light_scale)
    # Outside the mask the texture has nothing to say; the frame goes on there, so that the coarse
    # levels of the pyramid mix like with like.
    reach = (cv2.dilate(cover, np.ones((3, 3), np.uint8)) > 0.02).astype(np.float32)
    change = blend_difference(scaled(difference, reach), cover, LEVELS)
    # The pyramid's coarse levels spread a trace of the blend everywhere: it ends with the mask.
    fade = np.minimum(cv2.GaussianBlur(reach, (0, 0), 0.04 * unit) * 2, 1)
    return np.asarray(cv2.add(frame, scaled(change, fade), dtype=cv2.CV_8U))
