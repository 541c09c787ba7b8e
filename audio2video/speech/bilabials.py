"""Sounds for which the lips meet, /p b m/, heard by a speech encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._typing import F32
from .encoder import EncoderNote, SpeechFeatures

FORMAT = 1

BLOCK = 3000
"""States that are asked for at once."""


@dataclass(frozen=True)
class BilabialDetector:
    """A logistic regression on states of a speech encoder and of their neighbours.

    Parameters
    ----------
    offsets : tuple of int
        States that a decision looks at, from the one it is about.
    weights : ndarray of float32, shape (n, D)
        For each of the offsets.
    bias : float
    rate : int
        States per second.
    """

    offsets: tuple[int, ...]
    weights: F32
    bias: float
    rate: int

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], encoder: EncoderNote, size: int
    ) -> BilabialDetector:
        """Make the detector of the arrays of its weights file.

        Parameters
        ----------
        arrays : mapping of str to ndarray
        encoder : EncoderNote
        size : int
            Features of a state.

        Raises
        ------
        ValueError
            They are of another format, of another encoder, or hold NaN or infinity.
        KeyError
            An array is missing.
        """
        if int(arrays["format"]) != FORMAT or str(arrays["encoder"]) != encoder.sha256:
            raise ValueError("a detector of another format or encoder")
        offsets = tuple(int(n) for n in arrays["offsets"])
        weights, bias = np.asarray(arrays["weights"], np.float32), float(arrays["bias"])
        if weights.shape != (len(offsets), size) or not np.isfinite([*weights.ravel(), bias]).all():
            raise ValueError("weights do not fit")
        if not offsets or max(map(abs, offsets)) > BLOCK:
            raise ValueError("no such offsets")
        return cls(offsets, weights, bias, encoder.rate)

    @property
    def reach(self) -> int:
        """States before and behind that a decision depends on."""
        return max(map(abs, self.offsets))

    def evidence(self, states: npt.NDArray[np.floating]) -> F32:
        """Tell how much speaks for /p b m/.

        Parameters
        ----------
        states : ndarray, shape (F, D)
            Of the encoder that the detector was fitted to.

        Returns
        -------
        ndarray of float32, shape (F,)
            Log odds. Beyond both ends, sound goes on as its first and last state do.
        """
        places = np.arange(len(states))
        said = np.full(len(states), self.bias, np.float32)
        for offset, row in zip(self.offsets, self.weights, strict=True):
            products = np.asarray(states, np.float32) @ row
            said += products[np.clip(places + offset, 0, len(states) - 1)]
        return said


class ListenedFeatures:
    """Features that a network reads, and in which /p b m/ are detected as it does.

    They are computed where they are asked for, which takes longer than all else: once must do.

    Parameters
    ----------
    features : SpeechFeatures
    detector : BilabialDetector
    """

    def __init__(self, features: SpeechFeatures, detector: BilabialDetector) -> None:
        self._features, self._detector = features, detector
        self._evidence = np.full(len(features), np.nan, np.float32)

    def __len__(self) -> int:
        return len(self._features)

    def __getitem__(self, wanted: slice) -> npt.NDArray[np.floating]:
        """Read features, and decide on all states whose neighbours are among them."""
        start, stop, _ = wanted.indices(len(self))
        states = self._features[start:stop]
        if len(states):
            reach = self._detector.reach
            first = start + reach if start else 0
            last = stop - reach if stop < len(self) else stop
            found = self._detector.evidence(states)
            self._evidence[first:last] = found[first - start : max(last - start, 0)]
        return states

    def evidence(self) -> F32:
        """Log odds of /p b m/, shape (F,); what nobody has read is read now."""
        for place in np.flatnonzero(np.isnan(self._evidence)):
            if np.isnan(self._evidence[place]):
                reach = self._detector.reach
                self[max(place - reach, 0) : place + BLOCK]
        return self._evidence
