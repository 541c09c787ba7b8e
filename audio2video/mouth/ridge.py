"""Linear regression from the surrounding sound to the mouth, as a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .readout import features_around

REACH = 20
"""Feature frames (10 ms) of sound before and after a moment that are used."""

OFFSETS = range(-REACH, REACH + 1, 2)
"""Every other frame: neighbours overlap, and half of them predict as well."""

ALPHAS = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""Penalties to choose from, for features of unit variance."""

_CONSTANT = 1e-6
_TOGETHER = 32  # clips: small products of matrices are slow, large ones need memory


@dataclass(frozen=True)
class Example:
    """Sound of a clip, and the shape coefficients at some of its moments.

    Parameters
    ----------
    features : ndarray, shape (F, D)
    rows : ndarray of int, shape (N,)
        Feature frames at which the coefficients are known.
    targets : ndarray, shape (N, K)
    """

    features: NDArray[np.floating]
    rows: NDArray[np.integer]
    targets: NDArray[np.floating]


@dataclass(frozen=True)
class Ridge:
    """A fitted regression.

    Parameters
    ----------
    weights : ndarray of float64, shape (len(OFFSETS) D, K)
    intercept : ndarray of float64, shape (K,)
    alpha : float
    """

    weights: NDArray[np.float64]
    intercept: NDArray[np.float64]
    alpha: float

    def coefficients(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Predict coefficients (F, K) at every feature frame."""
        return self.at(features, np.arange(len(features)))

    def at(self, features: NDArray[np.floating], rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """Predict coefficients (N, K) at some feature frames."""
        return context(features, rows) @ self.weights + self.intercept


def context(features: NDArray[np.floating], rows: NDArray[np.integer]) -> NDArray[np.float64]:
    """Gather features around moments, (N, len(OFFSETS) D); ends are repeated."""
    return np.asarray(features_around(features, rows, OFFSETS), np.float64)


def fit_ridge(examples: Sequence[Example], alphas: Sequence[float] = ALPHAS) -> list[Ridge]:
    """Fit by the normal equations, once for each penalty.

    Minimises the sum of squared errors plus alpha times the sum of squared weights of features
    that are scaled to unit variance; the intercept is free (Hoerl and Kennard 1970).

    Parameters
    ----------
    examples : sequence of Example
    alphas : sequence of float
        Positive.

    Returns
    -------
    list of Ridge
    """
    count = 0
    first = examples[0]
    size = len(OFFSETS) * first.features.shape[1]
    outputs = first.targets.shape[1]
    total, target_total = np.zeros(size), np.zeros(outputs)
    squares, products = np.zeros((size, size)), np.zeros((size, outputs))
    for start in range(0, len(examples), _TOGETHER):
        group = examples[start : start + _TOGETHER]
        x = np.concatenate([context(example.features, example.rows) for example in group])
        y = np.concatenate([np.asarray(example.targets, np.float64) for example in group])
        count += len(x)
        total += x.sum(axis=0)
        target_total += y.sum(axis=0)
        squares += x.T @ x
        products += x.T @ y
    mean, target_mean = total / count, target_total / count
    squares -= count * np.outer(mean, mean)
    products -= count * np.outer(mean, target_mean)
    scale = np.sqrt(np.maximum(np.diag(squares), 0.0) / count)
    # A feature that never changes tells nothing, whatever its rounding errors do.
    scale[scale <= _CONSTANT * (1 + np.abs(mean))] = np.inf
    values, vectors = np.linalg.eigh(squares / np.outer(scale, scale))
    rotated = vectors.T @ (products / scale[:, None])
    fitted = []
    for alpha in alphas:
        weights = vectors @ (rotated / (np.maximum(values, 0.0) + alpha)[:, None]) / scale[:, None]
        fitted.append(Ridge(weights, target_mean - mean @ weights, float(alpha)))
    return fitted


def choose_ridge(
    training: Sequence[Example],
    validation: Sequence[Example],
    alphas: Sequence[float] = ALPHAS,
) -> Ridge:
    """Fit on training clips with the penalty that has the least squared error on others."""
    fitted = fit_ridge(training, alphas)

    def error(ridge: Ridge) -> float:
        return sum(
            float(((ridge.at(e.features, e.rows) - e.targets) ** 2).sum()) for e in validation
        )

    return min(fitted, key=error)
