"""The first layers of Whisper's speech encoder in plain NumPy: 50 states a second.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022; code and weights
are under the MIT licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._typing import F32
from .encoder import EncoderNote, NormalisedSound, Samples
from .log_mel import MEL_BANDS, MEL_HOP, log_mel

STATE_RATE = 50
STATE_HOP = 2 * MEL_HOP
"""Samples between two states: state k describes the sound around k / 50 s."""

MAX_STATES = 1500
"""The encoder has positions for so many states: 30 s."""

WINDOW, CONTEXT = 400, 50
"""States: sound is heard in windows of 8 s, with 1 s around each that is heard as well."""

MIN_STATES = 200
"""Shorter sound is continued with silence up to here."""

CEILING = 0.9
"""Log10 power that counts as the loudest of a spectrogram. Whisper takes the maximum of its 30 s; a
constant makes each window independent of what is far away."""

FORMAT = 1

_TAPS = 3
_MLP = 4
"""Width of the layer in between, as a multiple of the state's."""

_GELU_ROWS = 16
_GELU_SCALE = np.float32(0.3275911 / np.sqrt(2))
_GELU_SERIES = np.array(
    [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592], np.float32
)


@dataclass(frozen=True)
class Heard:
    """Which states are heard.

    Parameters
    ----------
    name : str
        Of the encoder.
    version : str
        Which model, and which of its layers.
    layers : tuple of int
        Those whose outputs are put side by side, from 1 on.
    """

    name: str
    version: str
    layers: tuple[int, ...]


TINY = Heard("whisper", "tiny.en, layers 2 and 3", (2, 3))
BASE = Heard("whisper_base", "base, layer 4", (4,))


