"""Laplacian-pyramid blending against the textbook, written out with plain convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from audio2video.compositing.pyramid import blend_difference, scaled

Floats = NDArray[np.float64]
KERNEL = np.array([1, 4, 6, 4, 1]) / 16


def laplacian_blend(
    front: NDArray[Any], back: NDArray[Any], mask: NDArray[np.floating], levels: int
) -> NDArray[np.floating]:
    difference = np.asarray(front, np.float32) - np.asarray(back, np.float32)
    return back + blend_difference(difference, mask, levels)


def test_a_plane_scales_all_channels(rng: np.random.Generator) -> None:
    picture, plane = rng.random((9, 7, 3), np.float32), rng.random((9, 7), np.float32)
    np.testing.assert_array_equal(scaled(picture, plane), picture * plane[..., None])


def reduced(picture: Floats) -> Floats:
    """REDUCE of Burt and Adelson: blur, keep every other pixel."""
    for axis in (0, 1):
        picture = correlate1d(picture, KERNEL, axis=axis, mode="mirror")
    return picture[::2, ::2]


def expanded(picture: Floats, shape: tuple[int, int]) -> Floats:
    """EXPAND: spread the pixels, blur with four times the weight."""
    for axis in (0, 1):
        wide = np.repeat(picture, 2, axis=axis)
        places: list[slice | int] = [slice(None)] * wide.ndim
        places[axis] = slice(1, None, 2)
        wide[tuple(places)] = 0
        picture = 2 * correlate1d(wide, KERNEL, axis=axis, mode="mirror")
    return picture[: shape[0], : shape[1]]


def textbook(front: Floats, back: Floats, mask: Floats, levels: int) -> Floats:
    if levels == 0:
        return mask[..., None] * front + (1 - mask[..., None]) * back
    shape = (front.shape[0], front.shape[1])
    small_front, small_back = reduced(front), reduced(back)
    fine_front = front - expanded(small_front, shape)
    fine_back = back - expanded(small_back, shape)
    fine = mask[..., None] * fine_front + (1 - mask[..., None]) * fine_back
    coarse = textbook(small_front, small_back, reduced(mask), levels - 1)
    return fine + expanded(coarse, shape)


@settings(max_examples=40)
@given(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_it_is_the_textbook(levels: int, rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Multiples of 32, so that all levels are there and borders fall alike.
    shape = (32 * rows, 32 * columns)
    front, back = rng.uniform(0, 255, (2, *shape, 3))
    mask = rng.uniform(0, 1, shape)
    found = laplacian_blend(front, back, mask, levels)
    expected = textbook(front, back, mask, levels)
    # The border of EXPAND is a matter of taste; it reaches two pixels a level.
    inner = np.s_[
        2 ** (levels + 1) : -(2 ** (levels + 1)), 2 ** (levels + 1) : -(2 ** (levels + 1))
    ]
    np.testing.assert_allclose(found[inner], expected[inner], atol=2e-3)


SIZES = [(1, 1), (1, 9), (3, 5), (8, 8), (17, 40), (31, 33), (64, 50)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("levels", [0, 1, 4, 9])
def test_masks_of_one_value_show_one_picture(
    rng: np.random.Generator, size: tuple[int, int], levels: int
) -> None:
    front, back = rng.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    full = laplacian_blend(front, back, np.ones(size), levels)
    assert full.dtype == np.float32
    np.testing.assert_allclose(full, front, atol=1e-3)
    np.testing.assert_allclose(
        laplacian_blend(front, back, np.zeros(size), levels), back, atol=1e-3
    )
    half = laplacian_blend(front, back, np.full(size, 0.5), levels)
    np.testing.assert_allclose(half, (front.astype(float) + back) / 2, atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_equal_pictures_stay_whatever_the_mask(
    rng: np.random.Generator, size: tuple[int, int]
) -> None:
    picture = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    found = laplacian_blend(picture, picture, rng.random(size), 4)
    np.testing.assert_allclose(found, picture, atol=1e-3)


def test_constant_pictures_mix_smoothly_and_within_their_values() -> None:
    front, back = np.full((64, 64, 3), 200.0), np.full((64, 64, 3), 50.0)
    mask = np.zeros((64, 64))
    mask[:, 32:] = 1
    row = laplacian_blend(front, back, mask, 4)[32, :, 0]
    assert (np.diff(row) >= -1e-3).all()
    assert row.min() >= 50 - 1e-3
    assert row.max() <= 200 + 1e-3
    # A step of colour becomes a wide slope; with no levels it stays a step.
    assert np.diff(row).max() < 25
    assert np.diff(laplacian_blend(front, back, mask, 0)[32, :, 0]).max() == 150


def test_fine_detail_mixes_over_a_narrow_band() -> None:
    column = np.arange(128)
    front = np.tile((128 + 60 * (-1.0) ** column)[None, :, None], (64, 1, 3))
    back = np.full((64, 128, 3), 128.0)
    mask = np.zeros((64, 128))
    mask[:, 64:] = 1
    row = laplacian_blend(front, back, mask, 4)[32, :, 0]
    assert np.abs(row[:58] - 128).max() < 3
    assert np.abs(row[70:] - front[32, 70:, 0]).max() < 3


def test_the_inputs_are_left_alone(rng: np.random.Generator) -> None:
    front, back = rng.uniform(0, 255, (2, 40, 40, 3)).astype(np.float32)
    mask = rng.random((40, 40)).astype(np.float32)
    before = front.copy(), back.copy(), mask.copy()
    laplacian_blend(front, back, mask, 3)
    for array, copy in zip((front, back, mask), before, strict=True):
        np.testing.assert_array_equal(array, copy)
