"""The signs of a mark in the sound, and their course over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_sounds import KEY, NUMBER, OTHER

from audio2video.watermark.code import Payload
from audio2video.watermark.sound_pattern import (
    BANDS,
    BITS,
    CHIP,
    LOWEST,
    PAIRS,
    PERIOD,
    TEMPLATE_SHARE,
    WIDTH,
    band_shares,
    cells,
    course,
    number_words,
    sound_layout,
    sound_number,
)

NUMBERS = st.integers(0, (1 << BITS) - 1)


@given(st.binary(min_size=32, max_size=32))
def test_every_cell_carries_one_thing(key: bytes) -> None:
    plan = sound_layout(key)
    assert plan.signs.shape == plan.chosen.shape == (PAIRS, BANDS)
    assert set(np.unique(plan.signs)) == {-1.0, 1.0}
    assert abs(float(plan.signs.mean())) < 0.2
    assert (plan.chosen == 0).sum() == PAIRS * BANDS // TEMPLATE_SHARE
    assert plan.chosen.min() == 0
    assert plan.chosen.max() < 1 << BITS


@given(NUMBERS)
def test_signs_are_turned_by_the_parity_of_chosen_bits(number: int) -> None:
    plan, found = sound_layout(KEY), cells(KEY, number)
    for sign, chosen, given_sign in zip(
        plan.signs.ravel()[::37].tolist(),
        plan.chosen.ravel()[::37].tolist(),
        found.ravel()[::37].tolist(),
        strict=True,
    ):
        assert given_sign == sign * (-1) ** bin(chosen & number).count("1")


def test_keys_and_numbers_give_other_signs() -> None:
    first, plan = cells(KEY, NUMBER), sound_layout(KEY)
    assert np.array_equal(cells(KEY, 0), plan.signs)
    assert abs(float((first * cells(OTHER, NUMBER)).mean())) < 0.1
    # The template alone is what marks of one key have in common.
    other = cells(KEY, NUMBER ^ 1)
    assert np.array_equal(first[plan.chosen == 0], other[plan.chosen == 0])
    assert abs(float((first * other)[plan.chosen != 0].mean())) < 0.1


@pytest.mark.parametrize("number", [-1, 1 << BITS])
def test_too_large_a_number_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        cells(KEY, number)


def test_a_number_is_the_beginning_of_a_payload() -> None:
    payload = Payload(1, 0x123456789AB)
    assert number_words(sound_number(payload)) == "12345"
    assert str(payload).startswith(number_words(sound_number(payload)))
    assert number_words(0xA) == "0000a"


def test_a_course_goes_through_its_signs_and_repeats() -> None:
    signs = cells(KEY, NUMBER)
    middles = (np.arange(2 * PAIRS) + 0.5) * CHIP
    wanted = np.stack([signs, -signs], axis=1).reshape(-1, BANDS)
    assert np.allclose(course(signs, middles), wanted, atol=1e-5)
    assert np.allclose(course(signs, middles + 7 * PERIOD), wanted, atol=1e-5)
    times = np.arange(0, PERIOD, 0.001)
    fine = course(signs, times)
    assert np.abs(fine).max() <= 1.0
    assert np.allclose(fine.mean(axis=0), 0, atol=0.01)
    # Smooth: in a millisecond, no more than that of a cosine of a chip's length.
    assert np.abs(np.diff(fine, axis=0)).max() < np.pi * 0.001 / CHIP * 1.01


@pytest.mark.parametrize("scale", [1.0, 0.95, 1.06])
def test_lines_are_shared_by_bands(scale: float) -> None:
    lines = np.arange(257) * 31.25
    shares = band_shares(lines, 31.25, scale)
    lowest, highest = LOWEST * scale, (LOWEST + WIDTH * BANDS) * scale
    inside = (lines > lowest + 16) & (lines < highest - 16)
    assert np.allclose(shares[inside].sum(axis=1), 1, atol=1e-5)
    assert (shares[(lines < lowest - 16) | (lines > highest + 16)] == 0).all()
    assert np.allclose(shares.sum(axis=0) * 31.25, WIDTH * scale, atol=1e-3)
