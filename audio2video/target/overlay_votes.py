"""Where something is fixed in a target's picture, by the votes of pairs of frames."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, I64, Mask
from ..face.fixed import inner_face, votes
from ..face.occlusion import disc
from ..face.view import foreign
from ..runtime.threads import ordered_map
from .views import Views

LEAST_VOTES, VOTED_SHARE, MAJORITY = 4, 0.1, 3.0
"""A pixel is fixed by so many votes, by this share of the pairs, and by so many times the votes
against it."""

LEAST_EDGE, LEAST_LENGTH = 0.012, 0.18
"""Square inter-ocular distances of fixed edges, and their extent: less is an accident."""

ALWAYS = 5.0
"""Standard deviation, in grey levels, of what never changes."""

MOSTLY_FOREIGN = 0.8
"""Share of the frames in which it has no colour of a face."""

SEEN_SHARE, FACE_SHARE = 0.5, 0.3
"""Share of the frames that must reach a pixel, or have the face there, relative to the most."""

LASTING = 0.3
"""Share of the pairs that vote for an edge which is there all the time, whatever its colour: a logo
that shines through."""

REACH, GAP = 0.1, 0.04
"""Inter-ocular distances around fixed edges in which something is looked for, and by which edges of
one thing may be apart."""


@dataclass(frozen=True)
class Evidence:
    """Where fixed things are, on a part of the raster.

    Parameters
    ----------
    origin : tuple of int
        Raster pixel (x, y) of the part's first pixel.
    near : ndarray of bool, shape (h, w)
        Around edges that are fixed.
    always : ndarray of bool, shape (h, w)
        What never changes and belongs to these edges.
    unit : float
        Raster pixels per inter-ocular distance.
    """

    origin: tuple[int, int]
    near: Mask
    always: Mask
    unit: float


def gather_evidence(views: Views, pairs: I64, workers: int) -> Evidence | None:
    """Let pairs of frames vote.

    Parameters
    ----------
    views : Views
    pairs : ndarray of int64, shape (n, 2)
        From `face.fixed.choose_pairs`.
    workers : int
        Threads.

    Returns
    -------
    Evidence, optional
        None where nothing is fixed, or the head never moves.
    """
    if not len(pairs):
        return None

    def vote(pair: NDArray[np.int64]) -> tuple[tuple[int, int], F32]:
        view, other = (views[int(frame)] for frame in pair)
        return view.origin, np.dstack([*votes(view, other), inner_face(view)]).astype(np.float32)

    def look(frame: np.int64) -> tuple[tuple[int, int], F32]:
        view = views[int(frame)]
        picture = view.picture.astype(np.float32)
        squares = (picture**2).sum(axis=2)
        seen = np.ones(squares.shape, np.float32)
        return view.origin, np.dstack([picture, squares, foreign(view), seen]).astype(np.float32)

    counts = _Canvas(3)
    with closing(ordered_map(vote, pairs, workers)) as voted:
        for origin, planes in voted:
            counts.add(origin, planes)
    edges = _edges(counts.sums, views.unit)
    if not edges.any():
        return None
    looks = _Canvas(6)
    looks.add(counts.origin, np.zeros((*edges.shape, 6), np.float32))
    with closing(ordered_map(look, np.unique(pairs[:, 0]), workers)) as looked:
        for origin, planes in looked:
            looks.add(origin, planes)
    # The same frames have voted, so that nothing lies beyond.
    always = _always(looks.sums, edges, views.unit) | _lasting(counts.sums, edges, views.unit)
    near = cv2.dilate(edges.astype(np.uint8), disc(REACH * views.unit))
    near = cv2.morphologyEx(near, cv2.MORPH_CLOSE, disc(2 * REACH * views.unit))
    x, y, width, height = cv2.boundingRect(((near > 0) | always).astype(np.uint8))
    part = np.s_[y : y + height, x : x + width]
    origin = counts.origin[0] + x, counts.origin[1] + y
    return Evidence(origin, near[part] > 0, always[part], views.unit)


def _edges(sums: F32, unit: float) -> Mask:
    """Mark what is fixed by the votes for and against it, where that has some extent."""
    fixed, moving, face = np.moveaxis(sums, -1, 0)
    found = (fixed >= np.maximum(LEAST_VOTES, VOTED_SHARE * face)) & (fixed > MAJORITY * moving)
    # What is beside the face most of the time may be behind it.
    sure = found & (face > FACE_SHARE * face.max())
    joined = cv2.dilate(found.astype(np.uint8), disc(GAP * unit))
    number, labels = cv2.connectedComponents(joined)
    kept = np.zeros(number, bool)
    for label in range(1, number):
        y, x = np.nonzero((labels == label) & sure)
        length = max(np.ptp(x), np.ptp(y)) if len(x) else 0
        kept[label] = len(x) >= LEAST_EDGE * unit**2 and length >= LEAST_LENGTH * unit
    return np.asarray(found & kept[labels])


def _always(sums: F32, edges: Mask, unit: float) -> Mask:
    """Mark what never changes, is foreign to the face, and hangs together with fixed edges."""
    count = sums[..., 5]
    seen = np.maximum(count, 1)
    mean = sums[..., :3] / seen[..., None]
    variance = sums[..., 3] / seen - (mean**2).sum(axis=2)
    still = (variance < 3 * ALWAYS**2) & (sums[..., 4] > MOSTLY_FOREIGN * count)
    still &= count > SEEN_SHARE * count.max()
    _, parts = cv2.connectedComponents(still.astype(np.uint8))
    # An edge has two sides, and votes are for either.
    beside = cv2.dilate(edges.astype(np.uint8), disc(GAP * unit)) > 0
    own = np.unique(parts[beside & still])
    return np.asarray(np.isin(parts, own[own > 0]))


def _lasting(sums: F32, edges: Mask, unit: float) -> Mask:
    """Mark edges that are fixed all the time, and what lies between them."""
    fixed, moving, face = np.moveaxis(sums, -1, 0)
    lasting = edges & (fixed > LASTING * face)
    # Where it shines through onto moving lips, fewer pairs say so.
    near = cv2.dilate(lasting.astype(np.uint8), disc(REACH * unit)) > 0
    lasting |= near & (fixed > LASTING / 4 * face) & (fixed > moving)
    closed = cv2.morphologyEx(lasting.astype(np.uint8), cv2.MORPH_CLOSE, disc(GAP * unit))
    return np.asarray(closed > 0)


class _Canvas:
    """Adds up planes over the part of the raster that they reach."""

    def __init__(self, planes: int) -> None:
        self.origin = (0, 0)
        self.sums = np.zeros((0, 0, planes), np.float32)

    def add(self, origin: tuple[int, int], planes: F32) -> None:
        """Add planes, shape (h, w, k), whose first pixel is this one of the raster."""
        height, width = planes.shape[:2]
        self._reach(origin, width, height)
        x, y = np.subtract(origin, self.origin)
        self.sums[y : y + height, x : x + width] += planes

    def _reach(self, origin: tuple[int, int], width: int, height: int) -> None:
        if not self.sums.size:
            self.origin, shape = origin, (height, width, self.sums.shape[2])
            self.sums = np.zeros(shape, np.float32)
            return
        rows, columns, count = self.sums.shape
        left, top = np.minimum(self.origin, origin).tolist()
        right, bottom = np.maximum(
            np.add(self.origin, (columns, rows)), np.add(origin, (width, height))
        ).tolist()
        if (left, top, right - left, bottom - top) == (*self.origin, columns, rows):
            return
        grown = np.zeros((bottom - top, right - left, count), np.float32)
        x, y = self.origin[0] - left, self.origin[1] - top
        grown[y : y + rows, x : x + columns] = self.sums
        self.origin, self.sums = (left, top), grown
