"""The pattern of a mark, and how it is laid into pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_scenery import KEY, OTHER, PAYLOAD, scenery

from audio2video._typing import F32
from audio2video.watermark import embedding
from audio2video.watermark.code import Payload
from audio2video.watermark.embedding import Embedder, sized
from audio2video.watermark.pattern import (
    GROUPS,
    LONGEST,
    ROWS,
    SHORTEST,
    TILE,
    Field,
    layout,
    signs,
)


def field(key: bytes, payload: Payload, rows: int, columns: int) -> F32:
    return Field(key, payload, rows, columns).drawn()


def test_a_cell_has_no_power_outside_the_band() -> None:
    power = np.abs(np.fft.fft2(field(KEY, PAYLOAD, TILE, TILE))) ** 2
    rows = np.fft.fftfreq(TILE)
    radius = np.hypot(rows[:, None], rows)
    inside = (radius >= 1 / LONGEST) & (radius <= 1 / SHORTEST)
    assert power[~inside].sum() < 1e-6 * power.sum()


def test_patterns_are_of_like_strength() -> None:
    drawn = field(KEY, PAYLOAD, 3 * TILE, 2 * TILE + 9)
    assert drawn.shape == (3 * TILE, 2 * TILE + 9)
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert field(KEY, PAYLOAD, TILE, TILE).std() == pytest.approx(1, abs=1e-4)


def test_keys_and_payloads_give_other_patterns() -> None:
    size = 4 * TILE, 4 * TILE
    first = field(KEY, PAYLOAD, *size)
    assert abs(float((first * field(OTHER, PAYLOAD, *size)).mean())) < 0.05
    # The template, a third, is the same for a key, whatever is said.
    like = field(KEY, Payload(1, 0x7FEDCBA9876), *size)
    assert 0.2 < float((first * like).mean()) < 0.5


def test_the_template_alone_repeats() -> None:
    """The signs of the rest have nothing to do with each other from cell to cell."""
    whole = field(KEY, PAYLOAD, 17 * TILE, 2 * TILE)
    cells = whole.reshape(17, TILE, 2, TILE).swapaxes(1, 2)
    assert np.allclose(cells[16], cells[0], atol=1e-5)
    for other in (cells[0, 1], cells[1, 0], cells[5, 1]):
        assert float((cells[0, 0] * other).mean()) == pytest.approx(1 / 3, abs=0.15)
    assert set(np.unique(signs(KEY))) == {-1, 1}
    assert abs(signs(KEY).mean()) < 0.02


@given(st.binary(min_size=32, max_size=32))
def test_every_frequency_carries_one_thing(key: bytes) -> None:
    plan = layout(key)
    both = np.concatenate([plan.template, plan.data])
    assert sorted(both.tolist()) == list(range(len(plan.phases)))
    counts = np.bincount(plan.bits)
    assert counts.max() - counts.min() <= 1
    assert (plan.phases >= 0).all()
    assert (plan.phases < 2 * np.pi).all()


@given(st.integers(0, 2**32 - 1))
def test_turned_groups_are_those_of_a_field_turned_at_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.choice([-1, 1], (3, 2, 3, GROUPS))
    drawn = Field(KEY, PAYLOAD, TILE + 9, 2 * TILE + 50)
    for turned in steps:
        drawn.turn(turned)
    at_once = Field(KEY, PAYLOAD, TILE + 9, 2 * TILE + 50)
    at_once.turn(steps[-1])
    assert np.array_equal(drawn.drawn(), at_once.drawn())


def test_a_third_of_the_word_is_turned() -> None:
    plain, turned = (Field(KEY, PAYLOAD, 4 * TILE, 4 * TILE) for _ in range(2))
    turned.turn(np.full((4, 4, GROUPS), -1))
    # Of all frequencies, a third of two thirds have the other sign.
    same = float((plain.drawn() * turned.drawn()).mean())
    assert same == pytest.approx(1 - 2 * 2 / 9, abs=0.02)
    groups = np.bincount(layout(KEY).groups)
    assert len(groups) == GROUPS + 1
    assert groups[:GROUPS].max() - groups[:GROUPS].min() <= 1


@pytest.mark.parametrize("size", [(256, 256), (96, 64), (1920, 1080), (360, 640)])
def test_a_pattern_fills_frames_of_any_size(size: tuple[int, int]) -> None:
    scale = ROWS / min(size)
    drawn = sized(field(KEY, PAYLOAD, *(round(one * scale) for one in size[::-1])), *size)
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
    assert (before[changed] > embedding.BLACK).all()


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
    wanted = np.where((luma <= 20) | (wanted < 16) | (wanted > 235), luma, wanted)
    embedding._add(luma, strength, pattern)
    assert np.array_equal(luma, wanted)