@dataclass(frozen=True)
class WhisperForm:
    """Form of the encoder.

    Parameters
    ----------
    layers, heads, width : int
    """

    layers: int
    heads: int
    width: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight."""
        width = self.width
        shapes: dict[str, tuple[int, ...]] = {
            "conv1_kernel": (_TAPS * MEL_BANDS, width),
            "conv1_bias": (width,),
            "conv2_kernel": (_TAPS * width, width),
            "conv2_bias": (width,),
        }
        for k in range(self.layers):
            for norm in ("norm1", "norm2"):
                shapes[f"{k}_{norm}_gain"] = shapes[f"{k}_{norm}_bias"] = (width,)
            for name, rows, columns in (
                ("qkv", width, 3 * width),
                ("out", width, width),
                ("up", width, _MLP * width),
                ("down", _MLP * width, width),
            ):
                shapes[f"{k}_{name}_kernel"] = (rows, columns)
                shapes[f"{k}_{name}_bias"] = (columns,)
        return shapes


@dataclass(frozen=True)
class WhisperEncoder:
    """The first layers of Whisper's encoder.

    Parameters
    ----------
    form : WhisperForm
    weights : mapping of str to ndarray of float32
        As in `WhisperForm.shapes`.
    sha256 : str
        Of the weights file.
    heard : Heard
        Which of its states are features.
    """

    form: WhisperForm
    weights: Mapping[str, F32]
    sha256: str
    heard: Heard = TINY

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], sha256: str, heard: Heard = TINY
    ) -> WhisperEncoder:
        """Make the encoder of the arrays of its weights file.

        Kernels may be integers, with a scale for each column.

        Raises
        ------
        ValueError
            They are of another format, do not fit each other, or hold NaN or infinity.
        KeyError
            An array is missing.
        """
        if int(arrays["format"]) != FORMAT:
            raise ValueError("encoder weights of another format")
        layers, heads, width = (int(number) for number in arrays["form"])
        # Before anything is made of it: a damaged size must not ask for all memory.
        if not (0 < layers <= len(arrays) and 0 < heads <= width and width % (2 * heads) == 0):
            raise ValueError("no such encoder")
        form = WhisperForm(layers, heads, width)
        weights = {}
        for name, shape in form.shapes().items():
            weights[name] = np.asarray(arrays[name], np.float32)
            if arrays[name].dtype == np.int8:
                weights[name] *= np.asarray(arrays[f"{name}_scale"], np.float32)
            if weights[name].shape != shape or not np.isfinite(weights[name]).all():
                raise ValueError(f"weights '{name}' do not fit")
        return cls(form, weights, sha256, heard)

    @property
    def note(self) -> EncoderNote:
        """Name, version, hash of the weights, and frames per second."""
        return EncoderNote(self.heard.name, self.heard.version, self.sha256, STATE_RATE)

    @property
    def size(self) -> int:
        """Features of a frame."""
        return len(self.heard.layers) * self.form.width

    def features(self, samples: Samples) -> WhisperFeatures:
        """States of a recording, computed where they are asked for."""
        return WhisperFeatures(self, samples)

    def encode(self, samples: Samples) -> F32:
        """Compute the states of a recording; see `SpeechEncoder.encode`."""
        return WhisperFeatures(self, samples)[:]

    def states(self, mel: F32, layers: int | None = None) -> list[F32]:
        """Run the encoder over one window.

        Parameters
        ----------
        mel : ndarray of float32, shape (T, 80)
            Of at most 30 s.
        layers : int, optional
            How many of the layers; all by default.

        Returns
        -------
        list of ndarray of float32, shape ((T + 1) // 2, width)
            Outputs of these layers.

        Raises
        ------
        ValueError
            The window is longer than 30 s.
        """
        w = self.weights
        x = _gelu(_taps(mel, 1) @ w["conv1_kernel"] + w["conv1_bias"])
        x = _gelu(_taps(x, 2) @ w["conv2_kernel"] + w["conv2_bias"])
        if len(x) > MAX_STATES:
            raise ValueError("a window of more than 30 s")
        x = x + _positions(len(x), self.form.width)
        found = []
        for k in range(self.form.layers if layers is None else layers):
            x = x + self._attend(k, _norm(x, w[f"{k}_norm1_gain"], w[f"{k}_norm1_bias"]))
            y = _norm(x, w[f"{k}_norm2_gain"], w[f"{k}_norm2_bias"])
            y = _gelu(y @ w[f"{k}_up_kernel"] + w[f"{k}_up_bias"])
            x = x + (y @ w[f"{k}_down_kernel"] + w[f"{k}_down_bias"])
            found.append(x)
        return found

    def _attend(self, k: int, x: F32) -> F32:
        w, heads = self.weights, self.form.heads
        size = self.form.width // heads
        projected = x @ w[f"{k}_qkv_kernel"] + w[f"{k}_qkv_bias"]
        query, key, value = projected.reshape(len(x), 3, heads, size).transpose(1, 2, 0, 3)
        scores = (query * np.float32(size**-0.5)) @ key.transpose(0, 2, 1)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        mixed = scores @ value / scores.sum(axis=-1, keepdims=True)
        joined = np.ascontiguousarray(mixed.transpose(1, 0, 2)).reshape(len(x), -1)
        return np.asarray(joined @ w[f"{k}_out_kernel"] + w[f"{k}_out_bias"])


class WhisperFeatures:
    """States of a recording, computed where they are asked for.

    Memory does not grow with its length.

    Parameters
    ----------
    encoder : WhisperEncoder
    samples : ndarray of int16 or float, shape (n,)
        Mono at 16 kHz; may be a memory map.
    """

    def __init__(self, encoder: WhisperEncoder, samples: Samples) -> None:
        self._encoder = encoder
        self._sound = NormalisedSound.of(samples)
        self._count = len(samples) // STATE_HOP + 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, wanted: slice) -> F32:
        """Compute the states of a slice; windows lie where they would for the whole."""
        start, stop, _ = wanted.indices(self._count)
        parts = [np.empty((0, self._encoder.size), np.float32)]
        for first in range(start // WINDOW * WINDOW, stop, WINDOW):
            last = min(first + WINDOW, self._count)
            parts.append(self._window(first, last)[max(start - first, 0) : stop - first])
        return np.concatenate(parts)

    def _window(self, start: int, stop: int) -> F32:
        first, last = max(start - CONTEXT, 0), min(stop + CONTEXT, self._count)
        last = max(last, first + MIN_STATES)
        heard = self._sound.part(first * STATE_HOP, last * STATE_HOP)
        layers = self._encoder.heard.layers
        states = self._encoder.states(log_mel(heard, CEILING), max(layers))
        chosen = [states[layer - 1] for layer in layers]
        return np.concatenate(chosen, axis=1)[start - first : stop - first]


def _positions(count: int, width: int) -> F32:
    """Sinusoids that tell the encoder where in its window a state lies."""
    rates = np.exp(-np.log(10000.0) / (width // 2 - 1) * np.arange(width // 2))
    angles = np.arange(count)[:, None] * rates
    return np.asarray(np.concatenate([np.sin(angles), np.cos(angles)], axis=1), np.float32)


def _taps(x: F32, stride: int) -> F32:
    """Put each row beside its neighbours, every ``stride`` rows; beyond the ends is nothing."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    count = (len(x) + stride - 1) // stride
    return np.concatenate([padded[k::stride][:count] for k in range(_TAPS)], axis=1)


def _norm(x: F32, gain: F32, bias: F32) -> F32:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("td,td->t", centred, centred)[:, None] / np.float32(x.shape[-1])
    return np.asarray(centred / np.sqrt(variance + np.float32(1e-5)) * gain + bias)


def _gelu(x: F32) -> F32:
    """Half of x times 1 + erf(x / sqrt 2), by Abramowitz and Stegun's 7.1.26, within 5e-7.

    Few rows at a time stay in the processor's cache: six times as fast as SciPy's `erf`.
    """
    result = np.empty_like(x)
    for k in range(0, len(x), _GELU_ROWS):
        part = x[k : k + _GELU_ROWS]
        size = np.abs(part)
        t = 1 / (1 + _GELU_SCALE * size)
        tail = t * _GELU_SERIES[0]
        for coefficient in _GELU_SERIES[1:]:
            tail += coefficient
            tail *= t
        tail *= np.exp(np.float32(-0.5) * part * part)
        np.subtract(
            np.maximum(part, 0), np.float32(0.5) * size * tail, out=result[k : k + _GELU_ROWS]
        )
    return result
