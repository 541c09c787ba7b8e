"""The target's own sound beside the speech, and two people who speak one after the other."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine
from two_people import SIZE, first_person, second_person

from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.provenance.verification import verify

FRAMES = 40
SECONDS = FRAMES / 25
RATE = 16000
HALVES = {"left": np.s_[:, :, :SIZE], "right": np.s_[:, :, SIZE:]}


def tone(hertz: float, seconds: float) -> np.ndarray:
    return 0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side, and a tone of 3 kHz."""
    folder = tmp_path_factory.mktemp("media")
    write_wav(folder / "tone.wav", tone(3000, SECONDS), RATE)
    path = folder / "pair.mp4"
    both = zip(first_person(FRAMES), second_person(FRAMES), strict=True)
    with VideoWriter(path, 2 * SIZE, SIZE, Fraction(25), audio=folder / "tone.wav") as writer:
        for pictures in both:
            writer.write(np.hstack(pictures))
    return path


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One person speaks in the first half, the other in the second."""
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", RATE)
    folder, half = tmp_path_factory.mktemp("words"), round(RATE * SECONDS / 2)
    for name, first in (("anna", 0), ("bert", half)):
        track = np.zeros(2 * half)
        track[first : first + half] = 0.5 * voice[4000 : 4000 + half]
        write_wav(folder / f"{name}.wav", track, RATE)
    return folder / "anna.wav", folder / "bert.wav"


def pictures(path: Path) -> np.ndarray:
    with VideoReader(path) as reader:
        return np.stack([frame.rgb().astype(int) for frame in reader.read()])


def level_at(samples: np.ndarray, hertz: float) -> float:
    """Amplitude of a tone."""
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE)
    return float(2 * np.abs(np.mean(samples * turns)))


@pytest.mark.slow
def test_a_result_is_a_target_for_the_next_speaker(
    run_here: CommandLine, pair: Path, words: tuple[Path, Path]
) -> None:
    anna, bert = words
    own_time = ("--retiming", "off", "--fit", "silence", "--label", "none")
    run_here("--audio", anna, "--video", pair, "--face_at", "96,100", *own_time)
    first = run_here.workspace / "output/anna-pair/anna-pair.mp4"
    done = run_here(
        *("--audio", bert, "--video", first, "--face_at", f"{SIZE + 96},100"),
        *("--keep_audio", "True", "--label", "none"),
    )
    assert "the target plays in its own time" in done.stderr
    assert f"{FRAMES} of {FRAMES} frames synthesised" in done.stdout
    second = run_here.workspace / "output/bert-anna-pair/bert-anna-pair.mp4"

    # Each run changes one mouth: the left one in the first, the right one in the second.
    films = [pictures(path) for path in (pair, first, second)]
    for before, after, changed in ((0, 1, "left"), (1, 2, "right")):
        difference = np.abs(films[after] - films[before])
        moved = {side: difference[half].mean(axis=(0, 3)).max() for side, half in HALVES.items()}
        still = moved["right" if changed == "left" else "left"]
        assert moved[changed] > 10
        assert still < 7

    # Both are heard, each in its half, the first as it was.
    half = round(RATE * SECONDS / 2)
    said = [read_audio(path, RATE) for path in (anna, bert)]
    heard = read_audio(second, RATE)[: 2 * half]
    assert np.corrcoef(heard, (said[0] + said[1])[: len(heard)])[0, 1] > 0.95
    for track, part in zip(said, (slice(half), slice(half, None)), strict=True):
        ratio = np.std(heard[part]) / np.std(track[part])
        assert 0.9 < ratio < 1.1
    assert np.abs(heard).max() < 1

    # The first result, whole, is the parent of the second, with its own parent and speech.
    found = verify(second)
    assert (found.state, found.synthetic) == ("intact", True)
    assert found.manifest is not None
    parent, speech = found.manifest["ingredients"]
    assert (parent["relationship"], parent["title"]) == ("parentOf", "anna-pair.mp4")
    assert parent["manifest"]
    assert parent["intact"]
    assert speech["relationship"] == "componentOf"
    assert found.manifest["synthesis"]["target_sound_db"] == 0
    before = verify(run_here.workspace / "target/mp4/anna-pair.mp4").manifest
    assert before is not None
    assert before["ingredients"][0]["title"] == "pair.mp4"
    report = json.loads((second.parent / "report.json").read_text())
    assert report["options"]["keep_audio"] == 0


@pytest.mark.slow
def test_the_level_is_that_of_the_targets_own_sound(
    run_here: CommandLine, tmp_path: Path, pair: Path
) -> None:
    speech = tmp_path / "talk.wav"
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", RATE)[:RATE]
    write_wav(speech, voice, RATE)
    files = ("--audio", speech, "--video", pair, "--face", "1")
    result = run_here.workspace / "output/talk-pair/talk-pair.mp4"
    own = level_at(read_audio(pair, RATE), 3000)
    # As long as the target, whose sound goes on after the speech.
    run_here(*files, "--keep_audio", "-6")
    assert probe_video(result).frames == FRAMES
    rest = read_audio(result, RATE)[RATE + 800 : RATE + 8000]
    assert level_at(rest, 3000) == pytest.approx(own * 10 ** (-6 / 20), rel=0.05)
    places = np.load(result.parent / "retiming.npz")["places"]
    assert places.tolist() == list(range(FRAMES))
    # Another level is another sound under the same pictures; False is the speech alone.
    done = run_here(*files, "--keep_audio", "-12", "--fit", "freeze")
    assert probe_video(result).frames == 25
    done = run_here(*files, "--keep_audio", "False", "--retiming", "off")
    assert "composite: 25 frames" in done.stdout
    assert level_at(read_audio(result, RATE), 3000) < 0.1 * own


@pytest.mark.slow
def test_a_target_without_sound_is_said(
    run_here: CommandLine, small_target: Path, small_speech: Path
) -> None:
    files = ("--audio", small_speech, "--video", small_target)
    done = run_here(*files, "--keep_audio", "0")
    assert "warning: painted.mp4 has no sound that could be kept" in done.stderr
    assert "warning: the speech is 0.5 s longer than the target, whose last frame" in done.stderr


def test_what_does_not_go_together_is_one_line(run_here: CommandLine) -> None:
    done = run_here("--steps", "3", "--keep_audio", "0", "--retiming", "full", check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "error: --keep_audio keeps pictures under their own sound, --retiming full moves them; "
        "leave one of them out\n"
    )
