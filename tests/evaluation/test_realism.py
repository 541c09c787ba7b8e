"""Measures of rebuilt pictures, each against its closed form or a plain loop."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from audio2video._typing import U8
from audio2video.evaluation.realism import (
    BORDER,
    MIN_SIDE,
    REGION_MARGIN,
    Measured,
    PictureMeasures,
    change,
    compare_pictures,
    gradient,
    laplacian_variance,
    lip_distance,
    mouth_region,
    seam_energy,
    summarise,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH

HEIGHT, WIDTH = 48, 64
WHOLE = (slice(0, HEIGHT), slice(0, WIDTH))
NO_COVER = np.zeros((HEIGHT, WIDTH))
OPEN = np.array(
    [[20, 24], [26, 20], [32, 20], [38, 20], [44, 24], [38, 30], [32, 30], [26, 30]], float
)


def noise(rng: np.random.Generator, height: int = HEIGHT, width: int = WIDTH) -> U8:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def soft(rng: np.random.Generator) -> U8:
    picture = cv2.GaussianBlur(noise(rng).astype(np.float32), (0, 0), 2)
    return np.asarray(40 + 150 * (picture - picture.min()) / np.ptp(picture), np.uint8)


def compared(rebuilt: U8, true: U8, region: tuple[slice, slice] = WHOLE) -> PictureMeasures:
    return compare_pictures(rebuilt, true, region, NO_COVER, OPEN)


@pytest.mark.parametrize("offset", [1, 7, 40])
def test_psnr_of_an_offset(offset: int, rng: np.random.Generator) -> None:
    true = soft(rng)
    assert compared(true + np.uint8(offset), true).psnr == pytest.approx(
        20 * math.log10(255 / offset)
    )


@given(st.integers(0, 2**32 - 1))
def test_psnr_equals_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rebuilt, true = noise(rng, 9, 10), noise(rng, 9, 10)
    region = (slice(1, 9), slice(0, 9))
    squares = [
        (int(rebuilt[y, x, c]) - int(true[y, x, c])) ** 2
        for y in range(1, 9)
        for x in range(9)
        for c in range(3)
    ]
    found = compare_pictures(rebuilt, true, region, np.zeros((9, 10)), OPEN).psnr
    assert found == pytest.approx(10 * math.log10(255**2 / (sum(squares) / len(squares))))


def test_equal_pictures(rng: np.random.Generator) -> None:
    true = noise(rng)
    cover = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    found = compare_pictures(true.copy(), true, WHOLE, cover, OPEN)
    assert found.psnr > 75
    assert found.ssim == pytest.approx(1)
    assert found.sharpness == pytest.approx(1)
    assert found.seam == pytest.approx(1)
    assert found.teeth == 0


def plain_ssim(a: U8, b: U8) -> float:
    """Wang et al. (2004), windows of 7x7 that lie inside, mean of the channels."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for channel in range(3):
        for y in range(a.shape[0] - 6):
            for x in range(a.shape[1] - 6):
                p = a[y : y + 7, x : x + 7, channel].astype(float).ravel()
                q = b[y : y + 7, x : x + 7, channel].astype(float).ravel()
                both = np.cov(p, q)
                top = (2 * p.mean() * q.mean() + c1) * (2 * both[0, 1] + c2)
                base = (p.mean() ** 2 + q.mean() ** 2 + c1) * (both[0, 0] + both[1, 1] + c2)
                values.append(top / base)
    return float(np.mean(values))


def test_ssim_equals_a_plain_loop(rng: np.random.Generator) -> None:
    true = soft(rng)
    rebuilt = np.clip(true + rng.normal(scale=12, size=true.shape), 0, 255).astype(np.uint8)
    region = (slice(5, 19), slice(30, 47))
    found = compared(rebuilt, true, region).ssim
    assert found == pytest.approx(plain_ssim(rebuilt[region], true[region]), rel=1e-6)
    assert 0.2 < found < 0.98


def luminance(picture: U8) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float64)


