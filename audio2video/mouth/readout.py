"""A linear read-out of speech features beside a network: it errs elsewhere, and both err less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F32

MOMENTS = (-0.12, -0.04, 0.0, 0.04, 0.12)
"""Seconds from each moment at which its features are read."""


@dataclass(frozen=True)
class Readout:
    """A linear map from features around a moment to shape coefficients.

    Parameters
    ----------
    kernel : ndarray of float32, shape (len(steps), D, K)
        Of normalised features, to normalised coefficients.
    steps : tuple of int
        Feature frames from each moment at which its features are read.
    share : float
        Weight of what it says, 0 to 1; the network has the rest.
    """

    kernel: F32
    steps: tuple[int, ...]
    share: float

    @property
    def reach(self) -> int:
        """Feature frames before and behind that an output depends on."""
        return max(abs(step) for step in self.steps)

    def run(self, x: F32) -> F32:
        """Read coefficients.

        Parameters
        ----------
        x : ndarray of float32, shape (T, D)
            Normalised features; beyond the ends, the first and last one go on.

        Returns
        -------
        ndarray of float32, shape (T, K)
            Normalised coefficients.
        """
        rows = np.arange(len(x))
        parts = (
            x[np.clip(rows + step, 0, len(x) - 1)] @ kernel
            for step, kernel in zip(self.steps, self.kernel, strict=True)
        )
        return np.asarray(sum(parts), np.float32)

    def fits(self, inputs: int, outputs: int) -> bool:
        """Tell whether it belongs to a network of so many inputs and outputs."""
        shape = (len(self.steps), inputs, outputs)
        return bool(self.steps) and self.kernel.shape == shape and 0 < self.share < 1


def features_around(
    features: NDArray[np.floating], rows: NDArray[np.integer], steps: Sequence[int]
) -> NDArray[np.floating]:
    """Gather features around moments; beyond the ends, the first and last one go on.

    Parameters
    ----------
    features : ndarray, shape (F, D)
    rows : ndarray of int, shape (N,)
        Feature frames.
    steps : sequence of int
        From each of them.

    Returns
    -------
    ndarray, shape (N, len(steps) D)
    """
    around = np.clip(rows[:, None] + np.array(steps), 0, len(features) - 1)
    return np.asarray(features[around].reshape(len(rows), -1))


def steps_at(rate: int) -> tuple[int, ...]:
    """Give the steps of `MOMENTS` at a rate of feature frames per second."""
    return tuple(round(moment * rate) for moment in MOMENTS)
