"""Measures of how well predicted shapes follow the true ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.layout import LOWER_INNER_LIP, mouth_opening
from audio2video.mouth.basis import fit_basis
from audio2video.mouth.metrics import (
    MAX_LAG,
    correlation,
    find_lag,
    measure_clip,
    measure_clips,
    opening_at_100hz,
    summarise,
    width_change,
)

FILM, VIDEO = Fraction(25), Fraction(30000, 1001)


def opened(opening: np.ndarray) -> np.ndarray:
    """Shapes (T, 20, 2) whose lower inner lip moves alone."""
    shapes = np.zeros((len(opening), 20, 2))
    shapes[:, list(LOWER_INNER_LIP), 1] = np.asarray(opening)[:, None]
    return shapes


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
    found = measure_clips(true, true, [FILM, FILM])
    assert found["clips"] == 2
    assert found["seconds"] == pytest.approx(42 / 25)
    assert found["mse"] == 0
    assert found["r2"] == 1
    assert found["opening_correlation"] == pytest.approx(1)
    assert found["width_correlation"] == pytest.approx(1)
    assert found["lag_ms"] == pytest.approx(0, abs=1e-6)


def test_the_error_is_a_mean_over_all_frames_of_all_clips(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(n, 20, 2)) for n in (30, 10)]
    predicted = [true[0] + 0.1, true[1] - 0.3]
    errors = measure_clips(predicted, true, [FILM, FILM])
    assert errors["mse"] == pytest.approx((30 * 0.01 + 10 * 0.09) / 40)
    # A constant error of a clip is no error of its motion.
    assert errors["r2"] == pytest.approx(1.0)
    assert errors["opening_correlation"] == pytest.approx(1.0)
    assert measure_clip(predicted[1], true[1], FILM).mse == pytest.approx(0.09)


def test_standing_still_explains_nothing(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(40, 20, 2))]
    errors = measure_clips([np.zeros((40, 20, 2))], true, [FILM])
    assert errors["r2"] == pytest.approx(0.0)
    assert errors["opening_correlation"] == 0.0
    assert errors["lag_ms"] is None
    assert errors["mse"] == pytest.approx(np.mean(true[0] ** 2))
    half = measure_clips([true[0] * 0.5], true, [FILM])
    assert half["r2"] == pytest.approx(0.75)
    assert measure_clip(true[0] * 0.5, true[0], FILM).r2 == pytest.approx(0.75)


@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_any_shape_that_stands_still_explains_exactly_nothing(seed: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    still = np.broadcast_to(rng.normal(size=(20, 2)), (frames, 20, 2))
    true = rng.normal(size=(frames, 20, 2))
    assert measure_clip(still, true, FILM).r2 == 0
    assert measure_clip(still, still, FILM).variance == 0


def test_correlations_count_for_each_clip_alike(rng: np.random.Generator) -> None:
    true, predicted = [], []
    for frames, sign in ((100, 1), (10, -1), (10, -1), (10, -1)):
        shape = opened(np.sin(np.arange(frames)))
        shape[:, 6, 0] = np.cos(np.arange(frames))
        true.append(shape)
        predicted.append(sign * shape)
    found = measure_clips(predicted, true, [FILM] * 4)
    for name in ("opening_correlation", "width_correlation"):
        assert found[name] == pytest.approx(-0.5)
        assert found[f"{name}_quantiles"]["0.5"] == pytest.approx(-1)
        assert found[f"{name}_quantiles"]["0.95"] == pytest.approx(0.7)


def test_width_is_that_between_the_corners(rng: np.random.Generator) -> None:
    shapes = rng.normal(size=(30, 20, 2))
    np.testing.assert_allclose(width_change(shapes), shapes[:, 6, 0] - shapes[:, 0, 0])
    other = rng.normal(size=(30, 20, 2))
    other[:, [0, 6], 0] = shapes[:, [0, 6], 0]
    clip = measure_clip(other, shapes, FILM)
    assert clip.width_correlation == pytest.approx(1)
    assert clip.opening_correlation < 0.9


def test_a_still_truth_leaves_nothing_to_explain() -> None:
    still = [np.zeros((10, 20, 2))]
    found = measure_clips(still, still, [FILM])
    assert (found["opening_correlation"], found["mse"], found["r2"]) == (0.0, 0.0, 0.0)
    assert found["lag_ms"] is None
    assert found["closures"]["recall"] is None


def test_shapes_must_match() -> None:
    with pytest.raises(ValueError, match="differ"):
        measure_clip(np.zeros((1, 20, 2)), np.zeros((2, 20, 2)), FILM)
    with pytest.raises(ValueError, match="zip"):
        measure_clips([np.zeros((1, 20, 2))], [], [])


def wave(t: np.ndarray) -> np.ndarray:
    return 0.1 + 0.05 * np.sin(2 * np.pi * 1.3 * t) + 0.04 * np.sin(2 * np.pi * 3.1 * t + 1)


@given(st.floats(-0.2, 0.2), st.floats(0.2, 3.0), st.floats(-1, 1))
def test_lag_is_found_between_the_steps(lag: float, gain: float, offset: float) -> None:
    t = np.arange(400) / 100
    found = find_lag(gain * wave(t - lag) + offset, wave(t))
    assert found[0] == pytest.approx(lag, abs=0.001)
    assert found[1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rate", [FILM, VIDEO, Fraction(50)])
def test_a_late_prediction_has_a_positive_lag(rate: Fraction) -> None:
    t = np.arange(round(4 * rate)) / float(rate)
    clip = measure_clip(opened(wave(t - 0.06)), opened(wave(t)), rate)
    assert clip.lag == pytest.approx(0.06, abs=0.004)
    assert measure_clip(opened(wave(t + 0.06)), opened(wave(t)), rate).lag == pytest.approx(
        -0.06, abs=0.004
    )
    assert clip.opening_correlation_at_lag > max(0.98, clip.opening_correlation)


def test_the_lag_is_the_median_over_clips() -> None:
    t = np.arange(100) / 25
    clips = [measure_clip(opened(wave(t - lag)), opened(wave(t)), FILM) for lag in (0, 0, 0.2)]
    clips.append(measure_clip(np.zeros((100, 20, 2)), opened(wave(t)), FILM))
    assert summarise(clips)["lag_ms"] == pytest.approx(0, abs=2)


def test_no_lag_beyond_the_reach_nor_in_a_moment() -> None:
    t = np.arange(400) / 100
    assert abs(find_lag(t, -t)[0]) <= (MAX_LAG + 0.5) / 100
    assert find_lag(np.array([1.0, 2.0]), np.array([2.0, 1.0]))[0] is not None
    assert find_lag(np.ones(50), wave(t[:50])) == (None, 0.0)
    assert find_lag(wave(t[:50]), np.ones(50)) == (None, 0.0)


@pytest.mark.parametrize(("rate", "steps"), [(FILM, 297), (VIDEO, 247), (Fraction(100), 75)])
def test_openings_at_100_hz(rate: Fraction, steps: int) -> None:
    t = np.arange(75) / float(rate)
    found = opening_at_100hz(opened(2 * t), rate)
    assert len(found) == steps
    np.testing.assert_allclose(found, 2 * np.arange(steps) / 100, atol=1e-12)


def closing(*times: float, seconds: float = 3.0) -> np.ndarray:
    """Shapes at 25 fps of an open mouth that closes for three frames around some times."""
    opening = np.full(round(25 * seconds), 0.2)
    for time in times:
        middle = round(25 * time)
        opening[middle - 1 : middle + 2] = 0.03
    return opened(opening)


def test_closures_are_counted() -> None:
    true, predicted = closing(0.4, 1.0, 2.0), closing(0.44, 1.4, 2.0)
    found = measure_clips([predicted], [true], [FILM])["closures"]
    assert (found["true"], found["predicted"], found["matched"]) == (3, 3, 2)
    assert found["false_per_second"] == pytest.approx(1 / 2.97)
    speech = np.ones(500)
    speech[120:160] = 0  # goes on longer than the shapes
    heard = measure_clips([predicted], [true], [FILM], [speech])["closures"]
    assert (heard["true"], heard["predicted"], heard["matched"]) == (3, 2, 2)
    assert heard["false_per_second"] == 0


def test_closures_lost_by_a_basis_are_seen() -> None:
    """The floor: what the truth itself loses through too few components."""
    rng = np.random.default_rng(3)
    true = closing(0.4, 1.0, 2.0)
    true[..., 0] += 3 * rng.normal(size=(75, 20))
    for coefficients, recall in ((2, 0.0), (40, 1.0)):
        basis = fit_basis(true, coefficients)
        through = basis.decode(basis.encode(true))
        assert measure_clips([through], [true], [FILM])["closures"]["recall"] == recall
    assert np.ptp(mouth_opening(true)) > 0.1
