"""Landmarks by regression trees: against plain Python, and against dlib."""

from __future__ import annotations

from dataclasses import fields

import cv2
import dlib
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from landmark_models import made_up_model
from numpy.typing import NDArray

from audio2video.face.detection import box_of
from audio2video.face.regression import LandmarkModel, place_landmarks
from audio2video.models.face_models import landmark_model_path
from audio2video.models.landmark_file import read_landmark_model
from tools.presenter.presenter import demo_truth, render_frames

SIZE = 256


def plain_places(
    model: LandmarkModel, gray: NDArray[np.uint8], box: NDArray[np.floating]
) -> tuple[NDArray[np.float64], float]:
    """One box, one tree and one split after the other; and how near to a border a pixel was."""
    nearest = 0.5
    corner, size = box[:2], box[2:] - box[:2]
    shape = model.mean.astype(np.float64)
    mean = shape - shape.mean(axis=0)
    for level in range(len(model.anchors)):
        # Umeyama 1991: turn and scale from the singular values of the covariance.
        free = shape - shape.mean(axis=0)
        left, values, right = np.linalg.svd(free.T @ mean)
        mirror = np.array([1.0, np.sign(np.linalg.det(left @ right))])
        turn = left * mirror @ right * (values * mirror).sum() / (mean**2).sum()
        brightness = []
        for anchor, delta in zip(model.anchors[level], model.deltas[level], strict=True):
            place = corner + size * (turn @ delta + shape[anchor]) + 0.5
            nearest = min(nearest, float(np.abs(place - np.round(place)).min()))
            x, y = np.floor(place).astype(int)
            inside = 0 <= x < gray.shape[1] and 0 <= y < gray.shape[0]
            brightness.append(int(gray[y, x]) if inside else 0)
        for tree in range(model.thresholds.shape[1]):
            node, splits = 0, model.thresholds.shape[2]
            while node < splits:
                first, second = model.pairs[level, tree, node]
                if brightness[first] - brightness[second] > model.thresholds[level, tree, node]:
                    node = 2 * node + 1
                else:
                    node = 2 * node + 2
            shape = shape + model.leaves[level, tree, node - splits].reshape(-1, 2)
    return np.asarray(corner + size * shape), nearest


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), trees=st.integers(1, 9), depth=st.integers(1, 5))
def test_the_kernel_equals_plain_python(seed: int, trees: int, depth: int) -> None:
    rng = np.random.default_rng(seed)
    model = made_up_model(rng, landmarks=4, levels=3, trees=trees, depth=depth, pixels=20)
    gray = rng.integers(0, 256, (50, 70), dtype=np.uint8)
    corner = rng.uniform(-40, 60, (3, 2))
    boxes = np.hstack([corner, corner + rng.uniform(10, 60, (3, 2))])
    expected, nearest = zip(*(plain_places(model, gray, box) for box in boxes), strict=True)
    # On the very border, single precision takes one pixel and double the other: both are right.
    assume(min(nearest) > 5e-5)
    np.testing.assert_allclose(place_landmarks(model, gray, boxes), expected, atol=1e-4)


@pytest.fixture(scope="module")
def packaged() -> LandmarkModel:
    return read_landmark_model(landmark_model_path())


def test_dlib_places_the_same(packaged: LandmarkModel, rng: np.random.Generator) -> None:
    theirs = dlib.shape_predictor(str(landmark_model_path()))
    truth = demo_truth(4, size=SIZE, start=60)
    painted = render_frames(4, size=SIZE, start=60)
    differences = []
    for frame, points in zip(painted, truth.landmarks, strict=True):
        gray = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        box = box_of(points)
        boxes = []
        for wide in (0.03, 0.3, 1.0):  # the widest reach far out of the picture
            x, y = rng.normal([box.x, box.y], wide * box.side, (6, 2)).T
            half = box.side / 2 * rng.uniform(0.7, 1.4, 6)
            boxes.append(np.rint(np.stack([x - half, y - half, x + half, y + half], axis=1)))
        for picture in (gray, rng.integers(0, 256, gray.shape, dtype=np.uint8)):
            corners = np.concatenate(boxes)
            places = place_landmarks(packaged, picture, corners)
            for found, rectangle in zip(places, corners.astype(int).tolist(), strict=True):
                parts = theirs(picture, dlib.rectangle(*rectangle)).parts()
                differences.append(np.floor(found + 0.5) - [(p.x, p.y) for p in parts])
    assert len(differences) == 144
    # What is left is the rounding of single precision.
    assert np.mean(np.array(differences) == 0) >= 0.995
    assert np.abs(differences).max() <= 1


