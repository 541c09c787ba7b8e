"""Measuring a pass through the real command, on a small corpus written as step 0 leaves it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from audio2video.cli import evaluate as cli_evaluate
from audio2video.cli import main as cli
from audio2video.errors import Audio2VideoError
from audio2video.evaluation import lipsync
from audio2video.evaluation.samples import Noise, activity_from, add_noise, corpus_samples
from audio2video.evaluation.videos import video_samples
from audio2video.face.layout import mouth_opening
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.mouth.metrics import correlation
from audio2video.speech import noise
from audio2video.speech.encoder import MfccEncoder
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import read_clip, read_statistics
from tools.presenter.presenter import render_frames


@pytest.fixture(scope="module")
def trained(small_pass: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a corpus and a pass; tests copy it before they change it."""
    copy = tmp_path_factory.mktemp("trained") / "workspace"
    shutil.copytree(small_pass, copy)
    return copy


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "workspace"
    shutil.copytree(trained, copy)
    return copy


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video that can be used and three that can't."""
    folder = tmp_path_factory.mktemp("clips")
    sound = folder / "sound.wav"
    write_wav(sound, read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)[:32000], 16000)
    (folder / "inner").mkdir()
    with VideoWriter(folder / "inner/good.mp4", 256, 256, Fraction(25), audio=sound) as writer:
        for frame in render_frames(50, size=256):
            writer.write(frame)
    with VideoWriter(folder / "faceless.mp4", 64, 64, Fraction(25), audio=sound) as writer:
        for _ in range(40):
            writer.write(np.full((64, 64, 3), 90, np.uint8))
    with VideoWriter(folder / "silent.mp4", 256, 256, Fraction(25)) as writer:
        for frame in render_frames(30, size=256):
            writer.write(frame)
    (folder / "broken.mp4").write_bytes((folder / "inner/good.mp4").read_bytes()[:3000])
    (folder / "notes.txt").write_text("not a video")
    return folder


