"""What is always in front of the face, through the real command."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import CommandLine
from in_front import laid, medical_mask, stand_microphone
from two_people import SIZE, first_person, write_film

from audio2video.media.video import VideoReader
from tools.presenter.presenter import demo_truth

FRAMES = 50


@pytest.mark.slow
def test_the_mouth_moves_behind_a_microphone(
    run_py: CommandLine, tmp_path: Path, small_speech: Path
) -> None:
    truth = demo_truth(FRAMES, size=SIZE, start=60)
    mask, look = stand_microphone(SIZE, SIZE, truth.landmarks[:, 57].mean(axis=0), 11)
    film = [laid(picture, mask, look) for picture in first_person(FRAMES)]
    video = write_film(tmp_path / "stage.mp4", film)
    done = run_py(
        *("--audio", small_speech, "--video", video, "--retiming", "False", "--label", "none")
    )
    assert "warning: stage.mp4: something fixed in the picture (a microphone, text" in done.stderr
    found = re.search(r"(\d+) of 62 frames synthesised", done.stdout)
    assert found is not None
    assert int(found[1]) > 50
    results = run_py.workspace / "output/words-stage/words-stage.mp4"
    with VideoReader(results) as reader, VideoReader(video) as source:
        pairs = [
            (made.rgb().astype(int), own.rgb().astype(int))
            for made, own in zip(reader.read(), source.read(), strict=False)
        ]
    change = np.abs(np.stack([made - own for made, own in pairs[:FRAMES]])).mean(axis=(0, 3))
    inside = laid(np.zeros((SIZE, SIZE, 3), np.uint8), mask, (255, 255, 255))[..., 0] == 255
    mouth = np.zeros((SIZE, SIZE), bool)
    x, y = truth.landmarks[:, 51].mean(axis=0).astype(int)
    mouth[y : y + 8, x - 12 : x + 12] = True
    assert change[inside].mean() < 2.5  # what encoding twice does
    assert change[mouth & ~inside].mean() > 6


def test_a_masked_face_is_refused(run_py: CommandLine, tmp_path: Path, small_speech: Path) -> None:
    truth = demo_truth(20, size=SIZE, start=60)
    film = [
        laid(picture, medical_mask(points, SIZE, SIZE), (120, 165, 205))
        for picture, points in zip(first_person(20), truth.landmarks, strict=True)
    ]
    video = write_film(tmp_path / "masked.mp4", film)
    done = run_py("--audio", small_speech, "--video", video, check=False)
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert line.startswith("error: ")
    found = re.search(r"in front of the mouth in (\d+) of (\d+) frames with a face; choose a", line)
    assert found is not None
    assert found[1] == found[2]
    assert not (run_py.workspace / "output/words-masked").exists()


@pytest.mark.slow
def test_the_mouth_moves_around_a_straw(
    run_py: CommandLine, tmp_path: Path, small_speech: Path
) -> None:
    truth = demo_truth(FRAMES, size=SIZE, start=60)
    film = []
    for picture, points in zip(first_person(FRAMES), truth.landmarks, strict=True):
        x, y = points[62].astype(int)
        mask = np.zeros((SIZE, SIZE), np.uint8)
        cv2.line(mask, (int(x), int(y)), (int(x) + 8, int(y) + 50), 1, 4)
        film.append(laid(picture, mask, (30, 160, 60)))
    video = write_film(tmp_path / "drink.mp4", film)
    done = run_py("--audio", small_speech, "--video", video, "--retiming", "False")
    assert "warning: drink.mp4: something is in front of the face in many frames" in done.stderr
