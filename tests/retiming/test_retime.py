"""The retiming as a whole: what a viewer would notice does not happen where it can be avoided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.retiming.activity import speech_onsets
from audio2video.retiming.retime import PLAY_SECONDS, Retiming, ping_pong, retime

RATE = 20.0


def retimed(
    speech: NDArray[np.float64],
    place: NDArray[np.float64],
    *,
    blink: list[int] | None = None,
    lost: list[int] | None = None,
    cuts: list[int] | None = None,
    untouched: list[int] | None = None,
) -> Retiming:
    """Retime a target whose head is at these places, in inter-ocular distances."""
    flags = np.zeros((3, len(place)), bool)
    for row, frames in zip(flags, (blink, lost, cuts), strict=True):
        row[frames or []] = True
    flags[2, 0] = True
    velocity = np.diff(place, axis=0, prepend=place[:1])
    velocity[flags[1] | flags[2]] = 0
    left = np.isin(np.arange(len(place)), untouched or [])
    return retime(speech, velocity, flags[0], ~flags[1], flags[2], RATE, left)


def swing(frames: int, period: float) -> NDArray[np.float64]:
    phase = 2 * np.pi * np.arange(frames) / period
    return np.stack([0.3 * np.cos(phase), 0.1 * np.sin(2 * phase)], axis=1)


def turning_points(timing: Retiming) -> NDArray[np.intp]:
    """Output frames in which the turning frame is shown."""
    speed = np.diff(timing.positions)
    return np.flatnonzero(speed[1:] * speed[:-1] < 0) + 1


def walks_along(timing: Retiming, available: int) -> None:
    """Check that nothing jumps or stands still, and that turns are eased."""
    assert timing.positions.dtype == np.float64
    assert timing.positions.min() >= 0
    assert timing.positions.max() <= available - 1
    speed = np.diff(timing.positions)
    assert np.isin(np.abs(speed), [0.25, 0.5, 0.75, 1]).all()
    assert np.abs(np.diff(speed)).max(initial=0) <= 0.5


@settings(max_examples=60)
@given(st.integers(1, 150), st.integers(3, 60), st.integers(0, 2**32 - 1))
def test_any_retiming_walks_along_the_target(wanted: int, available: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(rng.random(available) < share).tolist() for share in (0.1, 0.1, 0.05)]
    speech = (rng.random(wanted) < 0.6).astype(float)
    place = np.cumsum(rng.normal(size=(available, 2)), axis=0) / 50
    timing = retimed(speech, place, blink=places[0], lost=places[1], cuts=places[2])
    assert len(timing.positions) == wanted
    walks_along(timing, available)
    least = min(round(PLAY_SECONDS * RATE), available - 3)
    assert (np.diff(turning_points(timing)) > least).all()


def test_the_head_rests_in_pauses_and_moves_with_speech() -> None:
    # The target moves in its middle third only; speech sets in once.
    place = np.zeros((300, 2))
    place[100:200, 0] = np.cumsum(0.05 * (-1.0) ** (np.arange(100) // 10))
    place[200:] = place[199]
    speech = np.concatenate([np.zeros(40), np.ones(30)])
    timing = retimed(speech, place)
    moving = np.linalg.norm(np.diff(place, axis=0, prepend=place[:1]), axis=1) > 0
    onset = speech_onsets(speech, RATE)
    assert moving[timing.frames][onset].all()
    assert not moving[timing.frames][~onset & (speech == 0)].any()
    assert not timing.is_interpolated.any()


def test_a_long_target_without_a_reason_to_turn_is_played_forwards() -> None:
    timing = retimed(np.zeros(100), np.zeros((300, 2)))
    assert (np.diff(timing.frames) == 1).all()
    assert not timing.is_interpolated.any()


def test_a_short_target_turns_where_its_head_rests() -> None:
    place = swing(90, 40.0)  # at rest, almost, in frames 20, 40, 60, 80
    timing = retimed(np.ones(240), place)
    walks_along(timing, 90)
    shown = np.array([np.interp(timing.positions, np.arange(90), axis) for axis in place.T]).T
    jerk = np.linalg.norm(np.diff(shown, 2, axis=0), axis=1)
    natural = np.linalg.norm(np.diff(place, 2, axis=0), axis=1)
    turns = turning_points(timing)
    assert len(turns) >= 2
    for turn in turns:
        # At rest for a moment, an even swing brakes a little harder than without a turn.
        assert jerk[turn - 4 : turn + 3].max() <= 1.4 * natural.max()


def test_no_turn_in_a_blink() -> None:
    place, blink = swing(90, 40.0), [18, 19, 20, 58, 59, 60, 79]
    timing = retimed(np.ones(240), place, blink=blink)
    turns = timing.frames[turning_points(timing)]
    assert len(turns) >= 2
    assert np.abs(turns[:, None] - np.array(blink)).min() > 0.3 * RATE
    near = np.concatenate([timing.frames, timing.neighbours])[np.tile(timing.is_interpolated, 2)]
    assert np.abs(near[:, None] - np.array(blink)).min() > 0.1 * RATE
    assert timing.frames[0] not in blink
    assert timing.frames[-1] not in blink


def test_a_cut_is_turned_before_not_played_over() -> None:
    place = swing(160, 40.0)
    timing = retimed(np.ones(200), place, cuts=[70])
    assert timing.frames.min() >= 70  # the longer of the two shots is enough, to and fro
    assert len(turning_points(timing)) >= 1


def test_the_longest_usable_stretch_is_kept_to() -> None:
    lost = [*range(40, 60), *range(150, 155)]
    timing = retimed(np.ones(150), swing(240, 40.0), lost=lost, cuts=[60, 155])
    assert not np.isin(timing.frames, lost).any()
    assert not np.isin(timing.neighbours, lost).any()


def test_a_frame_is_held_where_that_brings_motion_to_the_onsets() -> None:
    # Two moments of motion lie one frame closer than the two onsets of speech.
    speech = np.zeros(80)
    speech[[*range(20, 30), *range(51, 61)]] = 1
    place = np.zeros((120, 2))
    for begin in (40, 70):
        place[begin : begin + 6, 0] = np.arange(1, 7) * 0.03
        place[begin + 6 :] = place[begin + 5]
    timing = retimed(speech, place)
    held = np.flatnonzero(timing.is_interpolated)
    assert len(held) == 1
    moving = np.linalg.norm(np.diff(place, axis=0, prepend=place[:1]), axis=1) > 0
    onset = speech_onsets(speech, RATE)
    assert moving[timing.frames][onset].all()
    # A blink all along the way between them can't be held: one of the two is missed.
    blinking = retimed(speech, place, blink=[*range(46, 70, 4)])
    assert not moving[blinking.frames][onset].all()
    assert not np.isin(blinking.frames[blinking.is_interpolated], range(43, 72)).any()


@pytest.mark.parametrize("available", [1, 2])
@pytest.mark.parametrize("wanted", [1, 2, 3, 50])
def test_targets_too_short_to_turn_in(available: int, wanted: int) -> None:
    speech = np.arange(wanted) % 7 > 3
    timing = retimed(speech.astype(float), np.zeros((available, 2)))
    np.testing.assert_array_equal(timing.positions, ping_pong(wanted, available).positions)


@given(st.integers(1, 20), st.integers(1, 120))
def test_played_as_it_is(available: int, wanted: int) -> None:
    timing = ping_pong(wanted, available)
    last = available - 1
    forwards = [float(k) for k in range(1, last)]
    to_and_fro = [*forwards, last - 0.25, last, last - 0.25, *forwards[::-1], 0.25, 0, 0.25]
    if available == 2:
        to_and_fro = [0.5, 1, 0.5, 0]
    expected = [0.0] if last == 0 else [0.0, *to_and_fro]
    while len(expected) < wanted:
        expected += [0.0] if last == 0 else to_and_fro
    assert timing.positions.tolist() == expected[:wanted]
    if available > 2:
        walks_along(timing, available)


@given(st.lists(st.integers(0, 400), min_size=1))
def test_a_place_lies_between_two_frames(quarters: list[int]) -> None:
    timing = Retiming(np.array(quarters) / 4)
    np.testing.assert_array_equal(timing.is_interpolated, np.array(quarters) % 4 > 0)
    np.testing.assert_array_equal(timing.neighbours >= 0, timing.is_interpolated)
    assert timing.fractions.max() <= 0.5
    others = np.where(timing.is_interpolated, timing.neighbours, timing.frames)
    mean = (1 - timing.fractions) * timing.frames + timing.fractions * others
    np.testing.assert_allclose(mean, timing.positions)


def test_nothing_to_retime_is_refused() -> None:
    for wanted, available in ((0, 5), (5, 0)):
        flags = np.zeros(available, bool)
        with pytest.raises(ValueError, match="at least one frame"):
            retime(np.ones(wanted), np.zeros((available, 2)), flags, ~flags, flags, RATE)


@pytest.mark.parametrize("first", [0, 40, 100, 140])
@pytest.mark.parametrize("wanted", [60, 160, 400])
def test_what_compositing_leaves_as_it_is_is_avoided(first: int, wanted: int) -> None:
    # A hand before the mouth for 3 of 10 seconds.
    covered = list(range(first, first + 60))
    timing = retimed(np.ones(wanted), swing(200, 45), untouched=covered)
    walks_along(timing, 200)
    assert not np.isin(timing.frames, covered).any()


def test_without_other_footage_the_target_plays_as_it_is() -> None:
    # Clear for a second now and then: to play those to and fro would show the hand come and go.
    covered = [k for k in range(200) if k % 50 >= 20]
    speech, place = np.ones(150), swing(200, 45)
    np.testing.assert_array_equal(
        retimed(speech, place, untouched=covered).positions, retimed(speech, place).positions
    )


def test_nothing_left_as_it_is_changes_nothing() -> None:
    speech, place = np.ones(150), swing(200, 45)
    velocity = np.diff(place, axis=0, prepend=place[:1])
    none, first = np.zeros(200, bool), np.arange(200) == 0
    plain = retime(speech, velocity, none, ~none, first, RATE)
    np.testing.assert_array_equal(plain.positions, retimed(speech, place).positions)
