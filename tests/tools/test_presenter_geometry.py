"""The painted head in space, and the painting tools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.presenter.anatomy import LEFT_EYE, RIGHT_EYE, rest_landmarks
from tools.presenter.brush import Sheet, curve, linear_to_srgb, mix, srgb_to_linear
from tools.presenter.canvas import Window, between, over_columns
from tools.presenter.eyes import close_lids
from tools.presenter.geometry import Surface, camera, rotation
from tools.presenter.relief import shade

MIRROR = [
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *[45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40],
    *[54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55],
    *[64, 63, 62, 61, 60, 67, 66, 65],
]
ANGLE = st.floats(-8.0, 8.0)


def test_the_head_at_rest_is_symmetric_and_has_the_eyes_one_unit_apart() -> None:
    marks = rest_landmarks()
    assert marks.shape == (68, 2)
    assert marks.dtype == np.float32
    np.testing.assert_allclose(marks[MIRROR] * [-1, 1], marks, atol=1e-6)
    eyes = marks[LEFT_EYE].mean(axis=0) - marks[RIGHT_EYE].mean(axis=0)
    np.testing.assert_allclose(eyes, [1.0, 0.0], atol=0.01)


@given(ANGLE, ANGLE, ANGLE)
def test_rotation_is_a_rotation(yaw: float, pitch: float, roll: float) -> None:
    turn = rotation(yaw, pitch, roll)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(turn) == pytest.approx(1.0, abs=1e-6)


def test_positive_angles_turn_right_down_and_clockwise() -> None:
    nose, ear = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    assert (rotation(5, 0, 0) @ nose)[0] > 0.08
    assert (rotation(0, 5, 0) @ nose)[1] > 0.08
    assert (rotation(0, 0, 5) @ ear)[1] > 0.08


@given(ANGLE, ANGLE, ANGLE, st.floats(-1.0, 1.0), st.floats(-1.0, 2.0), st.floats(-0.5, 1.5))
def test_unproject_undoes_project(
    yaw: float, pitch: float, roll: float, x: float, y: float, z: float
) -> None:
    view = camera(512, yaw, pitch, roll, (0.02, -0.01))
    pixel = view.project([[x, y, z]])
    np.testing.assert_allclose(view.unproject(pixel, z), [[x, y]], atol=1e-4)


def test_the_size_of_the_picture_scales_everything() -> None:
    point = [[0.3, 0.8, 1.0]]
    small = camera(256, 3, 2, 1, (0.05, 0.02)).project(point) + 0.5
    large = camera(512, 3, 2, 1, (0.05, 0.02)).project(point) + 0.5
    np.testing.assert_allclose(2.0 * small, large, atol=1e-3)


@pytest.mark.parametrize(
    ("pose", "motion"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((6.0, -3.0, 2.0), (0.27, 0.05, 0.06)),
        ((-6.0, 4.0, -2.5), (0.1, -0.13, 0.0)),
    ],
)
def test_lookup_is_the_inverse_of_painting_a_place(
    pose: tuple[float, float, float], motion: tuple[float, float, float]
) -> None:
    size = 256
    surface, view = Surface(), camera(size, *pose, (0.03, 0.02))
    maps = surface.moved(*motion)
    lookup = surface.lookup(view, maps, size)
    inside = rest_landmarks()[17:48]
    pixels = view.project(surface.place(maps, inside))
    near = np.floor(pixels).astype(int)
    seen = view.project(surface.place(maps, lookup[near[:, 1], near[:, 0]]))
    assert np.abs(seen - near).max() < 0.3, "pixels"


def test_opening_the_jaw_moves_the_chin_and_not_the_eyes() -> None:
    surface = Surface()
    marks = rest_landmarks()
    still = surface.place(surface.moved(0.0, 0.0, 0.0), marks)
    moved = surface.place(surface.moved(0.25, 0.0, 0.0), marks)
    np.testing.assert_allclose(still[:, :2], marks, atol=1e-6)
    way = (moved - still)[:, 1]
    assert way[8] == pytest.approx(0.25, abs=0.02)
    assert (np.diff(way[:9]) >= -1e-6).all(), "the way grows from the ear to the chin"
    np.testing.assert_allclose(way[[0, 1, *range(17, 36), *range(36, 48)]], 0.0, atol=5e-3)


def test_raised_brows_move_up_and_a_wide_mouth_pulls_the_cheeks_outwards() -> None:
    surface = Surface()
    marks = rest_landmarks()
    brow = surface.place(surface.moved(0.0, 0.0, 0.07), marks)[:, :2] - marks
    assert brow[19, 1] < -0.04
    cheek = np.array([[0.5, 1.05], [-0.5, 1.05]], np.float32)
    wide = surface.place(surface.moved(0.0, 0.07, 0.0), cheek)[:, :2] - cheek
    assert wide[0, 0] > 0.03
    assert wide[1, 0] == pytest.approx(-wide[0, 0], abs=1e-4)


def test_shut_lids_meet_and_open_lids_are_those_at_rest() -> None:
    eye = rest_landmarks()[RIGHT_EYE]
    np.testing.assert_array_equal(close_lids(eye, 0.0), eye)
    shut = close_lids(eye, 1.0)
    np.testing.assert_allclose(shut[[1, 2]], shut[[5, 4]], atol=1e-6)
    np.testing.assert_array_equal(shut[[0, 3]], eye[[0, 3]])


def test_a_curve_goes_through_its_points() -> None:
    points = np.array([[0, 0], [1, 2], [3, 2.5], [4, 0]], float)
    line = curve(points, 2000)
    far = np.linalg.norm(line[:, None] - points[None], axis=2).min(axis=0)
    assert far.max() < 3e-3
    ring = curve(points, 50, closed=True)
    np.testing.assert_allclose(ring[0], ring[-1], atol=1e-6)


@given(st.floats(2.0, 17.0), st.floats(0.0, 12.0))
def test_coverage_between_two_lines_is_their_distance(top: float, height: float) -> None:
    y = np.arange(40, dtype=np.float32)[:, None]
    low, high = np.float32([[top]]), np.float32([[top + height]])
    assert between(y, low, high).sum() == pytest.approx(height, abs=max(0.26, 1e-3 * height))
    assert between(y, low, low).sum() <= 1e-5, "nothing lies between equal lines"


def test_a_window_is_a_view_with_the_frames_coordinates() -> None:
    frame = np.zeros((20, 30, 3), np.float32)
    window = Window.around(frame, np.array([[4.2, 5.5], [9.0, 8.1]]), 2.0)
    assert (window.x[0, 0], window.x[0, -1]) == (2.0, 11.0)
    assert (window.y[0, 0], window.y[-1, 0]) == (3.0, 11.0)
    window.view[:] = 1.0
    assert frame[3:12, 2:12].min() == 1.0
    assert frame.sum() == 3 * 9 * 10
    beyond = Window.around(frame, np.array([[-5.0, -5.0], [40.0, 40.0]]), 1.0)
    assert beyond.view.shape == frame.shape


def test_over_columns_interpolates_a_line() -> None:
    line = np.array([[0.0, 1.0], [2.0, 5.0]], np.float32)
    x = np.array([[-1.0, 0.5, 1.0, 3.0]], np.float32)
    np.testing.assert_allclose(over_columns(line, x), [[1.0, 2.0, 3.0, 5.0]])


def test_a_filled_polygon_covers_its_area() -> None:
    sheet = Sheet(-1.0, -1.0, 1.0, 1.0, 100.0)
    square = [(-0.503, -0.5), (0.5, -0.5), (0.5, 0.505), (-0.503, 0.505)]
    area = sheet.fill(square).sum() / 100.0**2
    border = 4.0 * 1.004 / 100.0  # OpenCV counts the pixels on the border as inside
    assert 1.003 * 1.005 < area < 1.003 * 1.005 + border
    assert sheet.fill(square, 0.02).sum() / 100.0**2 == pytest.approx(area, rel=0.01)
    assert sheet.x[0, 0] == -1.0
    np.testing.assert_allclose(sheet.pixels([(0.0, 0.5)]), [[100.0, 150.0]])


def test_colours_come_back_and_mix() -> None:
    colour = np.array([0.0, 40.0, 128.0, 255.0], np.float32)
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(colour)), colour, atol=0.01)
    under = np.zeros((1, 2, 3), np.float32)
    painted = mix(under, (100, 200, 50), np.array([[0.0, 0.5]], np.float32))
    np.testing.assert_allclose(painted[0], [[0, 0, 0], [50, 100, 25]])


def test_a_ball_is_lit_from_the_upper_left() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j].astype(np.float32)
    ball = np.sqrt(np.clip(1.0 - x**2 - y**2, 0.0, None))
    light, gloss = shade(ball, 100.0)
    assert light.shape == (200, 200, 3)
    assert light[65, 70].mean() > 1.3 * light[135, 130].mean()
    row, column = np.unravel_index(int(gloss.argmax()), gloss.shape)
    assert row < 100
    assert column < 100
