"""Smoothing without lag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.smoothing import smooth_tracks, unbroken_stretches

FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30)


@given(FLAGS)
def test_stretches_are_the_maximal_runs(flags: list[tuple[bool, bool]]) -> None:
    valid = np.array([v for v, _ in flags], bool)
    broken = np.array([b for _, b in flags], bool)
    # A plain twin: each frame joins the run of the frame before or opens its own.
    runs: list[list[int]] = []
    for k, (ok, cut) in enumerate(flags):
        if ok and k > 0 and valid[k - 1] and not cut:
            runs[-1].append(k)
        elif ok:
            runs.append([k])
    found = [list(range(len(flags)))[run] for run in unbroken_stretches(valid, broken)]
    assert found == runs


def test_without_cuts_only_gaps_break() -> None:
    valid = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)
    assert unbroken_stretches(valid) == [slice(0, 2), slice(3, 4), slice(6, 9)]


@given(
    st.integers(1, 40),
    st.integers(1, 6).map(lambda k: 2 * k + 1),
    st.tuples(*[st.floats(-3, 3)] * 3),
)
def test_quadratic_motion_is_kept_exactly(
    frames: int, window: int, terms: tuple[float, float, float]
) -> None:
    t = np.arange(frames, dtype=float)
    track = np.polynomial.polynomial.polyval(t, terms)[:, None, None] * np.array([[1.0, -2.0]])
    smooth = smooth_tracks(track, [slice(0, frames)], window)
    np.testing.assert_allclose(smooth, track, atol=1e-9 * max(1.0, np.abs(track).max()))


def test_noise_is_reduced_as_the_filter_promises(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(4000, 3))
    smooth = smooth_tracks(noise, [slice(0, 4000)], 5)
    # Quadratic fit over five points: weights (-3, 12, 17, 12, -3) / 35, whose squares sum to 17/35.
    assert smooth[2:-2].var() == pytest.approx(17 / 35 * noise.var(), rel=0.05)
    by_hand = np.convolve(noise[:, 1], np.array([-3, 12, 17, 12, -3]) / 35, "valid")
    np.testing.assert_allclose(smooth[2:-2, 1], by_hand, atol=1e-12)


@pytest.mark.parametrize("window", [5, 7, 9])
def test_there_is_no_lag(window: int) -> None:
    peak = np.exp(-(((np.arange(41) - 20.0) / 4) ** 2))
    smooth = smooth_tracks(peak, [slice(0, 41)], window)
    assert smooth.argmax() == 20
    np.testing.assert_allclose(smooth, smooth[::-1], atol=1e-12)


def test_stretches_do_not_mix_and_the_rest_stays(rng: np.random.Generator) -> None:
    track = rng.normal(size=(30, 2)).astype(np.float32)
    smooth = smooth_tracks(track, [slice(0, 10), slice(12, 25)], 5)
    other = track.copy()
    other[10:] += 100
    np.testing.assert_array_equal(smooth_tracks(other, [slice(0, 10)], 5)[:10], smooth[:10])
    np.testing.assert_array_equal(smooth[10:12], track[10:12])
    np.testing.assert_array_equal(smooth[25:], track[25:])
    assert smooth.dtype == np.float32
    assert np.abs(smooth[12:25] - track[12:25]).max() > 0.1


@pytest.mark.parametrize("length", range(1, 8))
def test_short_stretches_use_the_largest_window_that_fits(
    length: int, rng: np.random.Generator
) -> None:
    track = rng.normal(size=(length, 2))
    fitting = length if length % 2 else length - 1
    smooth = smooth_tracks(track, [slice(0, length)], 9)
    if fitting <= 2:
        np.testing.assert_array_equal(smooth, track)
        return
    t = np.arange(length)
    half = fitting // 2
    for k in range(length):
        first = min(max(k - half, 0), length - fitting)
        part = slice(first, first + fitting)
        for axis in range(2):
            fit = np.polyfit(t[part], track[part, axis], 2)
            assert smooth[k, axis] == pytest.approx(np.polyval(fit, k), abs=1e-9)


def test_the_input_is_left_alone(rng: np.random.Generator) -> None:
    track = rng.normal(size=(20, 2))
    before = track.copy()
    smooth_tracks(track, [slice(0, 20)], 5)
    np.testing.assert_array_equal(track, before)
