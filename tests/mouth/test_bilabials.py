"""The detector of /p b m/."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.mouth.architecture import Architecture
from audio2video.mouth.bilabials import BilabialDetector, BilabialPair, ListenedFeatures
from audio2video.speech.encoder import EncoderNote

NOTE = EncoderNote("whisper", "1", "abc", 50)
SIZE = 4
FORM = Architecture("conv", SIZE, 1, 5, 2, (1, 3))


def detector(rng: np.random.Generator) -> BilabialDetector:
    weights = {
        name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in FORM.shapes().items()
    }
    mean, deviation = rng.normal(size=SIZE), rng.uniform(0.5, 2, SIZE)
    return BilabialDetector(FORM, weights, mean.astype("f4"), deviation.astype("f4"), 50)


def test_evidence_is_the_networks_output(rng: np.random.Generator) -> None:
    one, states = detector(rng), rng.normal(size=(30, SIZE)).astype(np.float32)
    normal = (states - one.feature_mean) / one.feature_std
    np.testing.assert_allclose(one.evidence(states), FORM.run(one.weights, normal)[:, 0])
    assert one.reach == 4


def test_two_detectors_decide_by_the_mean_of_their_log_odds(rng: np.random.Generator) -> None:
    near, far = detector(rng), detector(rng)
    near = replace(near, architecture=replace(FORM, dilations=(1, 1)))
    both, states = BilabialPair(near, far), rng.normal(size=(30, 2 * SIZE)).astype(np.float32)
    alone = near.evidence(states[:, :SIZE]), far.evidence(states[:, SIZE:])
    np.testing.assert_allclose(both.evidence(states), (alone[0] + alone[1]) / 2, rtol=1e-6)
    assert (both.rate, both.reach, near.reach) == (50, 4, 2)
    features = ListenedFeatures(states, both)
    features[0:9]
    np.testing.assert_allclose(features.evidence(), both.evidence(states), atol=1e-4)


class Counted:
    """Features that count how often each of them is computed."""

    def __init__(self, states: NDArray[np.float32]) -> None:
        self.states, self.times = states, np.zeros(len(states), int)

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, wanted: slice) -> NDArray[np.float32]:
        self.times[wanted] += 1
        return self.states[wanted]


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.integers(0, 9),
)
def test_reading_gives_the_evidence_too(
    count: int, reads: list[tuple[int, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    one, states = detector(rng), rng.normal(size=(count, SIZE)).astype(np.float32)
    features = ListenedFeatures(Counted(states), one)
    assert len(features) == count
    for begin, end in reads:
        np.testing.assert_array_equal(features[begin:end], states[begin:end])
    np.testing.assert_allclose(features.evidence(), one.evidence(states), atol=1e-4)


def test_what_a_network_has_read_is_not_read_again(rng: np.random.Generator) -> None:
    one, counted = detector(rng), Counted(rng.normal(size=(90, SIZE)).astype(np.float32))
    features = ListenedFeatures(counted, one)
    for begin in (0, 30, 60):  # in blocks, with as much around them as decisions look at
        features[max(begin - 4, 0) : begin + 34]
    before = counted.times.copy()
    features.evidence()
    np.testing.assert_array_equal(counted.times, before)


def test_arrays_come_back(rng: np.random.Generator) -> None:
    one, states = detector(rng), rng.normal(size=(40, SIZE)).astype(np.float32)
    again = BilabialDetector.from_arrays(one.arrays(NOTE), NOTE, SIZE)
    assert again.architecture == one.architecture
    np.testing.assert_allclose(again.evidence(states), one.evidence(states), atol=0.02)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"encoder": "other"},
        {"form": [5]},
        {"form": [10**9, 1, 3]},
        {"form": [5, 0, 3]},
        {"form": [5, 1, 3, 1]},
        {"in_kernel": np.zeros((SIZE, 6))},
        {"out_bias": np.array([np.nan])},
        {"feature_mean": np.zeros(SIZE + 1)},
    ],
)
def test_arrays_are_checked(rng: np.random.Generator, changes: dict[str, Any]) -> None:
    arrays = detector(rng).arrays(NOTE)
    arrays |= {name: np.array(value) for name, value in changes.items()}
    with pytest.raises((ValueError, KeyError)):
        BilabialDetector.from_arrays(arrays, NOTE, SIZE)
