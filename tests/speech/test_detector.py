"""The speech detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from audio2video.media.audio import read_audio
from audio2video.models.encoder_files import detector_path, load_detector
from audio2video.speech.detector import SpeechDetector, certain_speech, speech_presence
from audio2video.storage.npy import load_arrays
from tools.train_detector import sounds

RATE = 16000


def pcm_of(samples: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    return read_audio(ROOT / "audio2video" / "assets" / "demo.mp3")[: 6 * RATE]


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return load_detector()


@pytest.mark.parametrize("decibels", [0, -20, -40])
def test_speech_is_heard_at_any_level(
    detector: SpeechDetector, demo: np.ndarray, decibels: int
) -> None:
    presence = detector.presence(pcm_of(demo * 10 ** (decibels / 20)))
    assert len(presence) == len(demo) // 320 + 1
    assert presence.mean() > 0.85


@pytest.mark.parametrize("kind", ["music", "applause", "noise", "bangs", "tones"])
def test_other_sounds_are_not_speech(detector: SpeechDetector, kind: str) -> None:
    rng = np.random.default_rng(2024)  # sounds that it was not trained on
    for _ in range(2):
        sound = getattr(sounds, kind)(rng, 5 * RATE)
        assert detector.presence(pcm_of(0.5 * sound / np.abs(sound).max())).mean() < 0.05


def test_silence_and_next_to_nothing(detector: SpeechDetector) -> None:
    assert not detector.presence(np.zeros(4 * RATE, np.int16)).any()
    assert not detector.presence(np.zeros(0, np.int16)).any()
    assert not detector.presence(np.ones(7, np.int16)).any()


def test_speech_after_music_is_told_from_it(detector: SpeechDetector, demo: np.ndarray) -> None:
    music = sounds.music(np.random.default_rng(5), 4 * RATE)
    both = np.concatenate([music / np.abs(music).max(), demo * 0.05])
    presence = detector.presence(pcm_of(both))
    assert presence[:185].mean() < 0.05
    assert presence[205:].mean() > 0.85


def test_what_is_far_away_changes_no_decision(detector: SpeechDetector, demo: np.ndarray) -> None:
    alone = detector.evidence(pcm_of(demo))
    later = detector.evidence(np.concatenate([np.zeros(32 * RATE, np.int16), pcm_of(demo)]))
    assert np.mean((later[1700:1890] > 0) == (alone[100:290] > 0)) > 0.97


def test_short_gaps_are_bridged_and_short_speech_is_dropped() -> None:
    evidence = np.full(400, -5.0)
    evidence[100:200] = 5
    evidence[140:150] = -5
    assert certain_speech(evidence).sum() < 100
    presence = speech_presence(evidence)
    assert presence[90:210].all()
    assert not presence[:80].any()
    assert not presence[220:].any()
    evidence[:] = -5.0
    evidence[100:103] = 5
    assert not speech_presence(evidence).any()


def test_weights_that_do_not_fit_are_refused(detector: SpeechDetector) -> None:
    arrays = load_arrays(detector_path())
    with pytest.raises(ValueError, match="another format or encoder"):
        SpeechDetector.from_arrays(arrays, replace(detector.encoder, sha256="0"))
    with pytest.raises(ValueError, match="do not fit"):
        SpeechDetector.from_arrays({**arrays, "weights": np.zeros(3)}, detector.encoder)
    with pytest.raises(ValueError, match="do not fit"):
        SpeechDetector.from_arrays({**arrays, "bias": np.array(np.nan)}, detector.encoder)
    with pytest.raises(KeyError):
        SpeechDetector.from_arrays({"format": arrays["format"]}, detector.encoder)
