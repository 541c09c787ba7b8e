"""How landmarks move from one frame to the next, followed in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RESOLUTION = 80.0
"""Pixels per inter-ocular distance at which points are followed; larger faces are reduced."""

WINDOW = 0.21
"""Side of the patch around a point that is found again, in inter-ocular distances. Of 0.14, 0.21
and 0.31, the one with the best rebuilt targets on four clips."""

MARGIN = 0.25
"""Room around the landmarks, in inter-ocular distances."""

CUT_DOUBT = 0.05
"""Median doubt about a face's points from which on the picture was cut: within shots it stays under
0.012 on five clips, and a jump cut that landmarks alone do not show has 0.27."""

_LEVELS = 2
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)
_LOST = 10.0


@dataclass(frozen=True)
class Motion:
    """How points moved since the frame before.

    Parameters
    ----------
    moves : ndarray of float64, shape (N, 2)
        Pixels (x, y).
    doubt : ndarray of float64, shape (N,)
        How far a point followed there and back again comes from where it was, halved, in
        inter-ocular distances; large where it was lost.
    """

    moves: NDArray[np.float64]
    doubt: NDArray[np.float64]

    @property
    def is_cut(self) -> bool:
        """Whether most points came to other places, as at a cut to other content."""
        # Where there is nothing to follow, as on a flat picture, there is nothing to be said.
        return self._is_known and self._usual_doubt > CUT_DOUBT

    @property
    def is_continuous(self) -> bool:
        """Whether most points are seen to go on, which tells the face from a cut around it."""
        return self._is_known and self._usual_doubt <= CUT_DOUBT

    @property
    def _is_known(self) -> bool:
        return bool(2 * (self.doubt < _LOST).sum() >= len(self.doubt))

    @property
    def _usual_doubt(self) -> float:
        return float(np.median(self.doubt[self.doubt < _LOST]))


def track_points(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    points: NDArray[np.floating],
    unit: float,
) -> Motion:
    """Follow points from a frame to the next (Lucas and Kanade 1981, in a pyramid).

    A landmark model says where a point is on the face, give or take its jitter; the picture says
    how that point moved, to a fraction of a pixel.

    Parameters
    ----------
    before, after : ndarray of uint8, shape (H, W)
    points : ndarray, shape (N, 2)
        Pixel (x, y) in `before`.
    unit : float
        Inter-ocular distance, in pixels.

    Returns
    -------
    Motion
    """
    zoom = min(1.0, RESOLUTION / unit)
    height, width = before.shape
    low = np.clip(np.floor(points.min(axis=0) - MARGIN * unit), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(points.max(axis=0) + MARGIN * unit), low + 1, [width, height])
    (x0, y0), (x1, y1) = low.astype(int), high.astype(int)
    old, new = (np.ascontiguousarray(gray[y0:y1, x0:x1]) for gray in (before, after))
    if zoom < 1.0:
        size = (max(1, round((x1 - x0) * zoom)), max(1, round((y1 - y0) * zoom)))
        old, new = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (old, new))
    scale = np.array([old.shape[1] / (x1 - x0), old.shape[0] / (y1 - y0)])
    start = ((points - low + 0.5) * scale - 0.5).astype(np.float32)[:, None]
    side = max(7, round(WINDOW * unit * zoom)) | 1
    settings: dict[str, Any] = {
        "winSize": (side, side),
        "maxLevel": _LEVELS,
        "criteria": _STOP,
    }
    there, seen, _ = cv2.calcOpticalFlowPyrLK(old, new, start, None, **settings)
    back, again, _ = cv2.calcOpticalFlowPyrLK(new, old, there, None, **settings)
    moves = (there - start)[:, 0].astype(np.float64) / scale
    doubt = np.linalg.norm((back - start)[:, 0] / scale, axis=1) / (2 * unit)
    lost = (seen[:, 0] == 0) | (again[:, 0] == 0) | ~np.isfinite(doubt)
    return Motion(np.where(lost[:, None], 0.0, moves), np.where(lost, _LOST, doubt))
