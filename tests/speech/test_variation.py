"""Other sounds of the same speech."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import welch

from audio2video.speech.variation import (
    COLOUR_DB,
    by_telephone,
    in_room,
    other_microphone,
    other_voice,
    varied_speech,
    whispered,
)

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> NDArray[np.float32]:
    """A second of vowel-like sound at 120 Hz, with a pause in the middle."""
    time = np.arange(RATE) / RATE
    sound = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 40))
    sound *= 0.05 * ((time < 0.4) | (time > 0.6))
    return np.asarray(sound, np.float32)


def band_power(samples: NDArray[np.floating], low: float, high: float) -> float:
    frequency, power = welch(samples, RATE, nperseg=2048)
    return float(power[(frequency >= low) & (frequency < high)].sum())


def peak_frequency(samples: NDArray[np.floating]) -> float:
    frequency, power = welch(samples, RATE, nperseg=8192)
    return float(frequency[power.argmax()])


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_voice_is_higher_and_shorter_by_the_factor(
    voice: NDArray[np.float32], factor: float
) -> None:
    moved, exact = other_voice(voice, factor)
    assert exact == pytest.approx(factor, abs=0.02)
    assert len(moved) == pytest.approx(len(voice) / exact, abs=1)
    assert peak_frequency(moved) == pytest.approx(120 * exact, abs=5)
    # A moment t of the original lies at t / factor: the pause.
    quiet = np.flatnonzero(np.abs(moved) < 1e-3)
    assert quiet.mean() / RATE == pytest.approx(0.5 / exact, abs=0.02)


def test_a_microphone_changes_the_spectrum_within_its_limits(
    voice: NDArray[np.float32], rng: np.random.Generator
) -> None:
    noise = rng.standard_normal(4 * RATE).astype(np.float32)
    found = other_microphone(noise, rng)
    bands = [(100.0 * 2**k, 100.0 * 2 ** (k + 1)) for k in range(6)]
    gains = [10 * np.log10(band_power(found, *b) / band_power(noise, *b)) for b in bands]
    assert max(map(abs, gains)) <= COLOUR_DB + 0.5
    assert np.ptp(gains) > 0.5
    assert len(other_microphone(voice[:0], rng)) == 0


def test_a_room_fills_pauses_and_keeps_the_beginning(
    voice: NDArray[np.float32], rng: np.random.Generator
) -> None:
    found = in_room(voice, rng)
    assert found.shape == voice.shape
    pause = slice(int(0.42 * RATE), int(0.5 * RATE))
    assert np.sqrt(np.mean(found[pause] ** 2)) > 100 * np.sqrt(np.mean(voice[pause] ** 2))
    np.testing.assert_allclose(found[: RATE // 400], voice[: RATE // 400], atol=1e-5)


def test_a_telephone_keeps_its_band(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(4 * RATE).astype(np.float32)
    found = by_telephone(noise)
    kept = band_power(found, 500, 3000) / band_power(noise, 500, 3000)
    assert kept == pytest.approx(1, abs=0.2)
    assert band_power(found, 20, 150) < 0.02 * band_power(noise, 20, 150)
    assert band_power(found, 5000, 8000) < 0.02 * band_power(noise, 5000, 8000)
    assert not by_telephone(np.zeros(100, np.float32)).any()


def test_a_whisper_has_no_voice(voice: NDArray[np.float32], rng: np.random.Generator) -> None:
    found = whispered(voice, rng)
    assert found.shape == voice.shape

    def periodicity(samples: NDArray[np.floating]) -> float:
        piece = samples[2000:6000].astype(float)
        lag = round(RATE / 120)
        return float(np.corrcoef(piece[:-lag], piece[lag:])[0, 1])

    assert periodicity(voice) > 0.95
    assert abs(periodicity(found)) < 0.35
    # It is where the voice was.
    pause = found[int(0.45 * RATE) : int(0.55 * RATE)]
    assert np.abs(pause).max() < 0.05 * np.abs(found).max()


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_what_is_drawn_is_speech_of_the_stated_length(seed: int) -> None:
    time = np.arange(RATE // 2) / RATE
    speech = (0.1 * np.sin(2 * np.pi * 200 * time) * np.sin(9 * time)).astype(np.float32)
    found, factor = varied_speech(speech, np.random.default_rng(seed), [speech])
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert len(found) == pytest.approx(len(speech) / factor, abs=1)
    again, _ = varied_speech(speech, np.random.default_rng(seed), [speech])
    np.testing.assert_array_equal(found, again)
    assert found.any()


def test_without_other_voices_there_is_no_babble() -> None:
    speech = np.sin(np.arange(4000) / 9).astype(np.float32) * np.float32(0.1)
    for seed in range(20):
        varied_speech(speech, np.random.default_rng(seed), [])
