"""The delayed LSTM at work: a plain NumPy forward pass, so that predicting needs no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from .basis import ShapeBasis

FORMAT = 1


@dataclass(frozen=True)
class LstmLayer:
    """Weights of one layer; gates in the order input, forget, cell, output.

    Parameters
    ----------
    kernel : ndarray of float32, shape (D, 4 H)
    recurrent : ndarray of float32, shape (H, 4 H)
    bias : ndarray of float32, shape (4 H,)
    """

    kernel: NDArray[np.float32]
    recurrent: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class DelayedLstm:
    """A trained network with all that prediction needs.

    Parameters
    ----------
    layers : tuple of LstmLayer
    out_kernel : ndarray of float32, shape (H, K)
    out_bias : ndarray of float32, shape (K,)
    feature_mean, feature_std : ndarray of float32, shape (D,)
        Features are normalised with these.
    target_mean, target_std : ndarray of float32, shape (K,)
        Outputs are brought back to shape coefficients with these.
    delay : int
        Feature frames by which the output lags.
    basis : ShapeBasis
    reference : ndarray of float64, shape (20, 2)
        Closed mouth of the speaker it was trained on, rectified, in inter-ocular distances.
    """

    layers: tuple[LstmLayer, ...]
    out_kernel: NDArray[np.float32]
    out_bias: NDArray[np.float32]
    feature_mean: NDArray[np.float32]
    feature_std: NDArray[np.float32]
    target_mean: NDArray[np.float32]
    target_std: NDArray[np.float32]
    delay: int
    basis: ShapeBasis
    reference: NDArray[np.float64]

    def coefficients(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Predict shape coefficients for a whole utterance.

        Parameters
        ----------
        features : ndarray, shape (F, D)
            Speech features at 100 Hz.

        Returns
        -------
        ndarray of float32, shape (F, K)
            On the features' own clock: the delay is taken out.
        """
        x = (np.asarray(features, np.float32) - self.feature_mean) / self.feature_std
        # The network needs the sound `delay` frames ahead: at the end, the last frame goes on.
        x = np.concatenate([x, np.repeat(x[-1:], self.delay, axis=0)])
        for layer in self.layers:
            x = _run_layer(layer, x)
        y = (x @ self.out_kernel + self.out_bias)[self.delay :]
        return np.asarray(y * self.target_std + self.target_mean, np.float32)

    def save(self, path: Path) -> None:
        """Write the network to an npz file, which holds data only."""
        arrays: dict[str, NDArray[np.generic]] = {
            "format": np.array(FORMAT),
            "delay": np.array(self.delay),
            "nlayers": np.array(len(self.layers)),
            "out_kernel": self.out_kernel,
            "out_bias": self.out_bias,
            "feature_mean": self.feature_mean,
            "feature_std": self.feature_std,
            "target_mean": self.target_mean,
            "target_std": self.target_std,
            "basis_mean": self.basis.mean,
            "basis_components": self.basis.components,
            "basis_variance": self.basis.variance,
            "reference": self.reference,
        }
        for k, layer in enumerate(self.layers):
            arrays[f"lstm{k}_kernel"] = layer.kernel
            arrays[f"lstm{k}_recurrent"] = layer.recurrent
            arrays[f"lstm{k}_bias"] = layer.bias
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> DelayedLstm:
        """Read a network.

        Raises
        ------
        BadFileError
            The file is damaged or not a network of this package.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                a = {name: file[name] for name in file.files}
            if any(array.dtype.kind not in "fiu" for array in a.values()):
                raise TypeError("an array that is not of numbers")
            layers = tuple(
                LstmLayer(a[f"lstm{k}_kernel"], a[f"lstm{k}_recurrent"], a[f"lstm{k}_bias"])
                for k in range(int(a["nlayers"]))
            )
            network = cls(
                layers,
                a["out_kernel"],
                a["out_bias"],
                a["feature_mean"],
                a["feature_std"],
                a["target_mean"],
                a["target_std"],
                int(a["delay"]),
                ShapeBasis(a["basis_mean"], a["basis_components"], a["basis_variance"]),
                a["reference"],
            )
        except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
            raise BadFileError(
                "not a trained network or damaged", path=path, hint="train the pass again"
            ) from error
        if int(a["format"]) != FORMAT or not network._fits():
            raise BadFileError(
                "a network of another format, or with parts that do not fit each other",
                path=path,
                hint="train the pass again",
            )
        if not all(np.isfinite(array).all() for array in a.values()):
            raise BadFileError(
                "the network holds NaN or infinity", path=path, hint="train the pass again"
            )
        return network

    def _fits(self) -> bool:
        """Tell whether all parts have the shapes that belong together."""
        size = len(self.feature_mean)
        shapes: list[tuple[NDArray[Any], tuple[int, ...]]] = [
            (self.feature_mean, (size,)),
            (self.feature_std, (size,)),
        ]
        for layer in self.layers:
            units = layer.recurrent.shape[0]
            shapes += [
                (layer.kernel, (size, 4 * units)),
                (layer.recurrent, (units, 4 * units)),
                (layer.bias, (4 * units,)),
            ]
            size = units
        outputs = self.basis.components.shape[0]
        shapes += [(self.out_kernel, (size, outputs)), (self.basis.components, (outputs, 40))]
        shapes += [(self.out_bias, (outputs,)), (self.basis.variance, (outputs,))]
        shapes += [(self.target_mean, (outputs,)), (self.target_std, (outputs,))]
        shapes += [(self.basis.mean, (40,)), (self.reference, (20, 2))]
        return self.delay >= 0 and all(array.shape == shape for array, shape in shapes)


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    # tanh cannot overflow, exp can.
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5, np.float32)


def _run_layer(layer: LstmLayer, x: NDArray[np.float32]) -> NDArray[np.float32]:
    units = layer.recurrent.shape[0]
    gates = x @ layer.kernel + layer.bias
    hidden = np.zeros(units, np.float32)
    cell = np.zeros(units, np.float32)
    outputs = np.empty((len(x), units), np.float32)
    for t in range(len(x)):
        z = gates[t] + hidden @ layer.recurrent
        i, f, o = (_sigmoid(z[k * units : (k + 1) * units]) for k in (0, 1, 3))
        cell = f * cell + i * np.tanh(z[2 * units : 3 * units])
        hidden = o * np.tanh(cell)
        outputs[t] = hidden
    return outputs
