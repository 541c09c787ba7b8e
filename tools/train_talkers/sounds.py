"""Other sounds of the same speech: other voices, rooms, noises and lines."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

from audio2video._typing import F32, F64
from audio2video.speech.loudness import speech_level

RATE = 16000

TALKERS = 6
"""Voices in babble."""

ORDER = 18
"""Of the linear prediction by which speech is made a whisper."""


def noise(count: int, rng: np.random.Generator, kind: str) -> F64:
    """Draw noise: 'white', 'pink' or 'fan' (falling by 6 dB an octave, with a hum)."""
    if kind == "white":
        return rng.standard_normal(count)
    size = count + count % 2
    spectrum = np.fft.rfft(rng.standard_normal(size))
    bins = np.arange(len(spectrum), dtype=np.float64)
    slope = {"pink": 0.5, "fan": 1.0}[kind]
    spectrum *= np.maximum(bins, size * 60 / RATE) ** -slope
    if kind == "fan":
        distance = (bins * RATE / size - rng.uniform(90, 250)) / 8
        spectrum *= 1 + 3 * np.exp(-(distance**2))
    return np.asarray(np.fft.irfft(spectrum, size)[:count])


def babble(count: int, rng: np.random.Generator, voices: Sequence[F32]) -> F64:
    """Mix `TALKERS` recordings of other speech at equal power."""
    mixed = np.zeros(count)
    for _ in range(TALKERS):
        voice = np.resize(voices[int(rng.integers(len(voices)))].astype(np.float64), count)
        mixed += np.roll(voice, rng.integers(count)) / np.sqrt(np.mean(voice**2) + 1e-12)
    return mixed


def add_noise(samples: F32, added: F64, snr_db: float) -> F32:
    """Add noise so that speech is ``snr_db`` over it; silence stays as it is."""
    level = speech_level(samples)
    if not np.isfinite(level):
        return samples
    power = np.mean(added**2) + 1e-20
    scale = np.sqrt(10 ** ((level - snr_db) / 10) / power)
    return np.asarray(samples + added * scale, np.float32)


def in_room(samples: F32, rng: np.random.Generator) -> F32:
    """Add the reverberation of a room of 0.15 to 0.7 s."""
    count = int(rng.uniform(0.15, 0.7) * RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: RATE // 400] = 0
    tail *= 10 ** (-rng.uniform(-2, 12) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return np.asarray(fftconvolve(samples, tail)[: len(samples)], np.float32)


def by_telephone(samples: F32) -> F32:
    """Band of 300 to 3400 Hz, 8 bits on a logarithmic scale."""
    band = sosfilt(butter(4, [300, 3400], "band", fs=RATE, output="sos"), samples)
    top = np.max(np.abs(band)) + 1e-9
    small = np.sign(band) * np.log1p(255 * np.abs(band) / top) / np.log(256)
    small = np.round(small * 127) / 127
    return np.asarray(np.sign(small) * (256 ** np.abs(small) - 1) / 255 * top, np.float32)


def coloured(samples: F32, rng: np.random.Generator) -> F32:
    """Change the spectrum smoothly by up to 6 dB, as another microphone does."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.linspace(0, RATE / 2, len(spectrum))
    places = np.linspace(np.log(50), np.log(RATE / 2 + 50), 6)
    gain = np.interp(np.log(frequencies + 50), places, rng.uniform(-6, 6, 6))
    return np.asarray(np.fft.irfft(spectrum * 10 ** (gain / 20), len(samples)), np.float32)


def whispered(samples: F32, rng: np.random.Generator) -> F32:
    """Put noise in the place of the voice, the vocal tract's resonances kept."""
    frame, hop = 640, 320
    window = np.hanning(frame)
    result = np.zeros(len(samples) + frame)
    for start in range(0, len(samples) - frame, hop):
        piece = samples[start : start + frame] * window
        lags = np.correlate(piece, piece, "full")[frame - 1 : frame + ORDER]
        if lags[0] < 1e-8:
            continue
        lags[0] *= 1.0001
        tract = solve_toeplitz(lags[:ORDER], lags[1 : ORDER + 1])
        rest = lfilter(np.r_[1.0, -tract], [1.0], piece)
        breath = rng.standard_normal(frame) * np.sqrt(np.mean(rest**2))
        result[start : start + frame] += lfilter([1.0], np.r_[1.0, -tract], breath) * window
    result = result[: len(samples)]
    return np.asarray(np.diff(result, prepend=0) * 0.7 + result * 0.3, np.float32)


