"""Lips and sound: the lag between them, and whether they belong together."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.mouth.sync import LAGS, NATURAL_LAG, LagSums, find_offset, lag_sums, total

RATE = Fraction(25)


def talk(seed: int, seconds: float, rate: Fraction, late: float) -> tuple[np.ndarray, np.ndarray]:
    """Mouth shapes, and the log energy of sound that follows them ``late`` seconds later."""
    rng = np.random.default_rng(seed)
    temporal_window = np.arange(-100, round(seconds * 100) + 100) / 100
    opening = np.convolve(rng.standard_normal(len(temporal_window) + 24), np.hanning(25), "valid")
    opening = opening - opening.min()
    times = np.arange(round(seconds * rate)) / float(rate)
    mouths = np.zeros((len(times), 20, 2))
    mouths[:, [19, 18, 17], 1] = 0.02 * np.interp(times, temporal_window, opening)[:, None]
    rows = np.arange(round(seconds * 100) + 1) / 100
    noise = np.convolve(rng.standard_normal(len(rows) + 8), np.hanning(9), "valid")
    return mouths, 3 * np.interp(rows - late, temporal_window, opening) + 3 * noise


def sums_of(pair: tuple[np.ndarray, np.ndarray]) -> LagSums:
    return lag_sums(pair[0], RATE, 0.0, pair[1])


@settings(max_examples=40)
@given(
    late=st.floats(-0.4, 0.4),
    seed=st.integers(0, 1000),
    rate=st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(50)]),
)
def test_a_lag_is_found_again(late: float, seed: int, rate: Fraction) -> None:
    sums = total(
        lag_sums(mouths, rate, 0.0, energy)
        for mouths, energy in (talk(seed + k, 12, rate, late) for k in range(3))
    )
    offset = find_offset(sums)
    assert offset.clear
    assert offset.seconds == pytest.approx(late - NATURAL_LAG, abs=0.01)


def test_where_the_fragment_lies_does_not_matter() -> None:
    mouths, energy = talk(3, 40, RATE, 0.1)
    parts = [lag_sums(mouths[k : k + 250], RATE, k / 25, energy) for k in range(0, 1000, 250)]
    assert total(parts).seconds == pytest.approx(40, abs=0.3)
    assert find_offset(total(parts)).seconds == pytest.approx(0.1 - NATURAL_LAG, abs=0.01)


def test_strangers_are_not_in_step() -> None:
    mouths, _ = talk(1, 60, RATE, 0)
    _, energy = talk(2, 60, RATE, 0)
    sums = lag_sums(mouths, RATE, 0.0, energy)
    offset = find_offset(sums)
    assert not offset.clear
    assert sums.agreement(0.0, 0.1) < 0.15


def test_little_evidence_is_not_believed() -> None:
    offset = find_offset(sums_of(talk(1, 20, RATE, 0.1)))
    assert offset.seconds == pytest.approx(0.1 - NATURAL_LAG, abs=0.02)
    assert not offset.clear


def test_a_peak_at_the_end_of_the_range_is_not_believed() -> None:
    offset = find_offset(sums_of(talk(1, 60, RATE, 0.52)))
    assert not offset.clear


def _arguments(
    pair: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, Fraction, float, np.ndarray]:
    return pair[0], RATE, 0.0, pair[1]


def test_against_a_plain_reference() -> None:
    mouths, energy = talk(5, 5, RATE, 0.05)
    sums = lag_sums(mouths, RATE, 0.0, energy)
    from scipy.ndimage import gaussian_filter1d

    times = np.arange(125) / 25
    rows = np.arange(0, 497)
    opening = np.interp(rows / 100, times, mouths[:, 18, 1])
    lips = np.gradient(gaussian_filter1d(opening, 2.0))
    around = np.clip(np.arange(-50, 547), 0, len(energy) - 1)
    swell = np.gradient(gaussian_filter1d(energy[around], 2.0))
    for lag in (-50, -3, 0, 7, 50):
        expected = np.corrcoef(lips, swell[50 + lag : 50 + lag + 497])[0, 1]
        assert sums.correlation()[lag == LAGS][0] == pytest.approx(expected, abs=1e-9)


def test_still_lips_and_constant_sound_have_no_correlation() -> None:
    mouths, energy = talk(1, 5, RATE, 0)
    for still in (
        lag_sums(mouths * 0, RATE, 0.0, energy),
        lag_sums(mouths, RATE, 0.0, energy * 0),
        lag_sums(mouths[:1], RATE, 0.0, energy),
        total([]),
    ):
        assert not still.correlation().any()
        assert still.agreement(0.0, 0.1) == 0.0
        assert not find_offset(still).clear


def test_agreement_is_the_highest_near_the_lag() -> None:
    curve = np.zeros(len(LAGS))
    curve[LAGS == 10], curve[LAGS == 30] = 0.4, 0.9
    sums = LagSums(curve, np.ones(101), np.ones(101), 5.0)
    assert sums.agreement(0.1, 0.04) == pytest.approx(0.4)
    assert sums.agreement(0.2, 0.04) == 0.0
    assert sums.agreement(0.27, 0.04) == pytest.approx(0.9)
