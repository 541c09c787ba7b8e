"""Frames half-way between two, by optical flow."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FLOW_SIDE = 640
"""Flow is found on frames reduced to this longer side, in pixels."""


def halfway_frame(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show the moment in the middle between two frames.

    Both frames are warped half of the way towards each other and averaged.

    Parameters
    ----------
    a, b : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    height, width = a.shape[:2]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    gray_a, gray_b = (
        cv2.cvtColor(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for frame in (a, b)
    )
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there = finder.calc(gray_a, gray_b, None)
    back = finder.calc(gray_b, gray_a, None)
    halves = [_pull(frame, flow, (width, height)) for frame, flow in ((a, there), (b, back))]
    return np.asarray(cv2.addWeighted(halves[0], 0.5, halves[1], 0.5, 0.0), np.uint8)


def _pull(
    frame: NDArray[np.uint8], flow: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Move a frame half of the way along its flow to the other one.

    The flow belongs to the pixels of `frame`, not of the result. What comes to lie in a pixel is
    looked for half of the flow read there back, and then once more with the flow read where that
    leads. Reading bicubically keeps a half-way frame about as sharp as its neighbours.
    """
    width, height = size
    full = cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR)
    full *= np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    arriving = _read(full, x, y, full, cv2.INTER_LINEAR)
    return np.asarray(_read(frame, x, y, arriving, cv2.INTER_CUBIC), np.uint8)


def _read(
    values: NDArray[Any],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    flow: NDArray[np.float32],
    interpolation: int,
) -> NDArray[Any]:
    at_x, at_y = x - 0.5 * flow[..., 0], y - 0.5 * flow[..., 1]
    return np.asarray(cv2.remap(values, at_x, at_y, interpolation, borderMode=cv2.BORDER_REPLICATE))
