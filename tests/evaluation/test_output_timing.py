"""Where a result's sound lies, and its clock."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from audio2video.evaluation.output_timing import PIECE, measure_clock, measure_sound, sound_offset
from audio2video.media.audio import AudioInfo
from audio2video.media.video import VideoInfo


def noise(seed: int, length: int) -> NDArray[np.float64]:
    """Sound without its highest frequencies, as an AAC file holds it."""
    sound = np.random.default_rng(seed).standard_normal(length)
    return np.asarray(gaussian_filter1d(sound, 1.5))


@settings(max_examples=40)
@given(late=st.integers(-900, 900), gain=st.floats(0.1, 3), seed=st.integers(0, 1000))
def test_whole_samples(late: int, gain: float, seed: int) -> None:
    sound = noise(seed, 10000)
    given_, heard = sound[1000:9000], gain * sound[1000 - late : 9000 - late]
    offset, alike = sound_offset(given_, heard, 1000)
    assert offset == pytest.approx(late, abs=0.05)
    assert alike > 0.8


@pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
def test_between_samples(part: float) -> None:
    fine = gaussian_filter1d(np.random.default_rng(1).standard_normal(40000), 8.0)
    start = 4000
    late = round(4 * part)
    offset, _ = sound_offset(fine[start:36000:4], fine[start - late : 36000 - late : 4], 50)
    assert offset == pytest.approx(part, abs=0.03)


def test_sounds_of_other_lengths() -> None:
    sound = noise(3, 9000)
    offset, alike = sound_offset(sound[:6000], np.concatenate([np.zeros(120), sound]), 500)
    assert offset == pytest.approx(120, abs=0.05)
    assert 0.7 < alike < 0.9  # a third of what is heard is not in what was given
    short, _ = sound_offset(sound[:300], sound[10:300], 500)
    assert short == pytest.approx(-10, abs=0.1)


def test_silence_is_nowhere() -> None:
    assert sound_offset(np.zeros(100), noise(1, 100)) == (None, 0.0)
    found = measure_sound(noise(1, 100), np.zeros(100))
    assert found == {
        "sound_offset_ms": None,
        "sound_offset_at_end_ms": None,
        "sound_correlation": 0.0,
    }


def test_a_sound_that_runs_slow_shows_at_its_end() -> None:
    sound = noise(5, 2 * PIECE)
    slow = np.concatenate([sound[:PIECE], np.zeros(80), sound[PIECE:]])
    found = measure_sound(sound, slow)
    assert found["sound_offset_ms"] == pytest.approx(0, abs=0.01)
    assert found["sound_offset_at_end_ms"] == pytest.approx(1000 * 80 / 16000, abs=0.01)
    assert found["sound_correlation"] > 0.99


def test_clock() -> None:
    rate = Fraction(30000, 1001)
    video = VideoInfo(Path("a.mp4"), 64, 64, rate, 300, 0, False, True, "h264")
    speech = AudioInfo(Path("a.wav"), 16000, 1, Fraction(10), "pcm")
    sound = replace(speech, duration=Fraction(10) + Fraction(1, 100))
    found = measure_clock(video, sound, speech, rate, 300)
    assert found["frames_exact"]
    assert found["rate_exact"]
    assert found["rate"] == found["target_rate"] == "30000/1001"
    assert found["video_seconds"] == pytest.approx(10.01)
    assert found["video_longer_ms"] == pytest.approx(10)
    assert found["sound_longer_ms"] == pytest.approx(10)
    assert not measure_clock(video, sound, speech, rate, 299)["frames_exact"]
    assert not measure_clock(video, sound, speech, Fraction(2997, 100), 300)["rate_exact"]
    uneven = replace(video, variable_rate=True)
    assert not measure_clock(uneven, sound, speech, rate, 300)["rate_exact"]
