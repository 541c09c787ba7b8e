"""Forward passes against Keras and against the plainest code, and how weights begin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.config import TrainingConfig
from audio2video.models.network_file import read_network
from audio2video.mouth.architecture import DILATIONS, NETWORKS, Architecture
from audio2video.storage.workspace import shipped
from audio2video.training.trainer import Trainer, import_tensorflow

INPUTS, UNITS, OUTPUTS, FRAMES = 5, 7, 3, 40


def weights_of(form: Architecture, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    return {
        name: rng.normal(scale=0.4, size=shape).astype(np.float32)
        for name, shape in form.shapes().items()
    }


def keras_lstm(tf: Any, weights: dict[str, NDArray[np.float32]], name: str, x: Any) -> Any:
    twin = tf.keras.layers.LSTM(UNITS, return_sequences=True)
    twin.build(x.shape)
    twin.set_weights([weights[f"{name}_{part}"] for part in ("kernel", "recurrent", "bias")])
    return twin(x)


@pytest.mark.parametrize("kind", ["lstm", "bilstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_recurrent_networks_equal_keras(rng: np.random.Generator, kind: str, layers: int) -> None:
    tf = import_tensorflow(1)
    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, layers)
    weights = weights_of(form, rng)
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    x = tf.constant(features[None])
    for k in range(layers):
        if kind == "lstm":
            x = keras_lstm(tf, weights, f"lstm{k}", x)
        else:
            back = keras_lstm(tf, weights, f"backward{k}", tf.reverse(x, [1]))
            x = tf.concat([keras_lstm(tf, weights, f"forward{k}", x), tf.reverse(back, [1])], -1)
    expected = x.numpy()[0] @ weights["out_kernel"] + weights["out_bias"]
    found = form.run(weights, features)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_convolutions_equal_plain_sums(rng: np.random.Generator) -> None:
    layers = len(DILATIONS) + 1
    form = Architecture("conv", INPUTS, OUTPUTS, UNITS, layers)
    weights = weights_of(form, rng)
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    x = np.maximum(features @ weights["in_kernel"] + weights["in_bias"], 0)
    for k in range(layers):
        kernel = weights[f"conv{k}_kernel"].reshape(3, UNITS, UNITS)
        reach = DILATIONS[k % len(DILATIONS)]
        hidden = np.tile(weights[f"conv{k}_bias"], (FRAMES, 1))
        for t in range(FRAMES):
            for tap in range(3):
                if 0 <= (at := t + (tap - 1) * reach) < FRAMES:
                    hidden[t] += x[at] @ kernel[tap]
        x = x + np.maximum(hidden, 0) @ weights[f"conv{k}_mix"]
    expected = x @ weights["out_kernel"] + weights["out_bias"]
    np.testing.assert_allclose(form.run(weights, features), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pass_id", ["grid_s1", "grid_s1_delayed", "talkers_delayed"])
def test_shipped_passes_equal_tensorflow(rng: np.random.Generator, pass_id: str) -> None:
    network = read_network(shipped() / "passes" / pass_id / "network.npz")
    form = network.architecture
    trainer = Trainer(form, TrainingConfig(), 1)
    trainer.set_weights(network.weights)
    features = rng.normal(size=(300, form.inputs)).astype(np.float32)
    expected = np.asarray(trainer.predict(features[None]))[0]
    np.testing.assert_allclose(form.run(network.weights, features), expected, atol=1e-5)


def test_gates_that_are_far_out_do_not_overflow(rng: np.random.Generator) -> None:
    form = Architecture("bilstm", INPUTS, OUTPUTS, UNITS, 1)
    weights = {name: 1e4 * array for name, array in weights_of(form, rng).items()}
    with np.errstate(all="raise", under="ignore"):
        found = form.run(weights, rng.normal(size=(FRAMES, INPUTS)).astype(np.float32))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("kind", NETWORKS)
def test_training_and_prediction_run_the_same_network(rng: np.random.Generator, kind: str) -> None:
    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, 2)
    trainer = Trainer(form, TrainingConfig(keep_prob=0.5), 1)
    weights = weights_of(form, rng)
    trainer.set_weights(weights)
    for name, array in trainer.weights().items():
        np.testing.assert_array_equal(array, weights[name])
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    expected = np.asarray(trainer.predict(features[None]))[0]
    np.testing.assert_allclose(form.run(weights, features), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "reach"), [("lstm", (0, 999)), ("conv", (3, 3))])
def test_what_a_network_hears(rng: np.random.Generator, kind: str, reach: tuple[int, int]) -> None:
    # An LSTM hears all the past and no future; two convolutions hear 1 + 2 frames to each side.
    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, 2)
    weights = weights_of(form, rng)
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    other = features.copy()
    other[20] += 1
    changed = np.flatnonzero(
        ~np.isclose(form.run(weights, features), form.run(weights, other), atol=1e-7).all(axis=1)
    )
    assert 20 - reach[0] == changed.min()
    assert changed.max() <= min(20 + reach[1], FRAMES - 1)
    assert changed.max() > 21


def test_a_bidirectional_network_hears_all(rng: np.random.Generator) -> None:
    form = Architecture("bilstm", INPUTS, OUTPUTS, UNITS, 1)
    weights = weights_of(form, rng)
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    other = features.copy()
    other[20] += 1
    difference = np.abs(form.run(weights, features) - form.run(weights, other)).max(axis=1)
    assert difference[15] > 0
    assert difference[25] > 0


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("frames", [0, 1])
def test_hardly_any_sound(rng: np.random.Generator, kind: str, frames: int) -> None:
    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, 2)
    found = form.run(weights_of(form, rng), np.zeros((frames, INPUTS), np.float32))
    assert found.shape == (frames, OUTPUTS)


@pytest.mark.parametrize("kind", ["lstm", "bilstm"])
def test_very_loud_features_do_not_overflow(rng: np.random.Generator, kind: str) -> None:
    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, 1)
    with np.errstate(all="raise", under="ignore"):
        found = form.run(weights_of(form, rng), np.full((10, INPUTS), 1e6, np.float32))
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("kind", "lstms"), [("lstm", ["lstm0"]), ("bilstm", ["forward0", "backward0"])]
)
def test_weights_begin_as_the_literature_says(
    rng: np.random.Generator, kind: str, lstms: list[str]
) -> None:
    weights = Architecture(kind, INPUTS, OUTPUTS, 16, 1).initial(rng)
    limit = np.sqrt(6 / (INPUTS + 64))
    for name in lstms:
        assert 0.8 * limit < np.abs(weights[f"{name}_kernel"]).max() <= limit
        recurrent = weights[f"{name}_recurrent"]
        np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(16), atol=1e-5)
        np.testing.assert_array_equal(weights[f"{name}_bias"], np.repeat([0, 1, 0, 0], 16))


def test_other_biases_begin_at_zero(rng: np.random.Generator) -> None:
    weights = Architecture("conv", INPUTS, OUTPUTS, 8, 2).initial(rng)
    biases = [array for name, array in weights.items() if name.endswith("_bias")]
    assert len(biases) == 4
    assert not any(array.any() for array in biases)


def test_convolutions_begin_as_no_layer_at_all(rng: np.random.Generator) -> None:
    form = Architecture("conv", INPUTS, OUTPUTS, 8, 3)
    weights = form.initial(rng)
    features = rng.normal(size=(FRAMES, INPUTS)).astype(np.float32)
    expected = np.maximum(features @ weights["in_kernel"], 0) @ weights["out_kernel"]
    np.testing.assert_allclose(form.run(weights, features), expected, atol=1e-6)
