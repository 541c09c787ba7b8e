"""Measures of how well predicted shapes follow the true ones."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.face.layout import LOWER_INNER_LIP
from audio2video.mouth.metrics import correlation, shape_errors


def test_correlation_is_pearsons(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(2, 50))
    assert correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert correlation(a, 3 * a + 7) == pytest.approx(1)
    assert correlation(a, -a) == pytest.approx(-1)
    assert correlation((1e-5 * a).astype(np.float32), b) == pytest.approx(
        np.corrcoef(a, b)[0, 1], abs=1e-4
    )


def test_a_constant_series_tells_nothing(rng: np.random.Generator) -> None:
    assert correlation(np.full(20, 0.3), rng.normal(size=20)) == 0.0
    assert correlation(np.array([1.0]), np.array([2.0])) == 0.0


def test_perfect_predictions(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(n, 20, 2)) for n in (30, 12)]
    assert shape_errors(true, true) == pytest.approx(
        {"opening_correlation": 1.0, "mse": 0.0, "r2": 1.0}
    )


def test_the_error_is_a_mean_over_all_frames_of_all_clips(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(n, 20, 2)) for n in (30, 10)]
    predicted = [true[0] + 0.1, true[1] - 0.3]
    errors = shape_errors(predicted, true)
    assert errors["mse"] == pytest.approx((30 * 0.01 + 10 * 0.09) / 40)
    # A constant error of a clip is no error of its motion.
    assert errors["r2"] == pytest.approx(1.0)
    assert errors["opening_correlation"] == pytest.approx(1.0)


def test_standing_still_explains_nothing(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(40, 20, 2))]
    errors = shape_errors([np.zeros((40, 20, 2))], true)
    assert errors["r2"] == pytest.approx(0.0)
    assert errors["opening_correlation"] == 0.0
    assert errors["mse"] == pytest.approx(np.mean(true[0] ** 2))
    half = [true[0] * 0.5]
    assert shape_errors(half, true)["r2"] == pytest.approx(0.75)


def test_the_opening_counts_for_each_clip_alike() -> None:
    true, predicted = [], []
    for frames, sign in ((100, 1), (10, -1)):
        shape = np.zeros((frames, 20, 2))
        shape[:, list(LOWER_INNER_LIP), 1] = np.sin(np.arange(frames))[:, None]
        true.append(shape)
        predicted.append(sign * shape)
    assert shape_errors(predicted, true)["opening_correlation"] == pytest.approx(0.0)


def test_a_still_truth_leaves_nothing_to_explain() -> None:
    still = [np.zeros((10, 20, 2))]
    assert shape_errors(still, still) == {"opening_correlation": 0.0, "mse": 0.0, "r2": 0.0}


def test_clips_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        shape_errors([np.zeros((1, 20, 2))], [])
