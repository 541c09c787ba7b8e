"""What is heard in a run, as figures show it: waveform, features, energy, activity."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, I16
from ..speech.features import CEPSTRA, FEATURE_RATE, STATIC_FEATURES
from ..speech.recording import FULL_SCALE
from ..speech.units import SAMPLE_RATE
from .packing import packed, rounded

MAX_BINS = 40_000
"""Pairs of least and largest sample of a waveform."""

BIN_RATE = 400
"""Of these a second, where that is not too many."""

MAX_COLUMNS = 8000
"""Columns of the picture of features."""

SPREAD = 3.0
"""Standard deviations from a feature's mean at which its colours end."""

DECIBELS = 10 / np.log(10)
FULL = 20 * np.log10(32768.0)
"""dB of full scale, on the scale of 16-bit samples."""


@dataclass(frozen=True)
class Stretch:
    """A part of the speech that is heard, and where.

    Parameters
    ----------
    begin, end : Fraction
        Seconds of the result.
    heard : Fraction
        Second of the speech at which it begins.
    """

    begin: Fraction
    end: Fraction
    heard: Fraction


def waveform(samples: I16, stretches: list[Stretch], seconds: float) -> dict[str, Any]:
    """Give the least and the largest sample of each short time of a result.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
        The speech, at 16 kHz.
    stretches : list of Stretch
    seconds : float
        Of the result.

    Returns
    -------
    dict
        ``rate`` (bins per second), ``low`` and ``high`` (packed, full scale 1).
    """
    rate = min(BIN_RATE, MAX_BINS / max(seconds, 1e-3))
    count = max(1, int(np.ceil(seconds * rate)))
    low, high = np.zeros(count), np.zeros(count)
    for one in stretches:
        first, last = int(float(one.begin) * rate), int(np.ceil(float(one.end) * rate))
        for k in range(first, min(last, count)):
            begin, end = (
                round(
                    (max(edge / rate, float(one.begin)) - float(one.begin - one.heard))
                    * SAMPLE_RATE
                )
                for edge in (k, k + 1)
            )
            part = samples[max(begin, 0) : max(end, begin + 1)]
            if len(part):
                low[k], high[k] = float(part.min()), float(part.max())
    return {
        "rate": rate,
        "low": packed(low / FULL_SCALE, 1 / 127, "int8"),
        "high": packed(high / FULL_SCALE, 1 / 127, "int8"),
    }


def feature_picture(features: F32, stretches: list[Stretch], seconds: float) -> dict[str, Any]:
    """Give the static features as a picture, each row on its own scale.

    Returns
    -------
    dict
        ``rate`` (columns per second), ``values`` (packed, rows first, in standard deviations of the
        row), ``mean`` and ``deviation`` of each row.
    """
    static = features[:, :STATIC_FEATURES].astype(np.float64)
    mean, deviation = static.mean(axis=0), np.maximum(static.std(axis=0), 1e-6)
    wide = max(1, int(np.ceil(seconds * FEATURE_RATE / MAX_COLUMNS)))
    rate = FEATURE_RATE / wide
    picture = np.full((STATIC_FEATURES, max(1, int(np.ceil(seconds * rate)))), np.nan)
    scaled = (static - mean) / deviation
    for one in stretches:
        columns = np.arange(
            int(float(one.begin) * rate), min(int(float(one.end) * rate), picture.shape[1])
        )
        at = np.round((columns / rate - float(one.begin - one.heard)) * FEATURE_RATE).astype(int)
        keep = (at >= 0) & (at < len(scaled))
        sums = np.zeros((int(keep.sum()), STATIC_FEATURES))
        for more in range(wide):
            sums += scaled[np.minimum(at[keep] + more, len(scaled) - 1)]
        picture[:, columns[keep]] = (sums / wide).T
    return {
        "rate": rate,
        "values": packed(picture, SPREAD / 10_000),
        "spread": SPREAD,
        "mean": rounded(mean),
        "deviation": rounded(deviation),
    }


def frame_levels(features: F32, rate: Fraction, frames: int) -> NDArray[np.float64]:
    """Level of the speech in each frame, in dB of full scale, shape (frames,)."""
    power = np.expm1(np.asarray(features[:, CEPSTRA], np.float64))
    edges = np.round(np.arange(frames + 1) * float(FEATURE_RATE / rate)).astype(int)
    edges = np.minimum(edges, len(power) - 1)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    counts = np.maximum(edges[1:] - edges[:-1], 1)
    means = (sums[edges[:-1] + counts] - sums[edges[:-1]]) / counts
    return np.asarray(DECIBELS * np.log(np.maximum(means, 1.0)) - FULL)
