"""Telling the bare face from what is in front of it, and from what is turned away."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video._typing import U8
from audio2video.face.alignment import Alignment, from_common, to_common
from audio2video.face.appearance import COMPONENTS, Appearance, learn_appearance, log_colour
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.occlusion import (
    MIN_AREA,
    analysis_grid,
    clean_mask,
    confirmed_occlusions,
    lip_region,
    occluded_fraction,
    reduce_texture,
)
from audio2video.face.pose import HeadPose, fit_pose
from audio2video.face.rectify import RectifiedGrid, project_to_frame, texture_map, to_rectified
from audio2video.face.surface import surface_slope
from audio2video.face.visibility import FaceModel, facing, learn_face, occlusion_maps, sample_frames
from tools.presenter.presenter import demo_truth, render_frames

FRAMES = 90
LEARNED = np.arange(0, FRAMES, 2)
SPACE = RectifiedGrid.lower_face(24.0)


@lru_cache(maxsize=1)
def scene() -> tuple[U8, NDArray[np.float64]]:
    """Pictures of the painted presenter's lower face, and her landmarks, rectified."""
    landmarks = demo_truth(FRAMES, size=192).landmarks.astype(np.float64)
    pose = fit_pose(landmarks)
    own = RectifiedGrid.lower_face(float(np.median(pose.scale)))
    space = analysis_grid(own)
    pictures = []
    for k, frame in enumerate(render_frames(FRAMES, size=192)):
        texture = cv2.remap(frame, texture_map(own, pose[k]), None, cv2.INTER_CUBIC)
        pictures.append(reduce_texture(texture, own, space))
    return np.stack(pictures), to_rectified(landmarks, pose)


@lru_cache(maxsize=1)
def model() -> FaceModel:
    pictures, landmarks = scene()
    return learn_face(pictures[LEARNED], landmarks[LEARNED], analysis_grid(SPACE))


def inner_face() -> NDArray[np.bool_]:
    """Around mouth and chin, where the mask of the composite is."""
    x, y = SPACE.grid()
    return np.asarray((x / 0.6) ** 2 + ((y - 1.3) / 0.42) ** 2 < 1)


def painted(picture: U8, shape: NDArray[np.bool_], colour: NDArray[np.floating]) -> U8:
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 0.6)[..., None]
    return np.round(picture * (1 - soft) + colour * soft).astype(np.uint8)


