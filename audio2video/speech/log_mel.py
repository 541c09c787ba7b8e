"""The log-mel spectrogram that Whisper hears."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .._typing import F32
from .units import SAMPLE_RATE

MEL_HOP = 160
"""Samples between two columns."""

MEL_BANDS = 80
FFT_SIZE = 400

DYNAMIC_RANGE = 8.0
"""Powers of ten under the ceiling from which on all is silence."""


def log_mel(samples: F32, ceiling: float) -> F32:
    """Compute the spectrogram.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        Mono at 16 kHz, full scale 1; at least 201 samples.
    ceiling : float
        Log10 power that counts as the loudest.

    Returns
    -------
    ndarray of float32, shape (n // 160, 80)
        Row k is centred on sample 160 k.
    """
    padded = np.pad(np.asarray(samples, np.float32), FFT_SIZE // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, FFT_SIZE)
    frames = windows[::MEL_HOP][: len(samples) // MEL_HOP]
    spectrum = np.fft.rfft(frames * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    log = np.log10(np.maximum(power @ mel_filters().T, 1e-10))
    return np.asarray((np.maximum(log, ceiling - DYNAMIC_RANGE) + 4.0) / 4.0, np.float32)


@lru_cache(maxsize=1)
def mel_filters() -> F32:
    """Triangular filters of equal area on Slaney's mel scale, 0 to 8 kHz, shape (80, 201)."""
    frequencies = np.linspace(0, SAMPLE_RATE / 2, FFT_SIZE // 2 + 1)
    # Linear below 1 kHz, logarithmic above.
    step = np.log(6.4) / 27.0
    highest = 15.0 + np.log(SAMPLE_RATE / 2 / 1000.0) / step
    mels = np.linspace(0.0, highest, MEL_BANDS + 2)
    corners = np.where(mels < 15.0, mels * 200.0 / 3, 1000.0 * np.exp(step * (mels - 15.0)))
    below = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    above = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    triangles = np.maximum(0.0, np.minimum(below, above))
    return np.asarray(triangles * (2.0 / (corners[2:] - corners[:-2]))[:, None], np.float32)


@lru_cache(maxsize=1)
def _hann() -> F32:
    return np.asarray(np.hanning(FFT_SIZE + 1)[:-1], np.float32)
