"""Which footage shows a listener."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from dyadic import spoken
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.listening.footage import LOST_COST, SEEN, make_footage
from audio2video.listening.gestures import Habits, find_nods
from audio2video.listening.graph import Footage
from audio2video.listening.motion import EYES, NAMES, PITCH, FaceMotion
from audio2video.listening.playing import Playing, play, varied
from audio2video.listening.repeats import Repeat, gesture_frames, shown_again
from audio2video.listening.shown import shown_motion
from audio2video.listening.wish import Wish, calm_aspects, nod_pitch, ruled_wish
from audio2video.retiming.retime import Retiming

RATE = 25.0


def nodding(frames: int = 250, nods: tuple[int, ...] = (80, 180)) -> FaceMotion:
    """A head that drifts and nods, as often as asked for."""
    values = np.zeros((frames, len(NAMES)))
    values[:, EYES] = 1.0
    values[:, PITCH] = np.sin(np.arange(frames) / 40)
    for first in nods:
        values[:, PITCH] += 6 * nod_pitch((np.arange(frames) - first) / 15)
    return FaceMotion(values, np.ones(frames, bool), RATE)


def footage_of(
    motion: FaceMotion,
    starts: tuple[int, ...] = (),
    *,
    reversible: bool = True,
    bad: slice = slice(0),
) -> Footage:
    frames = len(motion)
    begins, untouched = np.zeros(frames, bool), np.zeros(frames, bool)
    begins[list(starts)] = True
    untouched[bad] = True
    base = np.random.default_rng(0).integers(0, 255, (24, 16))
    moved = motion.values[:, PITCH, None, None]
    pictures = np.clip(base + 5 * moved, 0, 255).astype(np.uint8)
    mouths = np.zeros((frames, 4))
    return make_footage(
        motion, pictures, mouths, np.zeros(frames), untouched, begins, reversible=reversible
    )


def calm(frames: int) -> Wish:
    none = np.zeros(0)
    return Wish(np.tile(calm_aspects(), (frames, 1)), np.ones((frames, 8)), none, none, none)


def steps_of(playing: Playing) -> list[tuple[float, bool]]:
    """How far the place moves from frame to frame, and whether a join is on."""
    on = playing.joined >= 0
    moves = np.diff(playing.positions)
    return [(float(move), bool(on[k] or on[k + 1])) for k, move in enumerate(moves)]


@settings(max_examples=8)
@given(
    st.integers(20, 400),
    st.booleans(),
    st.lists(st.integers(40, 200), max_size=2),
    st.integers(0, 5),
)
def test_frames_follow_each_other_but_for_joins(
    wanted: int, reversible: bool, cuts: list[int], seed: int
) -> None:
    motion = nodding()
    footage = footage_of(motion, tuple(cuts), reversible=reversible)
    habits = Habits(0.3, 6.0, 0.2, 0.0)
    wish = ruled_wish(spoken((150, 180)), habits, RATE, wanted, 1.0, np.random.default_rng(seed))
    playing = play(footage, wish)
    assert playing is not None
    assert len(playing.positions) == wanted
    assert playing.positions.min() >= 0
    assert playing.positions.max() <= len(motion) - 1
    for move, joined in steps_of(playing):
        assert joined or abs(move) <= 1.0
        assert reversible or joined or move == 1.0
    assert (playing.shares <= 0.5).all()
    assert (playing.joined[playing.shares > 0] >= 0).all()
    assert reversible or playing.turns == 0
    # Outside joins no cut is played over.
    for k, (move, joined) in enumerate(steps_of(playing)):
        a, b = sorted(playing.positions[k : k + 2])
        crossed = [cut for cut in cuts if a < cut <= b]
        assert joined or not crossed, (k, move)


def test_a_join_goes_from_one_piece_to_the_other() -> None:
    footage = footage_of(nodding(), (125,))
    # Calm in both halves, and a nod asked for: found more than once among these wishes.
    for seed in range(8):
        wish = ruled_wish(
            spoken((150, 180)), Habits(0.3, 6, 0, 0), RATE, 200, 1.5, np.random.default_rng(seed)
        )
        playing = play(footage, wish)
        assert playing is not None
        if playing.joins:
            break
    else:
        pytest.fail("no join in any of these")
    on = np.flatnonzero(playing.joined >= 0)
    runs = np.split(on, np.flatnonzero(np.diff(on) > 1) + 1)
    for run in runs:
        assert len(run) == footage.slot - 1
        assert playing.positions[run[0]] != playing.joined[run[0]]
        np.testing.assert_array_less(0, playing.shares[run])
    timing = Retiming(playing.positions, playing.joined, playing.shares)
    np.testing.assert_array_equal(timing.neighbours[on], playing.joined[on])
    np.testing.assert_array_equal(timing.fractions[on], playing.shares[on])
    assert timing.is_interpolated[on].all()


def test_a_nod_that_is_asked_for_is_shown_in_time() -> None:
    motion = nodding()
    prosody = spoken((150, 180), pause=390)
    given_, asked = 0, 0
    for seed in range(6):
        wish = ruled_wish(
            prosody, Habits(0.3, 6.0, 0.0, 0.0), RATE, 100, 1.2, np.random.default_rng(seed)
        )
        playing = play(footage_of(motion), wish)
        assert playing is not None
        nods = [nod.first / RATE for nod in find_nods(shown_motion(motion, playing))]
        for time in wish.nods:
            asked += 1
            given_ += any(abs(one - time) < 0.3 for one in nods)
    assert asked >= 4
    assert given_ >= 0.75 * asked


def test_who_is_asked_for_nothing_keeps_still() -> None:
    motion = nodding()
    playing = play(footage_of(motion), calm(200))
    assert playing is not None
    shown = shown_motion(motion, playing)
    assert find_nods(shown, 3.0) == []
    assert (
        np.abs(np.diff(shown.values[:, PITCH])).mean()
        < 0.5 * np.abs(np.diff(motion.values[:, PITCH])).mean()
    )


def test_two_takes_show_different_footage() -> None:
    shown = []
    for seed in (1, 1, 2):
        footage = varied(footage_of(nodding()), np.random.default_rng(seed))
        playing = play(footage, calm(100))
        assert playing is not None
        shown.append(playing.positions)
    np.testing.assert_array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])


def test_turns_and_joins_are_not_in_haste() -> None:
    playing = play(footage_of(nodding()), calm(500))
    assert playing is not None
    moves = np.diff(playing.positions)
    on = playing.joined >= 0
    alone = ~(on[1:] | on[:-1])  # within a join the place leaps from one piece to the other
    turned = np.flatnonzero((moves[1:] * moves[:-1] < 0) & alone[1:] & alone[:-1])
    begun = np.flatnonzero(on & ~np.concatenate([[False], on[:-1]]))
    assert len(turned) + len(begun) >= 5
    assert all(b - a >= 20 for a, b in pairwise(sorted([*turned, *begun])))


def test_frames_without_a_mouth_are_left_out() -> None:
    footage = footage_of(nodding(), bad=slice(100, 160))
    assert footage.cost[130] >= LOST_COST
    playing = play(footage, calm(300))
    assert playing is not None
    shown = np.rint(playing.positions)
    assert not ((shown >= 100) & (shown < 160)).any()


@settings(max_examples=6)
@given(
    st.lists(st.integers(110, 285), min_size=1, max_size=5),
    st.integers(60, 260),
    st.booleans(),
    st.integers(0, 5),
)
def test_no_gesture_is_shown_again_within_four_seconds(
    nods: list[int], wanted: int, reversible: bool, seed: int
) -> None:
    """Whatever is asked for: a nod each second, of footage whose first four seconds have none."""
    motion = nodding(300, tuple(nods))
    wish = calm(wanted)
    rng = np.random.default_rng(seed)
    for first in range(10, wanted - 20, 25):
        down = float(rng.uniform(3, 9)) * nod_pitch((np.arange(-1, 16)) / 15)
        wish.aspects[first : first + 15, 1] = np.gradient(down)[1:16] * RATE / 12
        wish.weights[first : first + 15, 1] = 60.0
    footage = footage_of(motion, reversible=reversible)
    playing = play(footage, wish)
    assert playing is not None
    assert playing.repeats == ()
    lowest = np.flatnonzero(footage.gestures >= 0)
    shown = footage.gestures[np.rint(playing.positions).astype(int)]
    for gesture in range(len(lowest)):
        times = np.flatnonzero(shown == gesture)
        for a, b in combinations(times.tolist(), 2):
            assert b - a >= 4 * RATE or b - a <= 0.5 * RATE


def test_footage_that_has_nothing_else_shows_a_nod_again_and_says_so() -> None:
    footage = footage_of(nodding(60, ()))
    nodding_on = replace(footage, gestures=np.arange(60, dtype=np.int32))  # one in each frame
    playing = play(nodding_on, calm(200))
    assert playing is not None
    assert len(playing.repeats) >= 1
    found = shown_again(nodding_on.gestures, playing.positions, RATE)
    assert playing.repeats == tuple(found)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=6),
    st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=200),
)
def test_repeats_are_counted_as_one_would(
    marked: list[tuple[int, int]], moves: list[float]
) -> None:
    positions = np.clip(15 + np.cumsum(moves), 0, 30).tolist()
    gestures = np.full(31, -1, np.int32)
    for frame, gesture in marked:
        gestures[frame] = gesture
    found = shown_again(gestures, np.array(positions), RATE)
    shown = [int(gestures[round(place)]) for place in positions]
    plain = []
    for again, gesture in enumerate(shown):
        before = [k for k in range(again) if shown[k] == gesture]
        if gesture < 0 or not before or again - before[-1] >= 4 * RATE:
            continue
        between = pairwise(positions[before[-1] : again + 1])
        turn = again - before[-1] <= 0.5 * RATE and all(abs(b - a) <= 1 for a, b in between)
        if not turn:
            plain.append(Repeat(gesture, before[-1], again))
    assert found == plain


def test_nods_that_are_hardly_seen_alone_are_one_gesture() -> None:
    motion = nodding(250, ())
    assert gesture_frames(motion, 8).max() == -1
    motion.values[:, PITCH] = 0.0
    for first, degrees in ((80, 4), (120, 6)):
        motion.values[:, PITCH] += degrees * nod_pitch((np.arange(250) - first) / 15)
    assert np.flatnonzero(gesture_frames(motion, 40) == 0).tolist() == [86]
    assert np.flatnonzero(gesture_frames(motion, 40) == 1).tolist() == [126]
    assert np.flatnonzero(gesture_frames(motion, 41) >= 0).tolist() == [126]


def test_what_moves_with_the_mouth_need_not_be_alike() -> None:
    pictures = np.zeros((30, 16, 16), np.uint8)
    pictures[15:, 8:12, 4:12] = 200  # an open mouth
    pictures[20:, :4, :4] = 60  # and a hand
    mouths = np.tile([0.2, 0.5, 0.8, 0.8], (30, 1))
    still, whole = nodding(30, ()), np.zeros(30, bool)
    footage = make_footage(still, pictures, mouths, np.zeros(30), whole, whole, reversible=True)
    blocks = footage.blocks.reshape(30, 4, 4)
    covered = np.zeros((4, 4), bool)
    covered[2, 1:3] = True
    np.testing.assert_array_equal(np.isnan(blocks), np.broadcast_to(covered, blocks.shape))
    assert np.nanmax(np.abs(blocks[16] - blocks[0])) == 0
    assert np.nanmax(np.abs(blocks[25] - blocks[0])) == pytest.approx(60 / SEEN)


@pytest.mark.parametrize("frames", [3, 12, 17])
def test_footage_of_a_moment_can_not_be_put_together(frames: int) -> None:
    assert play(footage_of(nodding(frames)), calm(50)) is None


def test_footage_of_cuts_alone_can_not_be_put_together() -> None:
    assert play(footage_of(nodding(100), tuple(range(0, 100, 5))), calm(50)) is None
