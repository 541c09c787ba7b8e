"""Features and activity of long recordings equal those of the whole in one piece."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.speech.features import speech_features
from audio2video.speech.loudness import speech_activity, speech_level
from audio2video.speech.recording import (
    as_samples,
    recording_activity,
    recording_features,
    recording_level,
)


def babble(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """16-bit noise that comes and goes, of changing loudness."""
    n = round(seconds * 16000)
    knots = np.arange(n // 8000 + 2)
    envelope = np.interp(np.arange(n) / 8000, knots, 0.2 + 0.8 * rng.random(len(knots)))
    swell = np.where(np.sin(np.arange(n) / 16000 * 2.2) > -0.4, envelope, 0.001)
    return np.rint(rng.standard_normal(n) * 6000 * swell).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.0, 59.99, 60.0, 125.37])
def test_features_are_those_of_the_whole(rng: np.random.Generator, seconds: float) -> None:
    pcm = babble(rng, seconds)
    whole = speech_features(as_samples(pcm))
    blocks = recording_features(pcm)
    assert blocks.dtype == np.float32
    assert blocks.shape == whole.shape
    np.testing.assert_allclose(blocks, whole, atol=2e-3)


@settings(max_examples=30)
@given(n=st.integers(1, 40_000), scale=st.floats(1e-4, 1))
def test_level_is_that_of_the_whole(n: int, scale: float) -> None:
    pcm = (babble(np.random.default_rng(n), n / 16000) * scale).astype(np.int16)
    level = speech_level(as_samples(pcm) - np.float32(0.01))
    assert recording_level(pcm, 0.01) == pytest.approx(level, abs=1e-6)


def test_silence_stays_silent() -> None:
    pcm = np.zeros(70 * 16000, np.int16)
    np.testing.assert_allclose(recording_features(pcm), speech_features(as_samples(pcm)), atol=1e-4)
    assert not recording_activity(pcm, Fraction(25), 70 * 25).any()


def test_activity_of_a_short_recording_is_that_of_the_whole(rng: np.random.Generator) -> None:
    pcm, rate = babble(rng, 40), Fraction(30000, 1001)
    np.testing.assert_array_equal(
        recording_activity(pcm, rate, 1199), speech_activity(as_samples(pcm), rate, 1199)
    )


def test_activity_of_a_long_recording_follows_the_swell(rng: np.random.Generator) -> None:
    pcm, rate = babble(rng, 200), Fraction(25)
    active = recording_activity(pcm, rate, 5000) > 0.5
    expected = np.sin((np.arange(5000) + 0.5) / 25 * 2.2) > -0.4
    assert (active == expected).mean() > 0.9


def test_a_quiet_minute_has_its_own_scale(rng: np.random.Generator) -> None:
    loud, quiet = babble(rng, 120), babble(rng, 120) // 40
    active = recording_activity(np.concatenate([loud, quiet]), Fraction(25), 6000) > 0.5
    assert active[3300:].mean() > 0.3, "speech after a louder hour is still speech"
