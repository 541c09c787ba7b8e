"""Small calls of the functions with compiled kernels, so that these are compiled ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def rehearsals() -> Iterator[Callable[[], object]]:
    """Return small calls that compile the kernels, in the order in which a run needs them.

    The reader of landmark models is left out: it is what a run needs first, and at once.
    """
    yield _landmarks
    yield _rectification
    yield _path
    yield _median
    yield _jaw


def _landmarks() -> None:
    from ..face.regression import LandmarkModel, place_landmarks

    mean = np.array([[0, 0], [1, 1]], np.float32)
    anchors, deltas = np.zeros((1, 1), np.int32), np.zeros((1, 1, 2), np.float32)
    pairs, thresholds = np.zeros((1, 1, 1, 2), np.int32), np.zeros((1, 1, 1), np.float32)
    model = LandmarkModel(
        mean, anchors, deltas, pairs, thresholds, np.zeros((1, 1, 2, 4), np.float32)
    )
    place_landmarks(model, np.zeros((4, 4), np.uint8), np.array([[0.0, 0.0, 3.0, 3.0]]))


def _rectification() -> None:
    from ..face.surface import intersect_surface

    intersect_surface(np.zeros((1, 1, 2)), np.zeros((1, 2)))


def _path() -> None:
    from ..retiming.costs import TargetCosts
    from ..retiming.path import best_path

    flat = np.zeros(4, np.float32)
    never = np.full((2, 4), np.inf, np.float32)
    costs = TargetCosts(flat, flat, np.zeros((2, 4), np.float32), never, never, flat)
    best_path(flat[:2], costs, 0)


def _median() -> None:
    from ..texture.median import weighted_median
    from ..texture.warp import grid_shape

    textures = np.zeros((1, 4, 4, 3), np.uint8)
    frames, weights = np.zeros(1, np.int64), np.ones(1, np.int64)
    moves = np.zeros((1, 2, *grid_shape(4, 4)), np.float32)
    weighted_median(textures, frames, weights, moves, np.ones((4, 4), bool))


def _jaw() -> None:
    from ..compositing.jaw import move_jaw

    line = np.tile(np.linspace(4.0, 12.0, 17)[:, None], 2)
    move_jaw(np.zeros((16, 16, 3), np.uint8), (0, 0), line, line + np.array([0.0, 1.0]), 8.0)
