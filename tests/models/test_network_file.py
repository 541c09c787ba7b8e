"""Trained networks on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import INPUTS, OUTPUTS, UNITS, arrays_of, ensemble_of, network_of
from numpy.typing import NDArray

from audio2video.errors import BadFileError
from audio2video.models.network_file import read_network, save_network
from audio2video.mouth.architecture import NETWORKS
from audio2video.mouth.predictor import Predictor
from audio2video.mouth.readout import Readout


def with_readout(network: Predictor, rng: np.random.Generator) -> Predictor:
    kernel = rng.normal(size=(5, INPUTS, OUTPUTS)).astype(np.float32)
    return replace(network, readout=Readout(kernel, (-6, -2, 0, 2, 6), 0.25))


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("layers", [1, 3])
def test_save_and_load(tmp_path: Path, rng: np.random.Generator, layers: int, kind: str) -> None:
    network = network_of(rng, layers, kind=kind)
    save_network(network, tmp_path / "network.npz")
    again = read_network(tmp_path / "network.npz")
    assert again.kind == kind
    expected, found = arrays_of(network), arrays_of(again)
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert np.asarray(found[name]).dtype == np.asarray(array).dtype
        np.testing.assert_array_equal(found[name], array)
    features = rng.normal(size=(20, INPUTS))
    np.testing.assert_array_equal(again.coefficients(features), network.coefficients(features))


def test_save_and_load_an_ensemble(tmp_path: Path, rng: np.random.Generator) -> None:
    network = with_readout(ensemble_of(rng), rng)
    save_network(network, tmp_path / "network.npz")
    again = read_network(tmp_path / "network.npz")
    assert (again.encoder, again.spread) == (network.encoder, 0.08)
    assert again.readout is not None
    assert network.readout is not None
    assert (again.readout.steps, again.readout.share) == (network.readout.steps, 0.25)
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
        ("readout_share", np.array(1.0)),
        ("readout_share", np.array(np.nan)),
        ("readout_steps", np.array([0, 1])),
        ("readout_steps", np.array([-6, -2, 0, 2, 10**9])),
        ("readout_kernel", np.zeros((5, INPUTS, OUTPUTS + 1), np.float32)),
        ("readout_kernel", np.full((5, INPUTS, OUTPUTS), np.inf, np.float32)),
    ],
)
def test_an_ensemble_whose_parts_do_not_fit(
    tmp_path: Path, rng: np.random.Generator, name: str, value: NDArray[Any]
) -> None:
    path = tmp_path / "network.npz"
    save_network(with_readout(ensemble_of(rng), rng), path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez(path, **{**arrays, name: value})
    with pytest.raises(BadFileError):
        read_network(path)


def test_it_is_saved_under_the_very_name_given(tmp_path: Path, rng: np.random.Generator) -> None:
    save_network(network_of(rng), tmp_path / "network.tmp")
    assert [p.name for p in tmp_path.iterdir()] == ["network.tmp"]


@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04", bytes(1000)])
def test_what_is_no_network(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.npz"
    path.write_bytes(content)
    with pytest.raises(
        BadFileError,
        match="or damaged; train the pass again with --force True",
    ):
        read_network(path)


@pytest.mark.parametrize(
    "missing", ["out_kernel", "lstm0_bias", "form", "kind", "delay", "reference"]
)
def test_a_network_that_lacks_a_part(
    tmp_path: Path, rng: np.random.Generator, missing: str
) -> None:
    path = tmp_path / "network.npz"
    save_network(network_of(rng), path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != missing}
    np.savez(path, **arrays)
    with pytest.raises(BadFileError, match="not a trained network"):
        read_network(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["out_bias", "reference", "lstm0_kernel", "basis_mean"])
def test_a_network_of_no_numbers(
    tmp_path: Path, rng: np.random.Generator, name: str, value: float
) -> None:
    path = tmp_path / "network.npz"
    save_network(network_of(rng), path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    arrays[name] = arrays[name].copy()
    arrays[name].flat[-1] = value
    np.savez(path, **arrays)
    with pytest.raises(BadFileError, match="the network holds NaN or infinity; train"):
        read_network(path)


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
    save_network(network_of(rng), path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez(path, **{**arrays, name: value})
    with pytest.raises(BadFileError):
        read_network(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_damage_gives_bad_file_errors_alone(
    tmp_path: Path, place: int, value: int, cut: bool
) -> None:
    path = tmp_path / "network.npz"
    save_network(network_of(np.random.default_rng(0)), path)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content[: place % len(content)] if cut else content))
    try:
        network = read_network(path)
    except BadFileError:
        return
    # A flipped bit in the bookkeeping of the archive may do no harm.
    assert np.isfinite(network.coefficients(np.zeros((3, INPUTS)))).all()
