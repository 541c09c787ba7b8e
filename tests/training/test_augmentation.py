"""Variations of training clips: what changes, and what must not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.speech.features import FEATURES, STATIC_FEATURES, with_gain
from audio2video.training.augmentation import Variation, resampled
from audio2video.training.sequences import TrainingClip


def rising_clip(frames: int, first: int, targets: int) -> TrainingClip:
    """Each feature tells its time in frames, each target as well."""
    static = np.repeat(np.arange(frames, dtype=np.float32)[:, None], STATIC_FEATURES, axis=1)
    features = np.hstack([static, np.ones_like(static)])
    at = np.arange(first, first + targets, dtype=np.float32)
    return TrainingClip(features, np.stack([at, -at], axis=1), first)


def test_no_variation_leaves_a_clip_alone(rng: np.random.Generator) -> None:
    clip = rising_clip(50, 5, 40)
    assert Variation().of(clip, rng) is clip


@given(
    st.integers(30, 200), st.integers(0, 15), st.floats(0.7, 1.4), st.sampled_from([0, 0.02, -0.05])
)
def test_sound_and_mouth_stay_together(frames: int, first: int, speed: float, shift: float) -> None:
    targets = frames - first - 3
    clip = rising_clip(frames, first, targets)
    found = resampled(clip, speed, shift)
    assert found.features.shape == (round(frames / speed), FEATURES)
    assert found.features.dtype == found.targets.dtype == np.float32
    steps = found.first + np.arange(len(found.targets))
    assert steps[-1] < len(found.features)
    # A target is of the time of its place now; so is the sound beside it, but for the shift.
    np.testing.assert_allclose(found.targets[:, 0], steps * speed, atol=1e-3)
    np.testing.assert_array_equal(found.targets[:, 1], -found.targets[:, 0])
    heard = np.clip(steps * speed + shift * 100, 0, frames - 1)
    np.testing.assert_allclose(found.features[steps, 0], heard, atol=1e-3)
    # Nothing is lost but what rounding to whole frames takes at both ends.
    assert abs(len(found.targets) - (targets - 1) / speed) <= 1 + 1e-9


def test_differences_follow_the_new_tempo() -> None:
    found = resampled(rising_clip(100, 0, 100), 1.25, 0.0)
    np.testing.assert_allclose(found.features[1:-1, STATIC_FEATURES:], 1.25, atol=1e-5)
    assert not found.features[0, STATIC_FEATURES:].any()


def test_every_bound_is_kept(rng: np.random.Generator) -> None:
    clip = rising_clip(200, 0, 200)
    lengths = [len(Variation(tempo=0.1).of(clip, rng).features) for _ in range(60)]
    assert 180 <= min(lengths) < 190
    assert 210 < max(lengths) <= 222
    shifts = [Variation(shift=0.05).of(clip, rng).features[100, 0] - 100 for _ in range(60)]
    assert -5 <= min(shifts) < -3
    assert 3 < max(shifts) <= 5


def test_gain_is_that_of_the_sound(rng: np.random.Generator) -> None:
    clip = rising_clip(60, 10, 40)
    twin = np.random.default_rng(4)
    found = Variation(gain=6).of(clip, np.random.default_rng(4))
    expected = with_gain(clip.features, float(twin.uniform(-1, 1, 3)[0]) * 6)
    np.testing.assert_array_equal(found.features, expected)
    assert found.targets is clip.targets
    assert found.first == 10


@pytest.mark.parametrize("variation", [Variation(), Variation(6, 0.1, 0.05)])
def test_draws_do_not_depend_on_the_bounds(variation: Variation) -> None:
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    variation.of(rising_clip(60, 0, 60), rng)
    twin.uniform(-1, 1, 3)
    assert rng.integers(10**9) == twin.integers(10**9)
