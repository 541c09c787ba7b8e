"""The networks from speech to mouth shapes: their parts, their beginning, and their forward pass.

The forward pass is plain NumPy, so that predicting needs no TensorFlow; `mouth.network` trains the
same parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._typing import F32

Weights = Mapping[str, F32]

NETWORKS = ("lstm", "bilstm", "conv")
"""The delayed LSTM of the paper; one that runs in both directions; dilated convolutions."""

TAPS = 3
"""Time steps that one convolution sees."""

DILATIONS = (1, 2, 4, 8, 16)
"""Usual distances between the taps, layer by layer, over and over (van den Oord et al. 2016)."""

MAX_DILATION = 1000


@dataclass(frozen=True)
class Architecture:
    """Form of a network.

    Parameters
    ----------
    kind : str
        One of `NETWORKS`.
    inputs, outputs : int
        Speech features and shape coefficients.
    hidden : int
        Units of a layer (of each direction, where there are two).
    layers : int
    dilations : tuple of int
        Of convolutions: distances between the taps, layer by layer, over and over.
    """

    kind: str
    inputs: int
    outputs: int
    hidden: int
    layers: int
    dilations: tuple[int, ...] = DILATIONS

    def dilation(self, layer: int) -> int:
        """Distance between the taps of a convolution."""
        return self.dilations[layer % len(self.dilations)]

    @property
    def reach(self) -> int | None:
        """Frames before and behind that an output depends on; None if that has no end."""
        if self.kind != "conv":
            return None
        return sum(self.dilation(k) for k in range(self.layers))

    def lstm_names(self) -> list[tuple[str, ...]]:
        """For each layer, the names of the LSTMs in it: forwards, and backwards if there is one."""
        if self.kind == "lstm":
            return [(f"lstm{k}",) for k in range(self.layers)]
        return [(f"forward{k}", f"backward{k}") for k in range(self.layers)]

    def weights_of_layers(self) -> list[tuple[str, ...]]:
        """For each layer, from the features on, the names of its weights."""
        names = list(self.shapes())
        if self.kind == "conv":
            layers: list[tuple[str, ...]] = [
                ("in_",),
                *((f"conv{k}_",) for k in range(self.layers)),
            ]
        else:
            layers = [tuple(f"{name}_" for name in of) for of in self.lstm_names()]
        layers.append(("out_",))
        return [tuple(n for n in names if n.startswith(prefixes)) for prefixes in layers]

    def input_kernels(self) -> tuple[str, ...]:
        """Names of the weights that have a row for each input."""
        if self.kind == "conv":
            return ("in_kernel",)
        return tuple(f"{name}_kernel" for name in self.lstm_names()[0])

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight, in the order in which they are drawn."""
        units, size = self.hidden, self.inputs
        shapes: dict[str, tuple[int, ...]] = {}
        if self.kind == "conv":
            shapes["in_kernel"], shapes["in_bias"] = (size, units), (units,)
            for k in range(self.layers):
                shapes[f"conv{k}_kernel"] = (TAPS * units, units)
                shapes[f"conv{k}_bias"] = (units,)
                shapes[f"conv{k}_mix"] = (units, units)
            size = units
        else:
            for names in self.lstm_names():
                for name in names:
                    shapes[f"{name}_kernel"] = (size, 4 * units)
                    shapes[f"{name}_recurrent"] = (units, 4 * units)
                    shapes[f"{name}_bias"] = (4 * units,)
                size = units * len(names)
        shapes["out_kernel"], shapes["out_bias"] = (size, self.outputs), (self.outputs,)
        return shapes

    def initial(self, rng: np.random.Generator) -> dict[str, F32]:
        """Draw the weights that training starts from."""
        weights: dict[str, F32] = {}
        for name, shape in self.shapes().items():
            if name.endswith("_bias"):
                weights[name] = np.zeros(shape, np.float32)
                if name.startswith(("lstm", "forward", "backward")):
                    # An open forget gate lets the gradient reach far back from the first epoch on
                    # (Jozefowicz et al. 2015).
                    weights[name][self.hidden : 2 * self.hidden] = 1.0
            elif name.endswith("_recurrent"):
                weights[name] = _orthogonal(rng, *shape)
            elif name.endswith("_mix"):
                # A deep network begins as a shallow one (Zhang et al. 2019, "Fixup").
                weights[name] = np.zeros(shape, np.float32)
            else:
                weights[name] = _glorot(rng, *shape)
        return weights

    def run(self, weights: Weights, x: F32) -> F32:
        """Run the network over a whole utterance.

        Parameters
        ----------
        weights : mapping of str to ndarray of float32
            As in `shapes`.
        x : ndarray of float32, shape (T, D)
            Normalised features.

        Returns
        -------
        ndarray of float32, shape (T, K)
            Normalised coefficients; late by the delay it was trained with.
        """
        if self.kind == "conv":
            x = np.maximum(x @ weights["in_kernel"] + weights["in_bias"], 0)
            for k in range(self.layers):
                seen = _taps(x, self.dilation(k))
                hidden = np.maximum(seen @ weights[f"conv{k}_kernel"] + weights[f"conv{k}_bias"], 0)
                x = x + hidden @ weights[f"conv{k}_mix"]
        else:
            for names in self.lstm_names():
                x = _run_lstms(weights, names, x)
        return np.asarray(x @ weights["out_kernel"] + weights["out_bias"], np.float32)


