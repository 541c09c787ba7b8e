"""Frames in between two others, by optical flow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8

FLOW_SIDE = 400
"""Flow is found on frames reduced to this longer side, in pixels. Rebuilding known frames of three
clips, 640 was no better."""


def planes_between(a: Sequence[U8], b: Sequence[U8], share: float) -> list[U8]:
    """Show a moment between two frames.

    Both frames are warped towards each other, each its part of the way, and averaged, the nearer
    one with more weight.

    Parameters
    ----------
    a, b : sequence of ndarray of uint8, shape (h, w)
        Planes of the two frames: luma, which the flow is found in, and any others at the same or a
        lower resolution.
    share : float
        Where the moment lies, 0 (at `a`) to 1 (at `b`).

    Returns
    -------
    list of ndarray of uint8, shape (h, w)
        As many planes, of the same shapes.
    """
    height, width = a[0].shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small_a, small_b = (cv2.resize(f[0], size, interpolation=cv2.INTER_AREA) for f in (a, b))
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there = _back(finder.calc(small_a, small_b, None), share)
    back = _back(finder.calc(small_b, small_a, None), 1 - share)
    made: list[U8] = [np.empty(0, np.uint8)] * len(a)
    for height, width in {plane.shape for plane in a}:  # chroma planes share their places
        from_a, from_b = _places(there, width, height), _places(back, width, height)
        for k, (plane_a, plane_b) in enumerate(zip(a, b, strict=True)):
            if plane_a.shape == (height, width):
                pulled = _pull(plane_a, from_a), 1 - share, _pull(plane_b, from_b), share, 0.0
                made[k] = np.asarray(cv2.addWeighted(*pulled), np.uint8)
    return made


def _back(flow: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Backward displacement of each pixel after travelling `share` of the flow.

    The flow belongs to the pixels where things were, not to those where they arrive: it is read
    that share of itself back.

    Returns
    -------
    ndarray of float32, shape (h, w, 2)
        Displacement as a share of the picture's width and height.
    """
    height, width = flow.shape[:2]
    places = _grid(width, height) - np.float32(share) * flow
    arriving = cv2.remap(flow, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(arriving * np.array([-share / width, -share / height], np.float32))


def _places(moves: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Where the pixels of a plane come from, shape (height, width, 2)."""
    # Scaled while there are few: the pixels of a plane are many.
    few = moves * np.array([width, height], np.float32)
    full = cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(full, _grid(width, height), dst=full), np.float32)


def _pull(plane: U8, places: NDArray[np.float32]) -> U8:
    """Read a plane where its pixels come from; bicubically, to keep it as sharp as it was."""
    return np.asarray(
        cv2.remap(plane, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


@lru_cache(maxsize=3)
def _grid(width: int, height: int) -> NDArray[np.float32]:
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    grid = np.asarray(cv2.merge(np.meshgrid(columns, rows)), np.float32)
    grid.flags.writeable = False  # it is shared
    return grid
