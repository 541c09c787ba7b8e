"""Finding a mark in sound again, without the original."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.signal
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .._typing import F32, F64
from .detection import FALSE_ALARM
from .place import Spectrum
from .sound_pattern import (
    BANDS,
    BITS,
    CHIP,
    PAIRS,
    PERIOD,
    SoundLayout,
    band_shares,
    sound_layout,
)

RATE = 16_000
"""Samples per second of the sound that is searched."""

SPEEDS = np.round(np.arange(-15, 16) * 0.004, 3)
"""Changes of speed that are tried, each with the pitch that goes with it, and with its own."""

_SHIFTS = 8
SHIFTS = _SHIFTS * PAIRS
"""Times within a period that are tried: four a chip."""

CANDIDATES = 8
"""So many of the best places are read."""

_WINDOW, _HOP = 640, 128
_FLOOR = 1e-7
_TIME_SPREAD = 2.5 * CHIP
_BAND_SPREAD = 3.0
_LEVEL_SPREAD = 0.2
_USUAL = 4.0
_CLIP = 6.0
_QUIET_SPREAD = 3.0 * CHIP
_QUIET = 1e-4
_AVERAGED = 0.6 * CHIP
"""How a level is compared with what is around it, in time and in frequency, and weighed: what found
most in 15 pieces of speech after strong compression."""

_TINY = 1e-9
_STEP = _HOP / RATE


@dataclass(frozen=True)
class SoundFinding:
    """A search's best place.

    Parameters
    ----------
    score : float
        Correlation with the template and the word that fits best, in standard deviations of what
        chance gives.
    tries : int
        Times, speeds and keys that were tried.
    number : int
        The word: what the mark says.
    key : int
        Which of the keys.
    speed : float
        How much faster it is than it was.
    pitch : float
        How much higher.
    """

    score: float
    tries: int
    number: int
    key: int
    speed: float
    pitch: float

    @property
    def chance(self) -> float:
        """Upper bound of the probability that chance gives such a score in any of the tries.

        For any sound at all, the signs that a key gives to the cells of one word at one place are
        independent, and one or the other with the same probability: a weighed sum of them is at or
        above z of its standard deviations with a probability of at most ``exp(-z^2 / 2)``
        (Hoeffding 1963). There are ``2^20`` words at each place.
        """
        exponent = BITS * math.log(2.0) + math.log(self.tries) - max(self.score, 0.0) ** 2 / 2
        return math.exp(min(0.0, exponent))

    @property
    def found(self) -> bool:
        """Whether that is no chance."""
        return self.chance < FALSE_ALARM


@dataclass(frozen=True)
class _Place:
    score: float
    seen: F32
    key: int
    speed: float
    pitch: float


def search_sound(samples: F32, keys: list[bytes], pieces: int = 1) -> SoundFinding:
    """Look for the mark of any of the keys, at any time, and at any speed within 6 %.

    Parameters
    ----------
    samples : ndarray of float32, shape (N,)
        Mono, 16 kHz; a few seconds.
    keys : list of bytes
        At least one.
    pieces : int
        How many searches the caller makes, for the probability of a false alarm in any of them.

    Returns
    -------
    SoundFinding
    """
    plans = [sound_layout(key) for key in keys]
    templates = [_template_spectra(plan) for plan in plans]
    power = _spectra(samples)
    places: list[list[_Place]] = [[] for _ in keys]
    kept = levels(power, 1.0)
    for change in SPEEDS.tolist():
        for pitch in dict.fromkeys((1.0, 1.0 + change)):
            level = kept if pitch == 1.0 else levels(power, pitch)
            seen = fold(level, 1.0 + change)
            heard = scipy.fft.rfft(np.stack([seen, seen**2]), axis=1)
            for number, template in enumerate(templates):
                score, shift = _template_score(heard, template)
                at = np.roll(seen, -shift, axis=0)[::_SHIFTS]
                places[number].append(_Place(score, at, number, 1.0 + change, pitch))
    tries = pieces * len(keys) * (2 * len(SPEEDS) - 1) * SHIFTS
    best = SoundFinding(-math.inf, tries, 0, 0, 1.0, 1.0)
    for found in places:
        for place in sorted(found, key=lambda one: -one.score)[:CANDIDATES]:
            score, word = read_cells(place.seen, plans[place.key])
            if score > best.score:
                best = SoundFinding(score, tries, word, place.key, place.speed, place.pitch)
    return best


def _spectra(samples: F32) -> F32:
    """Give the power of successive frames [shape=(T, F)]."""
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    window = scipy.signal.windows.hann(_WINDOW, sym=False).astype(np.float32)
    return np.asarray(np.abs(scipy.fft.rfft(frames * window, axis=1)) ** 2, np.float32)


def levels(power: F32, pitch: float) -> F32:
    """Give the level of each band over time, against what is around it, brought to like strength.

    Parameters
    ----------
    power : ndarray of float32, shape (T, F)
    pitch : float

    Returns
    -------
    ndarray of float32, shape (T, BANDS)
    """
    lines = scipy.fft.rfftfreq(_WINDOW, 1.0 / RATE)
    bands = power @ band_shares(lines, RATE / _WINDOW, pitch)
    mean = float(bands.mean())
    loud = 10.0 * np.log10(bands + _FLOOR * mean + _TINY)
    level = loud - _smooth(loud, _TIME_SPREAD)
    level -= gaussian_filter1d(level, _BAND_SPREAD, axis=1)
    usual = _smooth(level**2, _LEVEL_SPREAD)
    level = np.clip(level * _USUAL / np.sqrt(usual + 1.0), -_CLIP, _CLIP)
    # A band that a telephone or a codec took away says nothing.
    around = 10.0 ** (_smooth(loud, _QUIET_SPREAD) / 10.0)
    level *= np.sqrt(around / (around + _QUIET * mean + _TINY))
    return np.asarray(uniform_filter1d(level, round(_AVERAGED / _STEP), axis=0), np.float32)


def _smooth(values: F32, spread: float) -> F32:
    """Smooth along time with a triangle of this standard deviation in seconds."""
    length = round(math.sqrt(6.0) * spread / _STEP)
    once = uniform_filter1d(values, length, axis=0)
    return np.asarray(uniform_filter1d(once, length, axis=0), np.float32)


def fold(level: F32, speed: float) -> F32:
    """Lay all periods over each other, and take the second chip of each cell from the first.

    Parameters
    ----------
    level : ndarray of float32, shape (T, BANDS)
    speed : float

    Returns
    -------
    ndarray of float32, shape (SHIFTS, BANDS)
        What a cell would be that begins then.
    """
    count = int(len(level) * _STEP * speed / PERIOD * SHIFTS)
    place = np.arange(count) * (PERIOD / SHIFTS / speed / _STEP)
    before = np.minimum(place.astype(np.int64), len(level) - 2)
    share = (place - before)[:, None].astype(np.float32)
    drawn = level[before] * (1.0 - share) + level[before + 1] * share
    whole = np.zeros((-(-count // SHIFTS) * SHIFTS, BANDS), np.float32)
    whole[:count] = drawn
    total = whole.reshape(-1, SHIFTS, BANDS).sum(axis=0)
    chip, middle = _SHIFTS // 2, _SHIFTS // 4
    return np.asarray(np.roll(total, -middle, axis=0) - np.roll(total, -middle - chip, axis=0))


def _template_spectra(plan: SoundLayout) -> Spectrum:
    """Give those of the template's signs, and of where it has any [shape=(2, F, BANDS)]."""
    template = np.where(plan.chosen == 0, plan.signs, 0.0)
    spread = np.zeros((2, SHIFTS, BANDS), np.float32)
    spread[0, ::_SHIFTS], spread[1, ::_SHIFTS] = template, template != 0
    return np.asarray(scipy.fft.rfft(spread, axis=1).conj())


