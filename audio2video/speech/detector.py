"""The speech detector: what is speech, whatever its level, and what is music, applause or noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._typing import F32, F64, I16
from .evening import BLOCK, block_levels, even_gain, with_gain
from .log_mel import log_mel
from .recording import as_samples
from .whisper import CEILING, CONTEXT, MIN_STATES, STATE_HOP, STATE_RATE, WINDOW, WhisperEncoder

LAYERS = 1
"""Layers of the encoder that are asked: more are slower and no better."""

FORMAT = 1

_SMOOTH = 10
"""States (0.2 s) on either side over which evidence is added up."""

_BRIDGE = 30
"""States: a shorter gap in speech is a part of it."""

_SHORTEST = 6
"""States: what is shorter is no speech."""

_AROUND = 12
"""States before and behind speech that may belong to it: quiet first and last sounds."""


@dataclass(frozen=True)
class SpeechDetector:
    """A logistic regression on states of Whisper's encoder.

    Parameters
    ----------
    encoder : WhisperEncoder
    weights : ndarray of float32, shape (D,)
    bias : float
    """

    encoder: WhisperEncoder
    weights: F32
    bias: float

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], encoder: WhisperEncoder
    ) -> SpeechDetector:
        """Make the detector of the arrays of its weights file.

        Raises
        ------
        ValueError
            They are of another format, of another encoder, or hold NaN or infinity.
        KeyError
            An array is missing.
        """
        weights = np.asarray(arrays["weights"], np.float32)
        bias = float(arrays["bias"])
        if int(arrays["format"]) != FORMAT or str(arrays["encoder"]) != encoder.sha256:
            raise ValueError("a speech detector of another format or encoder")
        if weights.shape != (encoder.form.width,) or not np.isfinite([*weights, bias]).all():
            raise ValueError("weights do not fit")
        return cls(encoder, weights, bias)

    def evidence(self, pcm: I16) -> F32:
        """Tell how much speaks for speech.

        Parameters
        ----------
        pcm : np.ndarray [shape=(n,), dtype=int16]
            Mono at 16 kHz, of any level; may be a memory map.

        Returns
        -------
        np.ndarray [shape=(n // 320 + 1,), dtype=float32]
            Log odds, at 50 Hz.
        """
        parts = [states @ self.weights + self.bias for states in heard_states(self.encoder, pcm)]
        return np.concatenate(parts).astype(np.float32)

    def presence(self, pcm: I16) -> npt.NDArray[np.bool_]:
        """Tell when someone speaks; see `speech_presence`."""
        return speech_presence(self.evidence(pcm))


def heard_states(encoder: WhisperEncoder, pcm: I16) -> list[F32]:
    """Compute the states that the detector decides on, of the sound made evenly loud.

    Returns
    -------
    list of ndarray of float32, shape (F, D)
        Consecutive parts; memory does not grow with the sound.
    """
    minute = 600 * BLOCK
    levels = [
        block_levels(as_samples(pcm[start : start + minute]))
        for start in range(0, max(len(pcm), 1), minute)
        if len(pcm)
    ]
    gain = even_gain(np.concatenate(levels)) if levels else np.zeros(1)
    count = len(pcm) // STATE_HOP + 1
    return [
        _window(encoder, pcm, gain, first, min(first + WINDOW, count), count)
        for first in range(0, count, WINDOW)
    ]


def _window(encoder: WhisperEncoder, pcm: I16, gain: F64, start: int, stop: int, count: int) -> F32:
    first, last = max(start - CONTEXT, 0), min(stop + CONTEXT, count)
    last = max(last, first + MIN_STATES)
    begin, end = first * STATE_HOP, last * STATE_HOP
    heard = with_gain(as_samples(pcm[begin:end]), gain, begin)
    heard = np.pad(heard, (0, end - begin - len(heard)))
    states = encoder.states(log_mel(heard, CEILING), LAYERS)[-1]
    return np.asarray(states[start - first : stop - first])


def certain_speech(evidence: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell where speech is more likely than not, from the evidence around.

    Parameters
    ----------
    evidence : np.ndarray [shape=(n,)]
        Log odds, at 50 Hz.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=bool]
    """
    bounded = np.clip(np.asarray(evidence, np.float64), -6, 6)
    padded = np.pad(bounded, _SMOOTH, mode="edge")
    bell = np.hanning(2 * _SMOOTH + 3)[1:-1]
    return np.asarray(np.convolve(padded, bell / bell.sum(), mode="valid") > 0)


def speech_presence(evidence: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell when someone speaks, or has only just stopped or is about to begin.

    Parameters
    ----------
    evidence : np.ndarray [shape=(n,)]
        Log odds, at 50 Hz.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=bool]
    """
    speech = ~_without_short(~certain_speech(evidence), _BRIDGE, inside=True)
    speech = _without_short(speech, _SHORTEST, inside=False)
    wide = np.convolve(speech, np.ones(2 * _AROUND + 1))[_AROUND : _AROUND + len(speech)]
    return np.asarray(wide > 0.5)


def _without_short(
    flags: npt.NDArray[np.bool_], shortest: int, *, inside: bool
) -> npt.NDArray[np.bool_]:
    """Clear runs that are shorter; with `inside`, only ones that touch neither end."""
    kept: npt.NDArray[np.bool_] = flags.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        if last - first < shortest and not (inside and (first == 0 or last == len(flags))):
            kept[first:last] = False
    return kept


RATE = STATE_RATE
"""Decisions per second."""
