"""Rebuilding a target from itself, through the real command, on a short painted film."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT, content_hash
from numpy.typing import NDArray

from audio2video.cli import main as cli
from audio2video.config import Config
from audio2video.evaluation.reenact import (
    BASELINE_CANDIDATES,
    EXCLUDE,
    _make_textures,
    _without_near_proxies,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.rectify import RectifiedGrid
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.progress import Progress
from audio2video.provenance.container_tags import rebuilt_tags
from audio2video.texture.candidates import FrameFeatures
from audio2video.texture.synthesis import CandidateSet, SynthesisConfig, TextureMaker
from audio2video.texture.teeth import TeethProxy
from tools.presenter.presenter import render_frames

RATE = Fraction(30000, 1001)
SIZE = 256
FACELESS = 5
FRAMES = 45
EXCLUDED = 0.3

FILES = {
    *("rebuilt.mp4", "side-by-side.mp4", "evaluation.json", "frames.csv", "measures.png"),
    *("blind.png", "blind-key.json"),
}
MEASURES = {
    *("lmd", "ssim", "psnr", "flicker_ratio", "sharpness_ratio", "seam_ratio", "teeth_error"),
    *("frames_with_foreign_pixels", "worst_second"),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The presenter at an uneven rate; no face in the first frames."""
    path = tmp_path_factory.mktemp("film") / "painted.mp4"
    with VideoWriter(path, SIZE, SIZE, RATE, crf=8) as writer:
        for _ in range(FACELESS):
            writer.write(np.full((SIZE, SIZE, 3), 90, np.uint8))
        painted = render_frames(FRAMES - FACELESS, size=SIZE, start=60)
        for picture in painted:
            writer.write(picture)
    return path


