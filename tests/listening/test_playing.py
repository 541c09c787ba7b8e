"""Which footage shows a listener."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dyadic import spoken
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.listening.footage import LOST_COST, make_footage
from audio2video.listening.gestures import Habits, find_nods
from audio2video.listening.graph import Footage
from audio2video.listening.motion import EYES, NAMES, PITCH, FaceMotion
from audio2video.listening.playing import Playing, play, varied
from audio2video.listening.shown import shown_motion
from audio2video.listening.wish import Wish, calm_aspects, nod_pitch, ruled_wish
from audio2video.retiming.retime import Retiming

RATE = 25.0


def nodding(frames: int = 250) -> FaceMotion:
    """A head that drifts and nods twice."""
    values = np.zeros((frames, len(NAMES)))
    values[:, EYES] = 1.0
    values[:, PITCH] = np.sin(np.arange(frames) / 40)
    for first in (80, 180):
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
    return make_footage(
        motion, pictures, np.zeros(frames), untouched, begins, reversible=reversible
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


def test_no_gesture_is_shown_again_within_four_seconds() -> None:
    """The footage has two nods; what is asked for is one each two seconds."""
    motion = nodding()
    frames = 200
    wish = calm(frames)
    for time in (1.0, 3.0, 5.0):
        first = round(time * RATE)
        down = 6 * nod_pitch((np.arange(-1, 16)) / 15)
        wish.aspects[first : first + 15, 1] = np.gradient(down)[1:16] * RATE / 12
        wish.weights[first : first + 15, 1] = 20.0
    playing = play(footage_of(motion), wish)
    assert playing is not None
    shown = np.rint(playing.positions)
    for nod in find_nods(motion, 4.0):
        # Played forwards: a turn inside the nod makes another motion of it.
        times = np.flatnonzero((shown[:-1] == nod.bottom) & (np.diff(playing.positions) > 0.9))
        assert all(b - a >= 3.5 * RATE for a, b in pairwise(times))


@pytest.mark.parametrize("frames", [3, 12, 17])
def test_footage_of_a_moment_can_not_be_put_together(frames: int) -> None:
    assert play(footage_of(nodding(frames)), calm(50)) is None


def test_footage_of_cuts_alone_can_not_be_put_together() -> None:
    assert play(footage_of(nodding(100), tuple(range(0, 100, 5))), calm(50)) is None
