"""What is heard in the sound that a run is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine

from audio2video.media.audio import probe_audio, read_audio, write_wav
from audio2video.mouth.metrics import correlation
from tools.train_detector import sounds

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return read_audio(ROOT / "audio2video" / "assets" / "demo.mp3")[: 3 * RATE] * 0.5


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    sound = sounds.music(np.random.default_rng(21), 3 * RATE)
    return 0.5 * sound / np.abs(sound).max()


def opening(workspace: Path, inp_id: str) -> np.ndarray:
    shapes = np.load(workspace / "input" / "ldmk" / "talkers" / f"{inp_id}.npy")
    return shapes[:, 18, 1] - shapes[:, 14, 1]


def predicted(run_py: CommandLine, audio: Path, *more: str | Path) -> tuple[np.ndarray, str]:
    done = run_py("--steps", "1", "--audio", audio, *more)
    return opening(run_py.workspace, audio.stem), done.stderr


@pytest.mark.parametrize("what", ["silence", "music"])
def test_sound_without_speech_is_refused(
    run_here: CommandLine, tmp_path: Path, music: np.ndarray, what: str
) -> None:
    audio = tmp_path / "take.wav"
    write_wav(audio, music if what == "music" else np.zeros(2 * RATE), RATE)
    done = run_here("--steps", "1", "--audio", audio, check=False)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert "no speech in the sound" in lines[-1]
    assert "--voice_audio" in lines[-1]
    assert not list((run_here.workspace / "input" / "ldmk").rglob("*.npy"))


def test_little_speech_is_said(
    run_here: CommandLine, tmp_path: Path, voice: np.ndarray, music: np.ndarray
) -> None:
    audio = tmp_path / "take.wav"
    write_wav(audio, np.concatenate([*[music] * 5, voice[:RATE]]), RATE)
    shapes, said = predicted(run_here, audio)
    assert "s of it are speech" in said
    assert np.ptp(shapes[: 14 * 25]) < 0.01  # the mouth rests while music plays
    assert np.ptp(shapes[15 * 25 :]) > 0.03


@pytest.mark.parametrize("kind", ["inverted", "beside music"])
def test_the_voice_is_found_in_the_channels(
    run_here: CommandLine, tmp_path: Path, voice: np.ndarray, music: np.ndarray, kind: str
) -> None:
    plain, stereo = tmp_path / "plain.wav", tmp_path / "stereo.wav"
    write_wav(plain, voice, RATE)
    write_wav(stereo, np.stack([voice, -voice if kind == "inverted" else music], axis=1), RATE)
    expected, said = predicted(run_here, plain)
    assert "channel" not in said
    found, said = predicted(run_here, stereo)
    assert ("cancel each other out" if kind == "inverted" else "only in channel 1") in said
    assert correlation(expected, found) > 0.99


def test_lips_follow_the_voice_and_the_mix_is_heard(
    run_here: CommandLine, tmp_path: Path, small_target: Path, voice: np.ndarray, music: np.ndarray
) -> None:
    plain, mix = tmp_path / "plain.wav", tmp_path / "mix.wav"
    write_wav(plain, voice, RATE)
    write_wav(mix, np.stack([voice * 0.3 + music, voice * 0.3 - music * 0.9], axis=1), RATE)
    expected, _ = predicted(run_here, plain, "--video", small_target)
    run_here("--audio", mix, "--voice_audio", plain, "--video", small_target)
    np.testing.assert_array_equal(opening(run_here.workspace, "mix"), expected)
    result = run_here.workspace / "output" / "mix-painted" / "mix-painted.mp4"
    assert probe_audio(result).channels == 2
    given, heard = read_audio(mix), read_audio(result)
    assert np.corrcoef(given, heard[: len(given)])[0, 1] > 0.9  # AAC, of what nearly cancels out


def test_a_voice_of_another_length_is_said_and_a_missing_one_refused(
    run_here: CommandLine, tmp_path: Path, voice: np.ndarray
) -> None:
    plain, short = tmp_path / "plain.wav", tmp_path / "short.wav"
    write_wav(plain, voice, RATE)
    write_wav(short, voice[: 2 * RATE], RATE)
    _, said = predicted(run_here, plain, "--voice_audio", short)
    assert "2.00 s long, --audio 3.00 s" in said
    done = run_here(
        "--steps", "1", "--audio", plain, "--voice_audio", tmp_path / "gone.wav", check=False
    )
    assert done.returncode == 2
    assert "gone.wav" in done.stderr
