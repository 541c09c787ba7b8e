"""The pattern of a mark, and how it is laid into pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_scenery import KEY, OTHER, PAYLOAD, scenery

from audio2video.watermark import embedding
from audio2video.watermark.code import Payload
from audio2video.watermark.embedding import Embedder, spread
from audio2video.watermark.pattern import (
    LONGEST,
    SHORTEST,
    TILE,
    layout,
    tile,
)


def test_a_tile_has_no_power_outside_its_band() -> None:
    power = np.abs(np.fft.fft2(tile(KEY, PAYLOAD))) ** 2
    rows = np.fft.fftfreq(TILE)
    radius = np.hypot(rows[:, None], rows)
    inside = (radius >= 1 / LONGEST) & (radius <= 1 / SHORTEST)
    assert power[~inside].sum() < 1e-6 * power.sum()


def test_tiles_are_of_like_strength() -> None:
    drawn = tile(KEY, PAYLOAD)
    assert drawn.shape == (TILE, TILE)
    assert drawn.mean() == pytest.approx(0, abs=1e-5)
    assert drawn.std() == pytest.approx(1, abs=1e-4)


def test_keys_and_payloads_give_other_tiles() -> None:
    first = tile(KEY, PAYLOAD)
    assert np.array_equal(first, tile(KEY, PAYLOAD))
    assert abs(float((first * tile(OTHER, PAYLOAD)).mean())) < 0.1
    # The template is the same for a key: a third of the tile.
    like = tile(KEY, Payload(1, 0x7FEDCBA9876))
    assert 0.15 < float((first * like).mean()) < 0.55


@given(st.binary(min_size=32, max_size=32))
def test_every_frequency_carries_one_thing(key: bytes) -> None:
    plan = layout(key)
    both = np.concatenate([plan.template, plan.data])
    assert sorted(both.tolist()) == list(range(len(plan.phases)))
    counts = np.bincount(plan.bits)
    assert counts.max() - counts.min() <= 1
    assert (plan.phases >= 0).all()
    assert (plan.phases < 2 * np.pi).all()


@pytest.mark.parametrize("size", [(256, 256), (96, 64), (1920, 1080), (360, 640)])
def test_a_pattern_fills_frames_of_any_size(size: tuple[int, int]) -> None:
    drawn = spread(tile(KEY, PAYLOAD), *size)
    assert drawn.shape == size[::-1]
    assert drawn.std() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [(640, 360), (512, 512), (254, 130)])
def test_the_mark_is_small_and_smallest_where_it_is_smooth(size: tuple[int, int]) -> None:
    before = scenery(*size)
    after = before.copy()
    Embedder(KEY, PAYLOAD, *size).mark(after)
    error = (after.astype(float) - before) ** 2
    assert 10 * np.log10(255**2 / error.mean()) > 44
    third = size[0] // 3
    assert 0 < error[:, :third].mean() < error[:, -third:].mean()
    assert error[:, :third].mean() < 1


@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_black_and_white_stay_what_they_are(level: int, seed: int) -> None:
    before = scenery(64, 48, seed)
    before[:20] = level
    after = before.copy()
    Embedder(KEY, PAYLOAD, 64, 48).mark(after)
    changed = after != before
    assert ((after[changed] >= 16) & (after[changed] <= 235)).all()


def test_block_variances_are_those_of_numpy() -> None:
    luma = scenery(50, 38)
    found = embedding._variances(luma, 8)
    assert found.shape == (5, 7)
    for i in range(5):
        for j in range(7):
            block = luma[8 * i : 8 * i + 8, 8 * j : 8 * j + 8]
            assert found[i, j] == pytest.approx(block.var(), abs=1e-6)


def test_adding_is_that_of_numpy(rng: np.random.Generator) -> None:
    luma = rng.integers(0, 256, (30, 40)).astype(np.uint8)
    strength = rng.uniform(0, 5, luma.shape).astype(np.float32)
    pattern = rng.normal(0, 1, luma.shape).astype(np.float32)
    wanted = luma + np.rint(strength * pattern).astype(int)
    wanted = np.where((wanted < 16) | (wanted > 235), luma, wanted)
    embedding._add(luma, strength, pattern)
    assert np.array_equal(luma, wanted)
