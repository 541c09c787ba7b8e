"""The mask of the inner lower face."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.compositing.fading import FADE, MAX_COVERED, covering_fade
from audio2video.compositing.masks import face_mask, skin_weight, visible_mask
from audio2video.face.head import generic_head
from audio2video.face.layout import JAW, LOWER_INNER_LIP, MOUTH, OUTER_LIP
from audio2video.face.occlusion import analysis_grid
from audio2video.face.pose import HeadPose
from audio2video.face.rectify import RectifiedGrid
from audio2video.face.visibility import facing

SPACE = RectifiedGrid.lower_face(70.0)
REDUCED = analysis_grid(SPACE)
FRONTAL = np.ones((REDUCED.height, REDUCED.width), np.float32)
NOTHING = np.zeros((REDUCED.height, REDUCED.width), np.uint8)


def face_of(opening: float = 0.0, drop: float = 0.0) -> NDArray[np.float64]:
    """Rectified landmarks with an open mouth and a dropped jaw."""
    face = generic_head()[:, :2].copy()
    mouth = face[MOUTH]
    mouth[list(LOWER_INNER_LIP), 1] += opening
    mouth[7:12, 1] += opening
    face[4:13, 1] += drop * np.sin(np.linspace(0, np.pi, 9))
    return np.asarray(face)


def mask_of(face: NDArray[np.float64]) -> NDArray[np.float32]:
    return face_mask(face, face[MOUTH], SPACE)


def covered(outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels whose centre lies inside an outline."""
    pixels = np.round(SPACE.to_pixels(outline) * 16).astype(np.int32)
    plane = np.zeros((SPACE.height, SPACE.width), np.uint8)
    cv2.fillPoly(plane, [pixels], 1, cv2.LINE_8, 4)
    return plane > 0


@settings(max_examples=30)
@given(st.floats(0, 0.35), st.floats(-0.03, 0.1))
def test_it_covers_the_mouth_and_stays_inside_the_jaw_line(opening: float, more: float) -> None:
    # The chin follows the lower lip, more or less.
    face = face_of(opening, 0.6 * opening + more)
    mask = mask_of(face)
    assert mask.dtype == np.float32
    assert mask.shape == (SPACE.height, SPACE.width)
    assert mask.min() >= 0
    assert mask.max() <= 1 + 1e-6
    assert mask[[0, -1]].max() < 0.01
    assert mask[:, [0, -1]].max() < 0.01
    lips = covered(face[MOUTH][OUTER_LIP])
    assert mask[lips].mean() > 0.99
    assert mask[lips].min() > 0.95
    # Nothing beyond the jaw line, closed over the eyes.
    jaw = covered(np.concatenate([face[JAW], [[1.1, 0.0], [-1.1, 0.0]]]))
    assert mask[~jaw].max() < 0.02


def test_nostrils_and_eyes_stay_the_frames_own() -> None:
    face = face_of()
    mask = mask_of(face)
    for point in (*range(31, 36), 30):
        x, y = np.round(SPACE.to_pixels(face[point])).astype(int)
        assert mask[y, x] < 0.1


def test_it_is_symmetric_and_soft() -> None:
    mask = mask_of(face_of())
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=0.1)
    assert np.abs(np.diff(mask, axis=0)).max() < 0.35
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35


def test_it_reaches_further_down_with_the_jaw() -> None:
    middle = SPACE.width // 2
    reach = [
        np.flatnonzero(mask_of(face_of(drop=drop))[:, middle] > 0.5)[-1] for drop in (0, 0.1, 0.2)
    ]
    assert reach[0] < reach[1] < reach[2]


def test_it_ends_at_the_border_of_the_texture_wherever_the_jaw_is() -> None:
    mask = mask_of(face_of(0.3, 0.6) * [1.3, 1.0])
    for border in (mask[[0, -1]], mask[:, [0, -1]]):
        assert border.max() == 0


def test_skin_is_compared_beside_the_lips_alone() -> None:
    face = face_of(0.2)
    mask = mask_of(face)
    weight = skin_weight(mask, face[MOUTH], SPACE)
    assert weight.dtype == np.float32
    assert (weight >= 0).all()
    assert (weight <= mask).all()
    assert weight[covered(face[MOUTH][OUTER_LIP])].max() == 0
    # Chin and both cheeks take part.
    for point in ((0.0, 1.85), (0.6, 1.2), (-0.6, 1.2)):
        x, y = np.round(SPACE.to_pixels(np.array(point))).astype(int)
        assert weight[y, x] > 0.05


def seen_mask(
    covered_map: NDArray[np.uint8] = NOTHING, turned: NDArray[np.float32] = FRONTAL
) -> NDArray[np.float32]:
    face = face_of(0.1)
    return visible_mask(mask_of(face), covered_map, turned, face[MOUTH], SPACE, REDUCED)


