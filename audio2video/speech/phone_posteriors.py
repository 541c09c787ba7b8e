"""How likely each phone of English is at a moment, from PocketSphinx's acoustic model, in NumPy.

A phonetically tied mixture model (Huggins-Daines et al., "PocketSphinx: a free, real-time
continuous speech recognition system for hand-held devices", ICASSP 2006): the Gaussians of a phone
are shared by its three states, which weigh them each in its own way. Only states without context
are kept. The model, from PocketSphinx's wheel, is under a BSD licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from python_speech_features import lifter
from scipy.fft import dct
from scipy.special import logsumexp, softmax

from .._typing import F32, F64
from .encoder import EncoderNote, NormalisedSound, Samples
from .features import PRE_EMPHASIS, frame_count
from .units import FEATURE_RATE, HOP, SAMPLE_RATE

NAME = "ppg"
VERSION = "PocketSphinx en-us, 42 phones"

# fmt: off
PHONES = (
    "+NSN+", "+SPN+", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY",
    "F", "G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH",
    "SIL", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)
# fmt: on
"""The model's phones; the first two are noises, SIL is silence."""

STATES, STREAMS, CEPSTRA = 3, 3, 13
"""States of a phone; cepstra, their differences and those of the differences; numbers in each."""

SHARPNESS = 0.3
"""Power to which likelihoods are raised: frames are not as independent as the model has it, and the
first phone would take nearly all."""

WINDOW, FFT_SIZE = 410, 512
"""Samples that a frame hears, 25.6 ms."""

MEL_FILTERS, LOWEST_HZ, HIGHEST_HZ = 25, 130.0, 6800.0
LIFTER = 22

QUIET = 1.0
"""Least power of a mel band, about that of rounding to 16 bits: digital silence has none."""

EDGE = 3
"""Frames on each side that the differences of differences hear."""

FORMAT = 1

_FULL_SCALE = 32768.0
_LEAST_VARIANCE = 1e-4
_BLOCK = 250
"""Frames at once: the likelihoods of all Gaussians take 16 kB a frame."""

_MINUTE = 60 * FEATURE_RATE


@dataclass(frozen=True)
class PhoneEncoder:
    """Posteriors of the phones in `PHONES`, 100 a second.

    A frame hears 43 ms ahead: half a window, and three frames for differences. Loudness and mean
    cepstrum are those of the whole recording, as the loudness of the encoder 'mfcc' is.

    Parameters
    ----------
    gaussians : ndarray of float32, shape (3, 27, P * N)
        By stream and phone: logarithm of the density as a weighted sum of 1, x and x^2.
    shares : ndarray of float32, shape (3, P, N, 3)
        Weights of a phone's N Gaussians in each of its states.
    sha256 : str
        Of the weights file.
    """

    gaussians: F32
    shares: F32
    sha256: str

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], sha256: str) -> PhoneEncoder:
        """Make the encoder of the arrays of its weights file.

        Raises
        ------
        ValueError
            They are of another format, do not fit each other, or hold what can't be.
        KeyError
            An array is missing.
        """
        if int(arrays["format"]) != FORMAT:
            raise ValueError("a phone model of another format")
        means = np.asarray(arrays["means"], np.float64)
        variances = np.asarray(arrays["variances"], np.float64)
        shares = np.asarray(arrays["shares"], np.float32)
        if means.ndim != 4 or means.shape[:2] != (STREAMS, len(PHONES)) or not means.shape[2]:
            raise ValueError("no model of these phones")
        count = means.shape[2]
        if means.shape[3] != CEPSTRA or variances.shape != means.shape:
            raise ValueError("means and variances do not fit")
        if shares.shape != (STREAMS, len(PHONES), count, STATES):
            raise ValueError("shares do not fit")
        if not all(np.isfinite(array).all() for array in (means, variances, shares)):
            raise ValueError("not finite")
        if (variances < 0).any() or (shares <= 0).any():
            raise ValueError("no variances or shares")
        return cls(_quadratic(means, np.maximum(variances, _LEAST_VARIANCE)), shares, sha256)

    @property
    def note(self) -> EncoderNote:
        """Name, version, hash of the weights, and frames per second."""
        return EncoderNote(NAME, VERSION, self.sha256, FEATURE_RATE)

    @property
    def size(self) -> int:
        """Features of a frame."""
        return len(PHONES)

    def features(self, samples: Samples) -> PhoneFeatures:
        """Posteriors of a recording, computed where they are asked for."""
        return PhoneFeatures(self, samples)

    def encode(self, samples: Samples) -> F32:
        """Compute the posteriors of a recording; see `SpeechEncoder.encode`."""
        return PhoneFeatures(self, samples)[:]

    def state_scores(self, streams: F32) -> F32:
        """Give the logarithm of the density of features in each state.

        Parameters
        ----------
        streams : ndarray of float32, shape (3, n, 13)
            Of `with_changes`.

        Returns
        -------
        ndarray of float32, shape (n, 42, 3)
        """
        count = streams.shape[1]
        total = np.zeros((len(PHONES), count, STATES), np.float32)
        for stream, gaussians, shares in zip(streams, self.gaussians, self.shares, strict=True):
            terms = np.concatenate([np.ones((count, 1), np.float32), stream, stream**2], axis=1)
            densities = (terms @ gaussians).reshape(count, len(PHONES), -1)
            peak = densities.max(axis=2, keepdims=True)
            densities -= peak
            np.exp(densities, out=densities)
            total += np.log(densities.transpose(1, 0, 2) @ shares) + peak.transpose(1, 0, 2)
        return np.ascontiguousarray(total.transpose(1, 0, 2))

    def posteriors(self, streams: F32) -> F32:
        """Give the posteriors of the phones, each as likely as another beforehand.

        Parameters
        ----------
        streams : ndarray of float32, shape (3, n, 13)

        Returns
        -------
        ndarray of float32, shape (n, 42)
            They add up to 1.
        """
        phones = logsumexp(self.state_scores(streams), axis=2)
        return np.asarray(softmax(np.float32(SHARPNESS) * phones, axis=1), np.float32)


