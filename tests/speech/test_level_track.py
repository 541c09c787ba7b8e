"""Stretches of even speech, and the gains that they need."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio2video.speech.level_track import LIMIT, MAX_GAIN, even_speech, level_stretches
from audio2video.speech.loudness import TARGET_LEVEL


def words(rng: np.random.Generator, count: int, level: float) -> np.ndarray:
    """Levels of fluent speech: syllables of different strength."""
    return level + rng.normal(0, 4, count)


@pytest.mark.parametrize("step", [-40, -26, -20, -12, -6, 6, 12, 20, 26, 40])
def test_a_step_is_found_where_it_is(rng: np.random.Generator, step: int) -> None:
    base = -33 if step < 0 else -63
    levels = np.concatenate([words(rng, 60, base), words(rng, 60, base + step)])
    first, second = level_stretches(levels, np.ones(120))
    assert abs(first.stop - 60) <= (8 if abs(step) <= 12 else 3)
    gain = even_speech(levels, np.ones(120))
    assert gain[20] - gain[100] == pytest.approx(step, abs=2.5)
    assert second.stop == 120


def test_the_steps_of_ordinary_speech_are_no_steps(rng: np.random.Generator) -> None:
    levels = words(rng, 300, -30)
    levels[100:110] -= 8  # a softer phrase
    levels[200:203] += 25  # a clap
    assert level_stretches(levels, np.ones(300)) == [slice(0, 300)]


def test_a_step_in_a_pause_is_at_its_beginning(rng: np.random.Generator) -> None:
    levels = np.concatenate([words(rng, 60, -20), np.full(20, -75.0), words(rng, 60, -50)])
    heard = np.repeat([1.0, 0.0, 1.0], [60, 20, 60])
    first = level_stretches(levels, heard)[0]
    assert 60 <= first.stop <= 64


def test_only_speech_has_a_say(rng: np.random.Generator) -> None:
    """Loud music before, a quiet room behind: the speech gets the gain that it gets alone."""
    speech = words(rng, 80, -45)
    alone = even_speech(speech, np.ones(80))
    levels = np.concatenate([np.full(100, -10.0), speech, np.full(100, -70.0)])
    heard = np.concatenate([np.zeros(100), np.ones(80), np.zeros(100)])
    gain = even_speech(levels, heard)
    np.testing.assert_allclose(gain[100:180], alone, atol=0.5)
    assert (levels[:100] + gain[:100]).max() <= TARGET_LEVEL  # the music is no louder than speech
    np.testing.assert_allclose(gain[180:], alone[-1], atol=0.5)  # nothing is blown up


def test_a_clap_in_speech_is_held_down(rng: np.random.Generator) -> None:
    levels = words(rng, 80, -30)
    quiet = even_speech(levels, np.ones(80))
    levels[40] = 0
    gain = even_speech(levels, np.ones(80))
    assert levels[40] + gain[40] == pytest.approx(TARGET_LEVEL + LIMIT)
    np.testing.assert_allclose(gain[:38], quiet[:38], atol=0.5)


def test_nothing_heard_changes_nothing() -> None:
    assert not even_speech(np.full(50, -80.0), np.zeros(50)).any()


@given(
    arrays(np.float64, st.integers(1, 80), elements=st.floats(-120, 0)),
    st.integers(0, 2**32 - 1),
)
def test_stretches_cover_all_and_gains_are_bounded(levels: np.ndarray, seed: int) -> None:
    heard = np.random.default_rng(seed).uniform(0, 1, len(levels))
    stretches = level_stretches(levels, heard)
    assert stretches[0].start == 0
    assert stretches[-1].stop == len(levels)
    assert all(a.stop == b.start for a, b in pairwise(stretches))
    gain = even_speech(levels, heard)
    assert np.isfinite(gain).all()
    assert gain.max() <= MAX_GAIN
    assert (levels + gain)[heard >= 0.5].max(initial=-np.inf) <= TARGET_LEVEL + LIMIT + 1e-9
