"""Small landmark models made up by the tests, and how dlib writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio2video.face.regression import LandmarkModel


def made_up_model(
    rng: np.random.Generator,
    *,
    landmarks: int = 3,
    levels: int = 2,
    trees: int = 5,
    depth: int = 2,
    pixels: int = 7,
) -> LandmarkModel:
    """Numbers of about the size that those of real models have."""
    splits = 2**depth - 1
    return LandmarkModel(
        rng.uniform(0.1, 0.9, (landmarks, 2)).astype(np.float32),
        rng.integers(0, landmarks, (levels, pixels)).astype(np.int32),
        rng.normal(0, 0.1, (levels, pixels, 2)).astype(np.float32),
        rng.integers(0, pixels, (levels, trees, splits, 2)).astype(np.int32),
        # No whole numbers: on them, nothing hangs on the rounding of a difference.
        (rng.integers(-60, 60, (levels, trees, splits)) + 0.25).astype(np.float32),
        rng.normal(0, 0.02, (levels, trees, splits + 1, 2 * landmarks)).astype(np.float32),
    )


def integer(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def real(value: float) -> bytes:
    share, exponent = math.frexp(value)
    mantissa, exponent = int(share * 2**24), exponent - 24 if value else 0
    while mantissa and mantissa % 256 == 0:
        mantissa, exponent = mantissa // 256, exponent + 8
    return integer(mantissa) + integer(exponent)


def vector(items: Sequence[Any], write: Callable[[Any], bytes]) -> bytes:
    return integer(len(items)) + b"".join(map(write, items))


def column(values: NDArray[np.floating]) -> bytes:
    return integer(-values.size) + integer(-1) + b"".join(map(real, values.ravel().tolist()))


def tree(model: LandmarkModel, level: int, number: int) -> bytes:
    pairs, thresholds = model.pairs[level, number].tolist(), model.thresholds[level, number]
    splits = [
        integer(first) + integer(second) + real(float(threshold))
        for (first, second), threshold in zip(pairs, thresholds, strict=True)
    ]
    return vector(splits, bytes) + vector(model.leaves[level, number], column)


def as_dlib_writes(model: LandmarkModel) -> bytes:
    """What a file with the model holds."""
    levels, trees, _ = model.thresholds.shape
    return b"".join(
        (
            integer(1),
            column(model.mean),
            vector(
                range(levels),
                lambda level: vector(range(trees), lambda number: tree(model, level, number)),
            ),
            vector(model.anchors.tolist(), lambda level: vector(level, integer)),
            vector(
                model.deltas.tolist(),
                lambda level: vector(level, lambda delta: b"".join(map(real, delta))),
            ),
        )
    )
