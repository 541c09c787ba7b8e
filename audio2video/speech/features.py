"""MFCC and energy of speech, at 100 Hz on the same clock as the pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from python_speech_features import get_filterbanks, lifter
from python_speech_features.sigproc import powspec
from scipy.fft import dct

from .._typing import F32, F64
from .loudness import normalise_loudness
from .units import FEATURE_RATE, HOP, SAMPLE_RATE, WINDOW

__all__ = [
    "CEPSTRA",
    "FEATURES",
    "FEATURE_RATE",
    "HOP",
    "SAMPLE_RATE",
    "STATIC_FEATURES",
    "WINDOW",
    "frame_count",
    "speech_features",
    "static_features",
    "with_differences",
    "with_gain",
]


FFT_SIZE = 512
MEL_FILTERS = 40
LOWEST_HZ = 133.33
HIGHEST_HZ = 6855.5
PRE_EMPHASIS = 0.97
CEPSTRA = 13
LIFTER = 22

STATIC_FEATURES = CEPSTRA + 1  # and energy
FEATURES = 2 * STATIC_FEATURES  # and first differences

_FULL_SCALE = 32768.0  # of 16-bit samples, the scale on which energies are measured
# The least energy of a mel band: that of noise some 80 dB below full scale, the floor of a good
# recording. Without it digital silence, log(0), would lie far from anything ever learned.
_MEL_FLOOR = 1.0
_BLOCK_FRAMES = 6000  # one minute at a time keeps the memory small


def frame_count(samples: int) -> int:
    """Return the number of feature frames for a number of samples: ``samples // HOP + 1``."""
    return samples // HOP + 1


def speech_features(samples: F32) -> F32:
    """Compute 14 static speech features and their first differences.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono speech at `SAMPLE_RATE`, full scale 1. Its loudness is normalised here, and its mean
        taken away.

    Returns
    -------
    np.ndarray [shape=(n // 160 + 1, 28), dtype=float32]
        Columns 0-12 are cepstra, 13 is the log mean energy, 14-27 are the differences of these to
        the frame before (zero in frame 0). Frame f describes the sound around f / 100 s.

    Raises
    ------
    ValueError
        If ``samples`` is not one-dimensional or not finite.

    Notes
    -----
    Suwajanakorn et al., "Synthesizing Obama" (SIGGRAPH 2017), section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> speech_features(np.zeros(16000, np.float32)).shape
    (101, 28)
    """
    samples = np.asarray(samples, np.float32)
    if samples.size:
        # A recorder's constant offset is no sound, but would count as energy.
        samples = samples - np.float32(samples.mean(dtype=np.float64))
    return with_differences(static_features(normalise_loudness(samples)))


def with_differences(static: npt.NDArray[np.floating]) -> F32:
    """Append the first differences of static features, zero in frame 0.

    Parameters
    ----------
    static : np.ndarray [shape=(f, 14)]

    Returns
    -------
    np.ndarray [shape=(f, 28), dtype=float32]
    """
    return np.hstack([static, np.diff(static, axis=0, prepend=static[:1])]).astype(np.float32)


def with_gain(features: npt.NDArray[np.floating], decibels: float) -> F32:
    """Give the features of the same speech, louder.

    A gain adds a constant to every log energy, save those near the noise floor; of the cepstra only
    the zeroth feels it.

    Parameters
    ----------
    features : np.ndarray [shape=(f, 28)]
    decibels : float
        Negative for quieter.

    Returns
    -------
    np.ndarray [shape=(f, 28), dtype=float32]
    """
    static = np.array(features[:, :STATIC_FEATURES], np.float64)
    power = np.expm1(np.maximum(static[:, CEPSTRA], 0.0))
    louder = np.log1p(power * 10 ** (decibels / 10)) - static[:, CEPSTRA]
    static[:, CEPSTRA] += louder
    static[:, 0] += np.sqrt(MEL_FILTERS) * louder  # the orthonormal cosine transform of a constant
    return with_differences(static)


def static_features(samples: F32) -> F32:
    """Compute 13 mel-frequency cepstra and the log mean energy of each frame.

    The windows are 25 ms long, 10 ms apart, and window f is centred on sample 160 f, that is on
    f / 100 s; the sound is continued with silence at both ends. Mel bands have a floor at the noise
    of a good recording. The cepstra are liftered (L = 22), which evens out their variances, and the
    zeroth is kept, because energy has a column of its own.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono speech at `SAMPLE_RATE`, full scale 1, used at the loudness it has.

    Returns
    -------
    np.ndarray [shape=(n // 160 + 1, 14), dtype=float32]
        The last column is log(1 + mean(x^2)) with x on the scale of 16-bit samples.

    Raises
    ------
    ValueError
        If ``samples`` is not one-dimensional or not finite.
    """
    samples = samples
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise ValueError("samples must be one-dimensional and finite")
    frames = frame_count(len(samples))
    before = WINDOW // 2
    after = (frames - 1) * HOP + WINDOW - before - len(samples)
    padded = np.pad(samples.astype(np.float64) * _FULL_SCALE, (before, max(after, 0)))
    emphasised = padded.copy()
    emphasised[1:] -= PRE_EMPHASIS * padded[:-1]
    features = np.empty((frames, STATIC_FEATURES), np.float32)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        part = slice(start * HOP, (stop - 1) * HOP + WINDOW)
        features[start:stop, :CEPSTRA] = _cepstra(emphasised[part])
        features[start:stop, CEPSTRA] = _log_energy(padded[part])
    return features


def _cepstra(emphasised: F64) -> F64:
    # What `python_speech_features.mfcc` does, but for its framing: that writes the window out once
    # for every frame, which takes about as long as all the transforms.
    frames = sliding_window_view(emphasised, WINDOW)[::HOP] * np.hamming(WINDOW)
    filters = get_filterbanks(MEL_FILTERS, FFT_SIZE, SAMPLE_RATE, LOWEST_HZ, HIGHEST_HZ)
    mel = powspec(frames, FFT_SIZE) @ filters.T
    cepstra = dct(np.log(np.maximum(mel, _MEL_FLOOR)), type=2, axis=1, norm="ortho")
    return np.asarray(lifter(cepstra[:, :CEPSTRA], LIFTER), np.float64)


def _log_energy(samples: F64) -> F64:
    windows = sliding_window_view(samples, WINDOW)[::HOP]
    power = np.einsum("fw,fw->f", windows, windows) / WINDOW
    return np.asarray(np.log1p(power), np.float64)
