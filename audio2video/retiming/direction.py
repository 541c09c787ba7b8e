"""Content whose time has a direction: text, slides, clocks, tickers around the person.

Played backwards, it is wrong to every eye. What moves and comes back, such as a hand, a curtain or
the grain of the picture, may be played either way.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8
from ..face.layout import eye_centres, inter_ocular_distance

LOOKS_PER_SECOND = 4
"""Pictures of each second that are looked at."""

WINDOWS, WINDOW_SECONDS = 5, 3
"""A longer target is looked at in so many windows, spread over all of it."""

WIDTH = 192
"""Pictures are reduced to this longer side."""

DIRECTED_SHARE = 0.035
"""Share of the picture around the person, from which on directed change is much."""

_BLOCK = 8
"""Side of the squares that are compared, in reduced pixels."""

_CHANGED = 5.0
"""Mean difference of a square, in grey levels, that is a change; or thrice the picture's grain."""

_BACK = 0.5
"""A square is as it was when it differs by less than so much of a change."""

_GONE = 0.45
"""Share of its moments to which a directed square never comes back."""

_SPEED, _ONE_WAY = 0.05, 0.85
"""Reduced pixels that something moves on in a frame, and the share of that to one side."""

_LEAST = 8
"""Squares that are worth looking at."""

_SIDE, _ABOVE, _BELOW, _SHOULDERS = 1.6, 1.8, 2.5, 4.5
"""What the person takes up, in inter-ocular distances: head beside, above and below the eyes, and
body and hands to the sides of everything below them."""


def frames_to_look_at(frames: int, rate: float) -> NDArray[np.int64]:
    """Choose the frames of a target that are looked at, each of which another one follows.

    Parameters
    ----------
    frames : int
        Of the target.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of int64, shape (n,)
        Ascending.
    """
    seconds = frames / rate
    starts = np.linspace(0, seconds - WINDOW_SECONDS, WINDOWS)
    if seconds <= WINDOWS * WINDOW_SECONDS:
        starts, length = np.zeros(1), seconds
    else:
        length = float(WINDOW_SECONDS)
    within = np.arange(0, length, 1 / LOOKS_PER_SECOND)
    chosen = np.unique(np.rint((starts[:, np.newaxis] + within) * rate).astype(np.int64))
    return chosen[chosen < frames - 1]


def surroundings(
    landmarks: NDArray[np.floating], height: int, width: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which pixels never show the person, and which never show the head.

    Parameters
    ----------
    landmarks : ndarray, shape (n, 68, 2)
        Of frames with a face, in pixels (x, y) of the picture.
    height, width : int

    Returns
    -------
    without_person, without_head : ndarray of bool, shape (height, width)
    """
    rows, columns = np.ogrid[:height, :width]
    head, body = np.zeros((2, height, width), bool)
    eyes = eye_centres(landmarks.astype(np.float64)).mean(axis=1)
    sizes = inter_ocular_distance(landmarks.astype(np.float64))
    for (x, y), size in zip(eyes, sizes, strict=True):
        beside = np.abs(columns - x)
        over, under = y - _ABOVE * size, y + _BELOW * size
        head |= (beside < _SIDE * size) & (rows > over) & (rows < under)
        body |= (beside < _SHOULDERS * size) & (rows > y + size)
    return ~(head | body), ~head


def directed_share(
    looks: U8, after: U8, without_person: NDArray[np.bool_], without_head: NDArray[np.bool_]
) -> float:
    """Measure how much of the surroundings changes for good, or moves on and on.

    Parameters
    ----------
    looks : ndarray of uint8, shape (n, h, w)
        Reduced grey pictures, `LOOKS_PER_SECOND`.
    after : ndarray of uint8, shape (n, h, w)
        The frame that follows each of them.
    without_person, without_head : ndarray of bool, shape (h, w)
        See `surroundings`. What changes is looked for beside the person alone, what moves on in
        front of the body as well: hands move, but not always to one side.

    Returns
    -------
    float
        Share of the squares of the surroundings, 0 to 1; 0 if there are hardly any.
    """
    still, moving = (
        _squares(mask[np.newaxis]).all(axis=(1, 2)) for mask in (without_person, without_head)
    )
    if len(looks) < 2 * LOOKS_PER_SECOND:
        return 0.0
    shares = [0.0]
    if moving.sum() >= _LEAST:
        shares.append(float(_moving_on(looks, after)[moving].mean()))
    if still.sum() >= _LEAST:
        squares = _squares(looks)[still].astype(np.float32)
        # Light that comes and goes is no content, on all of the picture or in a part of it.
        light = squares.mean(axis=(0, 2))
        squares *= (light.mean() / np.maximum(light, 1.0))[:, np.newaxis]
        squares -= squares.mean(axis=2, keepdims=True)
        steps = np.abs(np.diff(squares, axis=1)).mean(axis=2)
        change = max(_CHANGED, 3 * float(np.median(np.quantile(steps, 0.1, axis=1))))
        shares.append(float(np.mean([_changes_for_good(one, change) for one in squares])))
    return max(shares)


def _squares(pictures: NDArray[Any]) -> NDArray[Any]:
    """Cut pictures (n, h, w) into squares, shape (squares, n, pixels)."""
    count, height, width = pictures.shape
    down, across = height // _BLOCK, width // _BLOCK
    part = pictures[:, : down * _BLOCK, : across * _BLOCK]
    cut = part.reshape(count, down, _BLOCK, across, _BLOCK).transpose(1, 3, 0, 2, 4)
    return np.asarray(cut.reshape(down * across, count, _BLOCK * _BLOCK))


def _changes_for_good(square: F32, change: float) -> bool:
    """Tell whether a square, shape (n, pixels), does not come back to what it was."""
    apart = np.array([np.abs(square - one).mean(axis=1) for one in square])
    moments = len(square) - 2 * LOOKS_PER_SECOND
    gone = 0
    for k in range(moments):
        left = np.flatnonzero(apart[k, k:] > change)
        gone += bool(len(left)) and bool((apart[k, k + left[0] :] > _BACK * change).all())
    return moments > 0 and gone >= _GONE * moments


def _moving_on(looks: U8, after: U8) -> NDArray[np.bool_]:
    """Tell which squares move, and always to the same side."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flows = np.array([finder.calc(a, b, None) for a, b in zip(looks, after, strict=True)])
    moves = np.stack([_squares(flows[..., c]).mean(axis=2) for c in (0, 1)], axis=2)
    speeds = np.linalg.norm(moves, axis=2)
    way = np.linalg.norm(moves.mean(axis=1), axis=1)
    # At nearly all times, not at a few by chance.
    steady = np.quantile(speeds, 0.25, axis=1) > _SPEED
    return np.asarray(steady & (way > _ONE_WAY * speeds.mean(axis=1)))
