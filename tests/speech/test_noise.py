"""Noise: its level, its colour, and what it leaves alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audio2video.speech.loudness import speech_level
from audio2video.speech.noise import NOISES, mix_noise
from audio2video.speech.units import SAMPLE_RATE


@pytest.fixture
def speech(rng: np.random.Generator) -> np.ndarray:
    """Two seconds of tone bursts with pauses."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    bursts = (np.sin(2 * np.pi * 1.5 * time) > 0) * np.sin(2 * np.pi * 220 * time)
    return (0.1 * bursts).astype(np.float32)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("snr", [-5.0, 0.0, 20.0])
def test_the_level_is_what_was_asked(
    speech: np.ndarray, rng: np.random.Generator, kind: str, snr: float
) -> None:
    voices = [rng.normal(size=9000).astype(np.float32), speech]
    mixed = mix_noise(speech, kind, snr, rng, voices)
    assert mixed.dtype == np.float32
    noise = mixed.astype(np.float64) - speech
    level = 10 * np.log10(np.mean(noise**2))
    assert speech_level(speech) - level == pytest.approx(snr, abs=0.01)


def test_colours(speech: np.ndarray, rng: np.random.Generator) -> None:
    def octaves(kind: str) -> list[float]:
        noise = mix_noise(speech, kind, 0.0, rng) - speech
        power = np.abs(np.fft.rfft(noise)) ** 2
        frequency = np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE)
        borders = [250, 500, 1000, 2000, 4000]
        return [
            float(power[(frequency >= low) & (frequency < high)].sum())
            for low, high in pairwise(borders)
        ]

    white, pink = octaves("white"), octaves("pink")
    # An octave up holds twice as many frequencies: twice the power, or the same.
    assert white[3] / white[0] == pytest.approx(8, rel=0.25)
    assert pink[3] / pink[0] == pytest.approx(1, rel=0.25)


def test_babble_is_of_the_voices(speech: np.ndarray, rng: np.random.Generator) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    noise = mix_noise(speech, "babble", 0.0, rng, [tone, np.zeros(100, np.float32)]) - speech
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[1990:2011].sum() > 0.95 * power.sum()


def test_silence_stays_silent(rng: np.random.Generator) -> None:
    assert not mix_noise(np.zeros(8000, np.float32), "white", 0.0, rng).any()


def test_the_seed_decides(speech: np.ndarray) -> None:
    def mixed(seed: int) -> np.ndarray:
        return mix_noise(speech, "babble", 3.0, np.random.default_rng(seed), [speech])

    np.testing.assert_array_equal(mixed(1), mixed(1))
    assert not np.array_equal(mixed(1), mixed(2))


def test_errors(speech: np.ndarray, rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="no such noise: brown"):
        mix_noise(speech, "brown", 0.0, rng)
    for voices in ([], [np.zeros(100, np.float32)]):
        with pytest.raises(ValueError, match="babble needs recordings"):
            mix_noise(speech, "babble", 0.0, rng, voices)
