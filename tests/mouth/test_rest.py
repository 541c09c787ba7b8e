"""The mouth closes in silence, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_opening, distance_transform_cdt

from audio2video.mouth import rest
from audio2video.mouth.rest import EASE, MIN_SILENCE, REST, rest_in_silence

RATE = 25.0
CLOSED = np.zeros((20, 2))
OPEN = np.ones((200, 20, 2))


def openness(speech: np.ndarray) -> np.ndarray:
    return rest_in_silence(OPEN[: len(speech)], speech, RATE, CLOSED)[:, 0, 0]


def test_speech_is_left_as_it_is() -> None:
    np.testing.assert_array_equal(openness(np.ones(200)), 1.0)


def test_a_long_silence_closes_the_mouth() -> None:
    speech = np.ones(200)
    speech[80:120] = 0
    result = openness(speech)
    np.testing.assert_allclose(result[90:110], 1 - REST, atol=1e-6)
    np.testing.assert_array_equal(result[:80], 1.0)
    np.testing.assert_array_equal(result[120:], 1.0)
    # No jump: it takes some frames to come to rest.
    assert np.abs(np.diff(result)).max() < 1.6 * REST / (EASE * RATE)


@pytest.mark.parametrize("frames", [1, 3, round(MIN_SILENCE * RATE) - 1])
def test_a_short_pause_is_part_of_speech(frames: int) -> None:
    speech = np.ones(200)
    speech[100 : 100 + frames] = 0
    np.testing.assert_array_equal(openness(speech), 1.0)


def test_all_silence() -> None:
    np.testing.assert_allclose(openness(np.zeros(50)), 1 - REST)


@given(st.lists(st.booleans(), min_size=1, max_size=100))
def test_every_frame_lies_between_prediction_and_rest(flags: list[bool]) -> None:
    speech = np.array(flags, float)
    result = openness(speech)
    assert result.shape == (len(flags),)
    assert ((result >= 1 - REST - 1e-9) & (result <= 1)).all()
    assert (result[speech > 0.5] == 1).all()


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 12)), min_size=1, max_size=30),
    st.sampled_from([2.0, 10.0, 25.0, 29.97]),
)
def test_it_equals_morphology(runs: list[tuple[bool, int]], rate: float) -> None:
    speech = np.repeat([float(speaks) for speaks, _ in runs], [length for _, length in runs])
    span = max(2, round(rest.MIN_SILENCE * rate))
    quiet = np.pad(speech < 0.5, span, constant_values=True)
    long = binary_opening(quiet, np.ones(span, bool))
    np.testing.assert_array_equal(rest._long_runs(quiet, span), long)
    if not long.all():
        far = distance_transform_cdt(long)
        np.testing.assert_array_equal(rest._to_the_nearest(~long), far)
    else:
        assert np.isinf(rest._to_the_nearest(~long)).all()
