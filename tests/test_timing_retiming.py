"""The retiming path against brute force, and against the same programme in plain Python."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.timing.retiming import (
    ALPHA_S,
    ALPHA_U,
    BLINK_COST,
    ONSET_SECONDS,
    REPEAT_COST,
    UNUSABLE_COST,
    _best_path,
    as_it_is,
    normalised_motion,
    retime,
    speech_onsets,
    to_and_fro,
)
from benchmarks import plain

Numbers = NDArray[np.float32]


def allowed_paths(n: int, m: int, starts: int) -> Iterator[list[tuple[int, bool]]]:
    """Every path of (index, held): one step at a time, never held twice in a row."""

    def extend(path: list[tuple[int, bool]]) -> Iterator[list[tuple[int, bool]]]:
        if len(path) == n:
            yield path
            return
        index, held = path[-1]
        if index + 1 < m:
            yield from extend([*path, (index + 1, False)])
        if not held:
            yield from extend([*path, (index, True)])

    for start in range(starts):
        yield from extend([(start, False)])


def cost_of(
    path: list[tuple[int, bool]], gain: Numbers, motion: Numbers, constant: Numbers, repeat: Numbers
) -> float:
    return sum(
        float(gain[i]) * float(motion[j]) + float(constant[j]) + held * float(repeat[j])
        for i, (j, held) in enumerate(path)
    )


@st.composite
def problems(draw: st.DrawFn, most: int) -> tuple[Numbers, Numbers, Numbers, Numbers, int]:
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([2, 5, 1000]))  # few levels make many ties

    def numbers(count: int, low: float, high: float) -> Numbers:
        return (low + (high - low) * rng.integers(0, levels, count) / levels).astype(np.float32)

    # As `retime` does: a start from which the end can be reached though every other step is held.
    starts = draw(st.integers(1, max(1, m - (n + 1) // 2 + 1)))
    return numbers(n, -2, 2), numbers(m, 0, 1), numbers(m, 0, 4), numbers(m, 0, 2), starts


def feasible(n: int, m: int) -> bool:
    return (n + 1) // 2 <= m


@settings(deadline=None, max_examples=80)
@given(problems(7))
def test_no_allowed_path_is_cheaper(
    problem: tuple[Numbers, Numbers, Numbers, Numbers, int],
) -> None:
    *numbers, starts = problem
    n, m = len(numbers[0]), len(numbers[1])
    if not feasible(n, m):
        return
    path, held = _best_path(*numbers, starts)
    found = list(zip(path.tolist(), held.tolist(), strict=True))
    candidates = list(allowed_paths(n, m, starts))
    assert found in candidates
    best = min(cost_of(candidate, *numbers) for candidate in candidates)
    assert cost_of(found, *numbers) == pytest.approx(best, abs=1e-4)


@settings(deadline=None, max_examples=80)
@given(problems(40))
def test_it_equals_its_twin(problem: tuple[Numbers, Numbers, Numbers, Numbers, int]) -> None:
    if not feasible(len(problem[0]), len(problem[1])):
        return
    for found, expected in zip(_best_path(*problem), plain.best_path(*problem), strict=True):
        np.testing.assert_array_equal(found, expected)


@given(st.integers(1, 20), st.integers(0, 100))
def test_to_and_fro(frames: int, length: int) -> None:
    there_and_back = [*range(frames), *range(frames - 2, 0, -1)]
    expected = [there_and_back[k % len(there_and_back)] for k in range(length)]
    found = to_and_fro(frames, length)
    assert found.dtype == np.int32
    assert found.tolist() == expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.sampled_from([10.0, 25.0, 29.97]))
def test_onsets_are_the_first_moments_of_speech(speech: list[float], rate: float) -> None:
    span = max(1, round(ONSET_SECONDS * rate))
    expected, since = [], span
    for k, level in enumerate(speech):
        if level <= 0.5:
            expected.append(False)
            since = span
            continue
        since = 0 if k == 0 or speech[k - 1] <= 0.5 else since + 1
        expected.append(since < span)
    assert speech_onsets(np.array(speech), rate).tolist() == expected


def test_motion_is_measured_against_the_liveliest_tenth() -> None:
    motion = np.concatenate([np.linspace(0, 1, 101), [50.0]])
    usable = np.ones(102, bool)
    usable[-1] = False
    found = normalised_motion(motion, usable)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:91], motion[:91] / 0.9, rtol=1e-6)
    assert (found[91:] == 1).all()
    assert not normalised_motion(motion, np.zeros(102, bool)).any()
    assert not normalised_motion(np.zeros(5), np.ones(5, bool)).any()


def extended(frames: NDArray[np.int32], halfway: NDArray[np.int32], available: int) -> None:
    """Check that a retiming is a walk along the target, never held twice in a row."""
    held = halfway >= 0
    assert not held[0]
    assert not (held[1:] & held[:-1]).any()
    assert (np.diff(frames)[held[1:]] == 0).all()
    steps = np.abs(np.diff(frames)[~held[1:]])
    assert (steps == (1 if available > 1 else 0)).all()
    # What is half-way to come does come.
    following = held[:-1]
    np.testing.assert_array_equal(halfway[:-1][following], frames[1:][following])
    assert frames.min() >= 0
    assert max(frames.max(), halfway.max()) < available
    # It turns at the ends of the target alone.
    walk = frames[~held]
    if len(walk) > 2:
        turns = walk[1:-1][np.diff(walk)[1:] != np.diff(walk)[:-1]]
        assert set(turns.tolist()) <= {0, available - 1}


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_any_retiming_is_a_walk_along_the_target(wanted: int, available: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    speech = (rng.random(wanted) < 0.6).astype(float)
    motion, blink = rng.random(available), rng.random(available) < 0.1
    usable = rng.random(available) < 0.9
    found = retime(speech, motion, blink, usable, 25.0)
    assert found.frames.dtype == found.halfway.dtype == np.int32
    assert len(found.frames) == len(found.halfway) == wanted
    extended(found.frames, found.halfway, available)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 8), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_retiming_has_the_least_cost(wanted: int, available: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    speech = (rng.random(wanted) < 0.6).astype(float)
    motion = rng.random(available).astype(np.float32)
    blink, usable = rng.random(available) < 0.3, rng.random(available) < 0.8
    found = retime(speech, motion, blink, usable, 10.0)
    # By hand, over a target that is played to and fro for as long as it may take.
    order = to_and_fro(available, available if available >= wanted else available + wanted)
    gain = ALPHA_U * (speech < 0.5) - ALPHA_S * speech_onsets(speech, 10.0)
    numbers = (
        gain.astype(np.float32),
        normalised_motion(motion, usable)[order],
        np.where(usable, 0, UNUSABLE_COST).astype(np.float32)[order],
        (REPEAT_COST + BLINK_COST * blink).astype(np.float32)[order],
    )
    paths = allowed_paths(wanted, len(order), min(available, len(order)))
    best = min(cost_of(path, *numbers) for path in paths)
    held = found.halfway >= 0
    first = np.unique(order, return_index=True)[1]
    cost = cost_of(list(zip(first[found.frames], held, strict=True)), *numbers)
    assert cost == pytest.approx(best, abs=1e-4)


def test_the_head_rests_in_pauses_and_moves_with_speech() -> None:
    # The target moves in its middle third only; speech sets in once.
    motion = np.where((np.arange(300) >= 100) & (np.arange(300) < 200), 1.0, 0.0)
    speech = np.concatenate([np.zeros(40), np.ones(30)])
    still, all_ = np.zeros(300, bool), np.ones(300, bool)
    found = retime(speech, motion, still, all_, 25.0)
    moving = motion[found.frames]
    onset = speech_onsets(speech, 25.0)
    assert onset.sum() == 5
    assert moving[onset].all()
    assert not moving[:40].any()


def test_a_lively_moment_is_held_but_not_a_blink() -> None:
    # Speech sets in for two frames, while only two frames of the target move at all.
    speech = np.zeros(20)
    speech[10:12] = 1
    motion, blink = np.zeros(100), np.zeros(100, bool)
    motion[[30, 60]] = 1
    blink[30] = True
    found = retime(speech, motion, blink, motion >= 0, 10.0)
    assert found.frames[10:12].tolist() == [60, 60]
    assert found.halfway[10:12].tolist() == [-1, 61]


def test_a_lost_face_is_avoided() -> None:
    speech = np.zeros(30)
    motion, usable = np.zeros(100), np.ones(100, bool)
    usable[30:70] = False
    found = retime(speech, motion, np.zeros(100, bool), usable, 25.0)
    assert usable[found.frames].all()
    # Held at all only if it pays: here it does not.
    assert (found.halfway == -1).all()


@pytest.mark.parametrize("available", [1, 2])
@pytest.mark.parametrize("wanted", [1, 2, 3, 50])
def test_very_short_targets(available: int, wanted: int) -> None:
    flags = np.ones(available, bool)
    speech = np.arange(wanted) % 7 > 3
    found = retime(speech.astype(float), np.zeros(available), ~flags, flags, 25.0)
    extended(found.frames, found.halfway, available)
    plain = as_it_is(wanted, available)
    assert plain.frames.tolist() == [k % 2 if available == 2 else 0 for k in range(wanted)]
    assert (plain.halfway == -1).all()


def test_nothing_to_retime_is_refused() -> None:
    some, none = np.ones(3, np.float32), np.ones(0, np.float32)
    for speech, motion in ((none, some), (some, none)):
        with pytest.raises(ValueError, match="at least one frame"):
            retime(speech, motion, motion > 2, motion > 0, 25.0)
