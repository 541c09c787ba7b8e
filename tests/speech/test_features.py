"""MFCC and energy."""

from __future__ import annotations

import numpy as np
import pytest
from python_speech_features import fbank, lifter, mfcc
from scipy.fft import dct

from audio2video.media.audio import read_audio
from audio2video.speech import features
from audio2video.speech.features import (
    FEATURES,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    frame_count,
    speech_features,
    static_features,
    with_differences,
    with_gain,
)


def test_constants_fit_together():
    assert (SAMPLE_RATE, HOP, WINDOW, FEATURES) == (16000, 160, 400, 28)


def test_equal_to_the_library_called_by_hand(rng):
    sound = (0.05 * rng.standard_normal(16123)).astype(np.float32)
    padded = np.pad(sound.astype(np.float64) * 32768, (200, 400))
    theirs = mfcc(
        padded, 16000, 0.025, 0.01, numcep=13, nfilt=40, nfft=512, lowfreq=133.33,
        highfreq=6855.5, preemph=0.97, ceplifter=22, appendEnergy=False, winfunc=np.hamming,
    )  # fmt: skip
    ours = static_features(sound)
    assert ours.shape == (101, 14)
    assert ours.dtype == np.float32
    # The first window holds the edge, where the library starts its filter anew; it is zero here.
    np.testing.assert_allclose(ours[:, :13], theirs[:101], rtol=1e-4, atol=1e-3)
    for frame in (0, 1, 50, 100):
        power = np.mean(padded[frame * 160 : frame * 160 + 400] ** 2)
        assert ours[frame, 13] == pytest.approx(np.log(1 + power), rel=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 57])
def test_framing_is_the_librarys(rng, frames):
    emphasised = 1000 * rng.standard_normal((frames - 1) * 160 + 400)
    mel, _ = fbank(
        emphasised, 16000, 0.025, 0.01, nfilt=40, nfft=512, lowfreq=133.33, highfreq=6855.5,
        preemph=0, winfunc=np.hamming,
    )  # fmt: skip
    expected = lifter(dct(np.log(np.maximum(mel, 1)), type=2, axis=1, norm="ortho")[:, :13], 22)
    np.testing.assert_allclose(features._cepstra(emphasised), expected, rtol=1e-9, atol=1e-9)


def test_differences_are_appended(rng):
    sound = (0.1 * rng.standard_normal(8000)).astype(np.float32)
    all28 = speech_features(sound)
    assert all28.shape == (51, 28)
    assert all28.dtype == np.float32
    np.testing.assert_array_equal(all28[0, 14:], 0)
    np.testing.assert_array_equal(all28[1:, 14:], np.diff(all28[:, :14], axis=0))


@pytest.mark.parametrize("frame", [0, 1, 37, 100])
def test_a_click_is_heard_in_the_frame_of_its_time(frame):
    sound = np.zeros(16001, np.float32)
    sound[frame * 160] = 1.0
    static = static_features(sound)
    # 25 ms windows every 10 ms: the click is in its own frame and in one neighbour on either side.
    assert set(np.flatnonzero(static[:, 13] > 1)) == {frame - 1, frame, frame + 1} & set(range(101))
    # The Hamming window makes it loudest where it is in the middle.
    assert np.argmax(static[:, 0]) == frame


@pytest.mark.parametrize(("samples", "frames"), [(0, 1), (1, 1), (159, 1), (160, 2), (16000, 101)])
def test_number_of_frames(samples, frames):
    assert frame_count(samples) == frames
    assert static_features(np.zeros(samples, np.float32)).shape == (frames, 14)


def test_digital_silence_is_like_a_quiet_room(rng):
    silence = static_features(np.zeros(3200, np.float32))
    np.testing.assert_array_equal(silence, 0)
    room = static_features((1e-4 * rng.standard_normal(3200)).astype(np.float32))
    assert np.abs(room[:, 0] - silence[:, 0]).max() < 25  # speech is at about +50


def test_loudness_does_not_matter(rng):
    sound = (0.1 * rng.standard_normal(16000) * np.linspace(0.1, 1, 16000)).astype(np.float32)
    np.testing.assert_allclose(speech_features(sound), speech_features(sound / 8), atol=2e-3)


def test_a_constant_offset_is_not_heard(rng):
    sound = (0.05 * rng.standard_normal(16000)).astype(np.float32)
    np.testing.assert_allclose(
        speech_features(sound + np.float32(0.3)), speech_features(sound), atol=0.02
    )
    constant = speech_features(np.full(8000, 0.4, np.float32))
    np.testing.assert_array_equal(constant, speech_features(np.zeros(8000, np.float32)))


def test_blocks_join_without_a_seam(rng, monkeypatch):
    sound = (0.1 * rng.standard_normal(12345)).astype(np.float32)
    whole = static_features(sound)
    monkeypatch.setattr(features, "_BLOCK_FRAMES", 7)
    np.testing.assert_allclose(static_features(sound), whole, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("bad", [np.zeros((2, 100)), np.full(500, np.nan)])
def test_what_is_no_sound_is_refused(bad):
    with pytest.raises(ValueError, match="one-dimensional and finite"):
        static_features(bad)
    with pytest.raises(ValueError, match="one-dimensional and finite"):
        speech_features(bad)


def test_real_speech(shared_data):
    samples = read_audio(shared_data / "input" / "radio_8s.wav")
    values = speech_features(samples)
    assert values.shape == (801, 28)
    assert np.isfinite(values).all()
    assert values[:, 13].std() > 2  # words and pauses


@pytest.mark.parametrize("decibels", [-6.0, 4.0])
def test_gain_on_features_is_gain_on_sound(rng, decibels):
    # Well over the floor of a mel band, where a gain is a constant on every log energy.
    sound = (0.1 * rng.standard_normal(8000)).astype(np.float32)
    quiet = with_differences(static_features(sound))
    expected = with_differences(static_features(sound * np.float32(10 ** (decibels / 20))))
    found = with_gain(quiet, decibels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-2)
    np.testing.assert_array_equal(found[:, 1:13], quiet[:, 1:13])


def test_gain_leaves_silence_alone():
    silent = with_differences(static_features(np.zeros(1600, np.float32)))
    np.testing.assert_allclose(with_gain(silent, 20.0), silent, atol=1e-6)
