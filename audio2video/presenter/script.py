"""What the presenter does: mouth shapes, head pose and blinks at every frame, from one seed.

The mouth speaks no language: it runs through every pair of a consonant and a vowel shape in a
seeded order, in phrases with pauses between them. Neighbouring shapes blend by dominance functions
(Cohen and Massaro 1993, "Modeling coarticulation in synthetic visual speech").
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .brush import FloatArray

RATE = Fraction(25)
FRAMES = 500
"""Length of the demo video: 20 s."""

LEAD_S = 0.6
"""The mouth is at rest for so long at the start and at the end."""

SCRIPT_S = 120.0
"""Length of the whole score; a video plays a piece of it."""


class Viseme(NamedTuple):
    """Mouth shape of a phone, in units of the eye distance or 0-1."""

    half_width: float = 0.425
    upper: float = 0.0  # how far the edge of the upper lip rises
    lower: float = 0.0  # how far the edge of the lower lip drops
    jaw: float = 0.0  # how far the chin drops
    upper_full: float = 1.0  # thickness of the upper lip, 1 at rest
    lower_full: float = 1.0
    rounding: float = 0.0
    tongue: float = 0.0  # tip raised to the upper teeth


REST = Viseme()
CONSONANTS = {
    "m": Viseme(0.415, -0.035, -0.055, 0.015, 0.82, 0.80),
    "b": Viseme(0.430, -0.030, -0.045, 0.020, 0.90, 0.88),
    "p": Viseme(0.405, -0.030, -0.050, 0.010, 0.88, 0.86),
    "f": Viseme(0.430, 0.040, -0.004, 0.020, 0.92, 0.62),
    "s": Viseme(0.460, 0.030, 0.035, 0.020),
    "sh": Viseme(0.350, 0.050, 0.060, 0.030, 1.10, 1.15, 0.6),
    "l": Viseme(0.435, 0.025, 0.110, 0.080, 1.0, 1.0, 0.0, 1.0),
    "w": Viseme(0.285, 0.005, 0.030, 0.040, 1.15, 1.15, 1.0),
    "r": Viseme(0.365, 0.025, 0.065, 0.050, 1.05, 1.05, 0.5, 0.3),
}
VOWELS = {
    "ee": Viseme(0.495, 0.045, 0.075, 0.040, 0.95, 0.92),
    "ih": Viseme(0.460, 0.030, 0.105, 0.080),
    "eh": Viseme(0.450, 0.035, 0.165, 0.135),
    "ae": Viseme(0.465, 0.045, 0.235, 0.200),
    "ah": Viseme(0.430, 0.045, 0.310, 0.270),
    "oh": Viseme(0.360, 0.030, 0.200, 0.165, 1.08, 1.08, 0.7),
    "oo": Viseme(0.305, 0.010, 0.060, 0.050, 1.15, 1.18, 1.0),
}
_CLOSED = ("m", "b", "p")
_CLOSURE_DOMINANCE = 7.0
_NOD_RATE = 25
_NOD_REACH = 6


@dataclass(frozen=True)
class Motion:
    """What moves, per frame.

    Attributes
    ----------
    mouth : dict of str to ndarray, each shape (T,)
        Lip and jaw parameters, by the names in `Viseme`; ``upper`` and ``lower`` are not below 0.
    yaw, pitch, roll : ndarray, shape (T,)
        Head pose in degrees: towards the picture's right, downwards, clockwise.
    shift : ndarray, shape (T, 2)
        How far the head is from its resting place, in units of the eye distance.
    eyelid : ndarray, shape (T,)
        0 open to 1 shut.
    brow : ndarray, shape (T,)
        How far the brows are raised.
    gaze : ndarray, shape (T, 2)
        How far the irises are from the middle.
    index : ndarray, shape (T,), int
        Number of the frame in the whole score, which seeds its noise.
    """

    mouth: dict[str, FloatArray]
    yaw: FloatArray
    pitch: FloatArray
    roll: FloatArray
    shift: FloatArray
    eyelid: FloatArray
    brow: FloatArray
    gaze: FloatArray
    index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.yaw)


class _Phone(NamedTuple):
    start: float
    duration: float
    shape: Viseme
    dominance: float


def _score(rng: np.random.Generator) -> list[_Phone]:
    """Phones of the whole score: phrases of syllables, a pause after each."""
    pairs = [(c, v) for c in CONSONANTS for v in VOWELS]
    order: list[tuple[str, str]] = []
    phones: list[_Phone] = [_Phone(-5.0, 5.0 + LEAD_S, REST, 1.0)]
    now = LEAD_S
    while now < SCRIPT_S:
        for _ in range(int(rng.integers(9, 16))):
            if not order:
                order = [pairs[k] for k in rng.permutation(len(pairs))]
            consonant, vowel = order.pop()
            closed = consonant in _CLOSED
            length = float(rng.uniform(0.085, 0.12) if closed else rng.uniform(0.06, 0.10))
            dominance = _CLOSURE_DOMINANCE if closed else 2.0 if consonant in "fw" else 1.0
            phones.append(_Phone(now, length, CONSONANTS[consonant], dominance))
            now += length
            length = float(rng.uniform(0.10, 0.20))
            phones.append(_Phone(now, length, VOWELS[vowel], 1.0))
            now += length
        pause = float(rng.uniform(0.45, 0.75))
        phones.append(_Phone(now, pause, REST, 1.5))
        now += pause
    return phones


def _phones_until(phones: list[_Phone], end: float) -> list[_Phone]:
    """Cut the score at `end`, so that the mouth is at rest there and not in mid-word."""
    kept = [p for p in phones if p.start + p.duration <= end - LEAD_S] or phones[:1]
    last = kept[-1].start + kept[-1].duration
    return [*kept, _Phone(last, max(end - last, LEAD_S) + 5.0, REST, 1.5)]


def _mouth(phones: list[_Phone], time: FloatArray) -> dict[str, FloatArray]:
    """Blend the phones' shapes at each time."""
    start = np.array([p.start for p in phones])
    length = np.array([p.duration for p in phones])
    shapes = np.array([p.shape for p in phones])
    # Distance in time from the nearest moment of the phone's steady middle (its inner 30 %).
    middle = start + 0.5 * length
    steady = np.maximum(0.15 * length, 0.5 * length - 0.10)
    away = np.clip(np.abs(time[:, None] - middle) - steady, 0.0, None)
    width = np.minimum(0.42 * length, 0.055)
    weight = np.array([p.dominance for p in phones]) * np.exp(-0.5 * (away / width) ** 2) + 1e-12
    tracks = (weight / weight.sum(axis=1, keepdims=True)) @ shapes
    mouth = {name: tracks[:, k].astype(np.float32) for k, name in enumerate(Viseme._fields)}
    for name in ("upper", "lower"):
        # Closures aim past the point where the lips meet; pressed lips can't overlap.
        mouth[name] = np.maximum(mouth[name], np.float32(0.0))
    return mouth


