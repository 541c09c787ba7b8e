"""A texture put onto the presenter's face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.compositing.composite import (
    CompositePatch,
    MouthPatch,
    Visibility,
    compose,
    working_box,
)
from audio2video.compositing.masks import face_mask
from audio2video.face.head import generic_head
from audio2video.face.layout import CHIN, INNER_LIP, MOUTH
from audio2video.face.occlusion import analysis_grid
from audio2video.face.pose import HeadPose, fit_pose
from audio2video.face.rectify import (
    RectifiedGrid,
    frame_map,
    project_to_frame,
    texture_map,
    to_rectified,
)
from tools.presenter.presenter import demo_truth, render_frames

SIZE = 256


@dataclass(frozen=True)
class Shot:
    """One frame with all that a composite needs; its texture is the frame's own."""

    frame: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    pose: HeadPose
    space: RectifiedGrid

    @property
    def box(self) -> tuple[int, int, int, int]:
        return working_box(self.landmarks, self.pose, SIZE, SIZE)

    @property
    def part(self) -> NDArray[np.uint8]:
        x0, y0, x1, y1 = self.box
        return self.frame[y0:y1, x0:x1]

    def own(self) -> MouthPatch:
        places = texture_map(self.space, self.pose)
        texture = cv2.remap(self.frame, places, None, cv2.INTER_CUBIC)
        mouth = to_rectified(self.landmarks[None, MOUTH], self.pose)[0]
        return MouthPatch(np.asarray(texture, np.uint8), mouth, 0.0)

    def compose(
        self, piece: MouthPatch, *, light: bool = True, sight: Visibility | None = None
    ) -> CompositePatch:
        where = self.landmarks, self.pose, self.space
        return compose(self.part, self.box, piece, *where, light=light, sight=sight)

    def put(self, piece: MouthPatch) -> NDArray[np.uint8]:
        return self.compose(piece).picture

    def cover(self, piece: MouthPatch) -> NDArray[np.float32]:
        """Where in the part the texture shows."""
        rectified = to_rectified(self.landmarks[None], self.pose)[0]
        mask = face_mask(rectified, piece.mouth, self.space)
        places = frame_map(self.space, self.pose, self.box)
        return np.asarray(cv2.remap(mask, places, None, cv2.INTER_LINEAR), np.float32)

    def far(self, piece: MouthPatch) -> NDArray[np.bool_]:
        """Pixels well outside of the mask."""
        reach = 2 * round(0.25 * float(self.pose.scale[0])) + 1
        near = cv2.dilate(self.cover(piece), np.ones((reach, reach), np.uint8))
        return np.asarray(near < 0.01)


