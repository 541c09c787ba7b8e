"""Rectified face space: there and back again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.pose import HeadPose
from audio2video.face.rectify import (
    RectifiedGrid,
    frame_map,
    project_to_frame,
    texture_map,
    to_rectified,
)
from audio2video.face.surface import surface_depth


def pose_of(yaw: float, pitch: float, roll: float, scale: float = 60.0) -> HeadPose:
    """One frame's pose, from degrees."""
    return HeadPose.from_array(np.array([[*np.radians([yaw, pitch, roll]), scale, 300.5, 180.2]]))


def stretch(points: NDArray[np.float64], pose: HeadPose) -> NDArray[np.float64]:
    """How large a small piece of the face appears, relative to the front: 0 where it is edge on."""
    step = 1e-5
    x, y = (
        project_to_frame(points + move, pose) - project_to_frame(points - move, pose)
        for move in (np.array([step, 0.0]), np.array([0.0, step]))
    )
    area = (x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]) / (2 * step * pose.scale[0]) ** 2
    return np.asarray(area[0])


def points_of(*box: float) -> st.SearchStrategy[NDArray[np.float64]]:
    left, right, top, bottom = box
    point = st.tuples(st.floats(left, right), st.floats(top, bottom))
    return st.lists(point, min_size=1, max_size=20).map(lambda p: np.array(p)[None])


def turned(yaw: float) -> st.SearchStrategy[HeadPose]:
    return st.builds(
        pose_of, st.floats(-yaw, yaw), st.floats(-25, 25), st.floats(-40, 40), st.floats(10, 300)
    )


def test_the_space_covers_the_lower_face() -> None:
    space = RectifiedGrid.lower_face(50.0)
    x, y = space.grid()
    assert x.shape == y.shape == (space.height, space.width)
    corners = space.to_pixels(np.array([[x[0, 0], y[0, 0]], [x[-1, -1], y[-1, -1]]]))
    np.testing.assert_allclose(corners, [[0, 0], [space.width - 1, space.height - 1]], atol=1e-9)
    head = generic_head()[[*range(4, 13), *range(31, 36), *range(48, 68)], :2]
    pixels = space.to_pixels(head)
    assert (pixels > 0).all()
    assert (pixels < [space.width - 1, space.height - 1]).all()


def test_a_frontal_face_is_only_scaled_and_shifted() -> None:
    points = np.array([[[0.0, 0.5], [0.3, 1.2], [-0.8, 1.9]]])
    pose = pose_of(0, 0, 0)
    expected = points * 60 + [300.5, 180.2]
    np.testing.assert_allclose(project_to_frame(points, pose), expected)
    np.testing.assert_allclose(to_rectified(expected, pose), points, atol=1e-9)


@given(points_of(-1.0, 1.0, 0.3, 2.1), turned(40))
def test_points_are_seen_on_the_surface(points: NDArray[np.float64], pose: HeadPose) -> None:
    depth = surface_depth(points[..., 0], points[..., 1])
    space = np.concatenate([points, depth[..., None]], axis=-1)[0]
    by_hand = pose.scale[0] * space @ pose.axes()[0].T + pose.position[0]
    np.testing.assert_allclose(
        project_to_frame(points, pose)[0], by_hand, atol=1e-9 * pose.scale[0]
    )


@given(points_of(-0.45, 0.45, 0.9, 1.6), turned(20))
def test_mouth_points_go_there_and_back(points: NDArray[np.float64], pose: HeadPose) -> None:
    back = to_rectified(project_to_frame(points, pose), pose)
    np.testing.assert_allclose(back, points, atol=1e-3)


@settings(max_examples=200)
@given(points_of(-0.8, 0.8, 0.4, 1.9), turned(30))
def test_all_that_is_seen_goes_there_and_back(points: NDArray[np.float64], pose: HeadPose) -> None:
    seen = stretch(points, pose) > 0.3
    back = to_rectified(project_to_frame(points, pose), pose)
    np.testing.assert_allclose(back[0, seen], points[0, seen], atol=1e-3)


def test_frames_do_not_mix(rng: np.random.Generator) -> None:
    numbers = np.column_stack([rng.uniform(-0.3, 0.3, (5, 3)), np.full(5, 60.0), np.zeros((5, 2))])
    pose = HeadPose.from_array(numbers)
    points = rng.uniform([-0.5, 0.7], [0.5, 1.7], (5, 7, 2))
    for convert in (project_to_frame, to_rectified):
        together = convert(points, pose)
        for k in range(5):
            np.testing.assert_allclose(together[k], convert(points[k : k + 1], pose[k])[0])


def test_speech_looks_the_same_from_everywhere() -> None:
    mouth = generic_head()[None, MOUTH, :2]
    for yaw in (-20, 0, 20):
        for pitch in (-15, 0, 15):
            pose = pose_of(yaw, pitch, 10)
            back = to_rectified(project_to_frame(mouth, pose), pose)
            np.testing.assert_allclose(back, mouth, atol=1e-3)


def test_the_texture_map_is_the_grid_seen_in_the_frame() -> None:
    space = RectifiedGrid.lower_face(20.0)
    pose = pose_of(15, -5, 8)
    places = texture_map(space, pose)
    assert places.shape == (space.height, space.width, 2)
    assert places.dtype == np.float32
    x, y = space.grid()
    for row, column in ((0, 0), (7, 30), (space.height - 1, space.width - 1)):
        point = np.array([[[x[row, column], y[row, column]]]])
        np.testing.assert_allclose(
            places[row, column], project_to_frame(point, pose)[0, 0], rtol=1e-5
        )


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (12, 8, -20), (-15, -10, 5)])
def test_both_maps_undo_each_other(yaw: float, pitch: float, roll: float) -> None:
    space = RectifiedGrid.lower_face(60.0)
    pose = pose_of(yaw, pitch, roll)
    there = texture_map(space, pose)
    low, high = np.floor(there.min(axis=(0, 1))) - 2, np.ceil(there.max(axis=(0, 1))) + 3
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    back = frame_map(space, pose, box)
    assert back.shape == (box[3] - box[1], box[2] - box[0], 2)
    assert back.dtype == np.float32
    found = cv2.remap(back, there - low.astype(np.float32), None, cv2.INTER_LINEAR)
    x, y = space.grid()
    pixels = space.to_pixels(np.stack([x, y], axis=-1))
    inside = (np.abs(x) < 0.6) & (y < 2.0)
    # OpenCV reads maps at 32nds of a pixel.
    assert np.abs(found - pixels)[inside].max() < 0.2
    assert np.abs(found - pixels).mean() < 0.1


def test_the_frame_map_is_interpolated_closely() -> None:
    space = RectifiedGrid.lower_face(60.0)
    pose = pose_of(15, 5, 10)
    x, y = np.meshgrid(np.arange(240, 351), np.arange(210, 291))
    points = np.stack([x, y], axis=-1).reshape(1, -1, 2).astype(float)
    exact = space.to_pixels(to_rectified(points, pose)[0]).reshape(81, 111, 2)
    whole = frame_map(space, pose, (240, 210, 351, 291))
    inside = ((exact > 0) & (exact < [space.width - 1, space.height - 1])).all(axis=-1)
    assert np.abs(whole - exact)[inside].max() < 0.1
    # The part that is asked for does not matter.
    part = frame_map(space, pose, (244, 214, 345, 291))
    np.testing.assert_allclose(part, whole[4:, 4:105], atol=1e-3)
