"""The limiter: within bounds, untouched where nothing is in the way, the same in any blocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio2video.media.limiter import CEILING, allowed_gain, limit_peaks, limiting_gain

REACH = 3

SOUNDS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        *[arrays(np.float32, (2, n), elements=st.floats(-1, 1, width=32)) for _ in range(2)]
    )
)


def mixed(a: np.ndarray, b: np.ndarray, cuts: list[int]) -> np.ndarray:
    edges = [0, *sorted({cut % a.shape[1] for cut in cuts} - {0}), a.shape[1]]
    parts = [(a[:, i:j], b[:, i:j]) for i, j in pairwise(edges)]
    blocks = ((x + y, allowed_gain(x + y, (x, y))) for x, y in parts)
    return np.concatenate(list(limit_peaks(blocks, REACH)), axis=1)


@given(SOUNDS, st.lists(st.integers(0, 59), max_size=5))
def test_within_bounds_and_untouched_elsewhere(sounds, cuts):
    a, b = sounds
    heard = mixed(a, b, cuts)
    assert heard.shape == a.shape
    bound = np.minimum(np.maximum.reduce([np.abs(a), np.abs(b), np.full_like(a, CEILING)]), 1)
    assert (np.abs(heard) <= bound + 1e-6).all()
    # Never louder, never turned round.
    assert (np.abs(heard) <= np.abs(a + b)).all()
    assert (heard * (a + b) >= 0).all()
    over = np.flatnonzero((np.abs(a + b) > bound).any(axis=0))
    near = np.zeros(a.shape[1], bool)
    for k in over:
        near[max(0, k - 2 * REACH) : k + 2 * REACH + 1] = True
    np.testing.assert_array_equal(heard[:, ~near], (a + b)[:, ~near])


@given(SOUNDS, st.lists(st.integers(0, 59), max_size=5))
def test_cut_into_any_blocks_it_is_the_same(sounds, cuts):
    a, b = sounds
    np.testing.assert_allclose(mixed(a, b, cuts), mixed(a, b, []), atol=1e-6)


def test_the_gain_is_the_mean_of_least_gains():
    allowed = np.ones(40, np.float32)
    allowed[20] = 0.5
    padded = np.pad(allowed, 2 * REACH, constant_values=1)
    window = np.arange(-REACH, REACH + 1)
    least = np.array([padded[k + window].min() for k in range(REACH, len(padded) - REACH)])
    expected = np.array([least[k + REACH + window].mean() for k in range(40)])
    np.testing.assert_allclose(limiting_gain(allowed, REACH), expected, atol=1e-7)


def test_a_loud_recording_alone_stays_as_it_is():
    loud = np.array([[1.0, -1.0, 0.95]], np.float32)
    quiet = np.zeros_like(loud)
    np.testing.assert_array_equal(mixed(loud, quiet, []), loud)


def test_two_full_tones_meet_the_ceiling():
    tone = np.sin(np.arange(2000) / 5, dtype=np.float32)[np.newaxis] * np.float32(0.8)
    heard = mixed(tone, tone, [700])
    assert np.abs(heard).max() == pytest.approx(CEILING, rel=0.02)
