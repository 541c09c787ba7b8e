"""Names of the landmarks, and measures on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.face import layout
from audio2video.face.head import generic_head
from audio2video.face.layout import (
    BROWS,
    INNER_LIP,
    JAW,
    LANDMARKS,
    LEFT_EYE,
    LOWER_INNER_LIP,
    MOUTH,
    MOUTH_CORNERS,
    MOUTH_MIRROR,
    MOUTH_POINTS,
    NOSE,
    OUTER_LIP,
    RIGHT_EYE,
    UPPER_INNER_LIP,
    eye_aspect_ratio,
    eye_centres,
    inter_ocular_distance,
    mouth_opening,
    mouth_width,
)


def test_the_parts_make_up_the_face_and_the_mouth() -> None:
    parts = [JAW, BROWS, NOSE, RIGHT_EYE, LEFT_EYE, MOUTH]
    assert [k for part in parts for k in range(LANDMARKS)[part]] == list(range(LANDMARKS))
    lips = [k for part in (OUTER_LIP, INNER_LIP) for k in range(MOUTH_POINTS)[part]]
    assert lips == list(range(MOUTH_POINTS))


def test_the_names_are_true_of_a_head() -> None:
    face = generic_head()[:, :2]
    mouth = face[MOUTH]
    assert face[:, 1].argmax() == layout.CHIN
    assert face[RIGHT_EYE, 0].max() < 0 < face[LEFT_EYE, 0].min()
    assert (int(mouth[:, 0].argmin()), int(mouth[:, 0].argmax())) == MOUTH_CORNERS
    # Upper and lower points stand above each other, in the same order.
    upper, lower = mouth[list(UPPER_INNER_LIP)], mouth[list(LOWER_INNER_LIP)]
    np.testing.assert_allclose(upper[:, 0], lower[:, 0], atol=0.01)
    assert (upper[:, 1] < lower[:, 1]).all()
    assert (np.diff(upper[:, 0]) > 0).all()


def test_the_mirror_of_a_symmetric_mouth_is_itself() -> None:
    mouth = generic_head()[MOUTH, :2]
    np.testing.assert_array_equal(mouth[list(MOUTH_MIRROR)] * [-1, 1], mouth)
    assert [MOUTH_MIRROR[k] for k in MOUTH_MIRROR] == list(range(MOUTH_POINTS))


def test_eyes_by_hand() -> None:
    points = np.zeros((2, 68, 2))
    points[:, RIGHT_EYE] = [100, 50]
    points[:, LEFT_EYE] = [130, 90]
    points[1] *= 2
    np.testing.assert_array_equal(eye_centres(points)[0], [[100, 50], [130, 90]])
    np.testing.assert_allclose(inter_ocular_distance(points), [50, 100])
    assert inter_ocular_distance(points[0]).shape == ()


@pytest.mark.parametrize("height", [0.0, 2.0, 9.0])
def test_the_eye_aspect_ratio_is_height_over_width(height: float) -> None:
    eye = np.array([[0, 0], [10, -1], [20, -1], [30, 0], [20, 1], [10, 1]], float)
    points = np.zeros((68, 2))
    points[RIGHT_EYE] = eye * [1, height / 2]
    points[LEFT_EYE] = eye * [1, height] + [100, 0]
    # The right eye is as high as `height`, the left one twice that; both are 30 wide.
    assert eye_aspect_ratio(points) == pytest.approx(1.5 * height / 30)
    turned = points @ np.array([[0.6, 0.8], [-0.8, 0.6]]) * 7 + 3
    assert eye_aspect_ratio(turned) == pytest.approx(1.5 * height / 30)


def test_eyes_without_any_width_are_no_error() -> None:
    assert eye_aspect_ratio(np.zeros((68, 2))) == 0


def _mouth(opening: float) -> NDArray[np.float64]:
    mouth = np.zeros((20, 2))
    mouth[list(UPPER_INNER_LIP), 1] = [-0.1, -0.2, -0.3]
    mouth[list(LOWER_INNER_LIP), 1] = np.array([-0.1, -0.2, -0.3]) + opening
    mouth[MOUTH_CORNERS[0]] = [-3, 0]
    mouth[MOUTH_CORNERS[1]] = [0, 4]
    return mouth


def test_measures_of_the_mouth() -> None:
    mouths = np.stack([_mouth(0.0), _mouth(0.25), _mouth(-0.1)])
    np.testing.assert_allclose(mouth_opening(mouths), [0, 0.25, -0.1], atol=1e-12)
    np.testing.assert_allclose(mouth_width(mouths), 5)
    assert mouth_opening(mouths[0]).shape == mouth_width(mouths[0]).shape == ()
