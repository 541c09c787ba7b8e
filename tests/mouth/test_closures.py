"""Finding closed lips in an opening, and matching them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.mouth.closures import (
    CLOSED,
    PROMINENCE,
    TOLERANCE,
    ClosureCounts,
    count_closures,
    find_closures,
    match_closures,
)


def opening_with(*valleys: tuple[float, float, float], seconds: float = 2.0) -> np.ndarray:
    """An open mouth with valleys (middle [s], half width [s], depth), at 100 Hz."""
    t = np.arange(round(100 * seconds)) / 100
    opening = np.full(len(t), 0.2)
    for middle, half, depth in valleys:
        inside = np.abs(t - middle) < half
        shape = 0.5 + 0.5 * np.cos(np.pi * (t[inside] - middle) / half)
        opening[inside] = 0.2 - (0.2 - depth) * shape
    return opening


def test_closures_are_found_where_they_are() -> None:
    opening = opening_with((0.5, 0.15, 0.02), (1.3, 0.15, 0.06))
    assert find_closures(opening) == pytest.approx([0.5, 1.3], abs=0.006)


def test_lips_that_nearly_close_do_not_count() -> None:
    assert len(find_closures(opening_with((0.5, 0.15, CLOSED + 0.005)))) == 0
    assert len(find_closures(opening_with((0.5, 0.15, CLOSED - 0.015)))) == 1


def test_a_short_dip_does_not_count() -> None:
    for frames, found in ((5, 0), (6, 1)):
        opening = np.full(100, 0.2)
        opening[40 : 40 + frames] = 0.01
        assert len(find_closures(opening)) == found


def test_a_mouth_closed_at_the_ends_is_at_rest() -> None:
    rng = np.random.default_rng(1)
    opening = 0.02 + 0.2 * np.clip(np.sin(np.linspace(-2, np.pi + 2, 300)), 0, None)
    opening += rng.uniform(0, 0.4 * PROMINENCE, 300)
    assert len(find_closures(opening)) == 0


def test_pauses_hold_no_closures() -> None:
    opening = opening_with((0.5, 0.15, 0.02), (1.3, 0.15, 0.02))
    speech = np.ones(len(opening))
    speech[100:160] = 0.0
    assert find_closures(opening, speech) == pytest.approx([0.5], abs=0.006)


def test_two_closures_under_the_threshold_are_two() -> None:
    opening = np.full(200, 0.2)
    opening[50:110] = 0.02
    opening[75:85] = 0.02 + 2 * PROMINENCE
    assert find_closures(opening) == pytest.approx([0.62, 0.97], abs=0.006)
    opening[75:85] = 0.02 + 0.5 * PROMINENCE
    assert find_closures(opening) == pytest.approx([0.795], abs=0.006)


def test_a_long_closure_is_in_the_middle_of_itself() -> None:
    opening = np.full(200, 0.2)
    opening[50:110] = 0.03
    opening[55] = 0.025  # where it is lowest is chance
    assert find_closures(opening) == pytest.approx([0.795], abs=1e-9)


def test_a_still_mouth_has_none() -> None:
    assert len(find_closures(np.zeros(100))) == 0
    assert len(find_closures(np.zeros(1))) == 0
    assert len(find_closures(np.zeros(0))) == 0


times = st.lists(st.floats(0, 0.6).map(lambda x: round(x, 3)), max_size=5, unique=True).map(
    lambda found: np.array(sorted(found), float)
)


def best_matching(true: np.ndarray, predicted: np.ndarray) -> int:
    """Try all pairings."""
    few, many = sorted((true, predicted), key=len)
    return max(
        sum(abs(a - b) <= TOLERANCE + 1e-9 for a, b in zip(few, order, strict=True))
        for order in permutations(many, len(few))
    )


@given(times, times)
def test_matching_is_the_largest(true: np.ndarray, predicted: np.ndarray) -> None:
    assert match_closures(true, predicted) == best_matching(true, predicted)


def test_tolerance() -> None:
    assert match_closures(np.array([1.0]), np.array([1.06])) == 1
    assert match_closures(np.array([1.0]), np.array([0.94])) == 1
    assert match_closures(np.array([1.0]), np.array([1.07])) == 0
    assert match_closures(np.array([1.0, 1.05]), np.array([1.02])) == 1


def test_counts() -> None:
    true = opening_with((0.4, 0.15, 0.02), (1.0, 0.15, 0.02), (1.6, 0.15, 0.02))
    predicted = opening_with((0.43, 0.15, 0.04), (1.3, 0.15, 0.02))
    counts = count_closures(predicted, true)
    assert counts == ClosureCounts(3, 2, 1, 2.0)
    assert counts.as_dict() == pytest.approx(
        {
            "true": 3,
            "predicted": 2,
            "matched": 1,
            "recall": 1 / 3,
            "precision": 0.5,
            "false_per_second": 0.5,
        }
    )
    assert counts + counts == ClosureCounts(6, 4, 2, 4.0)
    speech = np.ones(200)
    speech[120:] = 0
    assert count_closures(predicted, true, speech) == ClosureCounts(2, 1, 1, 1.2)


def test_a_mouth_kept_shut_meets_no_closure() -> None:
    true = opening_with((0.4, 0.15, 0.02))
    counts = count_closures(np.zeros(200), true)
    assert (counts.true, counts.predicted, counts.matched) == (1, 0, 0)
    assert counts.as_dict()["precision"] is None
    assert ClosureCounts().as_dict()["recall"] is None
    assert ClosureCounts().as_dict()["false_per_second"] is None
