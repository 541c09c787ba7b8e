"""Trained networks at work and on disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.errors import BadFileError
from audio2video.mouth import predictor
from audio2video.mouth.architecture import NETWORKS, Architecture
from audio2video.mouth.basis import ShapeBasis
from audio2video.mouth.predictor import Predictor
from audio2video.speech.encoder import EncoderNote
from audio2video.storage.workspace import shipped

INPUTS, UNITS, OUTPUTS = 5, 7, 3


def network_of(
    rng: np.random.Generator, layers: int = 1, delay: int = 4, kind: str = "lstm"
) -> Predictor:
    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(scale=0.5, size=shape).astype(np.float32)

    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, layers)
    return Predictor(
        form,
        {name: normal(*shape) for name, shape in form.shapes().items()},
        normal(INPUTS),
        np.abs(normal(INPUTS)) + np.float32(0.5),
        normal(OUTPUTS),
        np.abs(normal(OUTPUTS)) + np.float32(0.5),
        delay,
        ShapeBasis(rng.normal(size=40), rng.normal(size=(OUTPUTS, 40)), np.ones(OUTPUTS)),
        rng.normal(size=(20, 2)),
        "audio2video",
    )


def ensemble_of(rng: np.random.Generator) -> Predictor:
    """Two convolution networks, with an encoder, dilations and a spread of their own."""
    one, other = (network_of(rng, 2, 0, "conv") for _ in range(2))
    return dataclasses.replace(
        one,
        architecture=dataclasses.replace(one.architecture, dilations=(1, 3)),
        encoder=EncoderNote("ear", "2", "ab" * 32, 50),
        others=(other.weights,),
        spread=0.08,
    )


def arrays_of(network: Predictor) -> dict[str, Any]:
    """Everything in a network, by name."""
    parts = dataclasses.asdict(network)
    flat = {k: v for k, v in parts.items() if k not in ("weights", "basis", "architecture")}
    flat |= {f"basis {k}": v for k, v in parts["basis"].items()}
    return flat | {f"weight {k}": v for k, v in parts["weights"].items()} | parts["architecture"]


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


@pytest.mark.parametrize("name", ["grid_s1", "grid_s1_delayed"])
def test_long_speech_is_heard_in_blocks(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    network = Predictor.load(shipped() / "passes" / name / "network.npz")
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


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("layers", [1, 3])
def test_save_and_load(tmp_path: Path, rng: np.random.Generator, layers: int, kind: str) -> None:
    network = network_of(rng, layers, kind=kind)
    network.save(tmp_path / "network.npz")
    again = Predictor.load(tmp_path / "network.npz")
    assert again.kind == kind
    expected, found = arrays_of(network), arrays_of(again)
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert np.asarray(found[name]).dtype == np.asarray(array).dtype
        np.testing.assert_array_equal(found[name], array)
    features = rng.normal(size=(20, INPUTS))
    np.testing.assert_array_equal(again.coefficients(features), network.coefficients(features))


def test_an_ensemble_is_the_mean_of_its_members(rng: np.random.Generator) -> None:
    network = ensemble_of(rng)
    features = rng.normal(size=(20, INPUTS))
    members = [
        dataclasses.replace(network, weights=weights, others=()).coefficients(features)
        for weights in (network.weights, *network.others)
    ]
    assert not np.allclose(*members)
    np.testing.assert_allclose(network.coefficients(features), np.mean(members, axis=0), atol=1e-5)


def test_save_and_load_an_ensemble(tmp_path: Path, rng: np.random.Generator) -> None:
    network = ensemble_of(rng)
    network.save(tmp_path / "network.npz")
    again = Predictor.load(tmp_path / "network.npz")
    assert (again.encoder, again.spread) == (network.encoder, 0.08)
    assert again.architecture == network.architecture
    assert len(again.others) == 1
    features = rng.normal(size=(20, INPUTS))
    np.testing.assert_array_equal(again.coefficients(features), network.coefficients(features))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("members", np.array(0)),
        ("members", np.array(3)),
        ("members", np.array(10**9)),
        ("member1_out_bias", np.zeros(OUTPUTS + 1, np.float32)),
        ("dilations", np.array([1, 0])),
        ("dilations", np.array([], int)),
        ("dilations", np.array([10**9])),
        ("encoder", np.array(["ear"])),
        ("encoder_rate", np.array(0)),
        ("spread", np.array(0.0)),
        ("spread", np.array(np.nan)),
    ],
)
def test_an_ensemble_whose_parts_do_not_fit(
    tmp_path: Path, rng: np.random.Generator, name: str, value: NDArray[Any]
) -> None:
    path = tmp_path / "network.npz"
    ensemble_of(rng).save(path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez(path, **{**arrays, name: value})
    with pytest.raises(BadFileError):
        Predictor.load(path)


def test_it_is_saved_under_the_very_name_given(tmp_path: Path, rng: np.random.Generator) -> None:
    network_of(rng).save(tmp_path / "network.tmp")
    assert [p.name for p in tmp_path.iterdir()] == ["network.tmp"]


@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04", bytes(1000)])
def test_what_is_no_network(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.npz"
    path.write_bytes(content)
    with pytest.raises(
        BadFileError,
        match="or damaged; train the pass again with --force True",
    ):
        Predictor.load(path)


@pytest.mark.parametrize(
    "missing", ["out_kernel", "lstm0_bias", "form", "kind", "delay", "reference"]
)
def test_a_network_that_lacks_a_part(
    tmp_path: Path, rng: np.random.Generator, missing: str
) -> None:
    path = tmp_path / "network.npz"
    network_of(rng).save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != missing}
    np.savez(path, **arrays)
    with pytest.raises(BadFileError, match="not a trained network"):
        Predictor.load(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["out_bias", "reference", "lstm0_kernel", "basis_mean"])
def test_a_network_of_no_numbers(
    tmp_path: Path, rng: np.random.Generator, name: str, value: float
) -> None:
    path = tmp_path / "network.npz"
    network_of(rng).save(path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    arrays[name] = arrays[name].copy()
    arrays[name].flat[-1] = value
    np.savez(path, **arrays)
    with pytest.raises(BadFileError, match="the network holds NaN or infinity; train"):
        Predictor.load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", np.array(999)),
        ("out_bias", np.array(["text"] * OUTPUTS)),
        ("note", np.array("text")),
        ("out_kernel", np.zeros((UNITS + 1, OUTPUTS), np.float32)),
        ("reference", np.zeros((19, 2))),
        ("delay", np.array(-3)),
        ("kind", np.array("oracle")),
        ("form", np.array([INPUTS, OUTPUTS, UNITS, 10**9])),
        ("form", np.array([INPUTS, OUTPUTS, UNITS, 0])),
        ("form", np.array([INPUTS, OUTPUTS, UNITS])),
    ],
)
def test_a_network_whose_parts_do_not_fit(
    tmp_path: Path, rng: np.random.Generator, name: str, value: NDArray[Any]
) -> None:
    path = tmp_path / "network.npz"
    network_of(rng).save(path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez(path, **{**arrays, name: value})
    with pytest.raises(BadFileError):
        Predictor.load(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_damage_gives_bad_file_errors_alone(
    tmp_path: Path, place: int, value: int, cut: bool
) -> None:
    path = tmp_path / "network.npz"
    network_of(np.random.default_rng(0)).save(path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content[: place % len(content)] if cut else content))
    try:
        network = Predictor.load(path)
    except BadFileError:
        return
    # A flipped bit in the bookkeeping of the archive may do no harm.
    assert np.isfinite(network.coefficients(np.zeros((3, INPUTS)))).all()
