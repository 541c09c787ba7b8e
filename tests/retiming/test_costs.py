"""What holding, turning and playing over a frame costs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.retiming import costs
from audio2video.retiming.costs import TargetCosts, natural_jerk, spread, target_costs, turn_jerks

FRAMES = 200


def costs_of(
    velocity: NDArray[np.float64] | None = None,
    blink: list[int] | None = None,
    lost: list[int] | None = None,
    cuts: list[int] | None = None,
    rate: float = 20.0,
    untouched: list[int] | None = None,
) -> TargetCosts:
    flags = np.zeros((3, FRAMES), bool)
    for row, places in zip(flags, (blink, lost, cuts), strict=True):
        row[places or []] = True
    flags[2, 0] = True
    still = np.zeros((FRAMES, 2)) if velocity is None else velocity
    left = None
    if untouched is not None:
        left = np.isin(np.arange(FRAMES), untouched)
    return target_costs(still, flags[0], ~flags[1], flags[2], rate, left)


def test_a_still_target_may_do_anything_anywhere() -> None:
    found = costs_of()
    assert not found.motion.any()
    assert not found.show.any()
    assert not found.edge.any()
    assert not found.enter[0].any()
    assert (found.enter[1] == costs.REVERSED_COST).all()
    for d, inner in ((0, np.s_[:-1]), (1, np.s_[1:])):
        assert (found.hold[d, inner] == costs.REPEAT_COST).all()
    # Turning at the very ends, or right after having begun there, is unknown.
    assert (found.turn[:, 2:-2] == costs.TURN_COST).all()


def test_nothing_is_looked_for_beyond_the_ends() -> None:
    found = costs_of()
    assert np.isinf([found.hold[0, -1], found.hold[1, 0]]).all()
    assert np.isinf([found.turn[0, 0], found.turn[1, -1]]).all()
    assert np.isinf(found.hold).sum() == np.isinf(found.turn).sum() == 2


def test_all_costs_fit_the_grain(rng: np.random.Generator) -> None:
    found = costs_of(rng.normal(size=(FRAMES, 2)), [3, 4], [50], [90])
    for values in (found.show, found.edge, found.enter, found.hold, found.turn):
        finite = values[np.isfinite(values)].astype(np.float64)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(finite * 512, np.round(finite * 512))
    np.testing.assert_array_equal(found.motion * 64, np.round(found.motion * 64))


def test_a_blink_is_neither_cut_nor_slowed() -> None:
    found = costs_of(blink=[100, 101, 102])
    np.testing.assert_array_equal(np.flatnonzero(found.edge), [100, 101, 102])
    held = found.hold[0] >= costs.AVOIDED
    # 0.1 s is two frames: no picture half-way from or to one of the frames 98 to 104.
    np.testing.assert_array_equal(np.flatnonzero(held[:-1]), np.arange(97, 105))
    np.testing.assert_array_equal(
        np.flatnonzero(found.hold[1, 1:] >= costs.AVOIDED), held[:-1].nonzero()[0]
    )
    # 0.3 s is six frames: the turning frame is none of 94 to 108.
    for d, side in ((0, 1), (1, -1)):
        turning = np.flatnonzero(found.turn[d, 2:-2] >= costs.AVOIDED) + 2 - side
        np.testing.assert_array_equal(turning, np.arange(94, 109))


def test_a_cut_is_not_played_over() -> None:
    found = costs_of(cuts=[80])
    assert np.flatnonzero(found.enter[0] >= costs.CUT_COST).tolist() == [80]
    assert np.flatnonzero(found.enter[1] >= costs.CUT_COST).tolist() == [79]
    assert np.flatnonzero(found.hold[0, :-1] >= costs.AVOIDED).tolist() == [79]
    assert np.flatnonzero(found.hold[1, 1:] >= costs.AVOIDED).tolist() == [79]
    # Played on in frame 80 after a turn in 79, and the other way round.
    assert np.flatnonzero(found.turn[0, 2:-2] >= costs.AVOIDED).tolist() == [78]
    assert np.flatnonzero(found.turn[1, 2:-2] >= costs.AVOIDED).tolist() == [77]
    worst = costs.TURN_COST + costs.JERK_COST * costs.WORST_JERK
    assert found.turn[0, 79] == worst  # what it was played from lies behind the cut


def test_coming_back_to_a_lost_face_is_no_cut() -> None:
    found = costs_of(lost=[40, 41], cuts=[42])
    assert (found.enter < costs.CUT_COST).all()
    assert np.flatnonzero(found.show).tolist() == [40, 41]
    assert (found.show[40:42] == costs.UNUSABLE_COST).all()
    assert np.flatnonzero(found.hold[0, :-1] >= costs.AVOIDED).tolist() == [39, 40, 41]
    # The turning frame is shown twice and half-way twice, once for the frame beside it.
    worst = costs.TURN_COST + costs.JERK_COST * costs.WORST_JERK
    assert found.turn[0, 41] == worst + 4 * costs.UNUSABLE_COST
    assert found.turn[0, 42] == worst + 3 * costs.UNUSABLE_COST
    assert found.turn[0, 43] == costs.TURN_COST


def test_frames_that_are_left_as_they_are_cost_more_than_a_turn() -> None:
    found = costs_of(lost=[40], untouched=[40, 90, 91])
    assert np.flatnonzero(found.show == costs.UNTOUCHED_COST).tolist() == [40, 90, 91]
    # A quarter of a second is five frames.
    near = [*range(35, 40), *range(41, 46), *range(85, 90), *range(92, 97)]
    assert np.flatnonzero(found.show == costs.NEAR_COST).tolist() == near
    assert np.count_nonzero(found.show) == 3 + len(near)
    assert (costs_of(untouched=[]).show == costs_of().show).all()


def test_a_turn_is_as_bad_as_the_acceleration_it_shows() -> None:
    # A head that swings: it rests at its ends, where a turn can't be seen.
    phase = 2 * np.pi * np.arange(-1, FRAMES) / 40
    swing = np.stack([np.sin(phase), 0.3 * np.sin(phase)], axis=1)
    velocity = np.diff(swing, axis=0)
    velocity[0] = 0
    found = costs_of(velocity)
    cost = found.turn[0, 1:-4]  # for the turning frames 0 to 194
    swings = np.arange(20, 180, 20)
    for begin in swings:  # the head passes the middle, and rests ten frames later
        cheapest = begin + cost[begin : begin + 20].argmin()
        assert abs(cheapest - (begin + 10)) <= 2
        assert cost[begin] > 2 * cost[cheapest]


def test_jerk_of_an_eased_turn(rng: np.random.Generator) -> None:
    place = np.cumsum(rng.normal(size=(8, 2)), axis=0)
    moves = np.zeros((9, 2))
    moves[1:-1] = np.diff(place, axis=0)
    unknown = np.zeros(9, bool)
    unknown[[0, -1]] = True
    found = turn_jerks(moves, unknown)
    for d, step in ((0, 1), (1, -1)):
        for j in range(8):
            there, before = j - step, j + step
            if not (0 <= there < 8 and 0 <= before < 8):
                assert np.isinf(found[d, j])
                continue
            eased = place[j] / 4 + 0.75 * place[there]
            ways = [before, j, eased, there, eased, j, before]
            shown = np.array([place[w] if isinstance(w, int) else w for w in ways])
            jerk = np.linalg.norm(np.diff(shown, 2, axis=0), axis=1).max()
            assert found[d, j] == pytest.approx(jerk)


def test_natural_jerk_ignores_what_is_unknown() -> None:
    velocity = np.zeros((300, 2))
    velocity[::2] = (0.03, 0.04)
    unknown = np.zeros(300, bool)
    unknown[150] = True
    velocity[150] = 9.0
    assert natural_jerk(velocity, unknown) == pytest.approx(0.05)
    assert natural_jerk(velocity, np.ones(300, bool)) == 0.0


def test_spread() -> None:
    flags = np.zeros(10, bool)
    flags[[0, 6]] = True
    assert np.flatnonzero(spread(flags, 2)).tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
    assert np.flatnonzero(spread(flags, 0)).tolist() == [0, 6]