def _taps(x: F32, dilation: int) -> F32:
    """Put each step beside those ``dilation`` before and behind it; nothing is beyond the ends."""
    padded = np.pad(x, ((dilation, dilation), (0, 0)))
    return np.concatenate([padded[k * dilation :][: len(x)] for k in range(TAPS)], axis=1)


def _run_lstms(weights: Weights, names: tuple[str, ...], x: F32) -> F32:
    """Run the LSTMs of a layer side by side: the first one forwards, a second one backwards."""
    ways = len(names)
    recurrent = np.stack([weights[f"{name}_recurrent"] for name in names])
    units = recurrent.shape[1]
    driven = np.empty((len(x), ways, 1, 4 * units), np.float32)
    for k, name in enumerate(names):
        order = x if k == 0 else x[::-1]
        driven[:, k, 0] = order @ weights[f"{name}_kernel"] + weights[f"{name}_bias"]
    # Gates in the order input, forget, cell, output. All but the cell are sigmoid(z), which is
    # 0.5 tanh(0.5 z) + 0.5: one tanh serves for all four, and cannot overflow as exp can.
    half = np.full(4 * units, 0.5, np.float32)
    half[2 * units : 3 * units] = 1.0
    driven *= half
    recurrent = recurrent * half
    rest = np.where(half == 1.0, np.float32(0.0), half)
    # A step is a few tiny products, so the time goes into calls: few of them, each with a place to
    # write to. Importing Numba, to compile it, takes longer than a minute of speech takes here.
    z = np.empty((ways, 1, 4 * units), np.float32)
    i, f, g, o = (z[..., k * units : (k + 1) * units] for k in range(4))
    cell = np.zeros((ways, 1, units), np.float32)
    hidden = np.zeros((len(x) + 1, ways, 1, units), np.float32)
    for now, before, after in zip(driven, hidden, hidden[1:], strict=False):
        np.matmul(before, recurrent, out=z)
        np.add(z, now, out=z)
        np.tanh(z, out=z)
        np.multiply(z, half, out=z)
        np.add(z, rest, out=z)
        np.multiply(i, g, out=i)
        np.multiply(cell, f, out=cell)
        np.add(cell, i, out=cell)
        np.tanh(cell, out=after)
        np.multiply(after, o, out=after)
    outputs = [hidden[1:, 0, 0], *(hidden[:0:-1, k, 0] for k in range(1, ways))]
    return np.concatenate(outputs, axis=1)


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> F32:
    limit = np.sqrt(6.0 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> F32:
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return np.asarray((q * np.sign(np.diag(r))).T, np.float32)