def disc_at(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    xx, yy = SPACE.grid()
    return np.asarray(np.hypot(xx - x, yy - y) < radius)


def hand(picture: U8, x: float, y: float) -> tuple[U8, NDArray[np.bool_]]:
    """Fingers of exactly the cheeks' colour, with shade between them."""
    xx, yy = SPACE.grid()
    skin = np.median(picture[4:12, 6:14].reshape(-1, 3), axis=0)
    shade = 0.8 + 0.25 * np.cos((xx + 0.6 * yy) * 2 * np.pi / 0.22)
    shape = disc_at(x, y, 0.45)
    return painted(picture, shape, np.clip(shade[..., None] * skin, 0, 255)), shape


def covered_map(
    learned: FaceModel, picture: NDArray[np.uint8], landmarks: NDArray[np.floating]
) -> NDArray[np.uint8]:
    return occlusion_maps(learned, picture[None], landmarks[None])[0]


def test_frames_at_once_are_what_they_are_one_by_one() -> None:
    pictures, landmarks = scene()
    pictures = np.stack([hand(pictures[k], 0.0, 1.25)[0] for k in (9, 15, 33)] + [pictures[51]])
    landmarks = landmarks[[9, 15, 33, 51]]
    at_once = occlusion_maps(model(), pictures, landmarks)
    for picture, points, found in zip(pictures, landmarks, at_once, strict=True):
        # Sums in another order may turn the last digit of a score.
        apart = np.abs(found.astype(int) - covered_map(model(), picture, points))
        assert (apart > 1).mean() < 0.002


def test_the_bare_face_is_not_covered() -> None:
    pictures, landmarks = scene()
    unseen = np.setdiff1d(np.arange(FRAMES), LEARNED)
    shares = [
        (covered_map(model(), pictures[k], landmarks[k]) > 0)[inner_face()].mean() for k in unseen
    ]
    assert np.mean(shares) < 0.01
    assert np.mean(np.array(shares) > 0.02) < 0.05


@pytest.mark.parametrize("k", [11, 47, 71])
@pytest.mark.parametrize("place", [(-0.3, 1.2), (0.0, 1.4), (0.35, 1.1)])
def test_a_hand_of_the_same_skin_is_seen(k: int, place: tuple[float, float]) -> None:
    pictures, landmarks = scene()
    picture, shape = hand(pictures[k], *place)
    found = covered_map(model(), picture, landmarks[k])
    assert found.dtype == np.uint8
    assert ((found == 0) | (found >= 128)).all()
    assert (found > 0)[shape & inner_face()].mean() > 0.8
    beside = inner_face() & ~(cv2.dilate(shape.astype(np.uint8), np.ones((7, 7))) > 0)
    assert (found > 0)[beside].mean() < 0.15


@pytest.mark.parametrize(
    ("shape", "colour"),
    [
        (disc_at(0.1, 1.55, 0.16), (30, 30, 34)),  # a microphone
        (SPACE.grid()[0] > 0.35, (60, 90, 190)),  # the wall behind a turned face
        (SPACE.grid()[0] < -0.4, (225, 228, 230)),  # paper
    ],
)
def test_things_are_seen(shape: NDArray[np.bool_], colour: tuple[int, int, int]) -> None:
    pictures, landmarks = scene()
    for k in (13, 55):
        picture = painted(pictures[k], shape, np.array(colour, float))
        found = covered_map(model(), picture, landmarks[k]) > 0
        assert found[shape & inner_face()].mean() > 0.9
        beside = inner_face() & ~(cv2.dilate(shape.astype(np.uint8), np.ones((5, 5))) > 0)
        assert found[beside].mean() < 0.1


def test_light_is_not_in_front_of_the_face() -> None:
    pictures, landmarks = scene()
    x, _ = SPACE.grid()
    for light in (
        np.full((*x.shape, 1), 0.7) * [1.0, 0.97, 0.93],
        (1 - 0.25 * x)[..., None] * np.ones(3),
        (1 - 0.25 / (1 + np.exp(-(x - 0.2) / 0.1)))[..., None] * np.ones(3),  # a soft shadow
    ):
        for k in (15, 61):
            lit = np.clip(pictures[k] * light, 0, 255).astype(np.uint8)
            assert (covered_map(model(), lit, landmarks[k]) > 0)[inner_face()].mean() < 0.03


def test_what_is_always_there_belongs_to_the_face() -> None:
    pictures, landmarks = scene()
    # A moustache, on the speaker's skin in all frames.
    moustache = (np.abs(SPACE.grid()[0]) < 0.25) & (np.abs(SPACE.grid()[1] - 0.92) < 0.06)
    worn = np.stack([painted(p, moustache, np.array([50.0, 38, 30])) for p in pictures])
    learned = learn_face(worn[LEARNED], landmarks[LEARNED], SPACE)
    for k in (9, 33, 77):
        assert (covered_map(learned, worn[k], landmarks[k]) > 0)[inner_face()].mean() < 0.03
    # To the model of the shaven face it is foreign.
    assert (covered_map(model(), worn[9], landmarks[9]) > 0)[moustache].mean() > 0.8


def test_it_learns_the_face_and_not_what_passes_in_front_of_it() -> None:
    pictures, landmarks = scene()
    seen = pictures.copy()
    for k in range(10, 30):
        seen[k], _ = hand(pictures[k], -0.5 + 0.05 * (k - 10), 1.25)
    learned = learn_face(seen[LEARNED], landmarks[LEARNED], SPACE)
    for k in (51, 81):
        picture, shape = hand(pictures[k], 0.0, 1.25)
        assert (covered_map(learned, picture, landmarks[k]) > 0)[shape & inner_face()].mean() > 0.8
        assert (covered_map(learned, pictures[k], landmarks[k]) > 0)[inner_face()].mean() < 0.03


def test_a_few_frames_are_enough_to_begin_with() -> None:
    pictures, landmarks = scene()
    learned = learn_face(pictures[:2], landmarks[:2], SPACE)
    assert learned.appearance.basis.shape[-1] == learned.appearance.lights
    assert (covered_map(learned, pictures[1], landmarks[1]) > 0)[inner_face()].mean() < 0.02


def test_sampled_frames_are_usable_and_evenly_spread() -> None:
    usable = np.ones(1000, bool)
    usable[300:500] = False
    frames = sample_frames(usable, 100)
    assert len(frames) == 100
    assert usable[frames].all()
    steps = np.diff(np.searchsorted(np.flatnonzero(usable), frames))
    assert steps.min() >= 8
    assert steps.max() <= 9
    np.testing.assert_array_equal(sample_frames(np.array([False, True, True])), [1, 2])
    assert len(sample_frames(np.zeros(4, bool))) == 0


@given(st.floats(10.0, 200.0))
def test_reducing_keeps_places(resolution: float) -> None:
    space = RectifiedGrid.lower_face(resolution)
    reduced = analysis_grid(space)
    assert reduced.resolution <= min(24.0, resolution)
    ramp = np.stack([100 + 60 * g for g in (*space.grid(), space.grid()[0])], axis=-1)
    found = reduce_texture(np.round(ramp).astype(np.uint8), space, reduced)
    assert found.shape == (reduced.height, reduced.width, 3)
    x, y = reduced.grid()
    inside = np.s_[3:-3, 3:-3]
    np.testing.assert_allclose(found[..., 0][inside], (100 + 60 * x)[inside], atol=1.2)
    np.testing.assert_allclose(found[..., 1][inside], (100 + 60 * y)[inside], atol=1.2)


def test_aligned_lips_come_to_the_common_place_and_back() -> None:
    _, landmarks = scene()
    alignment = Alignment.of(landmarks, SPACE)
    own = landmarks[20].copy()
    own[[*range(5, 12), *range(55, 60), *range(65, 68)], 1] += 0.2  # a jaw that falls
    field = alignment.field(own)
    marked = np.zeros((SPACE.height, SPACE.width, 3), np.uint8)
    x, y = np.round(SPACE.to_pixels(own[57])).astype(int)
    marked[y - 1 : y + 2, x - 1 : x + 2] = 255
    there = to_common(marked, field)[..., 0].astype(np.float32)
    yy, xx = np.mgrid[: SPACE.height, : SPACE.width]
    place = np.array([(there * xx).sum(), (there * yy).sum()]) / there.sum()
    common = SPACE.to_pixels(np.median(landmarks, axis=0)[57])
    np.testing.assert_allclose(place, common, atol=0.6)
    back = from_common(there, field)
    place = np.array([(back * xx).sum(), (back * yy).sum()]) / back.sum()
    np.testing.assert_allclose(place, [x, y], atol=0.6)


def test_appearance_explains_light_and_its_own_changes(rng: np.random.Generator) -> None:
    # Faces made of a mean, two changes of its own, and light: nothing else may be left over.
    x, y = rng.uniform(-0.8, 0.8, (2, 400))
    mean = rng.normal(5, 0.2, (400, 3))
    changes = 0.2 * rng.standard_normal((2, 400, 3))
    numbers = rng.standard_normal((60, 2))
    light = rng.normal(0, 0.2, (60, 1, 1)) * np.array([1.0, 0.1, 0.1]) * (1 + x[:, None])
    colours = (mean + np.tensordot(numbers, changes, 1) + light).astype(np.float32)
    found = learn_appearance(colours, x, y)
    assert isinstance(found, Appearance)
    assert found.basis.shape[-1] - found.lights == 60 // 6 <= COMPONENTS
    # In the second a fifth of the pixels is covered: they stand out, the others do not.
    covered = colours[7].copy()
    covered[:80] += 0.8
    (bare, deviation), _ = found.explain(np.stack([colours[7], covered]))
    assert np.median(bare) < 0.5
    assert np.median(deviation[:80]) > 10
    assert np.median(deviation[80:]) < 1


def test_logarithmic_colour_separates_light_from_colour() -> None:
    picture = np.array([[[120, 80, 60], [240, 160, 120]]], np.uint8)
    dim, bright = log_colour(picture)[0]
    assert bright[0] - dim[0] == pytest.approx(np.log(2), abs=0.1)
    np.testing.assert_allclose(bright[1:], dim[1:], atol=0.06)


def test_cleaning_keeps_large_sure_parts_with_their_surroundings() -> None:
    score = np.zeros((SPACE.height, SPACE.width), np.float32)
    score[10:20, 10:20] = 0.8
    score[14, 14] = 1.5  # sure of one pixel, so of all that hangs together with it
    score[30:40, 30:40] = 0.9  # never sure
    score[5, 40] = 2.0  # sure, but a speck
    found = clean_mask(score, SPACE)
    assert (found[10:20, 10:20] >= 128).mean() > 0.95
    assert found[14, 14] > found[11, 11] == 128
    assert not found[25:].any()
    assert not found[:8].any()
    assert MIN_AREA * SPACE.resolution**2 > 1
    # A gap between two fingers is closed.
    score[10:20, 15] = 0
    score[14, 17] = 1.5
    assert clean_mask(score, SPACE)[12:18, 15].all()


def test_covers_of_a_single_frame_are_dropped() -> None:
    occlusions = np.zeros((8, SPACE.height, SPACE.width), np.uint8)
    for k in (2, 3, 4):
        occlusions[k, 10:16, 8 + 3 * k : 16 + 3 * k] = 200  # moves
    occlusions[3, 30:38, 5:12] = 255  # flashes, elsewhere
    occlusions[6, 10:16, 8:16] = 255  # flashes
    starts = np.zeros(8, bool)
    kept = confirmed_occlusions(occlusions, starts, SPACE)
    expected = occlusions.copy()
    expected[3, 30:38] = 0
    expected[6] = 0
    np.testing.assert_array_equal(kept, expected)
    # Across a cut nothing is confirmed.
    starts[3] = True
    kept = confirmed_occlusions(occlusions, starts, SPACE)
    assert not kept[2].any()
    assert kept[3, 10:16].any()


def test_shares() -> None:
    covered = np.zeros((SPACE.height, SPACE.width), np.uint8)
    mouth = generic_head()[MOUTH, :2]
    lips = lip_region(mouth, SPACE)
    assert occluded_fraction(covered, lips) == 0
    covered[:, : SPACE.width // 2] = 130
    assert occluded_fraction(covered, lips) == pytest.approx(0.5, abs=0.05)
    covered[:] = 255
    assert occluded_fraction(covered, lips) == 1
    assert occluded_fraction(covered, np.zeros_like(lips)) == 0
    x, y = SPACE.to_pixels(mouth.mean(axis=0)).round().astype(int)
    assert lips[y, x] == 1
    assert lips.sum() / SPACE.resolution**2 == pytest.approx(0.22, abs=0.05)


@settings(max_examples=25)
@given(st.floats(-0.7, 0.7), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_facing_is_the_shrinking_of_the_surface(yaw: float, pitch: float, roll: float) -> None:
    pose = HeadPose.from_array(np.array([[yaw, pitch, roll, 1.0, 0.0, 0.0]]))
    x, y = SPACE.grid()
    points = np.stack([x.ravel(), y.ravel()], axis=-1)[None]
    step = 1e-5
    by_x, by_y = (
        (project_to_frame(points + move, pose) - project_to_frame(points - move, pose))[0]
        / (2 * step)
        for move in (np.array([step, 0]), np.array([0, step]))
    )
    area = by_x[:, 0] * by_y[:, 1] - by_x[:, 1] * by_y[:, 0]
    slope_x, slope_y = surface_slope(x.ravel(), y.ravel())
    angle = np.degrees(np.arccos(np.clip(area / np.sqrt(1 + slope_x**2 + slope_y**2), -1, 1)))
    found = facing(SPACE, pose).ravel()
    smooth = (np.abs(points[0, :, 0]) < 0.95) & (points[0, :, 1] < 2.0)
    assert (found[smooth & (angle < 59.9)] == 1).all()
    assert (found[smooth & (angle > 75.1)] == 0).all()
    between = smooth & (angle > 61) & (angle < 74)
    assert ((found[between] > 0) & (found[between] < 1)).all()


def test_the_far_cheek_of_a_turned_head_is_not_seen() -> None:
    def at(yaw: float, x: float) -> float:
        pose = HeadPose.from_array(np.array([[np.radians(yaw), 0, 0, 1.0, 0.0, 0.0]]))
        column, row = SPACE.to_pixels(np.array([x, 1.2])).round().astype(int)
        return float(facing(SPACE, pose)[row, column])

    for x in (-0.6, 0.0, 0.6):
        assert at(0, x) == 1
    assert at(35, 0.6) == at(-35, -0.6) == 1
    assert at(35, -0.75) == at(-35, 0.75) == 0
