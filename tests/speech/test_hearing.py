"""The same speech is heard the same, at any level and after anything."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT

from audio2video.media.audio import read_audio
from audio2video.models.encoder_files import load_detector
from audio2video.speech.detector import SpeechDetector
from audio2video.speech.hearing import Hearing, listen
from audio2video.speech.recording import recording_features
from tools.train_detector import sounds

RATE = 16000
SECOND = 100  # feature frames


def pcm_of(samples: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return load_detector()


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    speech = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3")
    return speech[: 8 * RATE] / np.abs(speech).max() * 0.7


def heard_features(samples: np.ndarray, detector: SpeechDetector) -> np.ndarray:
    pcm = pcm_of(samples)
    return recording_features(listen(pcm, detector).even_whole(pcm))


def energy_apart(first: np.ndarray, second: np.ndarray) -> float:
    """Median difference of the log energy where there is much, in dB."""
    loud = first[:, 13] > np.quantile(first[:, 13], 0.5)
    return float(np.median(np.abs(first - second)[loud, 13])) * 10 / np.log(10)


@pytest.mark.parametrize(
    "step", [6, 40, *(pytest.param(dB, marks=pytest.mark.slow) for dB in (12, 20, 26, 32))]
)
@pytest.mark.parametrize("louder_first", [True, False])
def test_a_level_step_is_not_heard(
    detector: SpeechDetector, demo: np.ndarray, step: int, louder_first: bool
) -> None:
    first, second = demo[: 4 * RATE], demo[4 * RATE :]
    gains = (1.0, 10 ** (-step / 20)) if louder_first else (10 ** (-step / 20), 1.0)
    found = heard_features(np.concatenate([first * gains[0], second * gains[1]]), detector)
    expected = heard_features(demo, detector)
    for part in (slice(0, 350), slice(450, 800)):
        assert energy_apart(expected[part], found[part]) < 2.0


@pytest.mark.parametrize("kind", ["bangs", "applause", "music"])
def test_speech_after_a_loud_sound_is_heard_as_alone(
    detector: SpeechDetector, demo: np.ndarray, kind: str
) -> None:
    sound = getattr(sounds, kind)(np.random.default_rng(8), 3 * RATE)
    quiet = demo[: 5 * RATE] * 0.05
    both = np.concatenate([0.99 * sound / np.abs(sound).max(), quiet])
    expected, found = (heard_features(s, detector) for s in (quiet, both))
    assert energy_apart(expected[50:], found[3 * SECOND + 50 :]) < 1.5


def test_even_speech_keeps_its_one_gain(detector: SpeechDetector, demo: np.ndarray) -> None:
    """An ordinary recording is made louder or softer, and nothing else."""
    pcm = pcm_of(demo * 0.3)
    hearing = listen(pcm, detector)
    assert np.ptp(hearing.gain[3:-3]) < 0.5
    even = hearing.even_whole(pcm)
    assert np.corrcoef(even, pcm)[0, 1] > 0.9999


def test_parts_are_those_of_the_whole(rng: np.random.Generator) -> None:
    pcm = pcm_of(rng.uniform(-0.1, 0.1, 70 * RATE))
    hearing = Hearing(np.ones(3501, bool), rng.uniform(-6, 6, 700))
    parts = [hearing.even(pcm[k : k + 99999], k) for k in range(0, len(pcm), 99999)]
    np.testing.assert_array_equal(np.concatenate(parts), hearing.even_whole(pcm))


def test_nothing_is_found_in_nothing(detector: SpeechDetector) -> None:
    for pcm in (np.zeros(0, np.int16), np.zeros(3 * RATE, np.int16)):
        hearing = listen(pcm, detector)
        assert hearing.spoken_seconds == 0
        np.testing.assert_array_equal(hearing.even_whole(pcm), pcm)
