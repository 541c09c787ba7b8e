"""The linear read-out beside a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.models.pass_files import load_network
from audio2video.mouth import predictor
from audio2video.mouth.predictor import Predictor
from audio2video.mouth.readout import Readout, steps_at
from audio2video.storage.workspace import shipped


def readout(rng: np.random.Generator, inputs: int, outputs: int, share: float = 0.3) -> Readout:
    steps = steps_at(50)
    kernel = rng.normal(0, 0.1, (len(steps), inputs, outputs)).astype(np.float32)
    return Readout(kernel, steps, share)


@given(st.integers(1, 30), st.integers(0, 2**20))
def test_it_is_the_sum_over_moments(frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, x = readout(rng, 3, 2), rng.normal(size=(frames, 3)).astype(np.float32)
    expected = np.zeros((frames, 2))
    for row in range(frames):
        for step, kernel in zip(one.steps, one.kernel, strict=True):
            expected[row] += x[min(max(row + step, 0), frames - 1)] @ kernel
    np.testing.assert_allclose(one.run(x), expected, atol=1e-5)


def test_moments_are_the_same_seconds_at_any_rate() -> None:
    assert steps_at(50) == (-6, -2, 0, 2, 6)
    assert steps_at(100) == (-12, -4, 0, 4, 12)
    assert Readout(np.zeros((5, 1, 1), np.float32), steps_at(100), 0.1).reach == 12


def network(rng: np.random.Generator, share: float) -> Predictor:
    plain = replace(load_network(shipped() / "passes" / "talkers"), readout=None)
    form = plain.architecture
    return replace(plain, readout=readout(rng, form.inputs, form.outputs, share))


def test_a_network_leaves_it_its_share(rng: np.random.Generator) -> None:
    one = network(rng, 0.3)
    assert one.readout is not None
    assert one.fits()
    features = rng.normal(size=(40, one.architecture.inputs)).astype(np.float32)
    normal = (features - one.feature_mean) / one.feature_std
    read = one.readout.run(normal) * one.target_std + one.target_mean
    plain = replace(one, readout=None).coefficients(features)
    np.testing.assert_allclose(one.coefficients(features), 0.7 * plain + 0.3 * read, atol=1e-4)


def test_blocks_hear_what_it_reads(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = network(rng, 0.5)
    features = rng.normal(size=(50, one.architecture.inputs)).astype(np.float32)
    whole = one.coefficients(features)
    monkeypatch.setattr(predictor, "BLOCK", 7)
    np.testing.assert_allclose(one.coefficients(features), whole, atol=1e-4)


def test_one_that_does_not_fit_is_told(rng: np.random.Generator) -> None:
    one = network(rng, 0.3)
    assert one.readout is not None
    for wrong in (
        replace(one.readout, share=0.0),
        replace(one.readout, share=1.0),
        replace(one.readout, steps=()),
        replace(one.readout, kernel=one.readout.kernel[:, :5]),
    ):
        assert not replace(one, readout=wrong).fits()
