"""Gains that make a sound equally loud everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.speech.evening import BLOCK, QUIETEST, block_levels, even_gain, with_gain
from audio2video.speech.loudness import TARGET_LEVEL


def test_levels_of_blocks() -> None:
    sound = np.concatenate([np.full(BLOCK, 0.1), np.zeros(BLOCK), np.full(BLOCK // 2, 1.0)])
    np.testing.assert_allclose(block_levels(sound), [-20, -120, 0], atol=1e-6)


@pytest.mark.parametrize("step", [6, 12, 20, 26, 40])
def test_quiet_sound_is_brought_up_to_where_a_louder_one_begins(step: int) -> None:
    levels = np.repeat([-20.0, -20.0 - step], 50)
    for given in (levels, levels[::-1]):
        even = given + even_gain(given)
        assert np.abs(even - TARGET_LEVEL).max() <= step
        away = np.r_[0:46, 54:100]
        np.testing.assert_allclose(even[away], TARGET_LEVEL)


def test_claps_and_short_pauses_change_nothing() -> None:
    levels = np.full(60, -30.0)
    levels[20:22] = -5
    levels[40:45] = -70
    np.testing.assert_allclose(even_gain(levels), TARGET_LEVEL + 30)


def test_silence_stays_silent() -> None:
    np.testing.assert_allclose(even_gain(np.full(60, -110.0)), TARGET_LEVEL - QUIETEST)


def test_parts_get_the_gain_that_they_have_in_the_whole(rng: np.random.Generator) -> None:
    sound, gain = rng.standard_normal(10 * BLOCK), rng.uniform(-20, 20, 10)
    whole = with_gain(sound, gain)
    np.testing.assert_array_equal(with_gain(sound[777:], gain, 777), whole[777:])
    middle = 3 * BLOCK + BLOCK // 2
    assert whole[middle] / sound[middle] == pytest.approx(10 ** (gain[3] / 20), rel=1e-2)
