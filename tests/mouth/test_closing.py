"""Lips that meet at /p b m/."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from corpus_maker import closed_mouth, mouths_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.layout import mouth_opening, mouth_width
from audio2video.mouth.basis import ShapeBasis, fit_basis
from audio2video.mouth.closing import (
    CERTAIN,
    LEAD,
    LIKELY,
    MET_SHARE,
    MOST_MET,
    close_lips,
    closing_weight,
    meeting_opening,
    opening_direction,
)
from audio2video.mouth.shapes import relative_shapes


@pytest.fixture(scope="module")
def basis() -> ShapeBasis:
    opening = 0.15 + 0.15 * np.sin(np.arange(400) / 5)
    return fit_basis(relative_shapes(mouths_of(opening), closed_mouth()))


def test_the_direction_is_how_the_mouth_moves_as_it_opens(basis: ShapeBasis) -> None:
    direction = opening_direction(basis)
    assert mouth_opening(direction) == pytest.approx(1)
    # The plainest way to the same: the slope of every coordinate on the opening.
    shapes = relative_shapes(mouths_of(np.linspace(0, 0.3, 200)), closed_mouth())
    opening = mouth_opening(shapes)
    slopes = np.polyfit(opening, shapes.reshape(200, 40), 1)[0].reshape(20, 2)
    np.testing.assert_allclose(direction, slopes, atol=0.05)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 99))
def test_weights_close_that_far(weights: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    opening = rng.uniform(0, 0.3, len(weights))
    shapes = relative_shapes(mouths_of(opening), closed_mouth())
    training = relative_shapes(mouths_of(rng.uniform(0, 0.3, 60)), closed_mouth())
    closed = close_lips(shapes, np.array(weights), fit_basis(training))
    opening = mouth_opening(shapes)
    expected = opening - np.array(weights) * np.maximum(opening - meeting_opening(opening), 0)
    np.testing.assert_allclose(mouth_opening(closed), expected, atol=1e-9)


def test_lips_meet_at_a_share_of_the_range() -> None:
    opening = np.linspace(-0.01, 0.4, 2001)
    low, high = (np.sort(opening)[round(q * 2000)] for q in (0.02, 0.98))
    assert meeting_opening(opening) == pytest.approx(low + MET_SHARE * (high - low))
    assert meeting_opening(opening - 1) == 0
    assert meeting_opening(opening + 1) == MOST_MET
    assert meeting_opening(opening[:0]) == 0


def test_what_is_closed_already_stays(basis: ShapeBasis) -> None:
    shapes = relative_shapes(mouths_of(np.full(5, -0.01)), closed_mouth())
    np.testing.assert_array_equal(close_lips(shapes, np.ones(5), basis), shapes)


def test_a_mouth_that_closes_stays_as_wide_as_one_that_is_closed(basis: ShapeBasis) -> None:
    reference = closed_mouth()
    shapes = relative_shapes(mouths_of(np.linspace(0, 0.3, 50)), reference)
    closed = reference + close_lips(shapes, np.ones(50), basis) * mouth_width(reference)
    np.testing.assert_allclose(mouth_width(closed), mouth_width(reference), atol=0.02)


def plateau(begin: int, end: int) -> NDArray[np.float32]:
    evidence = np.full(100, LIKELY - 5, np.float32)
    evidence[begin:end] = CERTAIN + 5
    return evidence


def test_weights_follow_the_evidence() -> None:
    times = np.arange(50) / 25
    weight = closing_weight(plateau(40, 60), 50, times)
    inside = (times >= 0.8) & (times <= 1.18)
    assert (weight[inside] == 1).all()
    assert (weight[(times < 0.76) | (times > 1.22)] == 0).all()
    half = np.full(100, (LIKELY + CERTAIN) / 2)
    np.testing.assert_allclose(closing_weight(half, 50, times), 0.5)


def test_lips_are_ahead_of_the_sound() -> None:
    times = np.arange(60, 140) / 100
    late = closing_weight(plateau(40, 60), 50, times - LEAD)
    share = np.interp(times * 50, np.arange(100), plateau(40, 60) > LIKELY)
    np.testing.assert_allclose(late, share, atol=1e-9)


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
@pytest.mark.parametrize("begin", range(40, 46))
def test_a_short_closure_is_seen_at_any_usual_frame_rate(rate: int, begin: int) -> None:
    times = np.arange(2 * rate) / rate
    weight = closing_weight(plateau(begin, begin + 2), 50, times)
    assert weight.max() > 0.49
    closed = np.flatnonzero(weight > 0.01)
    middle = (begin + 0.5) / 50
    assert np.abs(times[closed] - middle).max() <= 1 / rate + 0.04


def test_without_evidence_nothing_closes() -> None:
    assert not closing_weight(np.zeros(0), 50, np.arange(4) / 25).any()


def test_a_basis_without_variances_still_closes(basis: ShapeBasis) -> None:
    flat = replace(basis, variance=np.ones_like(basis.variance))
    shapes = relative_shapes(mouths_of(np.full(2, 0.2)), closed_mouth())
    closed = mouth_opening(close_lips(shapes, np.ones(2), flat))
    np.testing.assert_allclose(closed, MOST_MET, atol=1e-9)
