"""The detector of /p b m/."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.speech.bilabials import BilabialDetector, ListenedFeatures
from audio2video.speech.encoder import EncoderNote

NOTE = EncoderNote("whisper", "1", "abc", 50)
OFFSETS = (-3, 0, 1)


def detector(rng: np.random.Generator) -> BilabialDetector:
    return BilabialDetector(OFFSETS, rng.normal(size=(3, 4)).astype(np.float32), 0.5, 50)


def plain(one: BilabialDetector, states: NDArray[np.floating]) -> NDArray[np.float64]:
    found = np.zeros(len(states))
    for k in range(len(states)):
        found[k] = one.bias
        for offset, weights in zip(one.offsets, one.weights, strict=True):
            found[k] += states[min(max(k + offset, 0), len(states) - 1)] @ weights
    return found


@given(st.integers(1, 30), st.integers(0, 99))
def test_evidence_is_the_sum_over_neighbours(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, states = detector(rng), rng.normal(size=(count, 4)).astype(np.float32)
    np.testing.assert_allclose(one.evidence(states), plain(one, states), atol=1e-4)


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
    one, states = detector(rng), rng.normal(size=(count, 4)).astype(np.float32)
    features = ListenedFeatures(Counted(states), one)
    assert len(features) == count
    for begin, end in reads:
        np.testing.assert_array_equal(features[begin:end], states[begin:end])
    np.testing.assert_allclose(features.evidence(), plain(one, states), atol=1e-4)


def test_what_a_network_has_read_is_not_read_again(rng: np.random.Generator) -> None:
    one, counted = detector(rng), Counted(rng.normal(size=(90, 4)).astype(np.float32))
    features = ListenedFeatures(counted, one)
    for begin in (0, 30, 60):  # in blocks, with as much around them as decisions look at
        features[max(begin - 3, 0) : begin + 33]
    before = counted.times.copy()
    features.evidence()
    np.testing.assert_array_equal(counted.times, before)


def arrays(**changes: Any) -> dict[str, NDArray[Any]]:
    whole: dict[str, Any] = {
        "format": 1,
        "encoder": "abc",
        "offsets": [-1, 0],
        "weights": np.zeros((2, 4)),
        "bias": 0.0,
    }
    return {name: np.array(value) for name, value in {**whole, **changes}.items()}


def test_weights_are_checked() -> None:
    assert BilabialDetector.from_arrays(arrays(), NOTE, 4).rate == 50
    for changes in (
        {"format": 2},
        {"encoder": "other"},
        {"weights": np.zeros((2, 5))},
        {"weights": np.full((2, 4), np.nan)},
        {"bias": np.inf},
        {"offsets": [-(10**6), 0]},
    ):
        with pytest.raises(ValueError, match=r"detector|weights|offsets"):
            BilabialDetector.from_arrays(arrays(**changes), NOTE, 4)
    missing = arrays()
    del missing["bias"]
    with pytest.raises(KeyError):
        BilabialDetector.from_arrays(missing, NOTE, 4)
