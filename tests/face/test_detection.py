"""The real detector and landmark model, on the painted presenter."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.errors import BadFileError, MissingFileError
from audio2video.face.detection import (
    FACE_SIDE,
    SMALLEST,
    FaceBox,
    FaceFinder,
    box_of,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import inter_ocular_distance
from audio2video.face.tracking import overlap, track_face
from audio2video.models.face_models import MODEL_FILE, landmark_model_path, load_face_finder
from tools.presenter.presenter import DemoTruth, demo_truth, render_frames

SIZE = 256
COUNT = 6


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return load_face_finder()


@pytest.fixture(scope="module")
def truth() -> DemoTruth:
    return demo_truth(COUNT, size=SIZE, start=60)


@pytest.fixture(scope="module")
def grays() -> list[NDArray[np.uint8]]:
    frames = render_frames(COUNT, size=SIZE, start=60)
    return [np.asarray(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), np.uint8) for f in frames]


def errors(found: NDArray[np.float64], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Distance of every landmark, in inter-ocular distances."""
    distance = np.linalg.norm(found - true, axis=-1)
    return np.asarray(distance / inter_ocular_distance(true))


def test_the_presenters_face_is_found(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    for gray, points in zip(grays, truth.landmarks, strict=True):
        (box,) = finder.detect(gray)
        assert box.detected
        assert box.angle == 0
        assert overlap(box, box_of(points)) > 0.5


def test_landmarks_lie_where_they_were_painted(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    for gray, points in zip(grays, truth.landmarks, strict=True):
        distance = errors(finder.landmarks(gray, box_of(points)), points)
        assert distance[17:].mean() < 0.05
        assert distance[48:].mean() < 0.05
        assert distance.max() < 0.3


def test_landmarks_hardly_depend_on_the_box(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    box = box_of(truth.landmarks[0])
    found = finder.landmarks(grays[0], box)
    moved = FaceBox(box.x + 0.03 * box.side, box.y, 1.04 * box.side, box.angle)
    assert errors(finder.landmarks(grays[0], moved), found).mean() < 0.03


@pytest.mark.parametrize("degrees", [-35, 20])
def test_a_tilted_head_is_turned_upright_first(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth, degrees: float
) -> None:
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), degrees, 1.0)
    gray = np.asarray(cv2.warpAffine(grays[0], turn, (SIZE, SIZE)), np.uint8)
    points = truth.landmarks[0] @ turn[:, :2].T + turn[:, 2]
    box = box_of(points)
    # OpenCV turns counter-clockwise.
    assert box.angle == pytest.approx(np.radians(-degrees + truth.roll[0]), abs=0.05)
    straight = errors(finder.landmarks(grays[0], box_of(truth.landmarks[0])), truth.landmarks[0])
    assert errors(finder.landmarks(gray, box), points).mean() < straight.mean() + 0.02


@pytest.mark.parametrize("zoom", [0.6, 3.0])
def test_small_and_large_pictures(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth, zoom: float
) -> None:
    side = round(zoom * SIZE)
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    gray = np.asarray(cv2.resize(grays[0], (side, side), interpolation=way), np.uint8)
    points = (truth.landmarks[0] + 0.5) * side / SIZE - 0.5
    if zoom >= 1:
        (box,) = finder.detect(gray)
        assert overlap(box, box_of(points)) > 0.5
    assert errors(finder.landmarks(gray, box_of(points)), points)[17:].mean() < 0.06


def test_two_faces_come_largest_first(finder: FaceFinder, grays: list[NDArray[np.uint8]]) -> None:
    smaller = cv2.resize(grays[0], (200, 200), interpolation=cv2.INTER_AREA)
    scene = np.full((SIZE, SIZE + 200), 128, np.uint8)
    scene[:200, :200] = smaller
    scene[:, 200:] = grays[0]
    boxes = finder.detect(scene)
    assert len(boxes) == 2
    assert boxes[0].side > boxes[1].side
    assert boxes[0].x > 200 > boxes[1].x


def test_a_small_face_in_a_large_picture_is_found_at_full_size(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    scene = np.full((500, 1700), 128, np.uint8)
    scene[200 : 200 + SIZE, 900 : 900 + SIZE] = grays[0]
    (box,) = finder.detect(scene)
    points = truth.landmarks[0] + [900, 200]
    assert overlap(box, box_of(points)) > 0.5


@pytest.mark.parametrize("zoom", [2.0, 3.0])
def test_a_large_picture_shows_all_faces_of_interest_in_less_of_it(
    finder: FaceFinder,
    grays: list[NDArray[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
    zoom: float,
) -> None:
    scene = np.full((SIZE, 2 * SIZE), 128, np.uint8)
    scene[:, SIZE:] = grays[0]
    rival = cv2.resize(grays[0], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    scene[: len(rival), : len(rival)] = rival
    scene = cv2.resize(scene, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    whole = finder.detect(scene)
    looked_at = []
    boxes = FaceFinder._boxes

    def watched(self: FaceFinder, gray: NDArray[np.uint8], scale: float) -> list[FaceBox]:
        looked_at.append(gray.size)
        return boxes(self, gray, scale)

    monkeypatch.setattr(FaceFinder, "_boxes", watched)
    least = 0.6 * whole[0].side
    found = finder.detect(scene, least)
    assert len(found) == len(whole) == 2
    for one, other in zip(found, whole, strict=True):
        assert overlap(one, other) > 0.6
    assert looked_at == [pytest.approx(scene.size * (SMALLEST / least) ** 2, rel=0.02)]


def test_landmarks_are_the_same_each_time_and_no_whole_pixels(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    box = box_of(truth.landmarks[0])
    # Here the chip has the picture's own pixels: a mean of rounded places would be in quarters.
    box = FaceBox(round(box.x), round(box.y), FACE_SIDE)
    found = finder.landmarks(grays[0], box)
    np.testing.assert_array_equal(finder.landmarks(grays[0], box), found)
    quarters = 4 * found
    assert np.abs(quarters - np.rint(quarters)).mean() > 0.15


def test_landmarks_are_the_mean_over_boxes_that_dlib_would_round(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    theirs = dlib.shape_predictor(str(landmark_model_path()))
    box = box_of(truth.landmarks[0])
    box = FaceBox(round(box.x), round(box.y), FACE_SIDE)
    half = int(FACE_SIDE)
    x, y = round(box.x) - half, round(box.y) - half
    padded = cv2.copyMakeBorder(grays[0], *[half] * 4, cv2.BORDER_REPLICATE)
    chip = padded[y + half : y + 3 * half, x + half : x + 3 * half]
    places = []
    for scale, right, down in ((0.94, 0, 6), (1.06, 6, 0), (1.0, 0, 0), (1.0, -6, -6)):
        side = round(scale * half)
        left, top = half + right - side // 2, half + down - side // 2
        rectangle = dlib.rectangle(left, top, left + side, top + side)
        places.append([(p.x, p.y) for p in theirs(np.ascontiguousarray(chip), rectangle).parts()])
    expected = np.mean(places, axis=0) + np.array([x, y])
    # Four roundings by half a pixel at most are averaged.
    difference = finder.landmarks(grays[0], box) - expected
    assert np.abs(difference).max() <= 0.5
    assert np.abs(difference).mean() < 0.2


def test_no_face_in_noise_or_darkness(finder: FaceFinder, rng: np.random.Generator) -> None:
    assert finder.detect(np.zeros((120, 160), np.uint8)) == []
    assert finder.detect(rng.integers(0, 256, (120, 160), dtype=np.uint8)) == []


def test_the_presenter_is_tracked(
    finder: FaceFinder, grays: list[NDArray[np.uint8]], truth: DemoTruth
) -> None:
    tracked = list(track_face(iter(grays), finder))
    for face, points in zip(tracked, truth.landmarks, strict=True):
        assert face.landmarks is not None
        assert face.other_faces == 0
        assert errors(face.landmarks, points)[17:].mean() < 0.05


def test_the_box_of_landmarks_moves_with_them() -> None:
    points = generic_head()[:, :2] * 50 + [300, 200]
    box = box_of(points)
    assert not box.detected
    assert box.angle == pytest.approx(0, abs=1e-9)
    turn = np.radians(30)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = box_of(points @ rotation.T * 2 + [7, -5])
    assert moved.angle == pytest.approx(turn)
    assert moved.side == pytest.approx(2 * box.side)
    centre = rotation @ [box.x, box.y] * 2 + [7, -5]
    np.testing.assert_allclose([moved.x, moved.y], centre)


def test_the_box_does_not_move_with_the_mouth() -> None:
    points = generic_head()[:, :2] * 50
    talking = points.copy()
    talking[48:] += [0, 9]
    assert box_of(talking) == box_of(points)


def test_the_packaged_model_is_found() -> None:
    assert landmark_model_path().name == MODEL_FILE


def test_a_missing_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "none.dat", tmp_path):
        with pytest.raises(MissingFileError, match=r"landmark model not found; check --land"):
            load_face_finder(path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingFileError) as caught:
        landmark_model_path()
    assert caught.value.problem == f"{MODEL_FILE} not found"
    assert caught.value.hint == "install face-recognition-models or give --landmark_model PATH"


@pytest.mark.parametrize("content", [b"", b"no model at all", bytes(5000), b"\xff" * 5000])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.dat"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="not a dlib shape predictor") as caught:
        load_face_finder(path)
    assert caught.value.path == path


def test_a_damaged_model_and_one_of_five_points(tmp_path: Path) -> None:
    five = landmark_model_path().with_name("shape_predictor_5_face_landmarks.dat")
    with pytest.raises(BadFileError, match="predicts 5 points, 68 needed; check --landmark_model"):
        load_face_finder(five)
    content = five.read_bytes()
    (tmp_path / "half.dat").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadFileError, match="not a dlib shape predictor"):
        load_face_finder(tmp_path / "half.dat")
