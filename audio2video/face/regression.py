"""Landmarks by a cascade of regression trees, compiled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, F64, I32, U8
from ..runtime.kernels import kernel


@dataclass(frozen=True)
class LandmarkModel:
    """A cascade of C levels; each has P pixels to look at, and T trees with S splits, S + 1 leaves.

    Places are in box sides, from the upper left corner of the face box. Arrays are C-contiguous.

    Parameters
    ----------
    mean : ndarray of float32, shape (N, 2)
        Mean shape, where every cascade starts.
    anchors : ndarray of int32, shape (C, P)
        Landmark that each pixel goes with.
    deltas : ndarray of float32, shape (C, P, 2)
        From there to the pixel, on the mean shape.
    pairs : ndarray of int32, shape (C, T, S, 2)
        The two pixels that a split compares. The splits of a tree lie level by level, from its
        root.
    thresholds : ndarray of float32, shape (C, T, S)
        In gray levels. A first pixel that is brighter by more leads to the left.
    leaves : ndarray of float32, shape (C, T, S + 1, 2 N)
        What is added to the shape, x and y of each landmark in turn.

    Raises
    ------
    ValueError
        The shapes do not fit each other, an index is out of range, trees are no whole binary
        trees, or the mean shape is a point.
    """

    mean: F32
    anchors: I32
    deltas: F32
    pairs: I32
    thresholds: F32
    leaves: F32

    def __post_init__(self) -> None:
        # The compiled code sees no bounds: what it relies on is made sure of here.
        levels, trees, splits = self.thresholds.shape
        fits = (
            self.mean.shape[1:] == (2,)
            and self.anchors.shape[0] == levels
            and self.deltas.shape == (*self.anchors.shape, 2)
            and self.pairs.shape == (levels, trees, splits, 2)
            and self.leaves.shape == (levels, trees, splits + 1, self.mean.size)
        )
        if not fits or splits & (splits + 1):
            raise ValueError("shapes of the arrays do not fit each other")
        for indices, end in ((self.anchors, len(self.mean)), (self.pairs, self.anchors.shape[1])):
            if indices.size and not 0 <= indices.min() <= indices.max() < end:
                raise ValueError(f"indices must be 0 to {end - 1}")
        if not np.ptp(self.mean, axis=0).any():
            raise ValueError("the mean shape is a point")


def place_landmarks(model: LandmarkModel, gray: U8, boxes: NDArray[np.floating]) -> F64:
    """Place landmarks in face boxes (Kazemi and Sullivan 2014, sections 2.1 and 2.2).

    Each level of the cascade looks at pixels that move with the shape found so far: each goes with
    a landmark, by an offset turned and scaled like that shape against the mean shape. Trees that
    compare pairs of these pixels choose what is added to the shape.

    Parameters
    ----------
    model : LandmarkModel
    gray : ndarray of uint8, shape (H, W)
        Pixels outside of it count as black.
    boxes : ndarray, shape (B, 4)
        Centres of the outermost pixels in each face box: left, top, right, bottom. Boxes that
        differ little are faster together than one by one.

    Returns
    -------
    ndarray of float64, shape (B, N, 2)
        Pixel (x, y), not rounded.

    Raises
    ------
    ValueError
        The arrays' shapes or types are others.
    """
    if gray.ndim != 2 or gray.dtype != np.uint8:
        raise ValueError(f"gray must be (H, W) of uint8, not {gray.shape} of {gray.dtype}")
    corners = np.array(boxes, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 4 or not np.isfinite(corners).all():
        raise ValueError(f"boxes must be (B, 4) numbers, not {corners.shape}")
    shapes = np.repeat(model.mean.reshape(1, -1), len(corners), axis=0)
    _run_cascade(
        np.ascontiguousarray(gray),
        corners,
        model.mean.reshape(-1),
        model.anchors,
        model.deltas,
        model.pairs,
        model.thresholds,
        model.leaves,
        shapes,
    )
    corner, size = corners[:, None, :2], (corners[:, 2:] - corners[:, :2])[:, None]
    return corner + size * shapes.reshape(len(corners), *model.mean.shape)


@kernel(error_model="numpy")
def _run_cascade(
    gray: U8,
    corners: F64,
    mean: F32,
    anchors: I32,
    deltas: F32,
    pairs: I32,
    thresholds: F32,
    leaves: F32,
    shapes: F32,
) -> None:
    """Move the shapes, of one size with the boxes and flat, from the mean to their places."""
    features = np.empty(anchors.shape[1], np.float32)
    chosen = np.empty(thresholds.shape[1], np.int32)
    # All boxes in one level before the next: neighbours mostly choose the same leaves, which are
    # still in the core's own cache then. Fetching leaves is most of the work.
    for level in range(len(anchors)):
        for box in range(len(corners)):
            _look(gray, corners[box], mean, shapes[box], anchors[level], deltas[level], features)
            _choose(features, pairs[level], thresholds[level], chosen)
            _add(leaves[level], chosen, shapes[box])


@kernel(error_model="numpy")
def _look(
    gray: U8, corners: F64, mean: F32, shape: F32, anchors: I32, deltas: F32, features: F32
) -> None:
    """Gray levels of a level's pixels."""
    cos, sin = _turn_and_scale(mean, shape)
    height, width = gray.shape
    # Half a pixel on, so that cutting off the fraction rounds to the nearest pixel.
    left, top = corners[0] + 0.5, corners[1] + 0.5
    across, down = corners[2] - corners[0], corners[3] - corners[1]
    for k in range(len(anchors)):
        u, v = deltas[k, 0], deltas[k, 1]
        x = left + across * (cos * u - sin * v + shape[2 * anchors[k]])
        y = top + down * (sin * u + cos * v + shape[2 * anchors[k] + 1])
        inside = 0 <= x < width and 0 <= y < height
        features[k] = gray[int(y), int(x)] if inside else 0


