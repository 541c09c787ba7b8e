"""The retiming's dynamic programme against brute force, and against its plain twin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.retiming.costs import TargetCosts
from audio2video.retiming.path import EASE, best_path
from benchmarks import plain

Numbers = NDArray[np.float32]
Problem = tuple[Numbers, TargetCosts, int]


@st.composite
def problems(draw: st.DrawFn, longest: int, most: int) -> Problem:
    n, m = draw(st.integers(1, longest)), draw(st.integers(3, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([2, 5, 512]))  # few levels make many ties

    def numbers(low: float, high: float, *shape: int) -> Numbers:
        # Whole numbers of 1/512, whose sums are exact: costs are compared without tolerance.
        share = rng.integers(0, levels, shape) / levels
        return (np.round((low + (high - low) * share) * 512) / 512).astype(np.float32)

    gain = np.round(numbers(-2, 2, n) * 8) / 8
    motion = np.round(numbers(0, 1, m) * 64) / 64
    hold, turn = numbers(0, 4, 2, m), numbers(-2, draw(st.sampled_from([0, 8])), 2, m)
    hold[0, -1] = hold[1, 0] = turn[0, 0] = turn[1, -1] = np.inf
    lock = draw(st.integers(0, m - 3))
    show, enter, edge = numbers(0, 4, m), numbers(0, 2, 2, m), numbers(0, 2, m)
    return gain, TargetCosts(motion, show, enter, hold, turn, edge), lock


Shown = list[float]


def allowed(problem: Problem) -> Iterator[tuple[float, Shown]]:
    """Every way to play the target, as places in it, and what it costs."""
    gain, (motion, show, enter, hold, turn, edge), lock = problem
    n, m = len(gain), len(motion)

    def picture(j: int, i: int) -> float:
        return float(gain[i] * motion[j] + show[j])

    def extend(shown: Shown, d: int, locked: int, cost: float) -> Iterator[tuple[float, Shown]]:
        i, j = len(shown), int(shown[-1])
        if i == n:
            yield cost + float(edge[j]), shown
            return
        step = 1 - 2 * d
        if 0 <= j + step < m:
            on = cost + picture(j + step, i) + float(enter[d, j + step])
            yield from extend([*shown, j + step], d, max(locked - 1, 0), on)
            if not locked:
                still = cost + picture(j, i) + float(hold[d, j])
                if i + 1 == n:
                    yield still + float(edge[j]), [*shown, j + step / 2]
                else:  # a frame once held is gone on from
                    next_on = still + picture(j + step, i + 1) + float(enter[d, j + step])
                    yield from extend([*shown, j + step / 2, j + step], d, 0, next_on)
                if i + EASE < n:
                    eased = j + 0.75 * step
                    back = [eased, j + step, eased, j]
                    turned = cost + float(turn[1 - d, j]) + picture(j, i + EASE)
                    yield from extend([*shown, *back], 1 - d, lock, turned)

    for j in range(m):
        for d in range(2):
            yield from extend([j], d, 0, picture(j, 0) + float(edge[j]))


@settings(max_examples=60)
@given(problems(9, 5))
def test_no_allowed_path_is_cheaper(problem: Problem) -> None:
    found = best_path(*problem).tolist()
    ways = list(allowed(problem))
    assert min(cost for cost, shown in ways if shown == found) == min(cost for cost, _ in ways)


@settings(max_examples=150)
@given(problems(70, 40))
def test_it_equals_its_twin(problem: Problem) -> None:
    found = best_path(*problem)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, plain.best_path(*problem))


def test_a_turn_that_pays_is_eased_and_followed_by_a_stretch_of_play() -> None:
    # Turning is worth more than anything: it turns as often as it may.
    m, n, lock = 30, 100, 8
    none = np.zeros(m, np.float32)
    enter, hold, turn = (np.full((2, m), cost, np.float32) for cost in (0, 9, -5))
    hold[0, -1] = hold[1, 0] = turn[0, 0] = turn[1, -1] = np.inf
    costs = TargetCosts(none, none, enter, hold, turn, none)
    places = best_path(np.zeros(n, np.float32), costs, lock)
    speed = np.diff(places)
    assert np.abs(np.diff(speed)).max() == 0.5
    turns = np.flatnonzero(speed[1:] * speed[:-1] < 0)
    assert (speed != 0).all()
    assert (np.diff(turns) >= lock + EASE + 1).all()
    assert len(turns) == 1 + (n - (EASE + 2)) // (lock + EASE + 1)


@pytest.mark.parametrize("m", [1, 2])
def test_a_target_too_short_to_turn_in_is_refused(m: int) -> None:
    n = 2 * m + 1
    row, rows = np.zeros(m, np.float32), np.zeros((2, m), np.float32)
    never = np.full((2, m), np.inf, np.float32)
    costs = TargetCosts(row, row, rows, never, never, row)
    with pytest.raises(ValueError, match=f"{m} target frames can't be played for {n}"):
        best_path(np.zeros(n, np.float32), costs, 0)
