"""Step 0 and training through the real command, on painted clips that speak."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine

from audio2video.demo.presenter import render_frames
from audio2video.face.layout import mouth_opening
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter

CLIPS = 5
TRAIN = ("--steps", "1", "--train", "True", "--predict", "False", "--pass_id", "small")
SIZE = ("--nepochs", "12", "--dim_hidden", "8", "--batch_size", "2", "--e_savef", "1")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five clips of one speaker, and four that can't be used."""
    folder = tmp_path_factory.mktemp("corpus")
    samples = read_audio(ROOT / "input" / "mp3" / "demo.mp3", 16000)
    for number in range(CLIPS):
        sound = folder / f"sound{number}.wav"
        write_wav(sound, samples[number * 24000 :][:24000], 16000)
        with VideoWriter(
            folder / f"clip{number}.mp4", 256, 256, Fraction(25), audio=sound
        ) as writer:
            for frame in render_frames(37, size=256, start=60 * number):
                writer.write(frame)
    with VideoWriter(folder / "silent.mp4", 256, 256, Fraction(25)) as writer:
        for frame in render_frames(20, size=256):
            writer.write(frame)
    with VideoWriter(
        folder / "faceless.mp4", 64, 64, Fraction(25), audio=folder / "sound0.wav"
    ) as writer:
        for _ in range(20):
            writer.write(np.full((64, 64, 3), 90, np.uint8))
    (folder / "broken.mp4").write_bytes((folder / "clip0.mp4").read_bytes()[:5000])
    (folder / "empty.avi").touch()
    (folder / "readme.txt").write_text("not a clip, not worth a word")
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> tuple[CommandLine, str]:
    """A workspace after step 0, and what the command printed."""
    run_py = CommandLine(tmp_path_factory.mktemp("prepared") / "workspace")
    return run_py, run_py("--steps", "0", "--corpus", corpus, "--nthreads", "2").stdout


def dataset_files(workspace: Path) -> dict[str, bytes]:
    return {
        path.relative_to(workspace).as_posix(): path.read_bytes()
        for folder in ("raw/mfcc", "raw/fids", "reference")
        for path in sorted((workspace / folder).rglob("*"))
        if path.is_file()
    }


def test_clips_that_cannot_be_used_are_listed(prepared: tuple[CommandLine, str]) -> None:
    run_py, printed = prepared
    table = {line.split()[0]: line for line in printed.splitlines() if line}
    assert "no face" in table["faceless"]
    assert "sound" in table["silent"]
    assert "broken" in table
    assert "empty" in table["empty"]
    assert "readme" not in table
    index = json.loads((run_py.workspace / "reference" / "clips.json").read_text())
    assert sorted(index["clips"]) == [f"clip{n}" for n in range(CLIPS)]


def test_formats(prepared: tuple[CommandLine, str]) -> None:
    raw = prepared[0].workspace / "raw"
    features, mouth = np.load(raw / "mfcc/clip0.npy"), np.load(raw / "fids/clip0/mouth.npy")
    assert features.dtype == np.float32
    assert features.shape[1] == 28
    assert 151 <= len(features) <= 156  # 1.5 s and what the sound's encoder adds
    assert mouth.dtype == np.float32
    assert mouth.shape == (37, 20, 2)
    info = json.loads((raw / "fids/clip0/clip.json").read_text())
    assert (info["rate"], info["first_frame"], info["frames"]) == ("25", 0, 37)
    with np.load(prepared[0].workspace / "reference" / "shapes.npz") as shapes:
        assert shapes["components"].shape == (20, 40)
        assert shapes["references"].shape == (1, 20, 2)
        # The presenter's mouth closes fully; the landmark model leaves a hair's breadth.
        assert mouth_opening(shapes["references"][0]) < 0.06


