"""Which constant rate frame times have."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.media.clock import STANDARD_RATES, constant_rate, resample_map, typical_rate

NTSC = Fraction(30000, 1001)
MS = Fraction(1, 1000)


def rounded(count, rate, tick, start=0):
    return np.array([start + round(k / rate / tick) for k in range(count)], np.int64)


@settings(max_examples=80)
@given(
    st.sampled_from([r for r in STANDARD_RATES if r <= 120]),
    st.sampled_from([MS, Fraction(1, 90000), Fraction(1, 600)]),
    st.integers(2, 900),
    st.integers(0, 10**7),
)
def test_a_declared_rate_is_found_through_rounding(rate, tick, count, start):
    assert constant_rate(rounded(count, rate, tick, start), tick, [rate]) == rate


@pytest.mark.parametrize("rate", [NTSC, Fraction(30), Fraction(25), Fraction(24000, 1001)])
def test_an_undeclared_rate_is_found_in_a_long_clip(rate):
    assert constant_rate(rounded(3000, rate, MS), MS, []) == rate
    # The mean that a demuxer works out of rounded times is close but wrong.
    close = (Fraction(2999) / (int(rounded(3000, rate, MS)[-1]) * MS)).limit_denominator(60)
    assert constant_rate(rounded(3000, rate, MS), MS, [close]) == rate


def test_odd_rates_are_kept():
    for rate in (Fraction(15, 2), Fraction(2997, 100), Fraction(17)):
        assert (
            constant_rate(rounded(4000, rate, Fraction(1, 90000)), Fraction(1, 90000), [rate])
            == rate
        )


def test_jitter_below_half_a_frame_is_constant(rng):
    tick = Fraction(1, 90000)
    ticks = rounded(300, Fraction(25), tick) + rng.integers(-800, 800, 300)
    ticks[0] = 0
    assert constant_rate(ticks, tick, [Fraction(25)]) == 25


def test_a_clock_that_runs_off_evenly_is_constant():
    tick = Fraction(1, 90000)
    ticks = (np.arange(20000) * 3010).astype(np.int64)  # 0.3 % slow
    rate = constant_rate(ticks, tick, [Fraction(30)])
    assert rate is not None
    assert abs(float(rate) - 90000 / 3010) < 1e-6


def test_a_dropped_frame_is_not_constant():
    ticks = np.delete(np.arange(100), 50).astype(np.int64)
    assert constant_rate(ticks, Fraction(1, 25), [Fraction(25)]) is None
    shown = resample_map(ticks, Fraction(1, 25), Fraction(25), 1)
    assert shown.tolist() == [*range(50), 49, *range(50, 99)]


def test_one_frame_takes_the_claim():
    one = np.zeros(1, np.int64)
    assert constant_rate(one, MS, [NTSC]) == NTSC
    assert constant_rate(one, MS, [Fraction(90000)]) == 25


def test_typical_rate_is_the_usual_spacing():
    ticks = np.cumsum([0] + [33, 34, 33] * 20 + [400] + [33, 33, 34] * 20)
    assert typical_rate(ticks.astype(np.int64), MS, [Fraction(20)]) in (30, NTSC)
    assert typical_rate(np.array([0, 1, 2, 30], np.int64), MS, []) == 60


@settings(max_examples=80)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.integers(1, 100))
def test_resampling_against_a_plain_loop(gaps, tail):
    ticks = np.concatenate([[0], np.cumsum(gaps)]).astype(np.int64)
    shown = resample_map(ticks + 77, MS, NTSC, tail)
    for k, source in enumerate(shown):
        moment = k / NTSC + MS
        assert source == max(i for i, t in enumerate(ticks) if int(t) * MS <= moment)
    assert abs(len(shown) / NTSC - (int(ticks[-1]) + tail) * MS) <= 1 / NTSC
