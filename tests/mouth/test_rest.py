"""The mouth closes in long pauses, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.mouth.rest import EASE, LINGER, MIN_SILENCE, READY, REST, rest_in_silence

RATE = 25.0
CLOSED = np.zeros((20, 2))
OPEN = np.ones((400, 20, 2))
RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=8)
RATES = st.sampled_from([10.0, 25.0, 29.97, 50.0])


def openness(speech: np.ndarray, rate: float = RATE) -> np.ndarray:
    mouths = np.ones((len(speech), 20, 2))
    return rest_in_silence(mouths, speech, rate, CLOSED)[:, 0, 0]


def spoken(runs: list[tuple[bool, int]]) -> np.ndarray:
    return np.repeat([float(speaks) for speaks, _ in runs], [length for _, length in runs])


def pauses(speech: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(speech < 0.5, prepend=False, append=False))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def test_speech_is_left_as_it_is() -> None:
    np.testing.assert_array_equal(openness(np.ones(200)), 1.0)


def test_a_long_silence_closes_the_mouth() -> None:
    speech = np.ones(200)
    speech[80:140] = 0
    result = openness(speech)
    np.testing.assert_allclose(result[98:120], 1 - REST, atol=1e-6)
    # It lingers behind the word, and is ready for the next one before that is heard.
    np.testing.assert_array_equal(result[: 80 + int(LINGER * RATE)], 1.0)
    np.testing.assert_array_equal(result[140 - int(READY * RATE) :], 1.0)


@pytest.mark.parametrize("frames", [1, 3, 12])
def test_a_short_pause_is_part_of_speech(frames: int) -> None:
    assert frames <= MIN_SILENCE * RATE
    speech = np.ones(200)
    speech[100 : 100 + frames] = 0
    np.testing.assert_array_equal(openness(speech), 1.0)


def test_all_silence() -> None:
    np.testing.assert_allclose(openness(np.zeros(50)), 1 - REST)


@given(RUNS, RATES)
def test_speech_and_short_pauses_are_left_alone(runs: list[tuple[bool, int]], rate: float) -> None:
    speech = spoken(runs)
    result = openness(speech, rate)
    assert result.shape == speech.shape
    assert ((result >= 1 - REST - 1e-9) & (result <= 1)).all()
    assert (result[speech > 0.5] == 1).all()
    for start, stop in pauses(speech):
        inside = start > 0 and stop < len(speech)
        if inside and (stop - start) / rate <= MIN_SILENCE:
            assert (result[start:stop] == 1).all()


@given(RUNS, RATES, st.integers(0, 2**32 - 1))
def test_nothing_moves_inside_a_long_silence(
    runs: list[tuple[bool, int]], rate: float, seed: int
) -> None:
    speech = spoken(runs)
    mouths = np.random.default_rng(seed).normal(size=(len(speech), 20, 2))
    result = rest_in_silence(mouths, speech, rate, CLOSED)
    for start, stop in pauses(speech):
        first = start + (int(np.ceil((LINGER + EASE) * rate)) if start > 0 else 0)
        last = stop - (int(np.ceil((READY + EASE) * rate)) if stop < len(speech) else 0)
        np.testing.assert_allclose(result[first : max(first, last)], 0.0, atol=1e-9)


@given(RUNS, RATES)
def test_the_mouth_never_jumps(runs: list[tuple[bool, int]], rate: float) -> None:
    # The steepest place of the curve is 1.5 of its mean slope.
    steps = np.abs(np.diff(openness(spoken(runs), rate)))
    assert (steps <= 1.5 * REST / (EASE * rate) + 1e-9).all()
