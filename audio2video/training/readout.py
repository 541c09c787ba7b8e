"""Fitting the linear read-out that stands beside a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy.linalg import solve

from .._typing import F32
from ..mouth.readout import Readout, features_around, steps_at
from .data import TrainingData
from .sequences import TrainingClip

PENALTY = 1.0
"""Of squared weights, per frame, for features of unit variance."""

EVERY = 3
"""Frames of which one is fitted to: its neighbours say nearly the same."""

BATCH = 4096
"""Rows that are multiplied at once."""


def fit_readout(data: TrainingData, rate: int, share: float) -> Readout:
    """Fit a ridge regression to training clips and all versions of their sound.

    Corpora count alike. Of each clip its mean is taken out: what moves with the sound is fitted,
    and the closed mouth of a speaker who is seen for seconds is badly known.

    Parameters
    ----------
    data : TrainingData
    rate : int
        Feature frames per second.
    share : float
        Of the read-out in what the pass says.

    Returns
    -------
    Readout
        Hoerl and Kennard 1970, by the normal equations.
    """
    steps = steps_at(rate)
    frames: Counter[str] = Counter()
    for versions, origin in zip(data.training, data.origins, strict=True):
        frames[origin.corpus] += sum(len(clip.targets[::EVERY]) for clip in versions)
    inputs = len(data.normalisation.feature_mean)
    outputs = len(data.normalisation.target_mean)
    size = len(steps) * inputs
    squares, products = np.zeros((size, size)), np.zeros((size, outputs))
    for x, y in _batches(data, steps, frames):
        squares += x.T @ x
        products += x.T @ y
    squares[np.diag_indices(size)] += PENALTY
    kernel = solve(squares, products, assume_a="pos", overwrite_a=True)
    return Readout(kernel.reshape(len(steps), inputs, outputs).astype(np.float32), steps, share)


def _batches(
    data: TrainingData, steps: tuple[int, ...], frames: Counter[str]
) -> Iterator[tuple[F32, F32]]:
    """Gather weighted rows of many clips: products of small matrices are slow."""
    together: list[tuple[F32, F32]] = []
    for versions, origin in zip(data.training, data.origins, strict=True):
        weight = np.float32((frames[origin.corpus] * len(frames)) ** -0.5)
        for clip in versions:
            x, y = _rows(data, clip, steps)
            together.append((weight * x, weight * y))
        if sum(len(x) for x, _ in together) >= BATCH:
            yield _joined(together)
            together = []
    if together:
        yield _joined(together)


def _joined(parts: list[tuple[F32, F32]]) -> tuple[F32, F32]:
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _rows(data: TrainingData, clip: TrainingClip, steps: tuple[int, ...]) -> tuple[F32, F32]:
    """Features around some moments of a clip (N, len(steps) D), and targets there; centred."""
    moments = np.arange(0, len(clip.targets), EVERY)
    heard = data.normalisation.features(np.asarray(clip.features, np.float32))
    x = np.asarray(features_around(heard, clip.first + moments, steps), np.float32)
    y = data.normalisation.targets(clip.targets[moments])
    return x - x.mean(axis=0), y - y.mean(axis=0)
