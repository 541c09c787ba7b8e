"""Candidate choice against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.texture.candidates import (
    LEAST,
    SHARE_OF_TARGET,
    WEIGHT_UNIT,
    candidate_count,
    choose_candidates,
    solve_bandwidth,
)


def mouths_at(distances: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mouths whose squared distance from the zero shape is given."""
    mouths = np.zeros((len(distances), 20, 2))
    mouths[:, 3, 1] = np.sqrt(distances)
    return mouths


def share(distances: NDArray[np.floating], count: int, width: float) -> float:
    weight = np.exp(-(distances - distances[0]) / width)
    return float(weight[:count].sum() / weight.sum())


@given(st.integers(1, 1000), st.integers(1, 5000))
def test_how_many_candidates(wanted: int, usable: int) -> None:
    count = candidate_count(wanted, usable)
    assert 1 <= count <= min(wanted, usable)
    if count < min(wanted, usable):
        assert count == max(LEAST, round(SHARE_OF_TARGET * usable))


DISTANCES = hnp.arrays(
    np.float64, st.integers(2, 60), elements=st.floats(0, 4, allow_subnormal=False)
).map(np.sort)


@given(DISTANCES, st.integers(1, 20), st.floats(0.1, 0.999))
def test_the_chosen_frames_carry_their_share_of_all_weight(
    distances: NDArray[np.float64], count: int, alpha: float
) -> None:
    count = min(count, len(distances) - 1)
    if distances[count] - distances[0] < 1e-6:
        return  # ties: no width could tell the chosen frames from the rest
    width = solve_bandwidth(distances, count, alpha)
    found = share(distances, count, width)
    assert found >= alpha - 1e-9
    widest = distances[-1] - distances[0]
    assert 0 < width <= widest
    if share(distances, count, widest) < alpha:
        # As wide as may be: a little wider, and the share is missed.
        assert share(distances, count, 1.0001 * width) < alpha + 1e-9
    else:
        assert width == widest


def test_when_all_frames_are_chosen_the_farthest_hardly_counts() -> None:
    distances = np.array([1.0, 2.0, 7.0])
    assert solve_bandwidth(distances, 3, 0.9) == solve_bandwidth(distances, 5, 0.9)
    weight = np.exp(-(distances - 1) / solve_bandwidth(distances, 3, 0.9))
    assert weight[0] == 1
    assert 0 < weight[-1] < 0.1


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.1, 0.99))
def test_weights_follow_the_formula_and_frames_come_nearest_first(
    seed: int, count: int, alpha: float
) -> None:
    rng = np.random.default_rng(seed)
    mouths = rng.normal(size=(40, 20, 2)).astype(np.float32)
    shape = rng.normal(size=(20, 2))
    usable = np.sort(rng.choice(40, 25, replace=False))
    chosen = choose_candidates(shape, mouths, usable, count, alpha)
    distance = ((mouths.astype(float) - shape) ** 2).sum(axis=(1, 2))
    nearest = usable[np.argsort(distance[usable])][:count]
    # Far ones may weigh nothing and are left out.
    assert chosen.frames.tolist() == nearest[: len(chosen.frames)].tolist()
    assert chosen.frames.dtype == chosen.weights.dtype == np.int64
    assert (chosen.weights > 0).all()
    assert (np.diff(chosen.weights) <= 0).all()
    assert abs(int(chosen.weights.sum()) - WEIGHT_UNIT) <= count
    width = solve_bandwidth(np.sort(distance[usable]), count, alpha)
    exact = np.exp(-distance[nearest] / width + distance[nearest[0]] / width)
    exact *= WEIGHT_UNIT / exact.sum()
    np.testing.assert_allclose(chosen.weights, exact[: len(chosen.weights)], atol=0.51)
    assert (exact[len(chosen.weights) :] <= 0.5).all()


def test_a_frame_of_just_this_shape_comes_first(rng: np.random.Generator) -> None:
    mouths = rng.normal(size=(30, 20, 2))
    chosen = choose_candidates(mouths[17], mouths, np.arange(30), 5, 0.9)
    assert chosen.frames[0] == 17
    assert chosen.weights[0] > WEIGHT_UNIT / 2


@pytest.mark.parametrize(("frames", "count"), [(20, 5), (5, 5), (3, 8), (1, 1)])
def test_frames_that_are_all_alike_count_alike(frames: int, count: int) -> None:
    mouths = np.tile(np.ones((20, 2)), (frames, 1, 1))
    chosen = choose_candidates(np.zeros((20, 2)), mouths, np.arange(frames), count, 0.9)
    kept = min(frames, count)
    assert chosen.frames.tolist() == list(range(kept))
    assert chosen.weights.tolist() == [round(WEIGHT_UNIT / kept)] * kept


def test_more_wanted_than_there_are() -> None:
    mouths = mouths_at(np.array([4.0, 1.0, 2.0]))
    chosen = choose_candidates(np.zeros((20, 2)), mouths, np.array([0, 1, 2]), 100, 0.9)
    assert chosen.frames.tolist() == [1, 2, 0]


def test_one_usable_frame_among_many(rng: np.random.Generator) -> None:
    mouths = rng.normal(size=(9, 20, 2))
    chosen = choose_candidates(np.zeros((20, 2)), mouths, np.array([6]), 1, 0.9)
    assert chosen.frames.tolist() == [6]
    assert chosen.weights.tolist() == [WEIGHT_UNIT]


def test_ties_at_the_border_are_no_endless_search() -> None:
    distances = np.array([1.0, 1.0, 1.0, 1.0, 3.0])
    width = solve_bandwidth(distances, 2, 0.9)
    assert width > 0
    assert share(distances, 2, width) == pytest.approx(0.5)
