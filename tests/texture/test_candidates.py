"""Candidate choice against the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.texture.bandwidth import solve_bandwidth
from audio2video.texture.candidates import (
    MIN_CANDIDATES,
    NEGLIGIBLE_WEIGHT,
    OPENING_FLOOR,
    OPENING_WEIGHT,
    SHARE_OF_TARGET,
    WEIGHT_UNIT,
    Candidates,
    FrameFeatures,
    candidate_count,
    choose_candidates,
    merge_candidates,
    search_candidates,
)

PAIRS = ((13, 19), (14, 18), (15, 17))
"""Points of the upper inner lip, and those below them."""


def looks(rng: np.random.Generator, frames: int) -> FrameFeatures:
    """Appearances of as many frames, in the types that an analysis holds."""
    return FrameFeatures(
        rng.normal(size=(frames, 20, 2)).astype(np.float32),
        rng.normal(size=(frames, 2)),
        rng.uniform(size=(frames, 3)).astype(np.float32),
    )


def mouths(shapes: NDArray[np.floating]) -> FrameFeatures:
    """Appearances that differ in the mouth alone."""
    return FrameFeatures(shapes, np.zeros((len(shapes), 2)), np.zeros((len(shapes), 3)))


def openness(mouth: NDArray[np.floating]) -> float:
    """Logarithm of the mean gap between the inner lips, points 61 to 63 over 67 to 65."""
    gaps = [float(mouth[below, 1]) - float(mouth[above, 1]) for above, below in PAIRS]
    return math.log(max(sum(gaps) / 3, 0.0) + OPENING_FLOOR)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.floats(0, 100), st.floats(0, 100))
def test_the_distance_equals_a_plain_loop(
    seed: int, frames: int, pose: float, light: float
) -> None:
    rng = np.random.default_rng(seed)
    all_, wanted = looks(rng, frames), looks(rng, 1)
    found = all_.distance(wanted, pose, light)
    assert found.shape == (frames,)
    assert found.dtype == np.float64
    for k in range(frames):
        total = 0.0
        for point in range(20):
            for axis in range(2):
                apart = float(all_.mouths[k, point, axis]) - float(wanted.mouths[0, point, axis])
                total += apart**2
        for axis in range(2):
            total += pose * (float(all_.turn[k, axis]) - float(wanted.turn[0, axis])) ** 2
        for channel in range(3):
            apart = float(all_.light[k, channel]) - float(wanted.light[0, channel])
            total += light * apart**2
        total += OPENING_WEIGHT * (openness(all_.mouths[k]) - openness(wanted.mouths[0])) ** 2
        assert found[k] == pytest.approx(total, rel=1e-6)


def test_where_lips_meet_a_little_counts_for_much() -> None:
    shapes = np.tile(generic_head()[MOUTH, :2], (4, 1, 1))
    shapes[:, 12:20, 1] = shapes[:, 12:13, 1]
    for k, opening in enumerate((0.0, 0.03, 0.3, 0.33)):
        shapes[k, 17:20, 1] += opening
    all_ = mouths(shapes)
    near_closed = all_.distance(all_[0], 0.0, 0.0)[1]
    wide_open = all_.distance(all_[2], 0.0, 0.0)[3]
    lips = 3 * 0.03**2
    assert near_closed == pytest.approx(
        lips + OPENING_WEIGHT * math.log(1 + 0.03 / OPENING_FLOOR) ** 2
    )
    assert near_closed > 5 * wide_open > 5 * lips


def test_a_frame_is_no_distance_from_itself(rng: np.random.Generator) -> None:
    all_ = looks(rng, 12)
    one = all_[7]
    assert one.mouths.shape == (1, 20, 2)
    assert one.turn.shape == (1, 2)
    assert one.light.shape == (1, 3)
    distance = all_.distance(one, 0.3, 1.0)
    assert distance[7] == 0
    assert (np.delete(distance, 7) > 0).all()


def test_a_like_mouth_under_a_like_head_is_nearer(rng: np.random.Generator) -> None:
    shapes = np.tile(rng.normal(size=(20, 2)), (3, 1, 1))
    turn = np.array([[0.0, 0.0], [0.3, 0.0], [0.0, 0.0]])
    light = np.array([[0.5] * 3, [0.5] * 3, [0.6] * 3])
    all_ = FrameFeatures(shapes, turn, light)
    np.testing.assert_allclose(all_.distance(all_[0], 2.0, 10.0), [0, 2 * 0.09, 10 * 3 * 0.01])
    np.testing.assert_array_equal(all_.distance(all_[0], 0.0, 0.0), 0)


def share(distances: NDArray[np.floating], count: int, width: float) -> float:
    weight = np.exp(-(distances - distances[0]) / width)
    return float(weight[:count].sum() / weight.sum())


@given(st.integers(1, 1000), st.integers(1, 5000))
def test_how_many_candidates(wanted: int, usable: int) -> None:
    count = candidate_count(wanted, usable)
    assert 1 <= count <= min(wanted, usable)
    if count < min(wanted, usable):
        assert count == max(MIN_CANDIDATES, round(SHARE_OF_TARGET * usable))


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
    width = solve_bandwidth(distances[:count], distances[count:], alpha)
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
    weight = np.exp(-(distances - 1) / solve_bandwidth(distances, np.zeros(0), 0.9))
    assert weight[0] == 1
    assert 0 < weight[-1] < 0.1


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.1, 0.99))
def test_weights_follow_the_formula_and_frames_come_nearest_first(
    seed: int, count: int, alpha: float
) -> None:
    rng = np.random.default_rng(seed)
    all_, wanted = looks(rng, 40), looks(rng, 1)
    usable = np.sort(rng.choice(40, 25, replace=False))
    distance = all_.distance(wanted, 0.3, 1.0)
    chosen = choose_candidates(distance, usable, count, alpha)
    nearest = usable[np.argsort(distance[usable])][:count]
    # Far ones may weigh nothing and are left out.
    assert chosen.frames.tolist() == nearest[: len(chosen.frames)].tolist()
    assert chosen.frames.dtype == chosen.weights.dtype == np.int64
    assert (chosen.weights > 0).all()
    assert (np.diff(chosen.weights) <= 0).all()
    assert abs(int(chosen.weights.sum()) - WEIGHT_UNIT) <= count
    ranked = np.sort(distance[usable])
    width = solve_bandwidth(ranked[:count], ranked[count:], alpha)
    exact = np.exp(-distance[nearest] / width + distance[nearest[0]] / width)
    exact *= WEIGHT_UNIT / exact.sum()
    np.testing.assert_allclose(chosen.weights, exact[: len(chosen.weights)], atol=0.51)
    assert (exact[len(chosen.weights) :] <= 0.5).all()


def test_a_frame_of_just_this_shape_comes_first(rng: np.random.Generator) -> None:
    all_ = mouths(rng.normal(size=(30, 20, 2)))
    chosen = choose_candidates(all_.distance(all_[17], 0.0, 0.0), np.arange(30), 5, 0.9)
    assert chosen.frames[0] == 17
    assert chosen.weights[0] > WEIGHT_UNIT / 2


@pytest.mark.parametrize(("frames", "count"), [(20, 5), (5, 5), (3, 8), (1, 1)])
def test_frames_that_are_all_alike_count_alike(frames: int, count: int) -> None:
    chosen = choose_candidates(np.full(frames, 40.0), np.arange(frames), count, 0.9)
    kept = min(frames, count)
    assert chosen.frames.tolist() == list(range(kept))
    assert chosen.weights.tolist() == [round(WEIGHT_UNIT / kept)] * kept


def test_more_wanted_than_there_are() -> None:
    chosen = choose_candidates(np.array([4.0, 1.0, 2.0]), np.array([0, 1, 2]), 100, 0.9)
    assert chosen.frames.tolist() == [1, 2, 0]


def test_one_usable_frame_among_many(rng: np.random.Generator) -> None:
    chosen = choose_candidates(rng.uniform(size=9), np.array([6]), 1, 0.9)
    assert chosen.frames.tolist() == [6]
    assert chosen.weights.tolist() == [WEIGHT_UNIT]


def test_ties_at_the_border_are_no_endless_search() -> None:
    distances = np.array([1.0, 1.0, 1.0, 1.0, 3.0])
    width = solve_bandwidth(distances[:2], distances[2:], 0.9)
    assert width > 0
    assert share(distances, 2, width) == pytest.approx(0.5)


def bisected(distances: NDArray[np.floating], count: int, alpha: float) -> float:
    """The width by plain bisection, on all distances, ascending."""
    low, high = 1e-9 * distances[-1], float(distances[-1])
    for _ in range(200):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if share(distances, count, middle) >= alpha else (low, middle)
    return low


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0.2, 0.99), st.floats(0.5, 8))
def test_the_width_is_that_of_a_plain_bisection(
    seed: int, count: int, alpha: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    distances = np.sort(rng.exponential(size=400) ** spread)
    distances -= distances[0]
    rest = rng.permutation(distances[count:])  # in any order
    width = solve_bandwidth(distances[:count], rest, alpha)
    if share(distances, count, float(distances[-1])) >= alpha:
        assert width == distances[-1]
    else:
        assert width == pytest.approx(bisected(distances, count, alpha), rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 30))
def test_equal_distances_are_taken_in_their_order(seed: int, frames: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    distance = rng.integers(0, 6, frames) / 4.0
    usable = np.sort(rng.choice(frames, int(rng.integers(1, frames + 1)), replace=False))
    chosen = choose_candidates(distance, usable, count, 0.9)
    nearest = usable[np.argsort(distance[usable], kind="stable")][:count]
    assert chosen.frames.tolist() == nearest[: len(chosen.frames)].tolist()


@pytest.mark.parametrize("most", [1, 70, 1 << 21])
def test_a_search_for_many_moments_finds_what_each_finds_alone(
    most: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audio2video.texture.candidates.MAX_DISTANCES", most)
    all_, wanted = looks(rng, 60), looks(rng, 7)
    usable = np.sort(rng.choice(60, 35, replace=False))
    features = (all_.features(0.3, 1.0)[usable], usable, wanted.features(0.3, 1.0))
    found = list(search_candidates(*features, 9, 0.9))
    assert len(found) == 7
    for moment, chosen in enumerate(found):
        alone = choose_candidates(all_.distance(wanted[moment], 0.3, 1.0), usable, 9, 0.9)
        assert chosen.frames.tolist() == alone.frames.tolist()
        assert np.abs(chosen.weights - alone.weights).max() <= 1
        assert chosen.frames.dtype == np.int64


def test_a_search_among_very_many_frames_is_exact(rng: np.random.Generator) -> None:
    frames, count = 20_000, 100
    all_ = FrameFeatures(
        (0.1 * rng.normal(size=(frames, 20, 2)) + [0.0, 1.1]).astype(np.float32),
        0.1 * rng.normal(size=(frames, 2)),
        rng.uniform(0.4, 0.6, (frames, 3)).astype(np.float32),
    )
    features = all_.features(0.3, 1.0)
    found = search_candidates(features, np.arange(frames), features[[5, 77]] + 0.001, count, 0.9)
    for moment, chosen in enumerate(found):
        exact = ((features - features[[5, 77]][moment] - 0.001) ** 2).sum(axis=1)
        order = np.argsort(exact, kind="stable")
        width = bisected(exact[order] - exact[order[0]], count, 0.9)
        weight = np.exp(-(exact[order[:count]] - exact[order[0]]) / width)
        whole = np.round(weight / weight.sum() * WEIGHT_UNIT)
        kept = int((whole > 0).sum())
        assert chosen.frames.tolist() == order[:kept].tolist()
        assert np.abs(chosen.weights - whole[:kept]).max() <= 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_merged_choices_equal_a_plain_loop(seed: int, temporal_window: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(temporal_window)).tolist()
    choices = []
    for _ in range(temporal_window):
        frames = rng.choice(12, int(rng.integers(1, 9)), replace=False)
        choices.append(Candidates(frames, rng.integers(1, WEIGHT_UNIT, len(frames))))
    merged = merge_candidates(choices, shares)
    total = dict.fromkeys(range(12), 0.0)
    for chosen, share in zip(choices, shares, strict=True):
        for frame, weight in zip(chosen.frames.tolist(), chosen.weights.tolist(), strict=True):
            total[frame] += share * weight
    assert len(set(merged.frames.tolist())) == len(merged.frames)
    assert merged.frames.dtype == merged.weights.dtype == np.int64
    assert (merged.weights > 0).all()
    assert (np.diff(merged.weights) <= 0).all()
    for frame, weight in zip(merged.frames.tolist(), merged.weights.tolist(), strict=True):
        assert weight == pytest.approx(total[frame], abs=0.501)
    left = [total[frame] for frame in set(total) - set(merged.frames.tolist())]
    assert sum(left) <= NEGLIGIBLE_WEIGHT * sum(total.values()) + 0.501 * len(total)
    assert max(left, default=0) <= merged.weights.min() + 0.501
    # Any less would not do.
    assert merged.weights[:-1].sum() < (1 - NEGLIGIBLE_WEIGHT) * sum(total.values()) + 0.501 * len(
        total
    )


def test_one_choice_stays_as_it_is() -> None:
    chosen = Candidates(np.array([7, 2, 5]), np.array([60, 30, 10]))
    merged = merge_candidates([chosen], [1.0])
    assert merged.frames.tolist() == [7, 2, 5]
    assert merged.weights.tolist() == [60, 30, 10]