def evaluate(workspace: Path, *args: str | Path, pass_id: str = "small") -> dict[str, Any]:
    """Run the command in this process; returns its answer."""
    from click.testing import CliRunner

    done = CliRunner().invoke(
        cli.main_group,
        [
            *("evaluate", "lipsync", "--pass_id", pass_id, "--workspace", str(workspace)),
            *map(str, args),
        ],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def refused(capsys: pytest.CaptureFixture[str], workspace: Path, *args: str | Path) -> str:
    """Run the command, which must fail with one line; returns the line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main(["evaluate", "lipsync", "--workspace", str(workspace), *map(str, args)])
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    return line


def test_one_json_object_on_stdout(trained: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "audio2video", "evaluate", "lipsync"),
            *("--pass-id", "small", "--workspace", str(trained)),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    answer = json.loads(done.stdout)
    measures = answer["measures"]
    assert set(measures) == {"step1", "network", "floor", "mean_shape", "ridge"}
    assert 0.5 < measures["step1"]["opening_correlation"] < 1
    assert 0.5 < measures["network"]["spread"] < 1.5
    assert answer["groups"] == {}
    assert answer["phones"] is None
    assert measures["floor"]["r2"] == pytest.approx(1)
    assert measures["mean_shape"]["r2"] == 0
    assert measures["mean_shape"]["closures"]["predicted"] == 0
    assert 0.5 < measures["network"]["r2"] < 1
    assert 0.5 < measures["network"]["opening_correlation"] < 1
    assert 0.5 < measures["ridge"]["opening_correlation"] <= 1
    assert measures["network"]["closures"]["true"] > 0
    # The same figures as at the end of training.
    trained_to = json.loads((trained / "train/small/evaluation.json").read_text())["test"]
    for name in ("opening_correlation", "mse", "r2"):
        assert measures["network"][name] == pytest.approx(trained_to["network"][name])
    folder = Path(answer["folder"])
    assert folder == trained / "output/evaluation/small-test"
    assert json.loads((folder / "evaluation.json").read_text()) == answer
    for name in ("openings", "correlations", "scatter", "measures"):
        assert (folder / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    with (folder / "clips.csv").open() as file:
        (row,) = csv.DictReader(file)
    split = json.loads((trained / "train/small/split.json").read_text())
    assert [row["clip"]] == split["test"]
    assert float(row["r2"]) == pytest.approx(measures["step1"]["r2"], abs=1e-4)
    assert int(row["closures_true"]) == measures["step1"]["closures"]["true"]


def test_other_splits(workspace: Path) -> None:
    split = json.loads((workspace / "train/small/split.json").read_text())
    answer = evaluate(workspace, "--split", "training")
    assert answer["clips"] == len(split["training"]) == 4
    assert answer["measured_on"] == "training"
    assert answer["folder"].endswith("small-training")


@pytest.mark.slow
def test_noise_makes_it_worse_and_is_the_same_each_time(trained: Path) -> None:
    split, noisy = ("--split", "training"), ("--snr", "-5")
    clean = evaluate(trained, *split, "--quiet")
    white = evaluate(trained, *split, *noisy)
    babble = evaluate(trained, *split, *noisy, "--noise_kind", "babble")
    assert babble == evaluate(trained, *split, *noisy, "--noise_kind", "babble")
    for kind, answer in (("white", white), ("babble", babble)):
        assert answer["noise"] == {"kind": kind, "snr_db": -5.0}
        assert answer["folder"].endswith(f"small-training-{kind}-5dB")
        for name in ("network", "ridge"):
            assert answer["measures"][name]["r2"] < clean["measures"][name]["r2"] - 0.1
        assert answer["measures"]["floor"] == clean["measures"]["floor"]
    assert white["measures"]["network"] != babble["measures"]["network"]


def test_a_corpus_without_sound(
    workspace: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_sound = evaluate(workspace)["measures"]["network"]
    shutil.rmtree(workspace / "raw" / "wav")
    without = evaluate(workspace)["measures"]["network"]
    assert without["r2"] == with_sound["r2"]
    line = refused(capsys, workspace, "--pass_id", "small", "--snr", "5")
    assert "the corpus has no sound for this recording" in line


def test_videos_never_seen(workspace: Path, videos: Path) -> None:
    answer = evaluate(workspace, "--clips", videos)
    assert answer["clips"] == 1
    skipped = {Path(row["clip"]).name: row["why"] for row in answer["skipped"]}
    assert "no face in the whole video" in skipped["faceless.mp4"]
    assert "no sound" in skipped["silent.mp4"]
    assert set(skipped) == {"faceless.mp4", "silent.mp4", "broken.mp4"}
    assert set(answer["measures"]) == {"step1", "network", "floor", "mean_shape", "ridge"}
    # The folders below are the groups, such as one for each speaker.
    assert answer["groups"] == {"inner": answer["measures"]["step1"]}
    assert answer["folder"].endswith(f"small-{videos.name}")
    assert answer["left_out"] == {}


def test_mouths_are_measured_by_phone(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(trained)
    clip = read_clip(
        workspace, json.loads((trained / "train/small/split.json").read_text())["test"][0]
    )
    begin, said = clip.feature_offset / 100 + clip.start, ((0.2, "P"), (1000.0, "AA1"))
    rows = [f"{clip.recording},{begin + at},{begin + at + 0.1},{name}" for at, name in said]
    phones = tmp_path / "phones.csv"
    phones.write_text("\n".join(["clip,start,end,phone", *rows]))
    answer = evaluate(trained, "--phones", phones)
    assert answer["phones"]["phones"].keys() == {"P"}  # the other one is after the clip
    assert answer["phones"]["kinds"]["bilabial"]["count"] == 1
    assert (Path(answer["folder"]) / "phones.png").is_file()
    phones.write_text("clip,start,end,phone\nsomeone,0,1,P\n")
    line = refused(capsys, trained, "--pass_id", "small", "--quiet", "--phones", phones)
    assert "has no phones of the" in line
    assert "recordings have names such as 'talk" in line


def test_videos_without_the_corpus(workspace: Path, videos: Path) -> None:
    shutil.rmtree(workspace / "raw")
    shutil.rmtree(workspace / "reference")
    answer = evaluate(workspace, "--clips", videos / "inner")
    assert set(answer["measures"]) == {"step1", "network", "floor", "mean_shape"}
    assert "no prepared corpus" in answer["left_out"]["ridge"]


def test_true_mouths_of_videos_are_relative_and_in_time(videos: Path) -> None:
    (sample,) = (s for s in video_samples(videos / "inner"))
    assert not isinstance(sample, Audio2VideoError)
    assert sample.name == "good.mp4"
    assert sample.true.shape == (50, 20, 2)
    np.testing.assert_allclose(sample.times, np.arange(50) / 25)
    opening = mouth_opening(sample.true)
    assert -0.02 < opening.min() < 0.02
    assert opening.max() > 0.1


def test_corpus_samples(trained: Path) -> None:
    place = Workspace(trained)
    (sample,) = corpus_samples(place, ["talk0}}00"], read_statistics(place), MfccEncoder())
    np.testing.assert_allclose(sample.times, np.arange(50) / 25)
    assert sample.speech is not None
    assert len(sample.speech) >= 197
    opening = np.interp(np.arange(197) / 100, sample.times, mouth_opening(sample.true))
    assert correlation(opening, sample.speech[:197]) > 0.5


def test_speech_activity_starts_with_the_first_shape() -> None:
    rng = np.random.default_rng(0)
    sound = (1e-4 * rng.standard_normal(32000)).astype(np.float32)
    sound[16000:24000] += (0.2 * rng.standard_normal(8000)).astype(np.float32)
    for start in (0.0, 0.6):
        speech = activity_from(sound, start + np.arange(30) / 25)
        assert len(speech) >= 117
        loud = np.flatnonzero(speech > 0.5)
        assert start + loud[0] / 100 == pytest.approx(1.0, abs=0.03)
        last = min(1.5, start + (len(speech) - 1) / 100)
        assert start + loud[-1] / 100 == pytest.approx(last, abs=0.03)


def test_babble_needs_voices() -> None:
    with pytest.raises(Audio2VideoError, match="no speech to make babble from"):
        add_noise(np.ones(100, np.float32), Noise("babble", 0.0), "x", [])


def test_choices_are_those_of_the_library() -> None:
    assert cli_evaluate.NOISES == noise.NOISES
    assert cli_evaluate.SPLITS == lipsync.SPLITS


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--pass_id", "nobody"), "pass 'nobody' has never been trained"),
        (("--pass_id", "../x"), "'../x' is not usable as a file name"),
        (("--pass_id", "small", "--split", "all"), "'all' is not one of"),
        (("--pass_id", "small", "--snr", "nan"), "--snr nan is out of bounds; use -60 to 100"),
        (("--pass_id", "small", "--snr", "loud"), "'loud' is not a valid float"),
        (("--pass_id", "small", "--noise_kind", "white"), "--noise_kind says nothing without"),
        (("--pass_id", "small", "--snr", "5", "--noise_kind", "red"), "'red' is not one of"),
        (("--pass_id", "small", "--clips", "x", "--split", "test"), "can't go together"),
        (("--pass_id", "small", "--clips", "nowhere"), "nowhere: folder not found; check --clips"),
    ],
)
def test_bad_options(
    trained: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], says: str
) -> None:
    assert says in refused(capsys, trained, *args)


def test_folders_of_nothing(
    trained: Path, tmp_path: Path, videos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "readme.txt").touch()
    (empty / ".hidden.mp4").touch()
    small = ("--pass_id", "small")
    assert "no video in the folder; check --clips" in refused(
        capsys, trained, *small, "--clips", empty
    )
    shutil.copy(videos / "faceless.mp4", empty)
    line = refused(capsys, trained, *small, "--clips", empty, "--quiet")
    assert "no clip can be used (the first: no face in the whole video)" in line


def test_clips_that_are_not_there(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workspace / "train/small/split.json"
    split = json.loads(path.read_text())
    small = ("--pass_id", "small")
    path.write_text(json.dumps({**split, "test": []}))
    assert "the pass has no test clips; choose another --split" in refused(
        capsys, workspace, *small
    )
    path.write_text(json.dumps({**split, "training": ["gone}}00", *split["training"]]}))
    line = refused(capsys, workspace, *small)
    assert "1 of the pass's 5 training clips are not in this workspace (gone}}00)" in line
    path.write_text(json.dumps({"test": split["test"]}))
    assert "lists no validation clips" in refused(capsys, workspace, *small)
    path.write_text(json.dumps({**split, "training": []}))
    assert "lists no training clips; --force True" in refused(capsys, workspace, *small)
    checkpoint = path.with_name("checkpoint.npz")
    checkpoint.touch()
    assert "the pass is being trained again" in refused(capsys, workspace, *small)
    checkpoint.unlink()
    path.unlink()
    assert "does not say which clips it was trained on" in refused(capsys, workspace, *small)
    shutil.rmtree(workspace / "reference")
    assert "no prepared corpus" in refused(capsys, workspace, *small)


def test_features_of_another_kind(
    workspace: Path, videos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = workspace / "reference" / "clips.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "features": "published"}))
    line = refused(capsys, workspace, "--pass_id", "small")
    assert "trained on features of another kind (audio2video) than the corpus's (published)" in line