class PhoneFeatures:
    """Posteriors of a recording, computed where they are asked for.

    Cepstra are computed at once, 5 kB a second: their mean is taken out.

    Parameters
    ----------
    encoder : PhoneEncoder
    samples : ndarray of int16 or float, shape (n,)
        Mono at 16 kHz; may be a memory map.
    """

    def __init__(self, encoder: PhoneEncoder, samples: Samples) -> None:
        self._encoder = encoder
        sound, count = NormalisedSound.of(samples), frame_count(len(samples))
        self._cepstra = np.empty((count, CEPSTRA), np.float32)
        for first in range(0, count, _MINUTE):
            last = min(first + _MINUTE, count)
            self._cepstra[first:last] = sphinx_cepstra(_heard(sound, first, last))
        loud = self._cepstra[self._cepstra[:, 0] > 0]  # of digital silence, it is 0
        if len(loud):
            self._cepstra -= loud.mean(axis=0, dtype=np.float64).astype(np.float32)

    def __len__(self) -> int:
        return len(self._cepstra)

    def __getitem__(self, wanted: slice) -> F32:
        """Compute the posteriors of a slice."""
        start, stop, _ = wanted.indices(len(self))
        found = np.empty((max(stop - start, 0), self._encoder.size), np.float32)
        for first in range(start, stop, _BLOCK):
            last = min(first + _BLOCK, stop)
            found[first - start : last - start] = self._encoder.posteriors(
                with_changes(self._cepstra, first, last)
            )
        return found


def sphinx_cepstra(samples: F32) -> F64:
    """Compute cepstra as the model was trained with, but for its suppression of noise.

    Parameters
    ----------
    samples : ndarray of float32, shape (1 + WINDOW + 160 (n - 1),)
        Full scale 1, beginning a sample before the first window.

    Returns
    -------
    ndarray of float64, shape (n, 13)
    """
    loud = samples.astype(np.float64) * _FULL_SCALE
    emphasised = loud[1:] - PRE_EMPHASIS * loud[:-1]
    frames = sliding_window_view(emphasised, WINDOW)[::HOP] * np.hamming(WINDOW)
    power = np.abs(np.fft.rfft(frames, FFT_SIZE)) ** 2
    bands = np.log(np.maximum(power @ _filters().T, QUIET))
    cepstra = dct(bands, type=2, axis=1, norm="ortho")[:, :CEPSTRA]
    return np.asarray(lifter(cepstra, LIFTER), np.float64)


def with_changes(cepstra: F32, start: int, stop: int) -> F32:
    """Give some frames' cepstra, their differences over 40 ms, and the differences of these.

    Parameters
    ----------
    cepstra : ndarray of float32, shape (F, 13)
        Of a whole recording, which goes on with its first and last frame.
    start, stop : int

    Returns
    -------
    ndarray of float32, shape (3, stop - start, 13)
    """
    places = np.clip(np.arange(start - EDGE, stop + EDGE), 0, len(cepstra) - 1)
    around = cepstra[places]

    def at(offset: int) -> F32:
        return around[EDGE + offset : len(around) - EDGE + offset]

    return np.stack([at(0), at(2) - at(-2), at(3) - at(-1) - at(1) + at(-3)])


def _heard(sound: NormalisedSound, first: int, last: int) -> F32:
    """Give the samples of the windows of some frames, each around its own moment."""
    start = first * HOP - WINDOW // 2 - 1
    stop = (last - 1) * HOP + WINDOW // 2
    return np.concatenate([np.zeros(max(-start, 0), np.float32), sound.part(max(start, 0), stop)])


@lru_cache(maxsize=1)
def _filters() -> F64:
    """Triangles over the bins of the spectrum, shape (25, 257), each of the same area."""
    step = SAMPLE_RATE / FFT_SIZE
    low, high = 2595 * np.log10(1 + np.array([LOWEST_HZ, HIGHEST_HZ]) / 700)
    corners = 700 * (10 ** (np.linspace(low, high, MEL_FILTERS + 2) / 2595) - 1)
    corners = np.floor(corners / step + 0.5) * step
    bins = np.arange(FFT_SIZE // 2 + 1) * step
    left, top, right = (corners[k : k + MEL_FILTERS, None] for k in range(3))
    rising, falling = (bins - left) / (top - left), (right - bins) / (right - top)
    return np.asarray(np.maximum(np.minimum(rising, falling), 0) * 2 / (right - left))


def _quadratic(means: F64, variances: F64) -> F32:
    """Write the logarithms of Gaussian densities as weighted sums of 1, x and x^2."""
    constant = -0.5 * (means**2 / variances + np.log(2 * np.pi * variances)).sum(axis=-1)
    terms = np.concatenate(
        [constant[..., None], means / variances, -0.5 / variances], axis=-1
    ).reshape(STREAMS, -1, 1 + 2 * CEPSTRA)
    return np.ascontiguousarray(terms.transpose(0, 2, 1), np.float32)