def _nod(phones: list[_Phone], time: FloatArray) -> FloatArray:
    """Pitch in degrees: the head nods a little with the loud, open syllables."""
    first, last = (int(np.floor(float(t) * _NOD_RATE)) for t in (time[0], time[-1]))
    ticks = np.arange(first - _NOD_REACH, last + _NOD_REACH + 2)
    opening = _mouth(phones, (ticks / _NOD_RATE).astype(np.float32))["lower"]
    weights = np.hanning(2 * _NOD_REACH + 3)[1:-1]
    smooth = np.convolve(opening, weights / weights.sum(), "valid")
    at = np.interp(time, ticks[_NOD_REACH:-_NOD_REACH] / _NOD_RATE, smooth)
    return np.asarray(9.0 * (at - 0.06), np.float32)


def eyelids(time: FloatArray, rng: np.random.Generator, end: float = SCRIPT_S) -> FloatArray:
    """Blinks every 2 to 5 s: shut in 80 ms, held 60 ms, open in 140 ms."""
    shut = np.zeros_like(time)
    moment = float(rng.uniform(1.2, 2.4))
    while moment < end:
        t = time - moment
        profile = np.interp(t, [0.0, 0.08, 0.14, 0.28], [0.0, 1.0, 1.0, 0.0])
        shut = np.maximum(shut, profile.astype(np.float32))
        moment += float(rng.uniform(2.0, 5.0))
    return np.asarray(shut * shut * (3.0 - 2.0 * shut), np.float32)


def sway(
    time: FloatArray, rng: np.random.Generator, amplitude: float, periods: tuple[float, ...]
) -> FloatArray:
    """Slow wandering: sines whose amplitudes add up to `amplitude`."""
    total = np.zeros_like(time)
    for period in periods:
        phase = float(rng.uniform(0.0, 2.0 * np.pi))
        total = total + np.sin(2.0 * np.pi * time / np.float32(period) + np.float32(phase))
    return np.asarray(total * np.float32(amplitude / len(periods)), np.float32)


def glances(time: FloatArray, rng: np.random.Generator, end: float = SCRIPT_S) -> FloatArray:
    """Small jumps of the gaze every half to two seconds."""
    temporal_window = np.cumsum(rng.uniform(0.5, 2.0, size=round(end)))
    places = rng.normal(0.0, (0.012, 0.006), size=(len(temporal_window) + 1, 2))
    return np.asarray(places[np.searchsorted(temporal_window, time)], np.float32)


def demo_motion(
    n: int = FRAMES,
    *,
    rate: Fraction = RATE,
    start: int = 0,
    seed: int = 0,
) -> Motion:
    """Plan the motion of frames `start` to `start + n` of the score.

    Parameters
    ----------
    n : int
        Number of frames.
    rate : Fraction
        Frames per second.
    start : int
        First frame.
    seed : int
        Chooses the score.

    Returns
    -------
    Motion
        Frame `k` is the same in each piece that holds it, save for the last 1.2 s of a piece, where
        the mouth comes to rest.
    """
    index = np.arange(start, start + n, dtype=np.int64)
    time = (index * float(1 / rate)).astype(np.float32)
    end = float((start + n) / rate)
    speech, head, eyes = (np.random.default_rng([seed, k]) for k in range(3))
    phones = _phones_until(_score(speech), end)
    return Motion(
        mouth=_mouth(phones, time),
        yaw=sway(time, head, 5.5, (5.3, 3.1, 7.9)),
        pitch=sway(time, head, 2.6, (4.1, 2.7)) + _nod(phones, time),
        roll=sway(time, head, 2.4, (6.1, 3.7)),
        shift=np.stack(
            [sway(time, head, 0.07, (7.1, 4.3)), sway(time, head, 0.035, (5.9, 3.3))], axis=1
        ),
        eyelid=eyelids(time, eyes),
        brow=np.clip(sway(time, head, 0.07, (3.9, 2.3, 1.7)), 0.0, None),
        gaze=glances(time, eyes),
        index=index,
    )
