"""Which channels carry the voice."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT

from audio2video.media.audio import read_audio
from audio2video.models.encoder_files import load_detector
from audio2video.speech.channels import choose_mix
from tools.train_detector import sounds

RATE = 16000
STEREO = np.full(2, 0.5, np.float32)


def pcm_of(samples: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return read_audio(ROOT / "audio2video" / "assets" / "demo.mp3")[: 4 * RATE] * 0.5


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    sound = sounds.music(np.random.default_rng(11), 4 * RATE)
    return 0.4 * sound / np.abs(sound).max()


def not_asked() -> None:
    raise AssertionError("the detector is not needed for this")


def mixed(channels: list[np.ndarray], usual: np.ndarray = STEREO, detector=not_asked):
    stacked = pcm_of(np.stack(channels, axis=1))
    mix = choose_mix(stacked, usual, detector)
    return mix, mix.mixed(stacked) / 32767


def test_one_channel_is_taken_as_it_is(voice: np.ndarray) -> None:
    mix, heard = mixed([voice], np.ones(1, np.float32))
    np.testing.assert_array_equal(heard, pcm_of(voice) / 32767)
    assert mix.note is None


@pytest.mark.parametrize("weaker", [1.0, 0.9, 0.6, 0.3])
def test_ordinary_stereo_is_mixed_as_ever(voice: np.ndarray, weaker: float) -> None:
    mix, heard = mixed([voice, weaker * voice])
    np.testing.assert_array_equal(mix.weights, STEREO)
    np.testing.assert_allclose(heard, voice * (1 + weaker) / 2, atol=1e-4)
    assert mix.note is None


@pytest.mark.parametrize("weaker", [1.0, 0.9, 0.6])
def test_an_inverted_channel_is_turned_round(voice: np.ndarray, weaker: float) -> None:
    mix, heard = mixed([voice, -weaker * voice])
    np.testing.assert_allclose(np.abs(heard), np.abs(voice) * (1 + weaker) / 2, atol=1e-4)
    assert "cancel each other out" in (mix.note or "")


@pytest.mark.parametrize("turned", [False, True])
def test_the_voice_is_heard_beside_music(
    voice: np.ndarray, music: np.ndarray, turned: bool
) -> None:
    pair = [music, voice] if turned else [voice, music]
    mix, heard = mixed(pair, detector=load_detector)
    np.testing.assert_allclose(heard, voice, atol=1e-4)
    assert f"channel {2 if turned else 1} of" in (mix.note or "")


def test_two_microphones_are_both_heard(voice: np.ndarray) -> None:
    mix, _ = mixed([voice, np.roll(voice, len(voice) // 2)], detector=load_detector)
    np.testing.assert_array_equal(mix.weights, STEREO)


@pytest.mark.parametrize("dead", [0, 1])
def test_a_silent_channel_does_not_count(voice: np.ndarray, dead: int) -> None:
    pair = [voice, voice]
    pair[dead] = voice * 1e-4
    mix, _ = mixed(pair)
    assert mix.weights[dead] == 0
    assert mix.weights[1 - dead] == 1


def test_a_voice_in_the_subwoofer_is_heard(voice: np.ndarray) -> None:
    silent = np.zeros_like(voice)
    usual = np.array([0.5, 0.5, 0.0], np.float32)
    _, heard = mixed([silent, silent, voice], usual)
    np.testing.assert_allclose(heard, voice, atol=1e-4)


def test_silence_and_a_blink_of_sound() -> None:
    for length in (0, 100, RATE):
        mix, heard = mixed([np.zeros(length)] * 2)
        np.testing.assert_array_equal(mix.weights, STEREO)
        assert not heard.any()
