"""Trained networks at work."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from networks import INPUTS, OUTPUTS, ensemble_of, network_of

from audio2video.models.network_file import read_network
from audio2video.mouth import predictor
from audio2video.mouth.architecture import NETWORKS
from audio2video.storage.workspace import shipped


def test_features_and_outputs_are_scaled(rng: np.random.Generator) -> None:
    network = network_of(rng, delay=0)
    features = rng.normal(size=(40, INPUTS)).astype(np.float32)
    x = (features - network.feature_mean) / network.feature_std
    expected = network.architecture.run(network.weights, x)
    expected = expected * network.target_std + network.target_mean
    found = network.coefficients(features)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("delay", [1, 4, 60])
def test_the_delay_is_taken_out(rng: np.random.Generator, delay: int) -> None:
    network = network_of(rng, delay=delay)
    features = rng.normal(size=(30, INPUTS))
    longer = np.concatenate([features, np.repeat(features[-1:], delay, axis=0)])
    undelayed = dataclasses.replace(network, delay=0).coefficients(longer)
    found = network.coefficients(features)
    assert found.shape == (30, OUTPUTS)
    np.testing.assert_allclose(found, undelayed[delay:], atol=1e-6)


def test_the_look_ahead_is_the_delay_and_no_more(rng: np.random.Generator) -> None:
    network = network_of(rng, delay=4)
    features = rng.normal(size=(30, INPUTS))
    other = features.copy()
    other[20:] += 1
    same = np.isclose(network.coefficients(features), network.coefficients(other), atol=1e-6)
    assert same[:16].all()
    assert not same[16].all()


@pytest.mark.parametrize("name", ["grid_s1", "grid_s1_delayed", "talkers_delayed"])
def test_long_speech_is_heard_in_blocks(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    network = read_network(shipped() / "passes" / name / "network.npz")
    steps = rng.normal(size=(2500, 28)) * network.feature_std
    features = (
        network.feature_mean
        + 0.9 * np.cumsum(steps, axis=0) / np.sqrt(1 + np.arange(2500))[:, None]
    )
    whole = network.coefficients(features)
    for block in (700, 2499):
        monkeypatch.setattr(predictor, "BLOCK", block)
        error = np.abs(network.coefficients(features) - whole) / network.target_std
        assert error.max() < 1e-4


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("frames", [1, 9, 10, 11, 20, 37])
def test_blocks_are_the_whole_where_they_hear_all_of_it(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, kind: str, frames: int
) -> None:
    network = network_of(rng, kind=kind, delay=4 if kind == "lstm" else 0)
    features = rng.normal(size=(frames, INPUTS))
    whole = network.coefficients(features)
    monkeypatch.setattr(predictor, "BLOCK", 10)
    np.testing.assert_allclose(network.coefficients(features), whole, atol=1e-5)


@pytest.mark.parametrize("frames", [0, 1])
def test_hardly_any_sound(rng: np.random.Generator, frames: int) -> None:
    assert network_of(rng).coefficients(np.zeros((frames, INPUTS))).shape == (frames, OUTPUTS)


def test_very_loud_features_do_not_overflow(rng: np.random.Generator) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = network_of(rng).coefficients(np.full((10, INPUTS), 1e6))
    assert np.isfinite(found).all()


def test_an_ensemble_is_the_mean_of_its_members(rng: np.random.Generator) -> None:
    network = ensemble_of(rng)
    features = rng.normal(size=(20, INPUTS))
    members = [
        dataclasses.replace(network, weights=weights, others=()).coefficients(features)
        for weights in (network.weights, *network.others)
    ]
    assert not np.allclose(*members)
    np.testing.assert_allclose(network.coefficients(features), np.mean(members, axis=0), atol=1e-5)