def other_voice(samples: F32, factor: float) -> tuple[F32, float]:
    """Play faster by a factor, which raises pitch and formants alike.

    Returns
    -------
    samples : ndarray of float32
    factor : float
        As it is after rounding: a moment t of the original lies at ``t / factor``.
    """
    ratio = Fraction(factor).limit_denominator(50)
    moved = resample_poly(samples, ratio.denominator, ratio.numerator)
    return np.asarray(moved, np.float32), float(ratio)


def faster(samples: F32, speed: float) -> F32:
    """Change the tempo and keep the pitch, by overlapping pieces where they fit best."""
    width, hop, reach = 640, 320, 200
    window = np.hanning(width)
    result = np.zeros(int(len(samples) / speed) + 2 * width)
    padded = np.pad(samples, (0, 3 * width))
    last, place = None, 0
    while int(place * speed) < len(samples) - width and place + width < len(result):
        start = int(place * speed)
        if last is not None:
            wanted = padded[last + hop : last + hop + width]
            lowest = max(start - reach, 0)
            fit = np.correlate(padded[lowest : start + reach + width], wanted, "valid")
            start = lowest + int(fit.argmax())
        result[place : place + width] += padded[start : start + width] * window
        last, place = start, place + hop
    return np.asarray(result[: int(len(samples) / speed)], np.float32)


def augmented(samples: F32, rng: np.random.Generator, voices: Sequence[F32]) -> tuple[F32, float]:
    """Draw another sound of the same speech, for training.

    Returns
    -------
    samples : ndarray of float32
    factor : float
        See `other_voice`; 1 if the voice is as it was.
    """
    factor = 1.0
    if rng.random() < 0.5:
        samples, factor = other_voice(samples, rng.uniform(0.8, 1.35))
    if rng.random() < 0.5:
        samples = coloured(samples, rng)
    if rng.random() < 0.35:
        samples = in_room(samples, rng)
    drawn = rng.random()
    if drawn < 0.35:
        samples = add_noise(samples, babble(len(samples), rng, voices), rng.uniform(5, 30))
    elif drawn < 0.75:
        kind = ("white", "pink", "fan")[rng.integers(3)]
        samples = add_noise(samples, noise(len(samples), rng, kind), rng.uniform(5, 30))
    if rng.random() < 0.2:
        samples = by_telephone(samples)
    elif rng.random() < 0.07:
        samples = whispered(samples, rng)
    return samples, factor


CONDITIONS = ("clean", "augmented", "babble", "fan", "telephone", "tempo", "whisper", "child")
"""Sounds that `changed` makes; the noises at 10 dB."""

TEMPO = 1.5
CHILD = 1.4


def changed(
    samples: F32, condition: str, rng: np.random.Generator, voices: Sequence[F32]
) -> tuple[F32, float]:
    """Make a sound of one of the `CONDITIONS`.

    Returns
    -------
    samples : ndarray of float32
    factor : float
        See `other_voice`. Not of 'tempo', whose states stay at its own time.
    """
    if condition == "augmented":
        return augmented(samples, rng, voices)
    if condition == "child":
        return other_voice(samples, CHILD)
    if condition == "babble":
        samples = add_noise(samples, babble(len(samples), rng, voices), 10)
    elif condition == "fan":
        samples = add_noise(samples, noise(len(samples), rng, "fan"), 10)
    elif condition == "telephone":
        samples = by_telephone(samples)
    elif condition == "tempo":
        samples = faster(samples, TEMPO)
    elif condition == "whisper":
        samples = whispered(samples, rng)
    elif condition != "clean":
        raise ValueError(f"no such condition: {condition}")
    return samples, 1.0
