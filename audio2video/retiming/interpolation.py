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


APART = (10.0, 25.0)
"""Grey levels by which two warped frames differ where they hardly and where they surely show
something in two places."""

AROUND = 25
"""Part of the longer side over which that difference is averaged: a small hand."""

QUICK = 0.35
"""Share up to which only the nearer frame is shown in such places."""


def planes_between(
    a: Sequence[U8], b: Sequence[U8], share: float, *, quickly: bool = False
) -> list[U8]:
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
    quickly : bool
        Whether one frame is to pass into the other within few moments where flow does not make them
        meet: a hand that is in two places is seen there for no longer than an eye takes.

    Returns
    -------
    list of ndarray of uint8, shape (h, w)
        As many planes, of the same shapes.
    """
    return [_mixed(*one) for one in meeting_planes(a, b, share, quickly=quickly)]


def meeting_planes(
    a: Sequence[U8], b: Sequence[U8], share: float, *, quickly: bool = False
) -> list[tuple[U8, U8, float | NDArray[np.float32]]]:
    """Warp two frames towards each other, as `planes_between` mixes them.

    Parameters
    ----------
    a, b, share, quickly
        As there.

    Returns
    -------
    list of (ndarray, ndarray, float or ndarray of float32)
        For each plane both frames, warped, and how much of the second is shown: everywhere, or in
        each pixel.
    """
    height, width = a[0].shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small_a, small_b = (cv2.resize(f[0], size, interpolation=cv2.INTER_AREA) for f in (a, b))
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there = _back(finder.calc(small_a, small_b, None), share)
    back = _back(finder.calc(small_b, small_a, None), 1 - share)
    shares = _quick_shares(small_a, small_b, there, back, share) if quickly else None
    places = {}
    for height, width in {plane.shape for plane in a}:  # chroma planes share their places
        part = share if shares is None else cv2.resize(shares, (width, height))
        found = _places(there, width, height), _places(back, width, height), part
        places[height, width] = found
    met: list[tuple[U8, U8, float | NDArray[np.float32]]] = []
    for plane_a, plane_b in zip(a, b, strict=True):
        from_a, from_b, part = places[plane_a.shape]
        met.append((_pull(plane_a, from_a), _pull(plane_b, from_b), part))
    return met


def _mixed(one: U8, other: U8, share: float | NDArray[np.float32]) -> U8:
    if isinstance(share, np.ndarray):
        return np.asarray(cv2.blendLinear(one, other, 1 - share, share), np.uint8)
    return np.asarray(cv2.addWeighted(one, 1 - share, other, share, 0.0), np.uint8)


def _quick_shares(
    a: U8, b: U8, there: NDArray[np.float32], back: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Give the share of `b` in each pixel: steeper than `share` where the warped frames differ."""
    height, width = a.shape
    one, other = (
        _pull(frame, _places(moves, width, height)) for frame, moves in ((a, there), (b, back))
    )
    side = 2 * (max(height, width) // AROUND // 2) + 1
    apart = cv2.blur(cv2.absdiff(one, other).astype(np.float32), (side, side))
    low, high = APART
    twice = np.clip((apart - low) / (high - low), 0, 1)
    steep = min(max((share - QUICK) / (1 - 2 * QUICK), 0.0), 1.0)
    return np.asarray(share + (steep - share) * twice, np.float32)


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
