"""Two of Whisper's encoders side by side: where one errs, the other need not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from .._typing import F32
from .encoder import EncoderNote, Samples, SpeechFeatures
from .whisper import STATE_RATE, WhisperEncoder

NAME = "whisper_pair"


@dataclass(frozen=True)
class WhisperPair:
    """The states of two encoders, one after the other.

    Parameters
    ----------
    first, second : WhisperEncoder
    """

    first: WhisperEncoder
    second: WhisperEncoder

    @property
    def note(self) -> EncoderNote:
        """Name, both versions, hash of both hashes, and frames per second."""
        version = f"{self.first.heard.version}; {self.second.heard.version}"
        digest = pair_hash(self.first.sha256, self.second.sha256)
        return EncoderNote(NAME, version, digest, STATE_RATE)

    @property
    def size(self) -> int:
        """Features of a frame."""
        return self.first.size + self.second.size

    def features(self, samples: Samples) -> PairFeatures:
        """States of a recording, computed where they are asked for."""
        return PairFeatures(self.first.features(samples), self.second.features(samples))

    def encode(self, samples: Samples) -> F32:
        """Compute the states of a recording; see `SpeechEncoder.encode`."""
        return self.features(samples)[:]


@dataclass(frozen=True)
class PairFeatures:
    """States of a recording by two encoders, computed where they are asked for.

    Parameters
    ----------
    first, second : SpeechFeatures
        Of equal length.
    """

    first: SpeechFeatures
    second: SpeechFeatures

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, wanted: slice) -> F32:
        """Compute the states of a slice."""
        sides = [self.first[wanted], self.second[wanted]]
        return np.asarray(np.concatenate(sides, axis=1), np.float32)


def pair_hash(first: str, second: str) -> str:
    """SHA-256 of two SHA-256 in hexadecimal digits."""
    return hashlib.sha256((first + second).encode()).hexdigest()
