"""Loudness and voice activity."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from audio2video.media.audio import read_audio
from audio2video.speech.loudness import (
    MAX_GAIN,
    TARGET_LEVEL,
    normalise_loudness,
    speech_activity,
    speech_level,
)

RATE = 16000


def bursts(rng, noise=1e-3):
    """Ten seconds: noise louder in 1-3 s and 5-8 s."""
    envelope = np.zeros(10 * RATE)
    envelope[RATE : 3 * RATE] = envelope[5 * RATE : 8 * RATE] = 0.1
    return ((envelope + noise) * rng.standard_normal(10 * RATE)).astype(np.float32)


def test_level_of_a_tone_is_its_rms():
    tone = 0.5 * np.sin(np.arange(3 * RATE) * 0.3).astype(np.float32)
    assert speech_level(tone) == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)


def test_pauses_do_not_count(rng):
    speech = (0.1 * rng.standard_normal(4 * RATE)).astype(np.float32)
    with_pause = np.concatenate([speech, np.full(12 * RATE, 1e-5, np.float32)])
    assert speech_level(with_pause) == pytest.approx(speech_level(speech), abs=0.6)


def test_quiet_and_loud_recordings_agree(rng):
    loud = bursts(rng)
    a, b = normalise_loudness(loud), normalise_loudness(loud * 0.1)
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)
    assert speech_level(a) == pytest.approx(TARGET_LEVEL, abs=0.05)
    assert a.dtype == np.float32


def test_noise_is_not_made_speech(rng):
    hiss = (1e-3 * rng.standard_normal(RATE)).astype(np.float32)  # -60 dB
    assert speech_level(normalise_loudness(hiss)) == pytest.approx(-60 + MAX_GAIN, abs=0.3)
    silence = (1e-5 * rng.standard_normal(RATE)).astype(np.float32)  # -100 dB
    np.testing.assert_array_equal(normalise_loudness(silence), silence)
    np.testing.assert_array_equal(normalise_loudness(np.zeros(RATE, np.float32)), 0)
    assert normalise_loudness(np.zeros(0, np.float32)).shape == (0,)


def test_short_sounds_have_a_level():
    assert speech_level(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=0.01)


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.array([0.0, np.nan]), np.array([np.inf])])
def test_what_is_no_sound_is_refused(bad):
    with pytest.raises(ValueError, match="one-dimensional and finite"):
        normalise_loudness(bad)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
@pytest.mark.parametrize("gain", [1.0, 0.1])
@pytest.mark.parametrize("noise", [0.0, 1e-4, 1e-2])
def test_activity_follows_the_bursts(rng, rate, gain, noise):
    frames = int(10 * rate)
    activity = speech_activity(gain * bursts(rng, noise), rate, frames)
    assert activity.shape == (frames,)
    assert activity.dtype == np.float32
    times = (np.arange(frames) + 0.5) / float(rate)
    near = np.min([np.abs(times - edge) for edge in (1, 3, 5, 8)], axis=0) < 0.12
    speaking = ((times > 1) & (times < 3)) | ((times > 5) & (times < 8))
    assert activity[speaking & ~near].min() > 0.9
    assert activity[~speaking & ~near].max() < 0.1
    for edge in (1, 3, 5, 8):  # half-way within two frames of the edge
        here = np.flatnonzero(np.abs(times - edge) < 0.2)
        crossing = here[np.argmin(np.abs(activity[here] - 0.5))]
        assert abs(times[crossing] - edge) < 0.09


def test_closures_are_bridged_and_clicks_dropped(rng):
    sound = bursts(rng)
    sound[2 * RATE : 2 * RATE + 1300] *= 0.01  # 80 ms within speech
    sound[4 * RATE : 4 * RATE + 80] += 0.3  # 5 ms within silence
    activity = speech_activity(sound, Fraction(25), 250)
    assert activity[45:60].min() > 0.9
    assert activity[95:110].max() < 0.1


def test_silence_and_steady_sounds():
    frames, rate = 75, Fraction(25)
    assert not speech_activity(np.zeros(3 * RATE, np.float32), rate, frames).any()
    tone = np.sin(np.arange(3 * RATE) * 0.3).astype(np.float32)
    assert (speech_activity(0.1 * tone, rate, frames) == 1).all()
    assert not speech_activity(0.0005 * tone, rate, frames).any()


def test_nothing_after_the_end_and_nothing_for_nothing(rng):
    speech = (0.1 * rng.standard_normal(RATE)).astype(np.float32)
    activity = speech_activity(speech, Fraction(25), 50)
    assert activity[:24].min() == 1
    assert not activity[26:].any()
    assert speech_activity(np.zeros(0, np.float32), Fraction(25), 3).tolist() == [0, 0, 0]
    assert speech_activity(speech, Fraction(25), 0).shape == (0,)


def test_real_speech_has_both(shared_data):
    for name in ("radio_8s.wav", "statement_9s.wav"):
        samples = read_audio(shared_data / "input" / name)
        activity = speech_activity(samples, Fraction(25), len(samples) * 25 // RATE)
        assert 0.4 < activity.mean() < 0.85
        assert (activity < 0.05).mean() > 0.1
        assert (activity > 0.95).mean() > 0.35
    # The statement begins with a second of silence.
    assert activity[:20].max() < 0.1
