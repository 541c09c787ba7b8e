"""The band of the voice, cut out of a sound without delaying any part of it.

This is `scipy.signal.sosfiltfilt`; importing ``scipy.signal`` takes longer than all that step 1
does with ten seconds of speech.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

F64 = npt.NDArray[np.float64]

SPEECH_BAND = (100.0, 4000.0)
"""Hz: where voices are and hum is not."""

_SECTIONS = (
    (
        0.2814841751883239,
        0.5629683503766478,
        0.2814841751883239,
        -0.022696465215157367,
        0.18175005619503634,
    ),
    (1.0, -2.0, 1.0, -1.9445046114319595, 0.9460636916528802),
)
"""b0, b1, b2, a1, a2 (a0 = 1) of ``butter(2, SPEECH_BAND, "bandpass", fs=16000, output="sos")``."""

_EDGE = 15
"""Samples by which the sound is continued at both ends, mirrored in its end points."""

_MEMORY = 1536
"""Samples after which nothing is left of an impulse: the slowest pole, 0.973, is at 1e-18 then."""

_BLOCK = 1 << 14
"""Length of the Fourier transforms."""


def voice_band(samples: F64) -> F64:
    """Band-pass to `SPEECH_BAND`: Butterworth of order 2, zero phase.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono at 16 kHz, n > 15.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]
    """
    before = 2 * samples[0] - samples[_EDGE:0:-1]
    after = 2 * samples[-1] - samples[-2 : -_EDGE - 2 : -1]
    response = np.fft.rfft(_impulse_response(), _BLOCK)
    sound = np.concatenate([before, samples, after])
    for _ in range(2):
        sound = _run(sound, response)[::-1]
    return np.asarray(sound[_EDGE:-_EDGE], np.float64)


def _run(sound: F64, response: npt.NDArray[np.complex128]) -> F64:
    """Filter forwards, as if the first sample had always been there (overlap-save)."""
    step = _BLOCK - _MEMORY
    blocks = -(-len(sound) // step)
    padded = np.zeros(_MEMORY + blocks * step)
    padded[:_MEMORY] = sound[0]
    padded[_MEMORY : _MEMORY + len(sound)] = sound
    spectra = np.fft.rfft(sliding_window_view(padded, _BLOCK)[::step])
    # What wraps around in a block falls onto its first samples, which belong to the block before.
    filtered = np.fft.irfft(spectra * response, _BLOCK)[:, _MEMORY:]
    return filtered.ravel()[: len(sound)]


def _impulse_response() -> F64:
    sound = [1.0] + [0.0] * (_MEMORY - 1)
    for b0, b1, b2, a1, a2 in _SECTIONS:
        x1 = x2 = y1 = y2 = 0.0
        for n, x0 in enumerate(sound):
            y0 = b0 * x0 + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            sound[n] = y0
            x2, x1, y2, y1 = x1, x0, y1, y0
    return np.array(sound)
