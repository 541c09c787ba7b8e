"""Speech encoders, and the record of a pass's encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .._typing import F32
from .features import FEATURES, speech_features
from .loudness import loudness_gain, speech_level
from .recording import (
    as_samples,
    recording_features,
    recording_level,
    recording_offset,
)
from .units import FEATURE_RATE

Samples = npt.NDArray[Any]
"""Mono at 16 kHz: int16, may be memory-mapped; or floats, full scale 1."""


@dataclass(frozen=True)
class EncoderNote:
    """Which encoder a network was trained on.

    Parameters
    ----------
    name : str
        'mfcc', 'ppg', 'whisper', 'whisper_base' or 'whisper_pair'.
    version : str
        Which of its models, and which of its outputs.
    sha256 : str
        Of its weights file; empty if it has none.
    rate : int
        Feature frames per second.
    """

    name: str
    version: str
    sha256: str
    rate: int


MFCC = EncoderNote("mfcc", "1", "", FEATURE_RATE)
"""The encoder of every network that notes none."""


class SpeechFeatures(Protocol):
    """Features in memory, or ones that are computed where they are asked for."""

    def __len__(self) -> int:
        """Frames."""

    def __getitem__(self, wanted: slice, /) -> npt.NDArray[np.floating]:
        """Features of some frames, shape (n, D)."""


class SpeechEncoder(Protocol):
    """Turns sound into a network's input features."""

    @property
    def note(self) -> EncoderNote:
        """Name, version, hash of the weights, and frames per second."""

    @property
    def size(self) -> int:
        """Features of a frame."""

    def features(self, samples: Samples) -> SpeechFeatures:
        """Features of a recording, as far as possible computed only where they are asked for."""

    def encode(self, samples: Samples) -> F32:
        """Compute the features of a recording of any length.

        Parameters
        ----------
        samples : ndarray of int16 or float, shape (n,)
            Mono at 16 kHz.

        Returns
        -------
        ndarray of float32, shape (F, D)
            Frame k is that of ``k / rate`` s.
        """


@dataclass(frozen=True)
class MfccEncoder:
    """13 cepstra, energy and their differences (paper, section 3.1); it has no weights."""

    @property
    def note(self) -> EncoderNote:
        """Name, version, hash of the weights, and frames per second."""
        return MFCC

    @property
    def size(self) -> int:
        """Features of a frame."""
        return FEATURES

    def features(self, samples: Samples) -> F32:
        """Features of a recording, 11 kB a second: they are computed at once."""
        return self.encode(samples)

    def encode(self, samples: Samples) -> F32:
        """Compute the features of a recording; see `SpeechEncoder.encode`."""
        if samples.dtype == np.int16:
            return recording_features(samples)
        return speech_features(samples)


@dataclass(frozen=True)
class NormalisedSound:
    """A recording at a fixed loudness and without a constant offset, read part by part.

    Parameters
    ----------
    samples : ndarray of int16 or float, shape (n,)
        Mono at 16 kHz; may be a memory map.
    offset, gain : float
    """

    samples: Samples
    offset: float
    gain: float

    @classmethod
    def of(cls, samples: Samples) -> NormalisedSound:
        """Measure a recording."""
        if samples.dtype == np.int16:
            offset = recording_offset(samples)
            level = recording_level(samples, offset)
        else:
            offset = float(np.mean(samples, dtype=np.float64)) if len(samples) else 0.0
            level = speech_level(np.asarray(samples - offset, np.float32))
        return cls(samples, offset, loudness_gain(level))

    def part(self, start: int, stop: int) -> F32:
        """Give the samples from ``start`` up to ``stop``, silence where there are none."""
        raw = self.samples[start:stop]
        found = as_samples(raw) if raw.dtype == np.int16 else np.asarray(raw, np.float32)
        found = (found - np.float32(self.offset)) * np.float32(self.gain)
        return np.pad(found, (0, stop - start - len(found)))
