"""Losses against the plainest code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.face.layout import MOUTH_CORNERS, mouth_opening
from audio2video.mouth.basis import fit_basis
from audio2video.training.losses import curve_rows, lip_loss, squared_error
from audio2video.training.shape_targets import USUAL_SPREAD
from audio2video.training.trainer import import_tensorflow

F64 = NDArray[np.float64]


@pytest.fixture(scope="module")
def tf() -> Any:
    return import_tensorflow(1)


def test_rows_give_opening_and_width(rng: np.random.Generator) -> None:
    shapes = rng.normal(size=(30, 20, 2))
    opening, width = curve_rows()
    np.testing.assert_allclose(shapes.reshape(30, 40) @ opening, mouth_opening(shapes), atol=1e-12)
    left, right = (shapes[:, corner, 0] for corner in MOUTH_CORNERS)
    np.testing.assert_allclose(shapes.reshape(30, 40) @ width, right - left, atol=1e-12)


def test_squared_error_counts_what_has_weight(tf: Any, rng: np.random.Generator) -> None:
    found, true = rng.normal(size=(2, 4, 9, 3)).astype(np.float32)
    weights = (rng.random((4, 9)) < 0.6).astype(np.float32)
    value = float(squared_error(tf)(*map(tf.constant, (found, true, weights, np.ones(4, "f4")))))
    kept = ((found - true) ** 2)[weights > 0]
    assert value == pytest.approx(kept.mean(), rel=1e-5)


def huber(error: F64, bend: float) -> F64:
    size = np.abs(error)
    return np.where(size < bend, size**2 / (2 * bend), size - bend / 2)


def plain_lip_loss(
    found: F64, true: F64, weights: F64, mean_weights: F64, components: F64, std: F64
) -> float:
    """The definition, sequence by sequence, over the steps that have weight."""
    opening, width = curve_rows()
    count = weights.sum()
    total = 0.0
    for f, t, w, m in zip(found, true, weights, mean_weights, strict=True):
        seen = w > 0
        error = ((f - t) * std / USUAL_SPREAD)[seen]
        error = error - (1 - m) * error.mean(axis=0)
        total += 0.25 * huber(error, 0.6).sum() / count
        curves = {
            name: tuple((c * std) @ components @ row / USUAL_SPREAD for c in (f, t))
            for name, row in (("opening", opening), ("width", width))
        }
        for name, plain, fit in (("opening", 3.75, 0.5), ("width", 1.25, 0.2)):
            a, b = (curve[seen] for curve in curves[name])
            gap = (a - b) - (1 - m) * (a - b).mean()
            total += plain * huber(gap, 0.08).sum() / count
            a, b = a - a.mean(), b - b.mean()
            agreement = 2 * (a * b).mean() / ((a**2).mean() + (b**2).mean() + 3e-4)
            total += fit * (1 - agreement) / len(found)
        gap = curves["opening"][0] - curves["opening"][1]
        change = (gap[3:] - gap[:-3])[(w[3:] > 0) & (w[:-3] > 0)]
        total += 3.75 * huber(change, 0.056).sum() / count
    return float(total)


def test_lip_loss_equals_its_definition(tf: Any, rng: np.random.Generator) -> None:
    basis = fit_basis(rng.normal(0, 0.05, (200, 20, 2)), 6)
    std = rng.uniform(0.05, 0.2, 6)
    found, true = rng.normal(size=(2, 5, 30, 6)).astype(np.float32)
    weights = np.ones((5, 30), np.float32)
    weights[0, 20:] = 0
    weights[1, :5] = 0
    mean_weights = np.array([1, 0.1, 0.1, 0, 0.5], np.float32)
    loss = lip_loss(tf, basis, std)
    value = float(loss(*map(tf.constant, (found, true, weights, mean_weights))))
    expected = plain_lip_loss(
        found.astype(float), true.astype(float), weights, mean_weights, basis.components, std
    )
    assert value == pytest.approx(expected, rel=1e-4)


def test_lip_loss_forgives_a_mean_error_and_not_motion(tf: Any, rng: np.random.Generator) -> None:
    basis = fit_basis(rng.normal(0, 0.05, (200, 20, 2)), 6)
    std = np.full(6, 0.1)
    true = rng.normal(size=(3, 40, 6)).astype(np.float32)
    ones, none = np.ones((3, 40), np.float32), np.zeros(3, np.float32)
    loss = lip_loss(tf, basis, std)

    def of(found: NDArray[np.floating]) -> float:
        given = (np.asarray(found, np.float32), true, ones, none)
        return float(loss(*map(tf.constant, given)))

    assert of(true) == pytest.approx(0, abs=0.01)
    assert of(true + 0.5) == pytest.approx(of(true), abs=1e-3)
    assert of(np.zeros_like(true)) > 0.3