def shot_of(frame: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> Shot:
    points = np.asarray(landmarks, np.float64)
    pose = fit_pose(points[None])
    return Shot(frame, points, pose, RectifiedGrid.lower_face(float(pose.scale[0])))


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    """Frames in which the presenter says different things."""
    often, chosen = Fraction(5), (4, 9, 16, 19)
    truth = demo_truth(20, size=SIZE, rate=often)
    frames = list(render_frames(20, size=SIZE, rate=often))
    return [shot_of(frames[k], truth.landmarks[k]) for k in chosen]


def test_the_frames_own_texture_gives_the_frame_back(shots: list[Shot]) -> None:
    for shot in shots:
        piece = shot.own()
        result = shot.put(piece)
        assert result.shape == shot.part.shape
        assert result.dtype == np.uint8
        error = np.abs(result.astype(float) - shot.part)
        # Resampled there and back, the picture's noise is lost and nothing else.
        assert error.mean() < 1.0
        assert error[shot.cover(piece) > 0.5].mean() < 3.0
        blurred = np.abs(
            cv2.GaussianBlur(result.astype(float), (0, 0), 2)
            - cv2.GaussianBlur(shot.part.astype(float), (0, 0), 2)
        )
        assert blurred.max() < 6


def test_pixels_far_outside_the_mask_stay_exactly(shots: list[Shot]) -> None:
    for shot in shots:
        piece = shot.own()
        green = np.zeros_like(piece.texture) + np.array([0, 255, 0], np.uint8)
        result = shot.put(replace(piece, texture=green))
        far = shot.far(piece)
        assert far.sum() > 2000
        np.testing.assert_array_equal(result[far], shot.part[far])


def test_the_textures_mouth_is_seen_where_the_mouth_is(shots: list[Shot]) -> None:
    shot = shots[0]
    piece = shot.own()
    inside = np.zeros(piece.texture.shape[:2], np.uint8)
    mouth = generic_head()[MOUTH, :2][INNER_LIP] + [0, 0.03]
    corners = np.round(shot.space.to_pixels(mouth)).astype(np.int32)
    cv2.fillPoly(inside, [corners], 1)
    inside = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    marked = np.where(inside[..., None] > 0, np.array([30, 90, 220], np.uint8), piece.texture)
    result = shot.put(replace(piece, texture=marked))
    blue = result[..., 2].astype(int) - result[..., 0] > 80
    y, x = np.nonzero(blue)
    expected = project_to_frame(mouth.mean(axis=0)[None, None], shot.pose)[0, 0] - shot.box[:2]
    np.testing.assert_allclose([x.mean(), y.mean()], expected, atol=2)
    assert 0.5 * inside.sum() < blue.sum() < 2 * inside.sum()


def test_what_the_texture_holds_outside_the_mask_does_not_matter(shots: list[Shot]) -> None:
    for shot in shots:
        piece = shot.own()
        rectified = to_rectified(shot.landmarks[None], shot.pose)[0]
        mask = face_mask(rectified, piece.mouth, shot.space)
        # The mask's hem, and the pixels that cubic resampling looks at beside it, may take part.
        outside = cv2.dilate(mask, np.ones((7, 7), np.uint8)) < 0.005
        garbage = piece.texture.copy()
        garbage[outside] = [0, 255, 0]
        other = shot.put(replace(piece, texture=garbage)).astype(int)
        np.testing.assert_allclose(other, shot.put(piece), atol=1)  # rounding


@pytest.mark.parametrize("offset", [-25, 20])
def test_a_texture_of_other_light_is_matched(shots: list[Shot], offset: int) -> None:
    # Of weak contrast, so that no value is cut off.
    shot = replace(shots[0], frame=60 + shots[0].frame // 2)
    piece = shot.own()
    other = (piece.texture.astype(int) + offset).astype(np.uint8)
    result = shot.put(replace(piece, texture=other)).astype(float)
    plain = shot.put(piece).astype(float)
    inside = shot.cover(piece) > 0.9
    assert abs((result - plain)[inside].mean()) < 0.15 * abs(offset)
    # No edge where the texture ends.
    step = np.abs(cv2.Laplacian(result - plain, cv2.CV_64F)).max()
    assert step < 0.5 * abs(offset)


def test_light_is_matched_only_if_asked(shots: list[Shot]) -> None:
    shot = replace(shots[0], frame=60 + shots[0].frame // 2)
    piece = shot.own()
    dark = replace(piece, texture=piece.texture - np.uint8(20))
    inside = shot.cover(piece) > 0.9
    plain = shot.put(piece).astype(float)
    apart = [
        float((shot.compose(dark, light=light).picture - plain)[inside].mean())
        for light in (False, True)
    ]
    # The pyramid's coarse levels take part of it back near the mask's border.
    assert -20 < apart[0] < -12
    assert abs(apart[1]) < 3
    # Where the texture's light is the frame's own, it makes no difference.
    same = shot.compose(piece, light=False).picture
    np.testing.assert_allclose(same[inside].mean(), plain[inside].mean(), atol=0.5)


def test_the_cover_says_where_the_texture_shows(shots: list[Shot]) -> None:
    for shot in shots:
        piece = shot.own()
        made = shot.compose(piece)
        assert made.cover.shape == shot.part.shape[:2]
        assert made.cover.dtype == np.float32
        np.testing.assert_allclose(made.cover, shot.cover(piece), atol=5e-3)
        mouth = (shot.landmarks[MOUTH].mean(axis=0) - shot.box[:2]).astype(int)
        assert made.cover[mouth[1], mouth[0]] > 0.99


def test_a_face_behind_something_stays_as_it_is(shots: list[Shot]) -> None:
    for shot in shots:
        reduced = analysis_grid(shot.space)
        covered = np.full((reduced.height, reduced.width), 255, np.uint8)
        part = shot.part.copy()
        made = shot.compose(shot.own(), sight=Visibility(covered, reduced))
        np.testing.assert_array_equal(made.picture, part)
        np.testing.assert_array_equal(shot.part, part)
        assert not made.cover.any()


@pytest.mark.parametrize("drop", [0.12, -0.06])
def test_the_chin_comes_down_with_the_texture(shots: list[Shot], drop: float) -> None:
    shot = shots[0]
    piece = replace(shot.own(), drop=drop)
    result = shot.put(piece)
    x, y = np.round(shot.landmarks[CHIN] - shot.box[:2]).astype(int)
    unit = float(shot.pose.scale[0])
    gray, before = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (result, shot.part))

    def profile(picture: NDArray[np.uint8], shift: int) -> NDArray[np.float64]:
        rows = slice(y - 6 + shift, y + 7 + shift)
        return np.asarray(picture[rows, x - 4 : x + 5].astype(float).mean(axis=1))

    # The rim of the chin is found again about where it was moved to.
    shifts = range(-round(0.2 * unit), round(0.2 * unit) + 1)
    error = [np.abs(profile(gray, shift) - profile(before, 0)).mean() for shift in shifts]
    assert 0.5 < shifts[int(np.argmin(error))] / (drop * unit) < 1.4


def turned_shot(yaw: float, rng: np.random.Generator) -> Shot:
    """A textured plane with landmarks of a turned head."""
    noise = rng.uniform(0, 255, (SIZE, SIZE, 3))
    frame = np.clip(np.round(cv2.GaussianBlur(noise, (0, 0), 1.0)), 0, 255).astype(np.uint8)
    cy, sy = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    seen = generic_head() @ np.array([[cy, 0, sy], [0, 1, 0]]).T
    return shot_of(frame, 50 * seen + [128, 90])


@pytest.mark.parametrize("yaw", [0, 18])
def test_a_chin_that_stays_leaves_the_jaw_line_alone(yaw: float, rng: np.random.Generator) -> None:
    shot = turned_shot(yaw, rng)
    piece = shot.own()
    far = shot.far(piece)
    np.testing.assert_array_equal(shot.put(piece)[far], shot.part[far])


def test_the_working_box_is_even_and_inside_the_frame(shots: list[Shot]) -> None:
    for shot in shots:
        x0, y0, x1, y1 = shot.box
        assert x0 % 2 == y0 % 2 == x1 % 2 == y1 % 2 == 0
        assert 0 <= x0 < x1 <= SIZE
        assert 0 <= y0 < y1 <= SIZE
        lower = shot.landmarks[[4, 8, 12, *range(48, 68)]]
        assert (lower > [x0, y0]).all()
        assert (lower < [x1, y1]).all()
    # All that a composite changes lies in it.
    for shot in shots:
        border = shot.cover(shot.own())
        assert max(border[[0, -1]].max(), border[:, [0, -1]].max()) < 0.02


@pytest.mark.parametrize("place", [(20.0, 60.0), (240.0, 60.0), (128.0, 215.0), (128.0, 10.0)])
def test_a_face_at_the_border_of_the_frame(
    place: tuple[float, float], rng: np.random.Generator
) -> None:
    frame = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    shot = shot_of(frame, 50 * generic_head()[:, :2] + place)
    x0, y0, x1, y1 = shot.box
    assert 0 <= x0 < x1 <= SIZE
    assert 0 <= y0 < y1 <= SIZE
    result = shot.put(replace(shot.own(), drop=0.1))
    assert result.shape == (y1 - y0, x1 - x0, 3)


def test_the_box_in_a_frame_of_odd_size() -> None:
    landmarks = 50 * generic_head()[:, :2] + [200.0, 200.0]
    box = working_box(landmarks, fit_pose(landmarks[None]), 251, 253)
    assert all(side % 2 == 0 for side in box)
