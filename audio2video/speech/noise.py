"""Noise added to speech, for training that resists it and for measuring how well it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from .._typing import F32, F64
from .loudness import speech_level

NOISES = ("white", "pink", "babble")
"""Equal power at all frequencies; equal power in all octaves; several people talking."""

TALKERS = 6
"""Voices in babble: enough that none is understood."""


def mix_noise(
    samples: F32,
    kind: str,
    snr_db: float,
    rng: np.random.Generator,
    babble: Sequence[F32] = (),
) -> F32:
    """Add noise to speech.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono speech at 16 kHz.
    kind : str
        One of `NOISES`.
    snr_db : float
        Level of the speech (gated, see `speech_level`) over the noise's, dB.
    rng : np.random.Generator
    babble : sequence of np.ndarray
        Recordings of other speech, to make babble from.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        Silence is returned as it is: there is no speech to be over the noise.

    Raises
    ------
    ValueError
        The kind is unknown, or babble is asked for with no speech to make it from.
    """
    if kind not in NOISES:
        raise ValueError(f"no such noise: {kind}")
    level = speech_level(samples)
    if not np.isfinite(level):
        return np.asarray(samples, np.float32)
    if kind == "babble":
        noise = _babble(len(samples), rng, babble)
    else:
        noise = _coloured(len(samples), rng, slope=0.0 if kind == "white" else 0.5)
    power = float(np.mean(np.square(noise)))
    wanted = 10 ** ((level - snr_db) / 10)
    scale = np.sqrt(wanted / power) if power > 0 else 0.0
    return np.asarray(samples + noise * scale, np.float32)


def _coloured(length: int, rng: np.random.Generator, slope: float) -> F64:
    """Draw noise whose amplitude falls with frequency to the power of ``-slope``."""
    size = next_fast_len(length, real=True)
    spectrum = rfft(rng.standard_normal(size))
    frequency = np.arange(len(spectrum), dtype=np.float64)
    frequency[0] = 1.0
    return np.asarray(irfft(spectrum * frequency**-slope, size)[:length], np.float64)


def _babble(length: int, rng: np.random.Generator, voices: Sequence[F32]) -> F64:
    usable = [voice for voice in voices if np.any(voice)]
    if not usable:
        raise ValueError("babble needs recordings of speech")
    total = np.zeros(length)
    for _ in range(TALKERS):
        voice = usable[rng.integers(len(usable))].astype(np.float64)
        voice = np.roll(np.resize(voice, length), rng.integers(length))
        total += voice / np.sqrt(np.mean(np.square(voice)) + 1e-12)
    return total
