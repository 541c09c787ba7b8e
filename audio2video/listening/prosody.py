"""Prosody of speech: how loud it is, how high, and where it pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .._typing import F32, F64, Mask
from ..speech.units import FEATURE_RATE, HOP, SAMPLE_RATE

LOWEST, HIGHEST = 60.0, 450.0
"""Bounds of the pitch of voices, in Hz."""

_WINDOW = 512
"""Samples whose difference to later ones is measured: 32 ms."""

_SHORTEST, _LONGEST = int(SAMPLE_RATE / HIGHEST), int(SAMPLE_RATE / LOWEST) + 1
"""Samples of a period."""

_DIP = 0.15
"""A normalised difference below this is a period (de Cheveigne and Kawahara, step 4)."""

_VOICED = 0.3
"""A least difference above this is no voice at all."""

_QUIET = 30.0
"""dB below the loudest speech from which on a sound has no pitch of its own."""

_SILENT = 35.0
"""dB below the loudest speech from which on nothing is said."""

_STOP_SECONDS = 0.15
"""A shorter silence is part of a word, as before a plosive."""

_FAINT = 1e-9
"""Mean square of what can't be heard at all: 90 dB below full scale."""

_BLOCK = 2000


@dataclass(frozen=True)
class Prosody:
    """The prosody of F hundredths of a second.

    Parameters
    ----------
    level : ndarray of float64, shape (F,)
        Loudness in dB, relative to the loud parts of the speech: 0 there, -60 at least.
    pitch : ndarray of float64, shape (F,)
        In semitones over 55 Hz; nan where there is no voice.
    speech : ndarray of bool, shape (F,)
        When someone speaks.
    """

    level: F64
    pitch: F64
    speech: Mask

    def __len__(self) -> int:
        return len(self.level)

    @property
    def voiced(self) -> Mask:
        """Where there is a pitch."""
        return np.asarray(np.isfinite(self.pitch))


