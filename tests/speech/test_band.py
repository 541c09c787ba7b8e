"""The band of the voice against SciPy's filter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from audio2video.speech import band
from audio2video.speech.band import voice_band
from audio2video.speech.units import SAMPLE_RATE


def test_the_coefficients_are_those_of_the_design() -> None:
    design = butter(2, band.SPEECH_BAND, "bandpass", fs=SAMPLE_RATE, output="sos")
    np.testing.assert_allclose(np.delete(design, 3, axis=1), band._SECTIONS, rtol=1e-12)
    assert (design[:, 3] == 1).all()


@given(st.integers(16, 6000), st.sampled_from([2048, 3000, 1 << 14]), st.integers(0, 2**31))
def test_it_equals_scipy_whatever_the_blocks(length: int, block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=length) + 100 * rng.normal()
    design = butter(2, band.SPEECH_BAND, "bandpass", fs=SAMPLE_RATE, output="sos")
    expected = sosfiltfilt(design, samples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(band, "_BLOCK", block)
        np.testing.assert_allclose(voice_band(samples), expected, atol=1e-9)


def test_nothing_is_left_of_an_impulse_after_its_memory() -> None:
    tail = np.abs(band._impulse_response()[-20:])
    assert tail.max() < 1e-16


def test_voices_pass_and_hum_does_not() -> None:
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    inner = slice(SAMPLE_RATE // 2, -SAMPLE_RATE // 2)
    for hertz, low, high in ((5, 0, 0.01), (500, 0.98, 1.02), (7500, 0, 0.01)):
        tone = np.sin(2 * np.pi * hertz * times)
        level = np.std(voice_band(tone)[inner]) / np.std(tone[inner])
        assert low <= level <= high, hertz


def test_the_sound_is_not_changed() -> None:
    samples = np.random.default_rng(1).normal(size=1000)
    before = samples.copy()
    voice_band(samples)
    np.testing.assert_array_equal(samples, before)
