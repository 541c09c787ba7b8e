"""Ridge regression against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.mouth.ridge import OFFSETS, REACH, Example, choose_ridge, context, fit_ridge


def examples(rng: np.random.Generator, clips: int = 40, noise: float = 0.1) -> list[Example]:
    """Coefficients that follow from the sound now and 40 ms ago."""
    found = []
    for _ in range(clips):
        features = rng.normal(size=(60, 3)) * [1, 5, 0.2] + [0, 10, -3]
        rows = np.arange(5, 55, 4)
        targets = np.stack(
            [features[rows, 0] - 0.3 * features[rows - 4, 1], 4 * features[rows, 2]], axis=1
        )
        found.append(Example(features, rows, targets + noise * rng.normal(size=targets.shape)))
    return found


def plain_ridge(x: np.ndarray, y: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The textbook: standardise, solve (X'X + alpha I) w = X'y."""
    scale = x.std(axis=0)
    z = (x - x.mean(axis=0)) / scale
    weights = np.linalg.solve(z.T @ z + alpha * np.eye(z.shape[1]), z.T @ (y - y.mean(axis=0)))
    weights /= scale[:, None]
    return weights, y.mean(axis=0) - x.mean(axis=0) @ weights


def test_context_goes_on_beyond_the_ends() -> None:
    features = np.arange(100.0).reshape(50, 2)
    rows = np.array([0, 25, 49])
    found = context(features, rows).reshape(3, len(OFFSETS), 2)
    half = OFFSETS.index(0)
    np.testing.assert_array_equal(found[:, half], features[rows])
    np.testing.assert_array_equal(found[1], features[25 - REACH : 25 + REACH + 1 : 2])
    np.testing.assert_array_equal(found[0, : half + 1], np.repeat(features[:1], half + 1, 0))
    np.testing.assert_array_equal(found[2, half:], np.repeat(features[-1:], half + 1, 0))


@pytest.mark.parametrize("alpha", [0.5, 30.0])
def test_closed_form(rng: np.random.Generator, alpha: float) -> None:
    data = examples(rng)
    x = np.concatenate([context(e.features, e.rows) for e in data])
    y = np.concatenate([e.targets for e in data])
    weights, intercept = plain_ridge(x, y, alpha)
    (found,) = fit_ridge(data, [alpha])
    np.testing.assert_allclose(found.weights, weights, atol=1e-9)
    np.testing.assert_allclose(found.intercept, intercept, atol=1e-8)
    assert found.alpha == alpha
    np.testing.assert_allclose(
        found.at(data[0].features, data[0].rows), x[: len(data[0].rows)] @ weights + intercept
    )
    np.testing.assert_allclose(
        found.coefficients(data[0].features)[data[0].rows],
        found.at(data[0].features, data[0].rows),
    )


def test_a_feature_that_never_changes_has_no_weight(rng: np.random.Generator) -> None:
    data = [
        Example(np.hstack([e.features, np.full((60, 1), 7.1)]), e.rows, e.targets)
        for e in examples(rng)
    ]
    (found,) = fit_ridge(data, [1.0])
    assert np.isfinite(found.weights).all()
    assert np.abs(found.weights.reshape(-1, 4, 2)[:, 3]).max() == 0
    plain = [Example(e.features[:, :3], e.rows, e.targets) for e in data]
    (without,) = fit_ridge(plain, [1.0])
    np.testing.assert_allclose(
        found.weights.reshape(-1, 4, 2)[:, :3], without.weights.reshape(-1, 3, 2), atol=1e-9
    )


def test_the_penalty_is_chosen_on_other_clips(rng: np.random.Generator) -> None:
    alphas = (1e-3, 100.0, 1e6)
    few, others = examples(rng, 12, noise=2.0), examples(rng, 40, noise=2.0)
    fitted = fit_ridge(few, alphas)
    errors = [
        sum(((r.at(e.features, e.rows) - e.targets) ** 2).sum() for e in others) for r in fitted
    ]
    assert np.argmin(errors) == 1, "the test is worth nothing otherwise"
    assert choose_ridge(few, others, alphas).alpha == 100.0
    assert choose_ridge(few, few, alphas).alpha == 1e-3
