"""The same speech in another voice, room, microphone or noise, for training that meets them all.

The mouth that goes with a varied sound is that of the original: times change only with the voice,
and by a factor that is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

from .._typing import F32
from .noise import mix_noise
from .units import SAMPLE_RATE

VOICE_RANGE = (0.8, 1.35)
"""Factors on pitch and formants: a man's voice of a woman's, a child's of a woman's."""

NOISE_RANGE = (0.0, 25.0)
"""dB of speech over noise."""

BABBLE_SHARE = 0.5
"""How often noise is other people's speech, which misleads a network the most."""

ROOM_RANGE = (0.15, 0.7)
"""Reverberation times, s: a furnished room to a small hall."""

COLOUR_DB, COLOUR_POINTS = 6.0, 6
"""How far a microphone's response departs from flat, and at how many points it is drawn."""

TELEPHONE_BAND = (300.0, 3400.0)
MU = 255.0
"""Constant of the mu-law companding of ITU-T G.711."""

PREDICTOR_ORDER = 18
"""Of the linear prediction by which speech becomes a whisper."""


def varied_speech(
    samples: F32, rng: np.random.Generator, voices: Sequence[F32]
) -> tuple[F32, float]:
    """Draw another sound of the same speech.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        Mono speech at 16 kHz.
    rng : numpy.random.Generator
    voices : sequence of ndarray
        Recordings of other speech, which babble is mixed from; without any there is none.

    Returns
    -------
    samples : ndarray of float32, shape (m,)
    factor : float
        A moment ``t`` of the original is at ``t / factor``.
    """
    factor = 1.0
    if rng.random() < 0.5:
        samples, factor = other_voice(samples, rng.uniform(*VOICE_RANGE))
    if rng.random() < 0.5:
        samples = other_microphone(samples, rng)
    if rng.random() < 0.35:
        samples = in_room(samples, rng)
    if rng.random() < 0.75:
        kind = "white" if rng.random() < 0.5 else "pink"
        if rng.random() < BABBLE_SHARE and any(np.any(voice) for voice in voices):
            kind = "babble"
        samples = mix_noise(samples, kind, rng.uniform(*NOISE_RANGE), rng, voices)
    drawn = rng.random()
    if drawn < 0.2:
        samples = by_telephone(samples)
    elif drawn < 0.27:
        samples = whispered(samples, rng)
    return samples, factor


def other_voice(samples: F32, factor: float) -> tuple[F32, float]:
    """Play speech faster by a factor, which raises pitch and formants alike.

    Returns
    -------
    samples : ndarray of float32
    factor : float
        As rounded to a ratio of small numbers.
    """
    ratio = Fraction(factor).limit_denominator(50)
    moved = resample_poly(samples, ratio.denominator, ratio.numerator)
    return np.asarray(moved, np.float32), float(ratio)


def other_microphone(samples: F32, rng: np.random.Generator) -> F32:
    """Change the spectrum smoothly, at points spaced evenly on a logarithmic scale."""
    if not len(samples):
        return samples
    spectrum = np.fft.rfft(samples)
    frequencies = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    places = np.linspace(np.log(50), np.log(SAMPLE_RATE / 2 + 50), COLOUR_POINTS)
    drawn = rng.uniform(-COLOUR_DB, COLOUR_DB, COLOUR_POINTS)
    gain = np.interp(np.log(frequencies + 50), places, drawn)
    return np.asarray(np.fft.irfft(spectrum * 10 ** (gain / 20), len(samples)), np.float32)


def in_room(samples: F32, rng: np.random.Generator) -> F32:
    """Add reverberation: noise that decays by 60 dB in the reverberation time, after 2.5 ms."""
    count = int(rng.uniform(*ROOM_RANGE) * SAMPLE_RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: SAMPLE_RATE // 400] = 0
    tail *= 10 ** (-rng.uniform(-2, 12) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return np.asarray(fftconvolve(samples, tail)[: len(samples)], np.float32)


def by_telephone(samples: F32) -> F32:
    """Keep the telephone's band, at 8 bits on the scale of ITU-T G.711."""
    band = sosfilt(butter(4, TELEPHONE_BAND, "band", fs=SAMPLE_RATE, output="sos"), samples)
    top = np.max(np.abs(band), initial=1e-9)
    small = np.sign(band) * np.log1p(MU * np.abs(band) / top) / np.log1p(MU)
    small = np.round(small * 127) / 127
    return np.asarray(np.sign(small) * np.expm1(np.abs(small) * np.log1p(MU)) / MU * top, "f4")


def whispered(samples: F32, rng: np.random.Generator) -> F32:
    """Put noise in place of the voice and keep the vocal tract's resonances (LPC vocoder)."""
    frame, hop = SAMPLE_RATE // 25, SAMPLE_RATE // 50
    window = np.hanning(frame)
    result = np.zeros(len(samples) + frame)
    for start in range(0, len(samples) - frame, hop):
        piece = samples[start : start + frame] * window
        lags = np.correlate(piece, piece, "full")[frame - 1 : frame + PREDICTOR_ORDER]
        if lags[0] < 1e-8:
            continue
        lags[0] *= 1.0001
        tract = solve_toeplitz(lags[:PREDICTOR_ORDER], lags[1 : PREDICTOR_ORDER + 1])
        residual = lfilter(np.r_[1.0, -tract], [1.0], piece)
        breath = rng.standard_normal(frame) * np.sqrt(np.mean(residual**2))
        result[start : start + frame] += lfilter([1.0], np.r_[1.0, -tract], breath) * window
    result = result[: len(samples)]
    # A whisper lacks the low frequencies that the voice adds.
    return np.asarray(0.7 * np.diff(result, prepend=0) + 0.3 * result, np.float32)
