"""Mouth shapes from elsewhere, brought to ours."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

import audio2video as a2v
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH, mouth_opening
from audio2video.face.procrustes import Similarity
from audio2video.mouth.foreign import adopt_shapes

RATE = Fraction(25)


@pytest.fixture(scope="module")
def spoken() -> a2v.MouthTrack:
    return a2v.predict_mouth(a2v.demo_speech(), 25)


def corner_distance(shapes: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.linalg.norm(shapes[:, 6] - shapes[:, 0], axis=1)


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 350.0])
def test_place_size_angle_and_direction_do_not_matter(
    spoken: a2v.MouthTrack, scale: float, up: bool
) -> None:
    moved = Similarity(scale, 0.3, np.array([400.0, -70.0])).apply(spoken.shapes)
    if up:
        moved = moved * [1, -1]
    found = adopt_shapes(moved, RATE, spoken.reference)
    assert found.shapes.dtype == np.float32
    # How closed a mouth is that is hardly seen closed can only be estimated: the motion counts.
    off = found.opening - spoken.opening
    assert np.abs(off - off.mean()).max() < 0.005
    assert abs(off.mean()) < 0.03
    np.testing.assert_allclose(
        corner_distance(found.shapes), corner_distance(spoken.shapes), atol=0.03
    )


@pytest.mark.parametrize("up", [False, True])
def test_of_whole_faces_the_pose_is_removed(spoken: a2v.MouthTrack, up: bool) -> None:
    heads = np.repeat(generic_head()[None, :, :2], len(spoken), axis=0)
    heads[:, MOUTH] = spoken.shapes
    angles = 0.2 * np.sin(np.arange(len(spoken)) / 9)
    points = np.stack(
        [
            Similarity(120 + k % 7, float(a), np.array([300.0 + k, 200.0])).apply(head)
            for k, (head, a) in enumerate(zip(heads, angles, strict=True))
        ]
    )
    found = adopt_shapes(points * [1, -1] if up else points, RATE, spoken.reference)
    agree = np.corrcoef(found.opening, spoken.opening)[0, 1]
    assert agree > 0.995
    assert np.std(found.opening) == pytest.approx(np.std(spoken.opening), rel=0.1)


def test_the_closed_mouth_is_that_of_the_template(spoken: a2v.MouthTrack) -> None:
    thick = spoken.shapes * [1.3, 1.0]
    found = adopt_shapes(thick, RATE, spoken.reference)
    nearest = found.shapes[np.argmin(mouth_opening(found.shapes))]
    assert np.abs(nearest - spoken.reference).max() < 0.05
    assert found.spread == pytest.approx(
        np.std(mouth_opening(thick)) / (1.3 * corner_distance(spoken.reference[None])[0]), rel=0.05
    )


def test_a_mouth_that_never_moves_has_no_spread(spoken: a2v.MouthTrack) -> None:
    still = adopt_shapes(np.stack([spoken.reference] * 5), RATE, spoken.reference)
    assert still.spread is None
    np.testing.assert_allclose(still.shapes, np.stack([spoken.reference] * 5), atol=1e-6)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (np.zeros((4, 21, 2)), r"holds an array of 4x21x2; \(T, 20, 2\) or \(T, 68, 2\) is needed"),
        (np.zeros(7), "holds an array of 7;"),
        (np.zeros((0, 20, 2)), "holds no shapes"),
        (np.full((3, 20, 2), np.nan), "holds numbers that are not finite"),
        (np.ones((3, 20, 2)), "holds no mouths: all points are one, or on a line"),
        (np.ones((3, 68, 2)), "holds no mouths"),
    ],
)
def test_what_is_no_mouth_is_refused(points: NDArray[np.floating], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        adopt_shapes(points, RATE, np.ones((20, 2)))
    with pytest.raises(a2v.OptionError, match="the array " + says):
        a2v.adopt_mouth(points, 25)


def test_of_mouths_in_a_picture_the_motion_of_the_head_is_removed(spoken: a2v.MouthTrack) -> None:
    times = np.arange(len(spoken)) / 25
    moving = np.stack(
        [
            Similarity(
                100 * (1 + 0.1 * np.sin(0.7 * t)),
                0.15 * np.sin(2 * t),
                np.array([300 + 40 * np.sin(1.3 * t), 200 + 25 * np.cos(2.1 * t)]),
            ).apply(shape)
            for t, shape in zip(times.tolist(), spoken.shapes, strict=True)
        ]
    )
    found = adopt_shapes(moving, RATE, spoken.reference)
    assert np.corrcoef(found.opening, spoken.opening)[0, 1] > 0.99
    still = adopt_shapes(spoken.shapes, RATE, spoken.reference)
    assert np.std(found.opening) == pytest.approx(np.std(still.opening), rel=0.05)
