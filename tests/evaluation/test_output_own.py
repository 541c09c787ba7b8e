"""The lips of a result against the target's own, where both say the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import CommandLine

from audio2video.evaluation.output import evaluate_output
from audio2video.evaluation.output_own import compare_with_own, is_own_sound
from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP
from audio2video.face.pose import HeadPose
from audio2video.face.track import FaceTrack
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.storage.workspace import Workspace
from tools.presenter.presenter import render_frames

RATE = Fraction(25)
FRAMES = 100
CLOSED = np.stack([np.linspace(-0.4, 0.4, 20), np.full(20, 1.1)], axis=1)


def track_of(opening: np.ndarray) -> FaceTrack:
    """A track whose lower lip is lowered so far in each frame."""
    mouth = np.repeat(CLOSED[None], len(opening), axis=0)
    mouth[:, list(LOWER_INNER_LIP), 1] += opening[:, None]
    nothing = np.zeros(len(opening), bool)
    starts = nothing.copy()
    starts[0] = True
    return FaceTrack(
        ~nothing,
        starts,
        np.zeros((len(opening), 68, 2), np.float32),
        HeadPose.from_array(np.zeros((len(opening), 6))),
        mouth.astype(np.float32),
        nothing,
        np.zeros(len(opening), np.float32),
        np.array(generic_head()),
    )


def result_of(track: FaceTrack) -> Any:
    return SimpleNamespace(
        info=SimpleNamespace(rate=RATE), target=SimpleNamespace(track=track, reference=CLOSED)
    )


@pytest.fixture
def opening(rng: np.random.Generator) -> np.ndarray:
    return np.convolve(rng.random(FRAMES + 4), np.ones(5) / 5, mode="valid") * 0.3


@pytest.fixture
def sound(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, 0.1, 16000 * 4).astype(np.float32)


def test_the_targets_own_lips_are_the_truth(opening: np.ndarray, sound: np.ndarray) -> None:
    track = track_of(opening)
    found = compare_with_own(result_of(track), track, sound)
    assert found is not None
    assert found["mse"] == 0
    assert found["opening_correlation"] == pytest.approx(1)
    assert found["spread"] == pytest.approx(1)
    late = track_of(np.concatenate([opening[:1], opening[:1], opening[:-2]]) * 0.5)
    found = compare_with_own(result_of(track), late, sound)
    assert found is not None
    assert found["lag_ms"] == pytest.approx(80, abs=10)
    assert found["opening_correlation_at_lag"] == pytest.approx(1, abs=0.01)
    assert found["spread"] == pytest.approx(0.5, abs=0.1)


def test_faces_that_are_seen_together_for_less_than_a_second(
    opening: np.ndarray, sound: np.ndarray
) -> None:
    track = track_of(opening)
    hidden = replace(track, usable=np.arange(FRAMES) % 20 > 0)
    assert compare_with_own(result_of(track), hidden, sound) is None


def test_which_sound_is_the_targets_own(
    tmp_path: Path, small_target: Path, small_speech: Path, rng: np.random.Generator
) -> None:
    samples = read_audio(small_speech)
    noisy = samples + 0.02 * np.std(samples) * rng.normal(size=len(samples))
    assert is_own_sound(small_speech, noisy.astype(np.float32))
    assert is_own_sound(small_speech, samples[: len(samples) // 2])
    assert not is_own_sound(small_speech, np.roll(samples, 8000))
    assert not is_own_sound(small_speech, samples[::-1].copy())
    assert not is_own_sound(small_speech, np.zeros_like(samples))
    assert not is_own_sound(small_target, samples), "it has no sound"


@pytest.mark.slow
def test_a_target_that_says_its_own_words(
    run_py: CommandLine, tmp_path: Path, small_speech: Path
) -> None:
    words = tmp_path / "words.wav"
    write_wav(words, read_audio(small_speech), 16000)
    film = tmp_path / "film.mp4"
    with VideoWriter(film, 256, 256, RATE, audio=words) as writer:
        for frame in render_frames(62, size=256, start=60):
            writer.write(frame)
    run_py("--steps", "1-4", "--audio", film, "--video", film)
    found = evaluate_output(Workspace(run_py.workspace), "film", "film")
    assert found.own is not None
    assert found.own["clips"] == 1
    assert found.own["seconds"] > 1
    assert -1 <= found.own["opening_correlation"] <= 1
