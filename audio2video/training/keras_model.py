"""A network as a Keras model, whose weights are those of the `Architecture`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._typing import F32
from ..mouth.architecture import TAPS, Architecture


@dataclass(frozen=True)
class KerasNetwork:
    """A Keras model and the names that an `Architecture` has for its weights.

    Parameters
    ----------
    architecture : Architecture
    model : keras.Model
        Of convolutions: normalised features (B, L, D), and 1 where there is sound and 0 where there
        is none (B, L, 1), to normalised coefficients (B, L, K). Recurrent: of the features alone.
    variables : dict of str to keras.Variable
        Named, and in the order, as in `Architecture.shapes`.
    """

    architecture: Architecture
    model: Any
    variables: dict[str, Any]

    def run(self, features: Any, inside: Any, *, training: bool) -> Any:
        """Run the model: tensors of features and of where there is sound to coefficients."""
        # Keras 3.12, the last one for Python 3.10, refuses an input that nothing depends on.
        given = [features, inside] if self.architecture.kind == "conv" else features
        return self.model(given, training=training)

    def weights(self) -> dict[str, F32]:
        """Weights as they are now."""
        shapes = self.architecture.shapes()
        return {
            name: np.array(variable.numpy(), np.float32).reshape(shapes[name])
            for name, variable in self.variables.items()
        }

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Put other weights in place of the model's own."""
        for name, variable in self.variables.items():
            variable.assign(np.asarray(weights[name], np.float32).reshape(variable.shape))


def build_network(
    keras: Any,
    architecture: Architecture,
    keep_prob: float,
    seed: int,
    *,
    input_keep_prob: float = 1.0,
    input_noise: float = 0.0,
) -> KerasNetwork:
    """Build the model.

    Parameters
    ----------
    keras : module
    architecture : Architecture
    keep_prob : float
        Share of the units that dropout keeps in training, after each layer.
    seed : int
        For dropout. What it draws follows from this and from how often it was asked, which is a
        variable of the model.
    input_keep_prob, input_noise : float
        Share of the features that dropout keeps, and standard deviation of noise on them.

    Returns
    -------
    KerasNetwork
        Its weights are Keras' own; see `KerasNetwork.set_weights`.
    """
    layers = keras.layers
    units = architecture.hidden
    variables: dict[str, Any] = {}

    def dropout(k: int, x: Any) -> Any:
        return x if keep_prob == 1.0 else layers.Dropout(1 - keep_prob, seed=seed * 64 + k)(x)

    inputs = x = keras.Input((None, architecture.inputs))
    inside = keras.Input((None, 1))
    if input_noise:
        x = layers.GaussianNoise(input_noise, seed=seed * 64 + 62)(x)
    if input_keep_prob < 1:
        x = layers.Dropout(1 - input_keep_prob, seed=seed * 64 + 63)(x)
    if architecture.kind == "conv":
        first = layers.Dense(units, activation="relu")
        # Beyond the ends of the sound, a convolution meets zeros where it predicts.
        x = layers.Multiply()([first(x), inside])
        variables |= {"in_kernel": first.kernel, "in_bias": first.bias}
        for k in range(architecture.layers):
            see = layers.Conv1D(
                units,
                TAPS,
                padding="same",
                dilation_rate=architecture.dilation(k),
                activation="relu",
            )
            mix = layers.Dense(units, use_bias=False)
            x = layers.Add()([x, mix(dropout(k, see(x)))])
            x = layers.Multiply()([x, inside])
            variables |= {
                f"conv{k}_kernel": see.kernel,
                f"conv{k}_bias": see.bias,
                f"conv{k}_mix": mix.kernel,
            }
    else:
        for k, names in enumerate(architecture.lstm_names()):
            # Its gates lie in the order of ours: input, forget, cell, output.
            layer = layers.LSTM(units, return_sequences=True, seed=seed)
            ways = [layer]
            if len(names) == 2:
                layer = layers.Bidirectional(layer)
                ways = [layer.forward_layer, layer.backward_layer]
            x = dropout(k, layer(x))
            for name, way in zip(names, ways, strict=True):
                variables |= {
                    f"{name}_kernel": way.cell.kernel,
                    f"{name}_recurrent": way.cell.recurrent_kernel,
                    f"{name}_bias": way.cell.bias,
                }
    last = layers.Dense(architecture.outputs)
    outputs = last(x)
    variables |= {"out_kernel": last.kernel, "out_bias": last.bias}
    given = [inputs, inside] if architecture.kind == "conv" else inputs
    return KerasNetwork(architecture, keras.Model(given, outputs), variables)
