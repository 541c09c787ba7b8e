"""Painting straight into a frame: a window of it, and shapes bounded by curves over its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .brush import FloatArray


@dataclass(frozen=True)
class Window:
    """A part of a frame with its pixel coordinates.

    Attributes
    ----------
    view : ndarray, shape (H, W, 3), float32
        The part; writing to it writes to the frame.
    x : ndarray, shape (1, W)
    y : ndarray, shape (H, 1)
        Coordinates of columns and rows in the frame.
    """

    view: FloatArray
    x: FloatArray
    y: FloatArray

    @classmethod
    def around(cls, frame: FloatArray, points: FloatArray, margin: float) -> Window:
        """Cut the window that holds `points`, (N, 2), and `margin` pixels on each side."""
        height, width = frame.shape[:2]
        low = np.floor(points.min(axis=0) - margin).astype(int)
        high = np.ceil(points.max(axis=0) + margin).astype(int) + 1
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, (width, height))
        x = np.arange(left, right, dtype=np.float32)[None, :]
        y = np.arange(top, bottom, dtype=np.float32)[:, None]
        return cls(frame[top:bottom, left:right], x, y)


def over_columns(line: FloatArray, x: FloatArray) -> FloatArray:
    """Height at each column, shape (1, W), of a line (N, 2) that runs from left to right."""
    along = np.maximum.accumulate(line[:, 0])
    return np.asarray(np.interp(x[0], along, line[:, 1])[None, :], np.float32)


def between(y: FloatArray, top: FloatArray, bottom: FloatArray, edge: float = 1.0) -> FloatArray:
    """Coverage of the pixels between two lines, with an edge of `edge` pixels (anti-aliased)."""
    above = np.clip((y - top) / np.float32(edge) + 0.5, 0.0, 1.0)
    below = np.clip((bottom - y) / np.float32(edge) + 0.5, 0.0, 1.0)
    # Where the lines meet, the two soft edges overlap: coverage is what both leave, not a product.
    return np.asarray(np.clip(above + below - 1.0, 0.0, 1.0), np.float32)
