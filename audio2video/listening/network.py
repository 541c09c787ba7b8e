"""A small network of two layers, and how it learns: plain arrays, seconds on one core."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._typing import F64

Weights = dict[str, F64]
"""``w1`` (inputs, hidden), ``b1``, ``w2`` (hidden, outputs) and ``b2``."""

_RATE, _FIRST, _SECOND, _TINY = 3e-3, 0.9, 0.999, 1e-8
"""Of Adam (Kingma and Ba, ICLR 2015)."""


def new_weights(rng: np.random.Generator, inputs: int, hidden: int, outputs: int) -> Weights:
    """Draw weights to begin with (Glorot and Bengio, AISTATS 2010)."""
    return {
        "w1": rng.normal(0, np.sqrt(2 / (inputs + hidden)), (inputs, hidden)),
        "b1": np.zeros(hidden),
        "w2": rng.normal(0, np.sqrt(2 / (hidden + outputs)), (hidden, outputs)),
        "b2": np.zeros(outputs),
    }


def run(weights: Weights, x: F64) -> tuple[F64, F64]:
    """Give outputs and hidden values for inputs of shape (n, inputs)."""
    hidden = np.tanh(x @ weights["w1"] + weights["b1"])
    return hidden @ weights["w2"] + weights["b2"], hidden


def slopes(weights: Weights, x: F64, hidden: F64, wanted: F64) -> tuple[Weights, F64]:
    """Give the slopes of a loss, from those by the outputs.

    Parameters
    ----------
    weights : Weights
    x, hidden : ndarray
        Inputs, and the hidden values that `run` gave for them.
    wanted : ndarray, shape (n, outputs)
        Slopes of the loss by the outputs.

    Returns
    -------
    Weights
        By the weights.
    ndarray, shape (n, inputs)
        By the inputs.
    """
    inner = (wanted @ weights["w2"].T) * (1 - hidden**2)
    by_weights = {
        "w1": x.T @ inner,
        "b1": inner.sum(axis=0),
        "w2": hidden.T @ wanted,
        "b2": wanted.sum(axis=0),
    }
    return by_weights, inner @ weights["w1"].T


@dataclass
class Adam:
    """Steps down the slopes of a loss.

    Parameters
    ----------
    decay : float
        Share of the weights' size that each step takes away, times the rate.
    """

    decay: float = 0.0
    _steps: int = 0
    _first: Weights = field(default_factory=dict)
    _second: Weights = field(default_factory=dict)

    def step(self, weights: Weights, by_weights: Weights) -> None:
        """Change the weights in place."""
        self._steps += 1
        for name, slope in by_weights.items():
            first = self._first.get(name, np.zeros_like(slope))
            second = self._second.get(name, np.zeros_like(slope))
            self._first[name] = first = _FIRST * first + (1 - _FIRST) * slope
            self._second[name] = second = _SECOND * second + (1 - _SECOND) * slope**2
            even = first / (1 - _FIRST**self._steps)
            size = np.sqrt(second / (1 - _SECOND**self._steps)) + _TINY
            shrink = self.decay * weights[name] if name.startswith("w") else 0.0
            weights[name] -= _RATE * (even / size + shrink)


def softmax(logits: F64) -> F64:
    """Turn logits into probabilities, along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
