"""Sounds that are no speech, drawn at random: music, applause, noise, bangs, hum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from audio2video._typing import F64

RATE = 16000


def _envelope(n: int, attack: float, decay: float) -> F64:
    t = np.arange(n) / RATE
    return np.asarray(np.minimum(t / max(attack, 1e-4), 1.0) * np.exp(-t / decay))


def _note(rng: np.random.Generator, pitch: float, n: int, timbre: F64, sustain: bool) -> F64:
    """Give one note: harmonics with a fading or a held envelope, and perhaps vibrato."""
    t = np.arange(n) / RATE
    wobble = 1 + rng.choice([0, 0, 0.003, 0.008]) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
    phase = 2 * np.pi * pitch * np.cumsum(wobble) / RATE
    sound = np.zeros(n)
    for k, strength in enumerate(timbre, start=1):
        if pitch * k < 7500:
            sound += strength * np.sin(k * phase) * (1 if sustain else np.exp(-t * k * 0.8))
    held = np.minimum(np.minimum(t / 0.03, 1), np.maximum((n / RATE - t) / 0.05, 0))
    return sound * (held if sustain else _envelope(n, 0.005, rng.uniform(0.15, 1.2)))


def _timbre(rng: np.random.Generator) -> F64:
    count = int(rng.integers(1, 20))
    falling = 1 / np.arange(1, count + 1) ** rng.uniform(0.4, 2.5)
    falling[1::2] *= rng.choice([1, 1, 0.1])
    # A resonance of the body, so that not every instrument falls evenly.
    falling *= 1 + 3 * np.exp(-((np.arange(count) - rng.uniform(0, 12)) ** 2) / 4)
    return np.asarray(falling / np.abs(falling).sum())


def _drum(rng: np.random.Generator, kind: int) -> F64:
    n = int(RATE * rng.uniform(0.08, 0.4))
    t = np.arange(n) / RATE
    if kind == 0:
        return np.asarray(np.sin(2 * np.pi * np.cumsum(50 + 120 * np.exp(-t * 40)) / RATE)) * (
            _envelope(n, 0.002, 0.12)
        )
    noise = rng.standard_normal(n)
    if kind == 1:
        return noise * _envelope(n, 0.001, 0.06) + 0.5 * np.sin(2 * np.pi * 190 * t) * (
            _envelope(n, 0.001, 0.08)
        )
    return np.diff(noise, prepend=0) * _envelope(n, 0.001, rng.uniform(0.01, 0.06))


def music(rng: np.random.Generator, n: int) -> F64:
    """Give chords, a tune, a bass and drums, each or not, with a beat."""
    beat = 60 / rng.uniform(60, 170)
    scale = np.array([[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]][rng.integers(2)])
    root = 55 * 2 ** rng.uniform(0, 1)
    parts = rng.random(4) < np.array([0.7, 0.7, 0.5, 0.5])
    if not parts.any():
        parts[rng.integers(3)] = True
    sound = np.zeros(n + RATE * 6)

    def play(one: F64, at: float, loud: float) -> None:
        start = int(at * RATE)
        sound[start : start + len(one)] += loud * one[: len(sound) - start]

    def pitch(step: int, octave: int) -> float:
        return float(root * 2 ** (octave + (scale[step % 7] + 12 * (step // 7)) / 12))

    timbres = [_timbre(rng) for _ in range(3)]
    held = rng.random(3) < 0.5
    length = n / RATE
    bars = np.arange(0, length, 4 * beat)
    for bar in bars:
        chord = int(rng.integers(7))
        if parts[0]:
            for k in (0, 2, 4, *([6] if rng.random() < 0.3 else [])):
                size = int(4 * beat * RATE)
                play(_note(rng, pitch(chord + k, 1), size, timbres[0], bool(held[0])), bar, 0.4)
        if parts[2]:
            for k in range(int(rng.choice([1, 2, 4]))):
                size = int(beat * RATE)
                play(
                    _note(rng, pitch(chord, 0), size, timbres[1], bool(held[1])), bar + k * beat, 1
                )
        at, step = float(bar), chord + 7
        while parts[1] and at < min(bar + 4 * beat, length):
            lasts = beat * float(rng.choice([0.25, 0.5, 0.5, 1, 2]))
            step = int(np.clip(step + rng.integers(-3, 4), 5, 20))
            if rng.random() < 0.85:
                play(
                    _note(rng, pitch(step, 1), int(lasts * RATE), timbres[2], bool(held[2])),
                    at,
                    0.8,
                )
            at += lasts
    if parts[3]:
        for k, at in enumerate(np.arange(0, length, beat / 2)):
            if rng.random() < 0.8:
                play(_drum(rng, 2 if k % 2 else int(rng.integers(2))), at, rng.uniform(0.3, 1))
    return sound[:n]


def applause(rng: np.random.Generator, n: int) -> F64:
    """Give few or many hands that clap, each with a ring of its own."""
    sound = np.zeros(n + RATE)
    rate = 10 ** rng.uniform(0.3, 2.8)
    for _ in range(max(1, int(rng.poisson(rate * n / RATE)))):
        size = int(RATE * rng.uniform(0.004, 0.03))
        at = int(rng.integers(n))
        clap = rng.standard_normal(size) * np.exp(-np.arange(size) / (size / 4))
        sound[at : at + size] += clap * rng.uniform(0.2, 1)
    low = rng.uniform(500, 1500)
    sos = butter(1, (low, low * rng.uniform(2, 4)), "bandpass", fs=RATE, output="sos")
    shaped = sosfilt(sos, sound)[:n]
    return np.asarray(shaped if rng.random() < 0.5 else reverberate(rng, shaped))


def noise(rng: np.random.Generator, n: int) -> F64:
    """Give noise of any colour, steady, swelling or gusty."""
    sound = rng.standard_normal(n)
    for _ in range(int(rng.integers(0, 3))):
        sound = lfilter([1], [1, -rng.uniform(0.3, 0.995)], sound)
    if rng.random() < 0.4:
        low = rng.uniform(80, 3000)
        band = (low, min(low * rng.uniform(1.3, 5), 7500))
        sound = sosfilt(butter(2, band, "bandpass", fs=RATE, output="sos"), sound)
    if rng.random() < 0.5:
        turns = np.arange(0, n + 4000, 4000)
        slow = np.interp(np.arange(n), turns, rng.uniform(0, 1, len(turns)))
        sound = sound * slow
    return np.asarray(sound / (np.abs(sound).max() + 1e-9))


def bangs(rng: np.random.Generator, n: int) -> F64:
    """Give doors, knocks, steps, keys, coughs of noise, in some quiet noise."""
    sound = 10 ** rng.uniform(-4, -1.5) * noise(rng, n)
    for _ in range(int(rng.integers(1, 4 + 6 * n // RATE))):
        size = int(RATE * 10 ** rng.uniform(-2.3, -0.4))
        at = int(rng.integers(max(n - size, 1)))
        burst = (
            noise(rng, size)
            if rng.random() < 0.6
            else _note(rng, float(rng.uniform(60, 2500)), size, _timbre(rng), False)
        )
        burst = burst * _envelope(size, 10 ** rng.uniform(-3.5, -1.5), size / RATE / 4)
        sound[at : at + size] += burst[: n - at] * rng.uniform(0.1, 1)
    return sound if rng.random() < 0.5 else reverberate(rng, sound)


def tones(rng: np.random.Generator, n: int) -> F64:
    """Give hum, beeps, sirens, motors."""
    t = np.arange(n) / RATE
    kind = rng.integers(4)
    if kind == 0:
        pitch = np.full(n, rng.choice([50.0, 60.0, 100.0, 120.0]))
    elif kind == 1:
        pitch = np.full(n, 10 ** rng.uniform(2, 3.6))
    elif kind == 2:
        pitch = 10 ** (2.7 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 3) * t))
    else:
        pitch = 10 ** rng.uniform(1.5, 2.5) * (1 + 0.2 * np.sin(2 * np.pi * 0.2 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(a * np.sin(k * phase) for k, a in enumerate(_timbre(rng), start=1))
    if kind == 1 and rng.random() < 0.7:
        period = rng.uniform(0.2, 2)
        sound = sound * (t % period < period * rng.uniform(0.2, 0.8))
    return np.asarray(sound + 10 ** rng.uniform(-4, -1) * rng.standard_normal(n))


def reverberate(rng: np.random.Generator, sound: F64) -> F64:
    """Put a sound into a room."""
    size = int(RATE * rng.uniform(0.1, 0.8))
    tail = rng.standard_normal(size) * np.exp(-np.arange(size) / (size / 5))
    tail[0] = rng.uniform(1, 6)
    return np.asarray(fftconvolve(sound, tail)[: len(sound)])


KINDS: tuple[tuple[Callable[[np.random.Generator, int], F64], float], ...] = (
    (music, 0.45),
    (applause, 0.15),
    (noise, 0.15),
    (bangs, 0.15),
    (tones, 0.1),
)
"""Sounds, and how often each is drawn."""


def draw(rng: np.random.Generator, n: int) -> F64:
    """Draw a sound of n samples, its peak at 1."""
    kinds, shares = zip(*KINDS, strict=True)
    made = kinds[rng.choice(len(kinds), p=shares)](rng, n)
    return np.asarray(made / (np.abs(made).max() + 1e-9))
