"""Other voices: their frequencies move, their time does not."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.speech.features import speech_features
from audio2video.speech.units import SAMPLE_RATE
from audio2video.speech.voice import features_of_voice

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def chord(factor: float) -> np.ndarray:
    """A held sound of five partials, in bursts that keep their time."""
    bursts = 0.5 + 0.5 * np.tanh(8 * np.sin(2 * np.pi * 3 * TIME))
    tones = sum(np.sin(2 * np.pi * f * factor * TIME) for f in (300, 700, 1300, 2100, 3100))
    return (0.05 * bursts * tones).astype(np.float32)


def test_the_same_voice_is_the_same(rng: np.random.Generator) -> None:
    sound = (0.05 * rng.standard_normal(9000)).astype(np.float32)
    np.testing.assert_array_equal(features_of_voice(sound, 1.0), speech_features(sound))
    np.testing.assert_array_equal(features_of_voice(sound, 1.0001), speech_features(sound))


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_frequencies_move_and_time_does_not(factor: float) -> None:
    found = features_of_voice(chord(1.0), factor)
    wanted, other = speech_features(chord(factor)), speech_features(chord(1.0))
    assert found.shape == wanted.shape
    assert found.dtype == np.float32
    # Compared where it sounds; the edges of bursts are smeared by a window of another length.
    sounding = wanted[:, 13] > np.quantile(wanted[:, 13], 0.6)
    near = np.abs(found - wanted)[sounding, :14].mean()
    far = np.abs(other - wanted)[sounding, :14].mean()
    assert near < 0.35 * far
    assert np.corrcoef(found[:, 13], wanted[:, 13])[0, 1] > 0.99
