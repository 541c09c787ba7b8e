"""Several people in a target, through the real commands."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import CommandLine
from subcommands import subcommand, subcommand_here
from two_people import SIZE, first_person, second_person, slide, write_film

from audio2video.evaluation.output import evaluate_output
from audio2video.media.video import VideoReader
from audio2video.storage.workspace import Workspace

FRAMES = 16


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side."""
    both = zip(first_person(FRAMES), second_person(FRAMES), strict=True)
    path = tmp_path_factory.mktemp("media") / "pair.mp4"
    return write_film(path, [np.hstack(pair) for pair in both])


def pictures(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.rgb().astype(int) for frame in reader.read()]


def test_the_people_are_listed_with_a_strip(tmp_path: Path, pair: Path) -> None:
    done = subcommand("faces", pair, "--face", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    head, first, second, result = done.stdout.splitlines()
    assert head.split() == ["face", "usable", "at", "seen"]
    assert first.split()[:3] == ["1", "0.6", "s"]
    assert second.split()[:3] == ["2", "(speaks)", "0.6"]
    assert first.endswith("0.0-0.6 s")
    assert result == "result: pair-faces.png"
    strip = cv2.imread(str(tmp_path / "pair-faces.png"))
    assert strip.shape == (2 * 184, 6 * 160, 3)
    done = subcommand("faces", pair, "--json", "-o", "x.png", "--quiet", folder=tmp_path)
    one, two = json.loads(done.stdout)
    assert (one["number"], one["speaks"], two["number"], two["speaks"]) == (1, True, 2, False)
    assert abs(one["x"] - two["x"]) == pytest.approx(SIZE, abs=12)
    assert one["stretches"] == two["stretches"] == [[0.0, 0.64]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--face", "9"), "--face 9: 2 people are seen in pair.mp4; 'audio2video faces VIDEO' "),
        (("--face", "0"), "--face 0 is out of bounds; use 1 to 1000"),
        (("--face_at", "here"), "--face_at 'here' is no place; use X,Y in pixels, or X,Y,SEC"),
        (("--face_at", "3,3"), "--face_at 3,3: no face is there in pair.mp4; 'audio2video face"),
        (("-o", "strip.jpg"), "--output strip.jpg: the strip is a PNG file; end it in .png"),
        (("-o", "~/strip.jpg"), f"--output {Path.home()}/strip.jpg: the strip is a PNG file"),
        (("-o", "https://a.org/x.png"), "Invalid value for '-o' / '--output': "),
    ],
)
def test_bad_choices_are_one_line(
    tmp_path: Path, pair: Path, args: tuple[str, ...], message: str
) -> None:
    done = subcommand_here("faces", pair, "--quiet", *args, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {message}")


def test_the_chosen_one_speaks_and_the_other_is_not_touched(
    run_here: CommandLine, small_speech: Path, pair: Path
) -> None:
    plain = ("--steps", "1-4", "--audio", small_speech, "--video", pair, "--retiming", "False")
    plain += ("--watermark", "False")
    done = run_here(*plain, "--label", "none")
    assert "warning: pair.mp4: 2 people are seen; person 1 (0.6 s) speaks, the oth" in done.stderr
    assert done.stderr.count("no statement of consent") == 1
    result = run_here.workspace / "output/words-pair/words-pair.mp4"
    first = np.stack(pictures(result)[:FRAMES])
    source = np.stack(pictures(pair))
    halves = [np.s_[:, :, :SIZE], np.s_[:, :, SIZE:]]
    change = [np.abs(first[half] - source[half]).mean(axis=(0, 3)).max() for half in halves]
    speaker = int(np.argmax(change))
    assert change[speaker] > 10
    assert change[1 - speaker] < 7
    # The other one is chosen, and kept for the run after that.
    done = run_here(*plain, "--label", "none", "--face", "2")
    assert "note: " in done.stderr
    assert "keeps that face 2 speaks" in done.stderr
    assert "people are seen" not in done.stderr
    assert "consent" not in done.stderr  # said with the first result
    second = np.stack(pictures(result)[:FRAMES])
    change = [np.abs(second[half] - source[half]).mean(axis=(0, 3)).max() for half in halves]
    assert change[1 - speaker] > 10
    assert change[speaker] < 7
    assert (run_here.workspace / "target/pair.toml").read_text() == "face = 2\n"
    # Measured are the lips of who speaks, though the other one is as large.
    lips = evaluate_output(Workspace(run_here.workspace), "words", "pair").as_dict()
    assert lips["faces"]["seen_in_result"] == lips["faces"]["seen_in_target"] == 62
    assert lips["opening"]["correlation"] > 0.6
    done = run_here(*plain, "--label", "none")
    assert "composite: up to date" in done.stdout
    report = json.loads((result.parent / "report.json").read_text())
    step = report["steps"]["4 composite"]
    assert (step["synthesised_frames"], step["passed_through"]) == (62, {})
    assert done.stdout.splitlines()[-1] == f"result: {result}: 62 of 62 frames synthesised"


def test_a_result_that_is_mostly_the_target_is_refused_and_kept(
    run_here: CommandLine, small_speech: Path, tmp_path: Path
) -> None:
    film = [*[slide(240)] * 20, *first_person(15), *[slide(225)] * 20]
    video = write_film(tmp_path / "slides.mp4", film)
    files = ("--steps", "1-4", "--audio", small_speech, "--video", video, "--retiming", "False")
    done = run_here(*files, check=False)
    assert done.returncode == 2
    result = run_here.workspace / "output/words-slides/words-slides.mp4"
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"error: {result}: only 1")
    assert "no usable face: unchanged); the file is kept; choose a target, or a part of" in line
    assert len(pictures(result)) == 62
    report = json.loads((result.parent / "report.json").read_text())
    counted = report["steps"]["4 composite"]
    assert counted["synthesised_frames"] + sum(counted["passed_through"].values()) == 62
    assert set(counted["passed_through"]) == {"no usable face"}