def test_places_are_no_whole_pixels(packaged: LandmarkModel, rng: np.random.Generator) -> None:
    gray = rng.integers(0, 256, (80, 80), dtype=np.uint8)
    (found,) = place_landmarks(packaged, gray, np.array([[10, 10, 70, 70]]))
    share = found % 1
    assert np.histogram(share, 4, (0, 1))[0].min() > 10


def test_boxes_do_not_disturb_each_other(packaged: LandmarkModel, rng: np.random.Generator) -> None:
    gray = rng.integers(0, 256, (80, 80), dtype=np.uint8)
    boxes = rng.uniform([10, 10, 60, 60], [20, 20, 70, 70], (5, 4))
    alone = [place_landmarks(packaged, gray, box[None])[0] for box in boxes]
    np.testing.assert_array_equal(place_landmarks(packaged, gray, boxes), alone)
    assert place_landmarks(packaged, gray, boxes[:0]).shape == (0, 68, 2)


def test_where_a_picture_lies_in_memory_does_not_matter(
    packaged: LandmarkModel, rng: np.random.Generator
) -> None:
    gray = rng.integers(0, 256, (80, 60), dtype=np.uint8)
    box = np.array([[5.0, 9.0, 55.0, 59.0]])
    found = place_landmarks(packaged, gray, box)
    np.testing.assert_array_equal(place_landmarks(packaged, np.asfortranarray(gray), box), found)
    scene = np.zeros((160, 90), np.uint8)
    scene[::2, 10:70] = gray
    np.testing.assert_array_equal(place_landmarks(packaged, scene[::2, 10:70], box), found)


def test_it_moves_with_the_picture(packaged: LandmarkModel, rng: np.random.Generator) -> None:
    gray = rng.integers(0, 256, (100, 100), dtype=np.uint8)
    scene = np.zeros((150, 170), np.uint8)
    scene[20:120, 30:130] = gray
    box, shift = np.array([[-10.0, 8.0, 70.0, 88.0]]), np.array([30, 20])
    moved = place_landmarks(packaged, scene, box + np.tile(shift, 2))
    np.testing.assert_allclose(moved, place_landmarks(packaged, gray, box) + shift, atol=1e-9)


@pytest.mark.parametrize(
    "gray",
    [
        np.zeros((9, 9, 3), np.uint8),
        np.zeros((9, 9), np.float32),
        np.zeros(9, np.uint8),
    ],
)
def test_pictures_of_another_kind(rng: np.random.Generator, gray: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"gray must be \(H, W\) of uint8"):
        place_landmarks(made_up_model(rng), gray, np.array([[0, 0, 5, 5]]))


@pytest.mark.parametrize("boxes", [[0, 0, 5, 5], [[0, 0, 5]], [[0, 0, np.nan, 5]], [[-np.inf] * 4]])
def test_boxes_of_another_kind(rng: np.random.Generator, boxes: list[float]) -> None:
    with pytest.raises(ValueError, match=r"boxes must be \(B, 4\)"):
        place_landmarks(made_up_model(rng), np.zeros((9, 9), np.uint8), np.array(boxes, float))


def test_pictures_of_no_pixels(rng: np.random.Generator) -> None:
    model = made_up_model(rng)
    box = np.array([[0.0, 0.0, 5.0, 5.0]])
    black = place_landmarks(model, np.zeros((9, 9), np.uint8), box)
    np.testing.assert_array_equal(place_landmarks(model, np.zeros((0, 9), np.uint8), box), black)


@pytest.mark.parametrize("name", [field.name for field in fields(LandmarkModel)])
def test_a_models_arrays_must_fit_each_other(rng: np.random.Generator, name: str) -> None:
    parts = vars(made_up_model(rng))
    for axis in range(parts[name].ndim):
        changed = {**parts, name: np.delete(parts[name], 0, axis)}
        with pytest.raises(ValueError, match=r"do not fit each other|indices must be"):
            LandmarkModel(**changed)


@pytest.mark.parametrize(("name", "value"), [("anchors", 3), ("anchors", -1), ("pairs", 7)])
def test_a_models_indices_must_be_in_range(rng: np.random.Generator, name: str, value: int) -> None:
    parts = {key: array.copy() for key, array in vars(made_up_model(rng)).items()}
    parts[name].reshape(-1)[-1] = value
    with pytest.raises(ValueError, match=r"indices must be 0 to [26]"):
        LandmarkModel(**parts)


def test_a_mean_shape_must_have_a_size(rng: np.random.Generator) -> None:
    parts = vars(made_up_model(rng))
    with pytest.raises(ValueError, match="the mean shape is a point"):
        LandmarkModel(**{**parts, "mean": np.full((3, 2), 0.5, np.float32)})
