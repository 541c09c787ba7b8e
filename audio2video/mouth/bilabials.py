"""Sounds for which the lips meet, /p b m/, found in the states of a speech encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._typing import F32
from ..speech.encoder import EncoderNote, SpeechFeatures
from .architecture import Architecture

FORMAT = 1

BLOCK = 3000
"""States that are asked for at once."""

MAX_SIZE = 4096
"""Units and layers beyond this are those of a damaged file."""


@dataclass(frozen=True)
class BilabialDetector:
    """A small network of dilated convolutions over the encoder's states.

    Parameters
    ----------
    architecture : Architecture
        Of the kind 'conv', with one output.
    weights : mapping of str to ndarray of float32
        As in `Architecture.shapes`.
    feature_mean, feature_std : ndarray of float32, shape (D,)
        States are normalised with these.
    rate : int
        States per second.
    """

    architecture: Architecture
    weights: Mapping[str, F32]
    feature_mean: F32
    feature_std: F32
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
        units, *dilations = (int(n) for n in arrays["form"])
        if not 0 < units <= MAX_SIZE or not dilations or len(dilations) > MAX_SIZE:
            raise ValueError("no such network")
        if not all(0 < distance <= BLOCK for distance in dilations):
            raise ValueError("no such network")
        form = Architecture("conv", size, 1, units, len(dilations), tuple(dilations))
        shapes = {**form.shapes(), "feature_mean": (size,), "feature_std": (size,)}
        found = {}
        for name, shape in shapes.items():
            found[name] = np.asarray(arrays[name], np.float32)
            if found[name].shape != shape or not np.isfinite(found[name]).all():
                raise ValueError(f"'{name}' does not fit")
        mean, deviation = found.pop("feature_mean"), found.pop("feature_std")
        return cls(form, found, mean, deviation, encoder.rate)

    def arrays(self, encoder: EncoderNote) -> dict[str, npt.NDArray[Any]]:
        """Give the arrays of the weights file, weights in half precision."""
        form = self.architecture
        dilations = [form.dilation(k) for k in range(form.layers)]
        return {
            "format": np.array(FORMAT),
            "encoder": np.array(encoder.sha256),
            "form": np.array([form.hidden, *dilations]),
            "feature_mean": self.feature_mean,
            "feature_std": self.feature_std,
            **{name: array.astype(np.float16) for name, array in self.weights.items()},
        }

    @property
    def reach(self) -> int:
        """States before and behind that a decision depends on."""
        reach = self.architecture.reach
        assert reach is not None
        return reach

    def evidence(self, states: npt.NDArray[np.floating]) -> F32:
        """Tell how much speaks for /p b m/.

        Parameters
        ----------
        states : ndarray, shape (F, D)
            Of the encoder that the detector was trained with.

        Returns
        -------
        ndarray of float32, shape (F,)
            Log odds.
        """
        x = (np.asarray(states, np.float32) - self.feature_mean) / self.feature_std
        return self.architecture.run(self.weights, x)[:, 0]


@dataclass(frozen=True)
class BilabialPair:
    """Two detectors, each in the states of its own encoder, that decide together.

    Parameters
    ----------
    first, second : BilabialDetector
    """

    first: BilabialDetector
    second: BilabialDetector

    @property
    def rate(self) -> int:
        """States per second."""
        return self.first.rate

    @property
    def reach(self) -> int:
        """States before and behind that a decision depends on."""
        return max(self.first.reach, self.second.reach)

    def evidence(self, states: npt.NDArray[np.floating]) -> F32:
        """Tell how much speaks for /p b m/: the mean of both log odds, shape (F,).

        Parameters
        ----------
        states : ndarray, shape (F, D)
            Of the first encoder, and behind them those of the second.
        """
        own = len(self.first.feature_mean)
        found = self.first.evidence(states[:, :own]) + self.second.evidence(states[:, own:])
        return np.asarray(found / 2, np.float32)


Bilabials = BilabialDetector | BilabialPair
"""Whatever tells of states whether they are /p b m/."""


class ListenedFeatures:
    """Features that a network reads, and in which /p b m/ are detected as it does.

    They are computed where they are asked for, which takes longer than all else: once must do.

    Parameters
    ----------
    features : SpeechFeatures
    detector : BilabialDetector or BilabialPair
    """

    def __init__(self, features: SpeechFeatures, detector: Bilabials) -> None:
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
            if first < last:
                found = self._detector.evidence(states)
                self._evidence[first:last] = found[first - start : last - start]
        return states

    def evidence(self) -> F32:
        """Log odds of /p b m/, shape (F,); what nobody has read is read now."""
        reach = self._detector.reach
        for place in np.flatnonzero(np.isnan(self._evidence)):
            if np.isnan(self._evidence[place]):
                self[max(place - reach, 0) : place + reach + BLOCK]
        return self._evidence
