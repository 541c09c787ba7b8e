"""How much a mouth moves in speech and in pauses, against sums over plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.mouth.liveliness import MotionSums, pause_motion, speech_spread


def test_half_the_motion_is_half_the_spread(rng: np.random.Generator) -> None:
    true = rng.normal(size=300)
    assert speech_spread(0.5 * true + 3, true, None).ratio == pytest.approx(0.5)
    # What happens while nobody speaks does not count.
    speech = np.repeat([1.0, 0.0], 150)
    other = np.where(speech > 0, 0.8 * true, 100.0 * true)
    assert speech_spread(other, true, speech).ratio == pytest.approx(0.8)


def test_a_mouth_that_never_moves_has_no_ratio() -> None:
    assert speech_spread(np.ones(10), np.ones(10), None).ratio is None
    assert speech_spread(np.ones(10), np.ones(10), np.zeros(10)) == MotionSums()
    assert MotionSums().speeds() == {"seconds": 0.0, "predicted": None, "true": None}


@given(st.integers(0, 2**32 - 1), st.integers(0, 400))
def test_pauses_are_those_of_a_plain_loop(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    runs = np.repeat(rng.integers(0, 2, length), rng.integers(1, 90, length))
    speech = runs[:length].astype(float)
    predicted, true = rng.normal(size=(2, length))
    samples, sums = 0, [0.0, 0.0]
    begin = 0
    while begin < length:
        end = begin
        while end < length and speech[end] < 0.5:
            end += 1
        if end - begin > 50:
            for k in range(begin + 1, end):
                samples += 1
                for which, opening in enumerate((predicted, true)):
                    sums[which] += (100 * (opening[k] - opening[k - 1])) ** 2
        begin = max(end, begin + 1)
    found = pause_motion(predicted, true, speech)
    assert found.samples == samples
    assert [found.predicted, found.true] == pytest.approx(sums)


def test_a_pause_of_half_a_second_is_part_of_speech() -> None:
    speech = np.ones(200)
    moving = np.arange(200) % 2 / 1.0
    speech[50:100] = 0
    assert pause_motion(moving, moving, speech) == MotionSums()
    speech[50:101] = 0
    found = pause_motion(moving, 0 * moving, speech).speeds()
    assert found == {"seconds": 0.5, "predicted": pytest.approx(100.0), "true": 0.0}
    assert pause_motion(moving, moving, None) == MotionSums()


def test_sums_of_clips_add_up(rng: np.random.Generator) -> None:
    one, other = (speech_spread(*rng.normal(size=(2, 80)), None) for _ in range(2))
    both = one + other
    assert both.samples == 160
    assert both.ratio == pytest.approx(
        np.sqrt((one.predicted + other.predicted) / (one.true + other.true))
    )
