"""Speech from files and arrays, for the public API."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audio2video as a2v
from audio2video.api.speech import as_rate, frame_count, speech_samples
from audio2video.media.audio import read_audio


def test_a_file_and_its_samples_are_the_same_speech(small_speech: Path) -> None:
    of_file = speech_samples(small_speech)
    of_array = speech_samples(read_audio(small_speech, 16000), 16000)
    np.testing.assert_array_equal(of_file, of_array)
    np.testing.assert_array_equal(speech_samples(of_file, 16000), of_file)


def test_channels_are_averaged_and_rates_converted() -> None:
    tone = np.sin(np.arange(48000) * 2 * np.pi * 440 / 48000) * 0.5
    found = speech_samples(np.stack([tone, tone], axis=1), 48000) / 32767
    wanted = np.sin(np.arange(16000) * 2 * np.pi * 440 / 16000) * 0.5
    assert len(found) == 16000
    np.testing.assert_allclose(found[200:-200], wanted[200:-200], atol=1e-3)


@pytest.mark.parametrize(
    ("samples", "rate", "says"),
    [
        (np.zeros(100), None, "samples need a sample_rate"),
        (np.zeros(100), 0, "samples need a sample_rate"),
        (np.zeros((2, 3, 4)), 16000, "are no sound"),
        (np.zeros(0), 16000, "are no sound"),
        (np.array(["a"]), 16000, "are no sound"),
        (np.array([0.0, np.nan]), 16000, "NaN or infinity"),
    ],
)
def test_what_is_no_sound(samples: np.ndarray, rate: int | None, says: str) -> None:
    with pytest.raises(a2v.OptionError, match=says):
        speech_samples(samples, rate)


def test_features_and_activity_have_their_documented_shapes(small_speech: Path) -> None:
    features = a2v.speech_features(small_speech)
    assert features.shape == (251, 28)
    assert features.dtype == np.float32
    activity = a2v.speech_activity(small_speech, 25)
    assert activity.shape == (62,)
    assert 0 <= activity.min() <= activity.max() <= 1


@given(st.sampled_from([24000, 30000, 60000]))
def test_a_rounded_rate_is_the_exact_one(numerator: int) -> None:
    assert as_rate(round(numerator / 1001, 3)) == Fraction(numerator, 1001)


@pytest.mark.parametrize("rate", [0, -25, float("nan"), float("inf"), "fast"])
def test_what_is_no_rate(rate: object) -> None:
    with pytest.raises(a2v.OptionError, match="is no frame rate"):
        as_rate(rate)  # type: ignore[arg-type]


def test_there_is_always_a_frame() -> None:
    assert frame_count(np.zeros(1, np.int16), Fraction(25)) == 1
    assert frame_count(np.zeros(16000, np.int16), Fraction(30000, 1001)) == 30