def test_sharpness_is_the_variance_of_the_laplacian(rng: np.random.Generator) -> None:
    picture = noise(rng)
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
    wanted = ndimage.convolve(luminance(picture), kernel, mode="mirror").var()
    assert laplacian_variance(picture) == pytest.approx(wanted, rel=1e-5)
    gray = np.repeat(luminance(picture)[..., None], 3, axis=2)
    half = (64 + gray / 2).astype(np.uint8)
    # Half the contrast is a quarter of the variance.
    ratio = compared(half, gray.astype(np.uint8)).sharpness
    assert ratio == pytest.approx(0.25, rel=0.02)


def test_gradients_equal_the_definition(rng: np.random.Generator) -> None:
    picture = noise(rng)
    along = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)
    x, y = (ndimage.correlate(luminance(picture), k, mode="mirror") for k in (along, along.T))
    np.testing.assert_allclose(gradient(picture), np.hypot(x, y), rtol=1e-5, atol=1e-3)


def test_only_the_masks_border_makes_a_seam(rng: np.random.Generator) -> None:
    true = (noise(rng) // 2).astype(np.uint8)
    cover = np.zeros((HEIGHT, WIDTH))
    cover[:, 20:30], cover[:, 30] = 0.5, BORDER[0]
    cover[:, 31:] = BORDER[1]
    assert seam_energy(true, true, cover) == pytest.approx(1)
    other = true.copy()
    other[:, 35:] = 250  # well inside the mask
    other[:, :15] = 9  # well outside
    assert seam_energy(other, true, cover) == pytest.approx(1)
    border = (cover > BORDER[0]) & (cover < BORDER[1])
    assert border.sum() == 10 * HEIGHT
    step = true.copy()
    step[:, 25:] += np.uint8(90)
    wanted = gradient(step)[border].mean() / gradient(true)[border].mean()
    assert seam_energy(step, true, cover) == pytest.approx(wanted)
    assert wanted > 1.1


def test_twice_the_contrast_is_twice_the_gradient(rng: np.random.Generator) -> None:
    gray = rng.integers(0, 100, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    true = np.repeat(gray, 3, axis=2)
    cover = np.full((HEIGHT, WIDTH), 0.5)
    assert seam_energy(2 * true, true, cover) == pytest.approx(2)
    assert math.isnan(seam_energy(true, true, NO_COVER))
    assert math.isnan(seam_energy(true, true, np.ones((HEIGHT, WIDTH))))


def test_teeth_are_looked_for_between_the_inner_lips(rng: np.random.Generator) -> None:
    true = soft(rng)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[22:29, 25:40] = True
    rebuilt = true.copy()
    rebuilt[inside] += np.uint8(10)
    assert 5 < compared(rebuilt, true).teeth < 10
    assert compared(true + np.uint8(10), true).teeth == 10
    elsewhere = true.copy()
    elsewhere[:19], elsewhere[32:], elsewhere[:, :19], elsewhere[:, 46:] = 0, 0, 0, 0
    assert compared(elsewhere, true).teeth == 0


def test_a_closed_mouth_shows_no_teeth(rng: np.random.Generator) -> None:
    closed = OPEN.copy()
    closed[:, 1] = 24
    found = compare_pictures(noise(rng), noise(rng), WHOLE, NO_COVER, closed)
    assert math.isnan(found.teeth)
    away = compare_pictures(noise(rng), noise(rng), WHOLE, NO_COVER, OPEN + 500)
    assert math.isnan(away.teeth)


@given(
    unit=st.floats(10, 200),
    x=st.floats(-50, 400),
    y=st.floats(-50, 400),
    width=st.integers(MIN_SIDE, 300),
    height=st.integers(MIN_SIDE, 300),
)
def test_the_mouths_region_lies_inside_the_picture(
    unit: float, x: float, y: float, width: int, height: int
) -> None:
    mouth = unit * generic_head()[MOUTH, :2] + [x, y]
    rows, columns = mouth_region(mouth, unit, width, height)
    for part, side, low, high in (
        (columns, width, mouth[:, 0].min(), mouth[:, 0].max()),
        (rows, height, mouth[:, 1].min(), mouth[:, 1].max()),
    ):
        assert 0 <= part.start < part.stop <= side
        assert part.stop - part.start >= MIN_SIDE
        if low - REGION_MARGIN * unit >= 0 and high + REGION_MARGIN * unit <= side - 1:
            margins = (low - part.start, part.stop - 1 - high)
            assert min(margins) >= REGION_MARGIN * unit - 1e-6
            assert max(margins) <= REGION_MARGIN * unit + 1 or part.stop - part.start == MIN_SIDE


def test_lip_distance_and_change(rng: np.random.Generator) -> None:
    lips = rng.uniform(0, 100, (20, 2))
    assert lip_distance(lips + np.array([3, -4]), lips, 50.0) == pytest.approx(0.1)
    one = lips.copy()
    one[7] += [30, 40]
    assert lip_distance(one, lips, 10.0) == pytest.approx(50 / 20 / 10)
    picture = np.full((4, 5, 3), 100, np.uint8)
    other = picture.copy()
    other[0, 0] = [90, 120, 100]
    assert change(other, picture) == change(picture, other) == pytest.approx(30 / 60)


def row(
    psnr: float = 30.0,
    ssim: float = 0.9,
    sharpness: float = 1.0,
    seam: float = 1.0,
    teeth: float = 5.0,
    *,
    lips: float = 0.01,
    changes: tuple[float, float] | None = (1.0, 1.0),
    foreign: int = 0,
) -> Measured:
    return Measured(PictureMeasures(psnr, ssim, sharpness, seam, teeth), lips, changes, foreign)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([2.0, 7.5, 25.0, 1000.0]))
def test_summaries_equal_plain_loops(seed: int, frames: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    unknown = rng.uniform(size=(3, frames)) < 0.4
    rows = [
        row(
            rng.uniform(20, 40),
            rng.uniform(0.5, 1),
            rng.uniform(0.3, 2),
            math.nan if unknown[0, k] else rng.uniform(0.3, 2),
            math.nan if unknown[1, k] else rng.uniform(0, 30),
            lips=rng.uniform(0, 0.1),
            changes=None if unknown[2, k] else (rng.uniform(1, 3), rng.uniform(1, 3)),
            foreign=int(rng.integers(0, 3)),
        )
        for k in range(frames)
    ]
    found = summarise(rows, rate)
    pictures = [one.pictures for one in rows]

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    def middle(values: list[float]) -> float | None:
        known = sorted(v for v in values if not math.isnan(v))
        n = len(known)
        return (known[(n - 1) // 2] + known[n // 2]) / 2 if n else None

    assert found["psnr"] == pytest.approx(mean([p.psnr for p in pictures]))
    assert found["ssim"] == pytest.approx(mean([p.ssim for p in pictures]))
    assert found["lmd"] == pytest.approx(mean([one.lips for one in rows]))
    assert found["sharpness_ratio"] == pytest.approx(middle([p.sharpness for p in pictures]))
    seam, teeth = middle([p.seam for p in pictures]), [p.teeth for p in pictures if p.teeth >= 0]
    assert found["seam_ratio"] == (seam if seam is None else pytest.approx(seam))
    assert found["teeth_error"] == (pytest.approx(mean(teeth)) if teeth else None)
    pairs = [one.changes for one in rows if one.changes is not None]
    ratio = sum(a for a, _ in pairs) / sum(b for _, b in pairs) if pairs else None
    assert found["flicker_ratio"] == (ratio if ratio is None else pytest.approx(ratio))
    assert found["frames_with_foreign_pixels"] == mean([float(one.foreign > 0) for one in rows])
    span = min(frames, round(rate))
    for name, values, worst in (
        ("lmd", [one.lips for one in rows], max),
        ("ssim", [p.ssim for p in pictures], min),
        ("psnr", [p.psnr for p in pictures], min),
    ):
        means = [mean(values[k : k + span]) for k in range(frames - span + 1)]
        assert found["worst_second"][name] == pytest.approx(worst(means))


def test_what_is_not_known_is_none() -> None:
    rows = [row(seam=math.nan, teeth=math.nan, changes=None)] * 3
    found = summarise(rows, 25.0)
    assert found["seam_ratio"] is found["teeth_error"] is found["flicker_ratio"] is None
    still = summarise([row(changes=(0.0, 0.0))] * 3, 25.0)
    assert still["flicker_ratio"] is None