def _template_score(heard: Spectrum, template: Spectrum) -> tuple[float, int]:
    """Give the best correlation with the template, and its shift."""
    both = (heard * template).sum(axis=2)
    agreement, squares = scipy.fft.irfft(both, SHIFTS, axis=1)
    scores: F64 = agreement / np.sqrt(np.maximum(squares, 0.0) + _TINY)
    top = int(scores.argmax())
    return float(scores[top]), top


def read_cells(seen: F32, plan: SoundLayout) -> tuple[float, int]:
    """Find the word that fits best, by correlating with all of them.

    Parameters
    ----------
    seen : ndarray of float32, shape (PAIRS, BANDS)
    plan : SoundLayout

    Returns
    -------
    score : float
        In standard deviations of what chance gives.
    number : int
    """
    soft = np.bincount(
        plan.chosen.ravel(), (plan.signs * seen).ravel().astype(np.float64), 1 << BITS
    )
    fits = hadamard(np.asarray(soft, np.float32))
    number = int(fits.argmax())
    length = math.sqrt(float((seen.astype(np.float64) ** 2).sum()) + _TINY)
    return float(fits[number]) / length, number


def hadamard(values: F32) -> F32:
    """Give the Walsh-Hadamard transform: at k, the sum of all n with the sign of parity(k & n).

    Parameters
    ----------
    values : ndarray of float32, shape (32^N,)

    Returns
    -------
    ndarray of float32, shape (32^N,)
    """
    matrix, done, inner = _hadamard_matrix(), values, len(values)
    # Five of the binary digits at a time, where they are: nothing is moved.
    while inner > 1:
        inner //= len(matrix)
        done = np.matmul(matrix, done.reshape(-1, len(matrix), inner))
    return np.asarray(done.reshape(-1), np.float32)


@cache
def _hadamard_matrix() -> F32:
    return np.asarray(scipy.linalg.hadamard(32), np.float32)