@pytest.fixture(scope="module")
def done(
    film: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace in which the command has run in a process of its own, and what it said."""
    workspace = tmp_path_factory.mktemp("reenact") / "workspace"
    said = subprocess.run(
        [
            *(sys.executable, "-m", "audio2video", "evaluate", "reenact"),
            *("--video", str(film), "--exclude", str(EXCLUDED), "--workspace", str(workspace)),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return workspace, said


@pytest.fixture(scope="module")
def answer(done: tuple[Path, subprocess.CompletedProcess[str]]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done[1].stdout)
    return found


@pytest.fixture(scope="module")
def folder(done: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return done[0] / "output/evaluation/painted-reenact"


@pytest.fixture
def workspace(done: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    copy = tmp_path / "workspace"
    shutil.copytree(done[0], copy)
    return copy


def reenact(workspace: Path, *args: str | Path | float) -> tuple[dict[str, Any], str]:
    """Run the command in this process; returns its answer, and what it says on the side."""
    ran = CliRunner().invoke(
        cli.main_group,
        ["evaluate", "reenact", "--workspace", str(workspace), *map(str, args)],
        catch_exceptions=False,
    )
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found, ran.stderr


def refused(capsys: pytest.CaptureFixture[str], workspace: Path, *args: str | Path | float) -> str:
    """Run the command, which must fail with one line; returns the line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main(["evaluate", "reenact", "--workspace", str(workspace), "--quiet", *map(str, args)])
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert printed.out == ""
    line = printed.err.splitlines()[-1]
    assert all(other.startswith("warning: ") for other in printed.err.splitlines()[:-1])
    assert line.startswith("error: ")
    return line


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    with VideoReader(path) as reader:
        return [frame.rgb() for frame in reader.read()]


def test_what_is_said(answer: dict[str, Any], folder: Path) -> None:
    assert set(answer) == {
        *("folder", "target", "frames", "frames_in_target", "exclude_seconds", "candidates"),
        *("detail_gain", "opening_detail_gain", "options", "measures"),
    }
    assert answer["folder"] == str(folder)
    assert answer["target"] == "painted.mp4"
    assert answer["frames"] == FRAMES - FACELESS
    assert answer["frames_in_target"] == FRAMES
    assert answer["exclude_seconds"] == EXCLUDED
    assert answer["candidates"] == 8  # an eighth of 40 is less than the least
    assert set(answer["measures"]) == {"rebuilt", "nearest_frame", "equal_weights"}
    for measures in answer["measures"].values():
        assert set(measures) == MEASURES
        assert set(measures["worst_second"]) == {"lmd", "ssim", "psnr"}
    assert answer["options"] == {
        **Config.from_flags(tar_id="painted").flags(),
        "video": answer["options"]["video"],
        "nthreads": answer["options"]["nthreads"],
    }


def test_the_files(
    done: tuple[Path, subprocess.CompletedProcess[str]], answer: dict[str, Any], folder: Path
) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert json.loads((folder / "evaluation.json").read_text()) == answer
    for name in ("measures.png", "blind.png"):
        assert cv2.imread(str(folder / name)) is not None
    assert [path.name for path in (done[0] / "output").iterdir()] == ["evaluation"]


def test_the_target_is_brought(
    done: tuple[Path, subprocess.CompletedProcess[str]], film: Path
) -> None:
    assert (done[0] / "target/mp4/painted.mp4").read_bytes() == film.read_bytes()


def test_it_is_nearer_to_the_truth_than_the_baselines(answer: dict[str, Any]) -> None:
    rebuilt, nearest, equal = (
        answer["measures"][name] for name in ("rebuilt", "nearest_frame", "equal_weights")
    )
    # Measured: 0.007, 0.023, 0.018 inter-ocular distances; 0.92, 0.85, 0.81; 28.9, 27.9, 23.7 dB.
    assert rebuilt["lmd"] < 0.6 * min(nearest["lmd"], equal["lmd"])
    assert rebuilt["ssim"] > max(nearest["ssim"], equal["ssim"]) + 0.02
    assert rebuilt["psnr"] > equal["psnr"] + 2
    assert rebuilt["psnr"] > 26
    assert rebuilt["lmd"] < 0.015
    assert 0.7 < rebuilt["sharpness_ratio"] < 1.4
    assert equal["sharpness_ratio"] < 0.6
    for measures in (rebuilt, nearest, equal):
        assert 0.85 < measures["seam_ratio"] < 1.15
        assert 0.5 < measures["flicker_ratio"] < 2
        assert 0 < measures["teeth_error"] < 120
        worst = measures["worst_second"]
        assert worst["lmd"] >= measures["lmd"]
        assert worst["psnr"] <= measures["psnr"]
        assert worst["ssim"] <= measures["ssim"]


def test_the_table_holds_the_frames_that_were_rebuilt(answer: dict[str, Any], folder: Path) -> None:
    with (folder / "frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == list(range(FACELESS, FRAMES))
    measures = answer["measures"]["rebuilt"]
    for column, key in (
        ("psnr", "psnr"),
        ("ssim", "ssim"),
        ("lmd", "lmd"),
        ("teeth", "teeth_error"),
    ):
        mean = np.nanmean([float(row[column]) for row in rows])
        assert mean == pytest.approx(measures[key], rel=1e-3)
    for column, key in (("sharpness", "sharpness_ratio"), ("seam", "seam_ratio")):
        middle = np.median([float(row[column]) for row in rows])
        assert middle == pytest.approx(measures[key], abs=1e-3)
    foreign = np.mean([int(row["foreign_pixels"]) > 0 for row in rows])
    assert foreign == measures["frames_with_foreign_pixels"]


def test_the_rebuilt_video_has_the_targets_clock_and_size(film: Path, folder: Path) -> None:
    info, true = probe_video(folder / "rebuilt.mp4"), probe_video(film)
    assert (info.width, info.height, info.rate, info.frames) == (SIZE, SIZE, RATE, FRAMES)
    assert not info.variable_rate
    assert info.duration == true.duration
    beside = probe_video(folder / "side-by-side.mp4")
    assert (beside.rate, beside.frames) == (RATE, FRAMES)
    assert beside.width % 3 == 0
    import av

    for name in ("rebuilt.mp4", "side-by-side.mp4"):
        with av.open(str(folder / name)) as container:
            tags = container.metadata
        assert "Synthetic media" in tags["comment"]
        assert tags["title"] == rebuilt_tags("painted")["title"]


def test_only_the_lower_face_is_rebuilt(film: Path, folder: Path) -> None:
    true, rebuilt = pictures(film), pictures(folder / "rebuilt.mp4")
    for before, after in zip(true[:FACELESS], rebuilt[:FACELESS], strict=True):
        assert np.abs(after.astype(int) - before).max() <= 3
    for before, after in zip(true[FACELESS:], rebuilt[FACELESS:], strict=True):
        assert np.abs(after[:110].astype(int) - before[:110]).mean() < 1.5


def test_side_by_side(film: Path, folder: Path) -> None:
    true, rebuilt = pictures(film)[30], pictures(folder / "rebuilt.mp4")[30]
    beside = pictures(folder / "side-by-side.mp4")[30]
    height, width = beside.shape[0], beside.shape[1] // 3
    parts = [beside[:, k * width : (k + 1) * width].astype(int) for k in range(3)]
    # Where the face's box lies is told by the true picture.
    score = cv2.matchTemplate(true, parts[0].astype(np.uint8), cv2.TM_SQDIFF)
    y, x = np.unravel_index(np.argmin(score), score.shape)
    box = (slice(int(y), int(y) + height), slice(int(x), int(x) + width))
    assert np.abs(parts[0] - true[box]).mean() < 2
    assert np.abs(parts[1] - rebuilt[box]).mean() < 2
    assert np.abs(parts[0] - parts[1]).max() > 20
    wanted = np.minimum(4 * np.abs(parts[0] - parts[1]), 255)
    assert np.corrcoef(wanted.ravel(), parts[2].ravel())[0, 1] > 0.8


def test_the_blind_test_shows_faces_that_were_rebuilt(film: Path, folder: Path) -> None:
    key = json.loads((folder / "blind-key.json").read_text())
    assert len(key["pairs"]) == 20
    assert {pair["frame"] for pair in key["pairs"]} <= set(range(FACELESS, FRAMES))
    sheet = cv2.cvtColor(cv2.imread(str(folder / "blind.png")), cv2.COLOR_BGR2RGB)
    height, width = sheet.shape[0] // 5, sheet.shape[1] // key["columns"]
    true = pictures(film)
    for index in (0, 7, 19):
        pair = key["pairs"][index]
        y, x = index // key["columns"] * height, index % key["columns"] * width
        cell = sheet[y : y + height, x : x + width]
        # The true half lies in the true frame as it is, the rebuilt one does not.
        half = (cell[: height - 30, 8:90], cell[: height - 30, width // 2 + 8 : width // 2 + 90])
        apart = [
            float(cv2.matchTemplate(true[pair["frame"]], part, cv2.TM_SQDIFF_NORMED).min())
            for part in half
        ]
        assert pair["rebuilt"] == ("left", "right")[int(apart[0] < apart[1])]


def test_a_second_run_says_the_same_and_replaces_the_folder(
    workspace: Path, answer: dict[str, Any]
) -> None:
    place = workspace / "output/evaluation/painted-reenact"
    (place / "stray.txt").touch()
    before = {name: content_hash(place / name) for name in FILES}
    again, said = reenact(workspace, "--tar_id", "painted", "--exclude", EXCLUDED, "--quiet")
    assert "frames/s" not in said
    assert again["measures"] == answer["measures"]
    assert again["folder"] == str(place)
    assert {path.name for path in place.iterdir()} == FILES
    for name in FILES - {"evaluation.json"}:
        assert content_hash(place / name) == before[name], name


def test_switches_and_options(workspace: Path, answer: dict[str, Any]) -> None:
    given = ("--tar_id", "painted", "--exclude", EXCLUDED, "--ncandidates", 3, "--seed", 4)
    off = ("--teeth", "False", "--detail", "no", "--jaw", "0", "--match-light", "false")
    bare, _ = reenact(workspace, *given, *off)
    assert bare["candidates"] == 3
    assert bare["detail_gain"] == bare["opening_detail_gain"] == 0
    ours, other = (found["measures"]["rebuilt"] for found in (bare, answer))
    assert ours["sharpness_ratio"] < other["sharpness_ratio"]
    assert ours["lmd"] < 0.03
    for name in ("teeth", "detail", "jaw", "match_light"):
        assert bare["options"][name] is False
    key = json.loads((Path(bare["folder"]) / "blind-key.json").read_text())
    assert key != json.loads((Path(answer["folder"]) / "blind-key.json").read_text())
    with pytest.raises(AssertionError, match="No such option"):
        reenact(workspace, "--retiming", "False")


@pytest.mark.parametrize("seconds", ["-0.1", "3601", "nan", "inf"])
def test_exclude_out_of_bounds(
    workspace: Path, capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    line = refused(capsys, workspace, "--tar_id", "painted", "--exclude", seconds)
    assert f"--exclude {float(seconds)} is out of bounds; use 0 to 3600" in line


def test_exclude_larger_than_the_clip(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = workspace / "output/evaluation/painted-reenact"
    before = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    line = refused(capsys, workspace, "--tar_id", "painted", "--exclude", 2)
    assert "painted.mp4: no frame is more than 2 s from another; give a smaller --exclude" in line
    # What was there stays, and nothing half-made is left.
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == before
    assert list(workspace.rglob(".*.tmp-*")) == []


def test_targets_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "workspace"
    assert "nobody" in refused(capsys, workspace, "--tar_id", "nobody")
    assert "'../x' is not usable as a file name" in refused(capsys, workspace, "--tar_id", "../x")
    assert "gone.mp4" in refused(capsys, workspace, "--video", tmp_path / "gone.mp4")
    wall = tmp_path / "wall.mp4"
    with VideoWriter(wall, 64, 64, Fraction(25)) as writer:
        for _ in range(20):
            writer.write(np.full((64, 64, 3), 90, np.uint8))
    line = refused(capsys, workspace, "--video", wall)
    assert "no face in the whole video" in line
    assert "wall.mp4" in line
    (tmp_path / "notes.mp4").write_text("not a video")
    assert "notes.mp4" in refused(capsys, workspace, "--video", tmp_path / "notes.mp4")
    assert not list((workspace / "output").rglob("*-reenact*"))


def gray_gallery(frames: int, rng: np.random.Generator) -> CandidateSet:
    """Every frame is gray all over, no two alike; mouths go by slowly."""
    space = RectifiedGrid.lower_face(12.0)
    jaw = np.stack([np.linspace(-1, 1, 17), np.full(17, 1.5)], axis=-1)
    grays = np.arange(60, 60 + frames, dtype=np.uint8)
    mouths = np.tile(generic_head()[MOUTH, :2], (frames, 1, 1))
    mouths += 0.03 * np.cumsum(rng.normal(size=(frames, 1, 2)), axis=0)
    return CandidateSet(
        np.tile(grays[:, None, None, None], (1, space.height, space.width, 3)),
        FrameFeatures(mouths, np.zeros((frames, 2)), np.zeros((frames, 3))),
        np.tile(jaw, (frames, 1, 1)),
        np.arange(frames),
        space,
        25.0,
    )


@pytest.mark.parametrize("coherence", [True, False])
@pytest.mark.parametrize("exclude", [0.0, 0.4, 1.0])
def test_no_frame_is_made_of_itself_or_its_neighbours(
    exclude: float, coherence: bool, tmp_path: Path, rng: np.random.Generator
) -> None:
    gallery = gray_gallery(60, rng)
    maker = TextureMaker(gallery, SynthesisConfig(8, 0.9, 0.3, 1.0))
    plain = gallery.textures.copy()
    apart = []
    for frame in (0, 1, 17, 30, 59):
        # Whatever comes from too near is white, and nothing that lies between the others.
        near = np.abs(np.arange(60) - frame) <= exclude * 25
        gallery.textures[:] = plain
        gallery.textures[near] = 255
        made = _make_textures(tmp_path, maker, [frame], exclude, coherence, Progress())
        assert set(made) == {"rebuilt", "nearest_frame", "equal_weights"}
        for name, pieces in made.items():
            assert pieces.textures.shape[0] == 1
            assert pieces.textures.max() < 120, name
            assert pieces.textures.max() >= 60, name
        (gray,) = np.unique(made["nearest_frame"].textures)  # as it is, not mixed
        apart.append(abs(int(gray) - 60 - frame))
    # Mouths that are near in time are alike, so the border is reached.
    assert min(apart) == int(exclude * 25) + 1


def test_a_proxy_from_nearby_is_left_out(rng: np.random.Generator) -> None:
    frames = 100
    gallery = gray_gallery(frames, rng)

    def proxy(frame: int) -> TeethProxy:
        return TeethProxy(gallery.textures[0], gallery.looks.mouths[0], 5, frame, 0.5)

    recipe = SynthesisConfig(8, 0.9, 0.3, 1.0, detail=0.5, upper=proxy(40), lower=proxy(60))
    maker = TextureMaker(gallery, recipe)
    for frame in range(frames):
        kept = _without_near_proxies(maker, frame, 0.4).recipe  # 10 frames
        assert (kept.upper is None) == (abs(frame - 40) <= 10)
        assert (kept.lower is None) == (abs(frame - 60) <= 10)
        assert kept.detail == 0.5
    # A picture of the user's own is no frame.
    own = TextureMaker(gallery, SynthesisConfig(8, 0.9, 0.3, 1.0, upper=proxy(-1)))
    assert _without_near_proxies(own, 3, 10.0).recipe.upper is own.recipe.upper


def test_constants_are_those_of_the_command() -> None:
    (command,) = (c for c in [cli.main_group.commands["evaluate"]])
    reenacting = command.commands["reenact"]  # type: ignore[attr-defined]
    options = {option.name: option for option in reenacting.params}
    assert options["exclude"].default == EXCLUDE
    assert "retiming" not in options
    assert {"teeth", "detail", "jaw", "match_light", "pose_weight", "light_weight"} <= set(options)
    assert Config().texture.ncandidates == BASELINE_CANDIDATES
