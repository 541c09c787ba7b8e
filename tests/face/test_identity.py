"""Whose face it is, and the pictures of ``--speaker``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from audio2video.errors import BadFileError, MissingFileError
from audio2video.face.detection import box_of
from audio2video.face.identity import SAME_PERSON
from audio2video.media.video import VideoReader
from audio2video.models.face_models import load_face_describer, load_face_finder
from audio2video.training.dataset.portrait import read_portrait
from tools.presenter.presenter import render_frames


@pytest.fixture(scope="module")
def presenter() -> np.ndarray:
    return next(render_frames(1, size=384))


def write(path: Path, rgb: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))
    return path


def distance(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(np.linalg.norm(np.array(a) - np.array(b)))


def test_a_portrait_is_described(tmp_path: Path, presenter: np.ndarray) -> None:
    found = read_portrait(write(tmp_path / "me.png", presenter), None)
    assert len(found) == 128
    later = list(render_frames(30, size=256))[-1]
    assert distance(found, read_portrait(write(tmp_path / "é later.jpg", later), None)) < 0.3


def test_pictures_of_no_use(tmp_path: Path, presenter: np.ndarray) -> None:
    cases = {
        "wall.png": (np.full((200, 300, 3), 120, np.uint8), "no face in the picture"),
        "two.png": (np.hstack([presenter, presenter]), "2 faces in the picture; cut it to the one"),
    }
    for name, (rgb, why) in cases.items():
        with pytest.raises(BadFileError, match=f"{name}: {why}"):
            read_portrait(write(tmp_path / name, rgb), None)
    (tmp_path / "notes.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    for name in ("notes.jpg", "empty.jpg"):
        with pytest.raises(BadFileError, match="not a picture; give --speaker"):
            read_portrait(tmp_path / name, None)
    with pytest.raises(MissingFileError, match="picture not found; check --speaker"):
        read_portrait(tmp_path / "gone.jpg", None)


def test_real_people_are_told_apart(shared_data: Path) -> None:
    finder, describer = load_face_finder(), load_face_describer()

    def describe(path: Path, number: int) -> np.ndarray:
        with VideoReader(path) as reader:
            frame = next(reader.read([number]))
        box = finder.detect(frame.gray())[0]
        landmarks = finder.landmarks(frame.gray(), box_of(finder.landmarks(frame.gray(), box)))
        return describer.describe(frame.rgb(), landmarks)

    targets = shared_data / "targets"
    people = {
        "president": [(targets / "weekly_5s.mp4", 5), (targets / "weekly_24s_silent.mp4", 300)],
        "room": [(targets / "room_20s.mp4", 10), (targets / "room_20s.mp4", 400)],
        "garden": [(targets / "garden_10s.mp4", 10), (targets / "garden_10s.mp4", 200)],
        "address": [(targets / "address_8s.mp4", 10), (targets / "address_8s.mp4", 150)],
    }
    found = {name: [describe(*place) for place in places] for name, places in people.items()}
    for name, (first, second) in found.items():
        assert np.linalg.norm(first - second) < SAME_PERSON, name
        for other, (stranger, _) in found.items():
            if other != name:
                assert np.linalg.norm(first - stranger) > SAME_PERSON, (name, other)
