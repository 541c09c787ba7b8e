"""Telling what is fixed in the picture from the face that moves behind it.

While the head moves by a known way, a pixel either shows what it showed before (it is fixed in the
picture), or what the head carried there (it is face). Pairs of frames vote; where nothing has an
edge, both are true and neither is said.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, I64, U8, Mask
from .layout import JAW
from .pose import HeadPose
from .rectify import project_to_frame, to_rectified
from .view import View

MOVE = 0.08
"""Inter-ocular distances that the head of the second frame of a pair should have moved: more than
the errors of its pose, and not so far that the light on it changes."""

FRONTAL = np.radians(25.0)
"""Largest yaw of a head that is looked at."""

LEAST_MOVE, MOST_MOVE = 0.03, 0.3
"""Smaller moves tell nothing; larger ones turn the face as well."""

NEAR = 1.5
"""Seconds within which the second frame is looked for first: words of a subtitle stay as long."""

SAME, OTHER = 6.0, 20.0
"""Grey levels up to which two pixels show the same, and from which on they show something else."""

INSET = 0.15
"""How far inside the jaw line the face is looked at, as a share of the way to the mouth."""

_CELL = 4
"""Motion is computed at every fourth pixel and interpolated: it is smooth."""


def choose_pairs(
    pose: HeadPose,
    mouths: NDArray[np.floating],
    usable: NDArray[np.bool_],
    rate: float,
    count: int,
) -> I64:
    """Choose pairs of frames between which the head moved and the lips hardly did.

    Parameters
    ----------
    pose : HeadPose
        Of T frames.
    mouths : ndarray, shape (T, 20, 2)
        Rectified.
    usable : ndarray of bool, shape (T,)
    rate : float
        Frames per second.
    count : int
        First frames, spread evenly; each has up to two partners, towards opposite sides.

    Returns
    -------
    ndarray of int64, shape (n, 2)
    """
    # Of a face that is turned away, the jaw line may hold what is behind it.
    frames = np.flatnonzero(usable & (np.abs(pose.yaw) < FRONTAL))
    if len(frames) < 2:
        return np.zeros((0, 2), np.int64)
    middle = np.median(mouths[frames].mean(axis=1), axis=0)
    places = np.zeros((len(usable), 2))
    points = np.broadcast_to(middle, (len(frames), 1, 2))
    places[frames] = project_to_frame(points, pose[frames])[:, 0]
    unit = float(np.median(pose.scale[frames]))
    firsts = frames[np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)]
    pairs = []
    for first in firsts:
        near = frames[np.abs(frames - first) <= NEAR * rate]
        for others in (near, frames):
            moves = (places[others] - places[first]) / unit
            length = np.linalg.norm(moves, axis=1)
            apart = np.linalg.norm(mouths[others] - mouths[first], axis=2).mean(axis=1)
            cost = np.where(
                (length >= LEAST_MOVE) & (length <= MOST_MOVE),
                np.abs(length - MOVE) + apart,
                np.inf,
            )
            best = int(np.argmin(cost))
            if np.isfinite(cost[best]):
                pairs.append((first, others[best]))
                cost[moves @ moves[best] >= 0] = np.inf
                back = int(np.argmin(cost))
                if np.isfinite(cost[back]):
                    pairs.append((first, others[back]))
                break
    return np.array(pairs, np.int64).reshape(-1, 2)


def inner_face(view: View) -> Mask:
    """Mark the face inside the jaw line, below the nose's bridge, bool (h, w)."""
    centre = view.landmarks[48:68].mean(axis=0)
    outline = np.concatenate([view.landmarks[JAW], view.landmarks[[29]]])
    inner = centre + (outline - centre) * (1 - INSET) - view.origin
    plane = np.zeros(view.picture.shape[:2], np.uint8)
    hull = cv2.convexHull(np.round(inner * 16).astype(np.int32))
    cv2.fillConvexPoly(plane, hull, 1, shift=4)
    return np.asarray(plane > 0)


def votes(view: View, other: View) -> tuple[Mask, Mask]:
    """Tell what a pair of frames says about the pixels of its first one.

    Parameters
    ----------
    view, other : View
        Between them the head has moved.

    Returns
    -------
    fixed, moving : ndarray of bool, shape (h, w)
        The pixel shows the same in the other frame, and what the head would have carried it to
        shows something else; or the other way round. Neither where both or none is so.
    """
    height, width = view.picture.shape[:2]
    rows, columns = (height - 1) // _CELL + 2, (width - 1) // _CELL + 2
    xx, yy = np.meshgrid(np.arange(columns) * _CELL, np.arange(rows) * _CELL)
    nodes = np.stack([xx.ravel(), yy.ravel()], axis=-1).astype(np.float64)[None]
    carried = project_to_frame(to_rectified(nodes + view.origin, view.pose), other.pose)
    coarse = (carried - other.origin).reshape(rows, columns, 2).astype(np.float32)
    shape = np.array([[1 / _CELL, 0, 0], [0, 1 / _CELL, 0]])
    places = cv2.warpAffine(
        coarse, shape, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    there = np.asarray(places, np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    offset = np.subtract(view.origin, other.origin).astype(np.float32)
    here = np.dstack([x + offset[0], y + offset[1]])
    stays, goes = (_difference(view.picture, other.picture, place) for place in (here, there))
    face = inner_face(view) & _inside(here, other.picture) & _inside(there, other.picture)
    return face & (stays < SAME) & (goes > OTHER), face & (goes < SAME) & (stays > OTHER)


def _difference(picture: U8, other: U8, places: F32) -> F32:
    moved = cv2.remap(other, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    red, green, blue = cv2.split(cv2.absdiff(picture, moved))
    # NumPy's maximum over channels takes ten times as long.
    apart = cv2.max(cv2.max(red, green), blue)
    return np.asarray(cv2.blur(apart.astype(np.float32), (3, 3)))


def _inside(places: F32, picture: U8) -> Mask:
    height, width = picture.shape[:2]
    x, y = places[..., 0], places[..., 1]
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))
