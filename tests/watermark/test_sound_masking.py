"""The masking threshold against its formulas, taken one at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audio2video.watermark.sound_masking import (
    BARK,
    band_powers,
    critical_band,
    flatness,
    thresholds,
)

LINES = np.arange(513) * 22_050 / 512


def test_a_tone_masks_its_neighbours_as_in_the_paper() -> None:
    power = np.zeros((1, len(LINES)), np.float32)
    line = int(np.searchsorted(LINES, 1100))
    power[0, line] = 4.0
    masker = int(critical_band(LINES[line : line + 1])[0])
    count = len(BARK)

    def spread(apart: int) -> float:
        x = apart + 0.474
        return float(10 ** ((15.81 + 7.5 * x - 17.5 * math.sqrt(1 + x * x)) / 10))

    found = thresholds(power, LINES)[0]
    for band in range(count):
        reaches = spread(band - masker) / sum(spread(band - k) for k in range(count))
        # One line is nothing but a tone: 14.5 dB and the number of the band, from 1.
        assert found[band] == pytest.approx(4.0 * reaches * 10 ** (-(14.5 + band + 1) / 10))
    # Upwards it masks farther than downwards.
    assert found[masker + 2] > 10 * found[masker - 2]


def test_noise_masks_more_than_tones() -> None:
    noise = np.ones((1, len(LINES)), np.float32)
    assert flatness(noise, LINES)[0] == pytest.approx(0, abs=1e-9)
    own = band_powers(noise, LINES)
    share = (thresholds(noise, LINES) / own)[0, 8:20]
    assert (share > 10 ** (-0.8)).all()  # 5.5 dB, and what spreads
    tone = noise * 1e-9
    tone[0, 30::60] = 1.0
    assert flatness(tone, LINES)[0] < -60


def test_thresholds_follow_the_level(rng: np.random.Generator) -> None:
    power = rng.exponential(1, (4, len(LINES))).astype(np.float32)
    assert np.allclose(thresholds(100 * power, LINES), 100 * thresholds(power, LINES), rtol=1e-4)


def test_all_lines_are_in_a_band(rng: np.random.Generator) -> None:
    power = rng.exponential(1, (3, len(LINES))).astype(np.float32)
    assert np.allclose(band_powers(power, LINES).sum(axis=1), power.sum(axis=1), rtol=1e-5)
    assert critical_band(np.array([0.0, 99.9, 100.0, 30_000.0])).tolist() == [0, 0, 1, 24]