def prosody_of(samples: F32, presence: Mask) -> Prosody:
    """Measure the prosody of speech.

    Pitch is found with YIN: the cumulative mean normalised difference function, an absolute
    threshold and parabolic interpolation (de Cheveigne and Kawahara, "YIN, a fundamental frequency
    estimator for speech and music", JASA 2002, steps 2 to 5).

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        Mono at 16 kHz.
    presence : ndarray of bool
        When someone speaks, at 50 Hz.

    Returns
    -------
    Prosody
        At 100 Hz; hundredth f is centred on f / 100 s.
    """
    frames = len(samples) // HOP + 1
    span = _WINDOW + _LONGEST
    padded = np.pad(np.asarray(samples, np.float64), (span // 2, span))
    pitch, power = np.empty(frames), np.empty(frames)
    windows = sliding_window_view(padded, span)[::HOP][:frames]
    for first in range(0, frames, _BLOCK):
        part = windows[first : first + _BLOCK]
        pitch[first : first + _BLOCK] = _periods(part)
        middle = part[:, _LONGEST // 2 : _LONGEST // 2 + _WINDOW]
        power[first : first + _BLOCK] = np.einsum("fw,fw->f", middle, middle) / _WINDOW
    level = 10 * np.log10(power + 1e-12)
    near = presence[np.minimum(np.arange(frames) // 2, len(presence) - 1)]
    loud = float(np.quantile(level[near] if near.any() else level, 0.95))
    level = np.clip(level - loud, -60.0, 10.0)
    speech = near & _bridged(level > -_SILENT, round(_STOP_SECONDS * FEATURE_RATE))
    voiced = np.isfinite(pitch) & (level > -_QUIET) & speech
    high = 12 * np.log2(np.where(voiced, pitch, 55.0) / 55.0)
    return Prosody(level, _steady(np.where(voiced, high, np.nan)), speech)


def _periods(windows: F64) -> F64:
    """Find the pitch of each window in Hz; nan where there is none."""
    size = 1 << int(np.ceil(np.log2(windows.shape[1] + _WINDOW)))
    centred = windows - windows.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, size, axis=1)
    start = np.fft.rfft(centred[:, :_WINDOW], size, axis=1)
    products = np.fft.irfft(spectrum * np.conj(start), size, axis=1)[:, : _LONGEST + 1]
    squares = np.pad(np.cumsum(centred**2, axis=1), ((0, 0), (1, 0)))
    lags = np.arange(_LONGEST + 1)
    energy = squares[:, _WINDOW : _WINDOW + _LONGEST + 1] - squares[:, : _LONGEST + 1]
    difference = np.maximum(energy[:, :1] + energy - 2 * products, 0.0)
    total = np.cumsum(difference[:, 1:], axis=1)
    ratio = np.ones_like(difference)
    ratio[:, 1:] = difference[:, 1:] * lags[1:] / np.maximum(total, 1e-12)
    inside = ratio[:, _SHORTEST:-1]
    # The first dip below the threshold, followed down to its bottom; or else the lowest of all.
    falling = ratio[:, _SHORTEST + 1 :] >= inside
    bottom = (inside < _DIP) & falling
    first = np.where(bottom.any(axis=1), bottom.argmax(axis=1), inside.argmin(axis=1))
    rows = np.arange(len(windows))
    lag = first + _SHORTEST
    before, at, after = (ratio[rows, lag + k] for k in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.where(bend > 1e-9, 0.5 * (before - after) / np.maximum(bend, 1e-9), 0.0)
    found = SAMPLE_RATE / (lag + np.clip(shift, -0.5, 0.5))
    audible = energy[:, 0] > _WINDOW * _FAINT
    return np.asarray(np.where((at < _VOICED) & audible, found, np.nan))


def _bridged(loud: Mask, gap: int) -> Mask:
    """Fill silences that are shorter than `gap`, but for those at the ends."""
    filled: Mask = loud.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[True], loud, [True]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        if first > 0 and last < len(loud) and last - first < gap:
            filled[first:last] = True
    return filled


def _steady(pitch: F64) -> F64:
    """Take out single hundredths, and leaps of an octave from the middle of those around."""
    around = sliding_window_view(np.pad(pitch, 4, constant_values=np.nan), 9)
    known = np.isfinite(around)
    enough = known.sum(axis=1) >= 4
    ordered = np.sort(np.where(known, around, np.inf), axis=1)
    half = np.maximum(known.sum(axis=1) - 1, 0) // 2
    middle = ordered[np.arange(len(pitch)), half]
    with np.errstate(invalid="ignore"):
        near = np.abs(pitch - middle) < 6.0
    return np.where(enough & near, pitch, np.nan)


def prosody_features(prosody: Prosody, rate: float, frames: int) -> NDArray[np.float64]:
    """Give prosody at the rate of a video, for a network.

    Parameters
    ----------
    prosody : Prosody
    rate : float
        Frames per second.
    frames : int

    Returns
    -------
    ndarray of float64, shape (frames, 5)
        Level (0 silent, 1 loud), pitch relative to the speaker's median in octaves, its slope in
        octaves per second, whether there is a voice, and the seconds since speech or silence set
        in, positive in speech (up to 2).
    """
    voiced, count = prosody.voiced, len(prosody)
    own = np.arange(count)
    if voiced.any():
        usual = float(np.median(prosody.pitch[voiced]))
        high = np.interp(own, own[voiced], prosody.pitch[voiced] - usual) / 12
    else:
        high = np.zeros(count)
    slope = np.gradient(high) * FEATURE_RATE * voiced if count > 1 else np.zeros(count)
    changes = np.flatnonzero(np.diff(prosody.speech.astype(np.int8), prepend=-1))
    since = (own - changes[np.searchsorted(changes, own, side="right") - 1]) / FEATURE_RATE
    since = np.minimum(since, 2.0) * np.where(prosody.speech, 1.0, -1.0)
    columns = np.column_stack(
        [np.clip(prosody.level / 60 + 1, 0, 1.2), high * voiced, slope, voiced, since]
    )
    # The mean over each frame's time: what is shorter than a frame is not lost.
    sums = np.pad(np.cumsum(columns, axis=0), ((1, 0), (0, 0)))
    edges = np.clip(np.rint((np.arange(frames + 1) - 0.5) * FEATURE_RATE / rate), 0, count)
    begin = np.minimum(edges[:-1], count - 1).astype(int)
    end = np.maximum(edges[1:].astype(int), begin + 1)
    return np.asarray((sums[end] - sums[begin]) / (end - begin)[:, None], np.float64)
