"""Fine detail: sharpened as defined, with the gain that gives the variance aimed at."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from audio2video._typing import U8
from audio2video.texture.detail import (
    AIM,
    MAX_GAIN,
    MIN_KEPT,
    MIN_PIXELS,
    SHIFT,
    SIGMA,
    detail_gain,
    sharpen,
)


def skin(seed: int, blur: float = 0.8, contrast: float = 60.0) -> U8:
    """A gray, finely mottled picture that clips nowhere."""
    noise = np.random.default_rng(seed).normal(size=(64, 72))
    smooth = cv2.GaussianBlur(noise, (0, 0), blur)
    plane = 128 + contrast * smooth / np.abs(smooth).max()
    return np.repeat(np.round(plane)[..., None], 3, axis=2).astype(np.uint8)


def blurred(picture: U8, sigma: float) -> U8:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def laplacian_variance(gray: NDArray[np.floating], where: NDArray[np.bool_]) -> float:
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
    return float(ndimage.convolve(gray, kernel, mode="mirror")[where].var())


@given(st.integers(0, 2**32 - 1))
def test_sharpened_pictures_equal_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (9, 13, 3), dtype=np.uint8)
    gain = rng.uniform(0, MAX_GAIN, (9, 13)) * rng.integers(2, size=(9, 13))
    before = picture.copy(), gain.copy()
    found = sharpen(picture, gain)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(gain, before[1])
    blur = (SIGMA, SIGMA, 0)
    coarse = ndimage.gaussian_filter(picture.astype(float), blur, truncate=4.0, mode="mirror")
    wanted = np.clip(picture + gain[..., None] * (picture - coarse), 0, 255)
    np.testing.assert_allclose(found, wanted, atol=0.52)
    np.testing.assert_array_equal(found[gain == 0], picture[gain == 0])


@pytest.mark.parametrize("gain", [0.0, 0.5, MAX_GAIN])
def test_what_is_smooth_stays(gain: float) -> None:
    flat = np.full((20, 30, 3), [200, 150, 120], np.uint8)
    np.testing.assert_array_equal(sharpen(flat, np.full((20, 30), gain)), flat)
    ramp = np.tile(np.arange(0, 240, 4, dtype=np.uint8)[None, :, None], (20, 1, 3))
    sharp = sharpen(ramp, np.full((20, 60), gain))
    np.testing.assert_array_equal(sharp[:, 4:-4], ramp[:, 4:-4])


def everywhere(rebuilt: U8, true: U8) -> tuple[U8, U8, NDArray[np.bool_]]:
    return rebuilt, true, np.ones(true.shape[:2], bool)


def cubic(away: float) -> float:
    """Weight of a sample in bicubic interpolation, as OpenCV has it (a = -0.75)."""
    a, d = -0.75, abs(away)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def moved(gray: NDArray[np.floating]) -> NDArray[np.float64]:
    """The picture moved right and down by SHIFT, resampled."""
    taps = [cubic(k + SHIFT) for k in range(-2, 3)]
    for axis in (0, 1):
        gray = ndimage.correlate1d(gray, taps, axis=axis, mode="nearest")
    return np.asarray(gray)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.45), st.floats(0.7, 1.6), st.booleans())
def test_the_gain_gives_the_variance_that_is_aimed_at(
    seed: int, sigma: float, blur: float, part: bool
) -> None:
    true = skin(seed, blur)
    rebuilt = blurred(true, sigma)
    where = np.ones(true.shape[:2], bool)
    if part:
        where[:, 30:] = False
        rebuilt[:, 40:] = 0  # of no account
    gain = detail_gain([(rebuilt, true, where)])
    assert 0 < gain < MAX_GAIN
    x, gray = rebuilt[..., 0].astype(float), true[..., 0].astype(float)
    own = laplacian_variance(gray, where)
    # What resampling took from the true texture once, it will take from this one twice.
    kept = float(np.clip(laplacian_variance(moved(gray), where) / own, MIN_KEPT, 1.0))
    wanted = AIM * own / kept**2
    detail = x - ndimage.gaussian_filter(x, SIGMA, truncate=4.0, mode="mirror")
    assert laplacian_variance(x + gain * detail, where) == pytest.approx(wanted, rel=0.04)
    # So the sharpened picture itself, rounded, is about as sharp.
    sharp = sharpen(rebuilt, np.full(where.shape, gain))[..., 0].astype(float)
    assert laplacian_variance(sharp, where) == pytest.approx(wanted, rel=0.12)


def test_finer_pictures_lose_more_by_resampling() -> None:
    kept = []
    for blur in (0.5, 1.0, 2.0):
        gray = skin(0, blur)[..., 0].astype(float)
        everything = np.ones(gray.shape, bool)
        kept.append(
            laplacian_variance(moved(gray), everything) / laplacian_variance(gray, everything)
        )
    assert kept == sorted(kept)
    assert kept[0] < MIN_KEPT < kept[1] < 1  # both sides of the limit are tried above


def test_more_blur_needs_more_gain() -> None:
    true = skin(1)
    gains = [detail_gain([everywhere(blurred(true, s), true)]) for s in (0.35, 0.4, 0.45, 0.5)]
    assert gains == sorted(gains)
    assert gains[0] < 0.5 * gains[-1]


def test_the_gain_has_bounds() -> None:
    true = skin(2)
    assert detail_gain([everywhere(blurred(true, 5.0), true)]) == MAX_GAIN
    # Sharper than what is aimed at.
    assert detail_gain([everywhere(true, blurred(true, 1.0))]) == 0
    assert detail_gain([]) == 0
    flat = np.full_like(true, 90)
    assert detail_gain([everywhere(flat, true)]) == 0  # without detail no gain helps
    assert detail_gain([everywhere(flat, flat)]) == 0


def test_a_few_pixels_are_not_asked() -> None:
    true = skin(2)
    rebuilt = blurred(true, 0.45)
    for count, asked in ((MIN_PIXELS, True), (MIN_PIXELS - 1, False), (0, False)):
        where = np.zeros(true.shape[:2], bool)
        where.flat[2000 : 2000 + count] = True
        assert (detail_gain([(rebuilt, true, where)]) > 0) == asked


def test_one_odd_frame_does_not_matter() -> None:
    true = skin(3)
    rebuilt = blurred(true, 0.45)
    usual = detail_gain([everywhere(rebuilt, true)])
    odd = everywhere(blurred(true, 5.0), true)
    motion = everywhere(rebuilt, blurred(true, 3.0))
    few = (*odd[:2], np.zeros(true.shape[:2], bool))
    assert detail_gain([everywhere(rebuilt, true), odd, motion]) == usual
    samples = [odd, odd, everywhere(rebuilt, true), motion, motion, few, few, few]
    assert detail_gain(iter(samples)) == usual


def test_luminance_decides() -> None:
    rng = np.random.default_rng(4)
    colour = np.clip(skin(4) + rng.integers(-20, 20, 3), 0, 255).astype(np.uint8)
    soft = blurred(colour, 0.45)
    gray = [np.repeat(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY)[..., None], 3, 2) for p in (soft, colour)]
    wanted = detail_gain([everywhere(gray[0], gray[1])])
    assert detail_gain([everywhere(soft, colour)]) == pytest.approx(wanted, rel=1e-6)
