"""Which noise speech hides: a masking threshold per critical band.

The model of Johnston (1988): power in critical bands, spread over neighbouring ones (Schroeder,
Atal and Hall 1979), less an offset that is larger the more the sound is made of tones. What is
absolutely too quiet to be heard is left out, as nobody knows how loud a file is played.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .._typing import F32, F64, I64

BARK = np.array(
    [
        *(0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320),
        *(2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
    ],
    np.float64,
)
"""Lower edges of critical bands in Hz (Zwicker 1961); the last one is open."""

TONE, NOISE = 14.5, 5.5
"""How far in dB noise must lie under a tone (and one more for each band), and under noise."""

ALL_TONES = -60.0
"""Spectral flatness in dB of what counts as tones alone."""

_FLAT = 100.0, 8000.0
"""Hz between which flatness is measured."""

_TINY = 1e-20


def critical_band(frequencies: F64) -> I64:
    """Give the number of the critical band of each frequency in Hz, from 0."""
    return np.asarray(np.searchsorted(BARK, frequencies, side="right") - 1, np.int64)


def band_powers(power: F32, frequencies: F64) -> F64:
    """Add up the lines of each critical band.

    Parameters
    ----------
    power : ndarray of float32, shape (T, F)
    frequencies : ndarray of float64, shape (F,)

    Returns
    -------
    ndarray of float64, shape (T, 25)
    """
    member = critical_band(frequencies)[:, None] == np.arange(len(BARK))
    return np.asarray(power @ member.astype(np.float32), np.float64)


def thresholds(power: F32, frequencies: F64) -> F64:
    """Give the power of noise that is just masked in each critical band.

    Parameters
    ----------
    power : ndarray of float32, shape (T, F)
        Spectra of successive frames.
    frequencies : ndarray of float64, shape (F,)
        Of their lines, Hz.

    Returns
    -------
    ndarray of float64, shape (T, 25)
    """
    spread = band_powers(power, frequencies) @ _spreading()
    tones = np.clip(flatness(power, frequencies) / ALL_TONES, 0.0, 1.0)[:, None]
    number = np.arange(1, len(BARK) + 1)
    offset = tones * (TONE + number) + (1.0 - tones) * NOISE
    return np.asarray(spread * 10.0 ** (-offset / 10.0))


def flatness(power: F32, frequencies: F64) -> F64:
    """Give the ratio of geometric to arithmetic mean of the lines, in dB, 0 for white noise."""
    inside = (frequencies >= _FLAT[0]) & (frequencies <= _FLAT[1])
    lines = power[:, inside].astype(np.float64) + _TINY
    return np.asarray(10 * (np.log10(lines).mean(axis=1) - np.log10(lines.mean(axis=1))))


@cache
def _spreading() -> F64:
    """Give how much of the power of each band (rows) gets to each (columns)."""
    number = np.arange(len(BARK))
    apart = number[None, :] - number[:, None] + 0.474
    decibels = 15.81 + 7.5 * apart - 17.5 * np.sqrt(1.0 + apart**2)
    share = 10.0 ** (decibels / 10.0)
    # As Johnston: a flat spectrum stays as strong as it was.
    return np.asarray(share / share.sum(axis=0, keepdims=True))