@kernel(error_model="numpy")
def _turn_and_scale(mean: F32, shape: F32) -> tuple[np.float32, np.float32]:
    """Scaled cosine and sine of the turn that brings the mean shape nearest to the shape.

    With points as complex numbers, freed from their means, it is the one regression coefficient
    (the least squares of Umeyama 1991, equations 40 to 43, in the plane and without mirroring).
    """
    x0 = y0 = x1 = y1 = 0.0
    for k in range(0, len(mean), 2):
        x0, y0, x1, y1 = x0 + mean[k], y0 + mean[k + 1], x1 + shape[k], y1 + shape[k + 1]
    count = len(mean) // 2
    x0, y0, x1, y1 = x0 / count, y0 / count, x1 / count, y1 / count
    along = aside = spread = 0.0
    for k in range(0, len(mean), 2):
        a, b, c, d = mean[k] - x0, mean[k + 1] - y0, shape[k] - x1, shape[k + 1] - y1
        along += a * c + b * d
        aside += a * d - b * c
        spread += a * a + b * b
    return np.float32(along / spread), np.float32(aside / spread)


@kernel(error_model="numpy")
def _choose(features: F32, pairs: I32, thresholds: F32, chosen: I32) -> None:
    """Leaf of each tree. All go down together: a step waits for the one before, a tree for none."""
    trees, splits = thresholds.shape
    # Unsigned indices need no care for those that count from the end.
    sides, limits, one = pairs.reshape(-1), thresholds.reshape(-1), np.uint64(1)
    chosen[:] = 0
    above = 0
    while above < splits:
        for tree in range(trees):
            node = np.uint64(chosen[tree])
            at = np.uint64(tree * splits) + node
            first, second = np.uint64(sides[at + at]), np.uint64(sides[at + at + one])
            brighter = features[first] - features[second] > limits[at]
            chosen[tree] = node + node + np.uint64(2) - np.uint64(brighter)
        above = 2 * above + 1
    chosen -= splits


@kernel(error_model="numpy")
def _add(leaves: F32, chosen: I32, shape: F32) -> None:
    """Add the chosen leaves to the shape, in their order; four to each reading of the shape."""
    whole = len(chosen) // 4 * 4
    for tree in range(0, whole, 4):
        a, b = leaves[tree, chosen[tree]], leaves[tree + 1, chosen[tree + 1]]
        c, d = leaves[tree + 2, chosen[tree + 2]], leaves[tree + 3, chosen[tree + 3]]
        for k in range(len(shape)):
            shape[k] = (((shape[k] + a[k]) + b[k]) + c[k]) + d[k]
    for tree in range(whole, len(chosen)):
        last = leaves[tree, chosen[tree]]
        for k in range(len(shape)):
            shape[k] += last[k]