def value_at(mask: NDArray[np.floating], x: float, y: float) -> float:
    column, row = np.round(SPACE.to_pixels(np.array([x, y]))).astype(int)
    return float(mask[row, column])


def test_a_mask_that_is_all_seen_stays() -> None:
    np.testing.assert_allclose(seen_mask(), mask_of(face_of(0.1)), atol=1e-6)


@settings(max_examples=30)
@given(st.floats(-0.8, 0.8), st.floats(0.8, 2.0), st.floats(0.08, 0.5))
def test_nothing_in_front_of_the_face_is_in_the_mask(x: float, y: float, radius: float) -> None:
    xx, yy = REDUCED.grid()
    hidden = np.where(np.hypot(xx - x, yy - y) < radius, 200, 0).astype(np.uint8)
    before, mask = mask_of(face_of(0.1)), seen_mask(hidden)
    assert mask.dtype == np.float32
    assert mask.shape == before.shape
    assert (mask <= before + 1e-6).all()
    fx, fy = SPACE.grid()
    away = np.hypot(fx - x, fy - y)
    # The map's pixels are a twenty-fourth wide.
    assert mask[away < radius - 1 / 24].max(initial=0) < 0.01
    # It keeps only a little off, unless what is left is a scrap.
    left = before * (away > radius + 0.25)
    if (left > 0.5).sum() > 0.5 * (before > 0.5).sum():
        assert mask[(away > radius + 0.25) & (before > 0.9)].mean() > 0.85
    # Along it the mask is soft.
    assert np.abs(np.diff(mask, axis=0)).max() < 0.4
    assert np.abs(np.diff(mask, axis=1)).max() < 0.4


def test_scraps_between_fingers_are_left_alone() -> None:
    xx, _ = REDUCED.grid()

    def slit(half: float) -> NDArray[np.float32]:
        return seen_mask(np.where(np.abs(xx) > half, 255, 0).astype(np.uint8))

    assert value_at(slit(0.35), 0.0, 1.3) > 0.95
    assert slit(0.06).max() == 0
    # Beside a broad finger both cheeks go on.
    finger = seen_mask(np.where(np.abs(xx) < 0.1, 255, 0).astype(np.uint8))
    assert value_at(finger, 0.0, 1.3) == 0
    assert value_at(finger, -0.45, 1.3) > 0.95
    assert value_at(finger, 0.45, 1.3) > 0.95


def test_a_turned_head_keeps_its_far_cheek_and_its_lips_change() -> None:
    pose = HeadPose.from_array(np.array([[np.radians(30), 0, 0, 1.0, 0, 0]]))
    mask, before = seen_mask(turned=facing(REDUCED, pose)), mask_of(face_of(0.1))
    assert value_at(before, -0.72, 1.2) > 0.5
    assert value_at(mask, -0.72, 1.2) < 0.05
    assert value_at(mask, 0.6, 1.2) == pytest.approx(value_at(before, 0.6, 1.2), abs=1e-3)
    lips = covered(face_of(0.1)[MOUTH][OUTER_LIP])
    assert mask[lips].min() > 0.9
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35


@pytest.mark.parametrize("rate", [25, Fraction(30000, 1001), 50.0])
def test_the_result_fades_where_the_mouth_is_covered(rate: Fraction | float) -> None:
    steps = max(1, round(FADE * float(rate)))
    shares = np.zeros(60)
    shares[30:40] = MAX_COVERED + 0.1
    fade = covering_fade(shares, rate)
    assert (fade[30:40] == 0).all()
    before, after = fade[30 - steps : 30], fade[40 : 40 + steps]
    assert ((before > 0) & (before < 1)).all()
    assert (np.diff(before) < 0).all()
    np.testing.assert_allclose(before, after[::-1])
    assert (fade[: 30 - steps] == 1).all()
    assert (fade[40 + steps :] == 1).all()


def test_a_little_cover_or_a_single_frame_fades_nothing() -> None:
    shares = np.full(20, MAX_COVERED - 0.01)
    shares[7] = 0.9
    np.testing.assert_array_equal(covering_fade(shares, 25), np.ones(20))
    assert len(covering_fade(np.zeros(0), 25)) == 0
    np.testing.assert_array_equal(covering_fade(np.ones(1), 25), [0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.sampled_from([12, 25, 60]))
def test_fading_never_jumps(shares: list[float], rate: int) -> None:
    fade = covering_fade(np.array(shares), rate)
    steps = max(1, round(FADE * rate))
    assert fade.shape == (len(shares),)
    assert ((fade >= 0) & (fade <= 1)).all()
    assert np.abs(np.diff(fade)).max(initial=0) <= 1.6 / (steps + 1)
    # Nothing comes back for moments shorter than its own fading.
    shown = np.flatnonzero(fade > 0)
    for run in np.split(shown, np.flatnonzero(np.diff(shown) > 1) + 1):
        if len(run) and run[0] > 0 and run[-1] < len(shares) - 1:
            assert len(run) >= 2 * steps
