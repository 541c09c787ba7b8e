"""Frames in between others, of pictures whose motion is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.retiming.interpolation import FLOW_SIDE, planes_between


def frame_between(
    a: NDArray[np.uint8], b: NDArray[np.uint8], share: float = 0.5
) -> NDArray[np.uint8]:
    """All three planes at full resolution, the first taken for luma."""
    return np.stack(planes_between(cv2.split(a), cv2.split(b), share), axis=-1)


def scene(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """A smooth random picture with detail at several scales."""
    picture = np.zeros((height, width, 3), np.float32)
    for sigma in (2.0, 5.0, 15.0):
        noise = rng.normal(size=(height, width, 3)).astype(np.float32)
        layer = cv2.GaussianBlur(noise, (0, 0), sigma)
        picture += 22 * layer / layer.std()
    return np.asarray(np.clip(picture + 128, 0, 255), np.float32)


def moved(picture: NDArray[np.float32], x: float, y: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    move = np.array([[1, 0, x], [0, 1, y]], np.float64)
    warped = cv2.warpAffine(
        picture, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(np.clip(np.round(warped), 0, 255), np.uint8)


def error(found: NDArray[np.uint8], true: NDArray[np.uint8], margin: int) -> float:
    inner = np.s_[margin:-margin, margin:-margin]
    return float(np.abs(found[inner].astype(float) - true[inner]).mean())


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("motion", [(4, 0), (0, -8), (3, 5), (-8, 4)])
def test_part_of_a_shift(
    rng: np.random.Generator, motion: tuple[float, float], share: float
) -> None:
    picture = scene(rng, 160, 200)
    a, b = moved(picture, 0, 0), moved(picture, *motion)
    middle = frame_between(a, b, share)
    assert middle.shape == a.shape
    assert middle.dtype == np.uint8
    true = moved(picture, motion[0] * share, motion[1] * share)
    mean = np.round((1 - share) * a.astype(float) + share * b).astype(np.uint8)
    # Part of an odd shift lies between pixels, where reading them blurs.
    assert error(middle, true, 20) < (1.5 if motion[0] % 2 else 0.3)
    # Far better than a double exposure.
    assert error(middle, true, 20) < 0.3 * error(mean, true, 20)


def test_a_large_frame_is_matched_at_a_reduced_size(rng: np.random.Generator) -> None:
    width = FLOW_SIDE * 5 // 4
    picture = cv2.resize(scene(rng, 150, width // 2), (width, 300))
    a, b = moved(picture, 0, 0), moved(picture, 6, 4)
    assert error(frame_between(a, b), moved(picture, 3, 2), 30) < 2.5


def test_a_still_scene_stays(rng: np.random.Generator) -> None:
    a = moved(scene(rng, 90, 120), 0, 0)
    assert error(frame_between(a, a), a, 1) < 0.5
    flat = np.full((40, 40, 3), 77, np.uint8)
    np.testing.assert_array_equal(frame_between(flat, flat), flat)


def test_both_orders_agree(rng: np.random.Generator) -> None:
    picture = scene(rng, 120, 120)
    a, b = moved(picture, 0, 0), moved(picture, 4, 2)
    assert error(frame_between(a, b), frame_between(b, a), 10) < 0.5
    assert error(frame_between(a, b, 0.25), frame_between(b, a, 0.75), 10) < 0.5


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (8, 12), (240, 18), (2, 2)])
def test_odd_and_small_frames(rng: np.random.Generator, size: tuple[int, int]) -> None:
    a = moved(scene(rng, *size), 0, 0)
    middle = frame_between(a, a)
    assert middle.shape == a.shape
    assert np.abs(middle.astype(int) - a).mean() < 4


def test_planes_of_lower_resolution_move_along(rng: np.random.Generator) -> None:
    picture = scene(rng, 160, 200)
    a, b = (cv2.split(moved(picture, *motion)) for motion in ((0, 0), (8, 4)))
    halved = [[p[0], cv2.resize(p[1], (100, 80), interpolation=cv2.INTER_AREA)] for p in (a, b)]
    luma, chroma = planes_between(*halved, 0.5)
    assert (luma.shape, chroma.shape) == ((160, 200), (80, 100))
    true = cv2.resize(moved(picture, 4, 2)[..., 1], (100, 80), interpolation=cv2.INTER_AREA)
    assert error(chroma, true, 12) < 1.0


def test_what_is_in_two_places_is_seen_there_shortly(rng: np.random.Generator) -> None:
    """Two frames of a hand in opposite corners, which no flow brings together."""
    ground = cv2.GaussianBlur(rng.integers(60, 100, (200, 200)).astype(np.uint8), (0, 0), 2)
    a, b = ground.copy(), ground.copy()
    a[20:60, 20:60] = 230
    b[140:180, 140:180] = 230
    there, elsewhere = (slice(150, 170), slice(150, 170)), (slice(20, 60), slice(140, 180))
    bare = float(ground[there].mean())

    def hand(share: float, *, quickly: bool) -> float:
        (made,) = planes_between([a], [b], share, quickly=quickly)
        np.testing.assert_allclose(made[elsewhere], ground[elsewhere], atol=4)
        return (float(made[there].mean()) - bare) / (230 - bare)

    assert hand(0.3, quickly=False) > 0.2
    assert hand(0.3, quickly=True) < 0.05
    assert hand(0.7, quickly=True) > 0.95
    assert 0.3 < hand(0.5, quickly=True) < 0.7


def test_frames_that_meet_are_mixed_as_ever(rng: np.random.Generator) -> None:
    ground = cv2.GaussianBlur(rng.integers(0, 255, (120, 160)).astype(np.uint8), (0, 0), 4)
    moved = np.roll(ground, 2, axis=1)
    (slow,), (quick,) = (planes_between([ground], [moved], 0.4, quickly=on) for on in (False, True))
    np.testing.assert_allclose(slow[:, 8:-8], quick[:, 8:-8], atol=2)