def test_second_run_skips_what_is_done(prepared: tuple[CommandLine, str], corpus: Path) -> None:
    run_py, _ = prepared
    before = dataset_files(run_py.workspace)
    stamps = {p: p.stat().st_mtime_ns for p in (run_py.workspace / "raw" / "mfcc").iterdir()}
    done = run_py("--steps", "0", "--corpus", corpus)
    assert "dataset: up to date" in done.stdout
    assert "faceless" in done.stdout, "the table is shown again"
    assert dataset_files(run_py.workspace) == before
    assert {
        p: p.stat().st_mtime_ns for p in (run_py.workspace / "raw" / "mfcc").iterdir()
    } == stamps


def test_killed_step_0_goes_on(
    prepared: tuple[CommandLine, str], run_py: CommandLine, corpus: Path
) -> None:
    process = subprocess.Popen(
        run_py.command("--steps", "0", "--corpus", corpus, "--nthreads", "1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    mfcc = run_py.workspace / "raw" / "mfcc"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if mfcc.is_dir() and len(list(mfcc.glob("*.npy"))) >= 2:
            break
        time.sleep(0.002)
    assert process.poll() is None, "step 0 ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (run_py.workspace / "reference" / "clips.json").exists()
    run_py("--steps", "0", "--corpus", corpus)
    assert dataset_files(run_py.workspace) == dataset_files(prepared[0].workspace)
    assert list(run_py.workspace.rglob(".*.tmp-*")) == []


@pytest.fixture(scope="module")
def trained(prepared: tuple[CommandLine, str]) -> CommandLine:
    run_py, _ = prepared
    run_py(*TRAIN, *SIZE)
    return run_py


def test_training_leaves_a_pass(trained: CommandLine) -> None:
    folder = trained.workspace / "train" / "small"
    names = {path.name for path in folder.iterdir()}
    assert {"network.npz", "options.json", "split.json", "history.csv", "history.png"} <= names
    assert "checkpoint.npz" not in names
    split = json.loads((folder / "split.json").read_text())
    assert sorted(clip for part in split.values() for clip in part) == [
        f"clip{n}" for n in range(CLIPS)
    ]
    evaluation = json.loads((folder / "evaluation.json").read_text())
    assert set(evaluation["test"]) == {"clips", "network", "mean_shape"}
    assert len((folder / "history.csv").read_text().splitlines()) == 13


def test_finished_pass_is_not_trained_again(trained: CommandLine) -> None:
    network = trained.workspace / "train" / "small" / "network.npz"
    stamp = network.stat().st_mtime_ns
    assert "up to date" in trained(*TRAIN, *SIZE).stdout
    assert network.stat().st_mtime_ns == stamp


def test_another_configuration_needs_its_own_name(trained: CommandLine) -> None:
    done = trained(*TRAIN, *SIZE, "--lr", "0.1", check=False)
    assert done.returncode == 2
    assert "begun with other options (lr 0.001 -> 0.1)" in done.stderr
    assert "--pass_id" in done.stderr


def test_killed_training_goes_on_to_the_same_network(
    trained: CommandLine, run_py: CommandLine
) -> None:
    for folder in ("raw", "reference"):
        shutil.copytree(trained.workspace / folder, run_py.workspace / folder)
    # Checkpoints inside an epoch as well: the run is killed between any two batches.
    options = (*TRAIN, *SIZE, "--b_savef", "1")
    folder = run_py.workspace / "train" / "small"
    process = subprocess.Popen(
        run_py.command(*options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if (folder / "history.csv").is_file():
            break
        time.sleep(0.002)
    assert process.poll() is None, "training ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "network.npz").exists()
    run_py(*options)
    whole = trained.workspace / "train" / "small"
    for name in ("network.npz", "history.csv", "evaluation.json", "options.json", "split.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


def test_tensorboard_events(trained: CommandLine) -> None:
    trained(*TRAIN[:-1], "seen", *SIZE, "--nepochs", "2", "--showGraph", "True")
    assert list((trained.workspace / "train" / "seen" / "graph").glob("events.out.*"))
