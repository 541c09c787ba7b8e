"""Every shipped pass through the real command, and what is said of encoders that are not right."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine

from audio2video.media.video import probe_video
from audio2video.models.pass_files import load_network, write_network
from audio2video.mouth.predictor import Predictor
from audio2video.storage.workspace import shipped


@pytest.mark.parametrize(
    "pass_id", ["talkers", pytest.param("grid_s1_delayed", marks=pytest.mark.slow)]
)
def test_every_pass_makes_a_result(
    run_here: CommandLine,
    small_result: Path,
    small_speech: Path,
    small_target: Path,
    pass_id: str,
) -> None:
    if pass_id == "talkers":
        # What a run makes without --pass_id.
        shutil.copytree(small_result, run_here.workspace)
    files = ("--audio", small_speech, "--video", small_target, "--pass_id", pass_id)
    done = run_here("--steps", "1", "2", "3", "4", *files)
    assert ("texture: up to date" in done.stdout) == (pass_id == "talkers")
    result = run_here.workspace / "output" / "words-painted" / "words-painted.mp4"
    assert probe_video(result).frames == 62
    shapes = np.load(run_here.workspace / "input" / "ldmk" / pass_id / "words.npy")
    assert shapes.shape == (62, 20, 2)
    features = run_here.workspace / "input" / "mfcc" / "words.npy"
    assert features.is_file() == (pass_id == "grid_s1_delayed"), "only what is heard is kept"
    mouth = np.load(result.with_name("texture.npz"))["mouth"]

    run_here("--steps", "2", *files, "--expressiveness", "0.5")
    calmer = np.load(result.with_name("texture.npz"))["mouth"]
    assert calmer.std(axis=0).mean() == pytest.approx(0.5 * mouth.std(axis=0).mean(), rel=0.05)


def refused(run_py: CommandLine, *args: str | Path) -> str:
    done = run_py(*args, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    return line


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sha256": "0" * 64}, "not the speech encoder that the pass was trained with"),
        ({"name": "ear"}, "hears with encoder 'ear'"),
    ],
)
def test_an_encoder_that_is_not_right(
    run_here: CommandLine,
    small_speech: Path,
    small_target: Path,
    change: dict[str, str],
    says: str,
) -> None:
    network: Predictor = load_network(shipped() / "passes" / "talkers")
    other = dataclasses.replace(network.encoder, **change)
    write_network(
        run_here.workspace / "train" / "own", dataclasses.replace(network, encoder=other), {}
    )
    files = ("--audio", small_speech, "--video", small_target, "--pass_id", "own")
    assert says in refused(run_here, "--steps", "1", *files)
    assert not list((run_here.workspace / "input" / "ldmk").rglob("*.npy"))


def test_expressiveness_has_bounds(run_here: CommandLine) -> None:
    assert "is out of bounds" in refused(run_here, "--steps", "1", "--expressiveness", "4")


def test_the_shipped_pass_is_not_measured_on_clips_that_are_not_there(tmp_path: Path) -> None:
    words = ("-m", "audio2video", "evaluate", "lipsync", "--workspace", str(tmp_path))
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert "no prepared corpus; step 0 (dataset) makes it" in done.stderr
