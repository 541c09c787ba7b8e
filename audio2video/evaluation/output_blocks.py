"""Changes outside the face by blocks, and frozen frames."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..compositing.jaw import REACH, SHARES
from ..face.layout import NOSE
from ..media.video import Box, Frame

BLOCK = 8
"""Pixels: side of the blocks in which pictures are compared."""

BINS_PER_LEVEL = 20
"""Differences are counted in steps of a twentieth of a grey level."""

CODEC_QUANTILE = 0.999
MARGIN = 1.0
"""Grey levels over this quantile of what the codec alone does, from which on a block has changed:
the codec's own worst blocks differ by about that from one second to the next."""

SOFT = 0.1
"""Inter-ocular distances by which the soft border of what is blended in may reach beyond the lower
face: 0.08 with noise for pictures, where any trace shows."""

FROZEN = 0.05
"""Grey levels of mean difference under which a picture is the one before it: a codec that is told
to change nothing changes less, and noise or the slightest motion makes more."""

Blocks = NDArray[np.bool_]


def block_change(one: Frame, other: Frame) -> tuple[F32, F32]:
    """Compare two pictures of the same size, block by block.

    Parameters
    ----------
    one, other : Frame
        Shape (H, W).

    Returns
    -------
    change, squares : ndarray of float32, shape (ceil(H / 8), ceil(W / 8))
        Mean absolute difference in each block, of luma or of a chroma plane, whichever differs
        most; mean squared difference of luma.
    """
    luma = cv2.absdiff(one.y, other.y)
    planes = [_block_means(luma, BLOCK)]
    for a, b in ((one.u, other.u), (one.v, other.v)):
        planes.append(_block_means(cv2.absdiff(a, b), BLOCK // 2))
    squares = _block_means(np.square(luma, dtype=np.float32), BLOCK)
    return np.maximum.reduce(planes), squares


def _block_means(plane: NDArray[Any], side: int) -> F32:
    height, width = plane.shape
    rows, columns = -(-height // side), -(-width // side)
    below, right = rows * side - height, columns * side - width
    whole = cv2.copyMakeBorder(plane.astype(np.float32), 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(whole.reshape(rows, side, columns, side).mean(axis=(1, 3)))


def outside_box(box: Box, width: int, height: int) -> Blocks:
    """Blocks of a frame that a box does not touch, shape (ceil(H / 8), ceil(W / 8))."""
    outside = np.ones((-(-height // BLOCK), -(-width // BLOCK)), bool)
    x0, y0, x1, y1 = box
    outside[y0 // BLOCK : -(-y1 // BLOCK), x0 // BLOCK : -(-x1 // BLOCK)] = False
    return outside


def outside_face(
    landmarks: NDArray[np.floating], drop: float, unit: float, box: Box, width: int, height: int
) -> Blocks:
    """Blocks of a frame that lie outside the lower face and the neck that moves with its jaw.

    Parameters
    ----------
    landmarks : ndarray, shape (68, 2)
        Pixel (x, y).
    drop : float
        How much lower the chin comes to lie, in inter-ocular distances.
    unit : float
        Pixels per inter-ocular distance.
    box : tuple of int
        x0, y0, x1, y1 of the part that may change at all; outside it all blocks count.
    width, height : int
        Of the frame.

    Returns
    -------
    ndarray of bool, shape (ceil(H / 8), ceil(W / 8))
        True outside.
    """
    points = list(SHARES)
    jaw = landmarks[points]
    moved = jaw + np.outer(list(SHARES.values()), (0.0, drop * unit))
    corner = np.array([box[0], box[1]]) // BLOCK * BLOCK
    cover = np.zeros((box[3] - corner[1], box[2] - corner[0]), np.uint8)
    outline = np.concatenate([jaw, moved, landmarks[NOSE.start + 4 : NOSE.stop]]) - corner
    hull = cv2.convexHull(np.round(outline).astype(np.int32))
    cv2.fillConvexPoly(cover, hull, 1)
    cv2.polylines(cover, [hull], True, 1, 2 * int(np.ceil(SOFT * unit)))
    if drop:
        # The warp that moves the jaw line dies away at this distance from it.
        for x, y in np.round(moved - corner).astype(int).tolist():
            cv2.circle(cover, (x, y), int(np.ceil(REACH * unit)), 1, -1)
    touched = _block_means(cover, BLOCK) > 0
    outside = np.ones((-(-height // BLOCK), -(-width // BLOCK)), bool)
    row, column = corner[1] // BLOCK, corner[0] // BLOCK
    outside[row : row + touched.shape[0], column : column + touched.shape[1]] &= ~touched
    return outside


class ChangeCounts:
    """Differences of blocks, counted; memory does not grow with their number.

    Attributes
    ----------
    blocks : int
        How many there were.
    """

    def __init__(self) -> None:
        self.blocks = 0
        self._counts = np.zeros(255 * BINS_PER_LEVEL + 1, np.int64)
        self._sum = self._squares = self._largest = 0.0
        self._where: int | None = None

    def add(self, change: F32, squares: F32, frame: int) -> None:
        """Count blocks.

        Parameters
        ----------
        change, squares : ndarray of float32, shape (n,)
            See `block_change`.
        frame : int
            Number of the frame that they lie in.
        """
        if not len(change):
            return
        self.blocks += len(change)
        places = (change * BINS_PER_LEVEL).astype(np.int64)
        self._counts += np.bincount(places, minlength=len(self._counts))
        self._sum += float(change.sum(dtype=np.float64))
        self._squares += float(squares.sum(dtype=np.float64))
        if self._where is None or change.max() > self._largest:
            self._largest, self._where = float(change.max()), frame

    def quantile(self, share: float) -> float:
        """Difference that this share of the blocks stays under, to a twentieth of a grey level."""
        below = np.searchsorted(np.cumsum(self._counts), share * self.blocks)
        return float((below + 1) / BINS_PER_LEVEL)

    def share_above(self, level: float) -> float:
        """Share of the blocks that differ by so much or more."""
        first = int(np.ceil(level * BINS_PER_LEVEL - 1e-6))
        return float(self._counts[first:].sum() / self.blocks)

    def summary(self, threshold: float) -> dict[str, Any] | None:
        """Give JSON values; None if there was no block.

        Parameters
        ----------
        threshold : float
            Grey levels from which on a block counts as changed.
        """
        if not self.blocks:
            return None
        error = self._squares / self.blocks
        return {
            "blocks": self.blocks,
            "mean": self._sum / self.blocks,
            "p999": self.quantile(CODEC_QUANTILE),
            "max": self._largest,
            "max_in_frame": self._where,
            "psnr_db": float(10 * np.log10(255**2 / error)) if error > 0 else None,
            "share_changed": self.share_above(threshold),
        }


def threshold_of(codec: ChangeCounts) -> float:
    """Difference of a block that the codec alone does not make; 0 if nothing is known of it."""
    return codec.quantile(CODEC_QUANTILE) + MARGIN if codec.blocks else 0.0


def luma_change(
    before: NDArray[np.uint8], after: NDArray[np.uint8], box: Box
) -> tuple[float, float]:
    """Mean absolute difference of two pictures, whole and inside a box.

    Parameters
    ----------
    before, after : ndarray of uint8, shape (H, W)
    box : tuple of int
        x0, y0, x1, y1, the end excluded.
    """
    change = cv2.absdiff(before, after)
    x0, y0, x1, y1 = box
    return float(change.mean()), float(change[y0:y1, x0:x1].mean())


def measure_frozen(result: NDArray[np.floating], target: NDArray[np.floating]) -> dict[str, Any]:
    """Count frames that repeat their predecessor.

    Parameters
    ----------
    result, target : ndarray, shape (N, 2)
        What `luma_change` gives for each frame and the one before it, of the result and of the
        target frames that lie under it; NaN in the first.

    Returns
    -------
    dict
        JSON values: frozen frames of both, those that are frozen in the result only, the longest
        run of frozen frames in the result.
    """
    still = np.all(result < FROZEN, axis=1)
    under = np.all(target < FROZEN, axis=1)
    longest = run = 0
    for frozen in still.tolist():
        run = run + 1 if frozen else 0
        longest = max(longest, run)
    return {
        "result": int(still.sum()),
        "target": int(under.sum()),
        "result_only": int((still & ~under).sum()),
        "longest": longest,
    }
