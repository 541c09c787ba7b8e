"""The band of the voice."""

from __future__ import annotations

import numpy as np

from audio2video.speech.band import voice_band
from audio2video.speech.units import SAMPLE_RATE


def test_it_delays_nothing() -> None:
    click = np.zeros(4001)
    click[2000] = 1.0
    heard = voice_band(click)
    assert heard.argmax() == 2000
    np.testing.assert_allclose(heard, heard[::-1], atol=1e-9)


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
