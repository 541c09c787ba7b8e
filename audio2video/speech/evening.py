"""Equalisation of loudness over time, for a speech detector that must not depend on levels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from .._typing import F32, F64
from .loudness import TARGET_LEVEL
from .units import SAMPLE_RATE

BLOCK = SAMPLE_RATE // 10
"""Samples whose level is measured as one."""

QUIETEST = -75.0
"""dB relative to full scale: quieter sound is not made louder than that would become."""

_AROUND = 15
"""Blocks on either side that are heard."""

_LOUD = 0.8
"""Quantile that counts as the level of a stretch: claps and pauses are not asked."""


def block_levels(samples: npt.NDArray[np.floating]) -> F64:
    """Measure the level of each 100 ms, the last one whether or not it is full.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono at 16 kHz, full scale 1; n > 0.

    Returns
    -------
    np.ndarray [shape=(ceil(n / 1600),), dtype=float64]
        dB relative to full scale, at least -120.
    """
    starts = np.arange(0, len(samples), BLOCK)
    power = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    counts = np.minimum(BLOCK, len(samples) - starts)
    return np.asarray(10 * np.log10(power / counts + 1e-12), np.float64)


def even_gain(levels: F64) -> F64:
    """Choose the gain of each block that makes its surroundings equally loud.

    The stretches of 1.5 s before and behind a block are heard apart, and the quieter one counts:
    next to a louder voice, quiet speech is brought up to where that begins.

    Parameters
    ----------
    levels : np.ndarray [shape=(n,)]
        As `block_levels` gives them.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]
        dB.
    """
    padded = np.pad(levels, _AROUND, mode="edge")
    loud = np.quantile(sliding_window_view(padded, _AROUND + 1), _LOUD, axis=1)
    around = np.minimum(loud[: len(levels)], loud[_AROUND:])
    return np.asarray(TARGET_LEVEL - np.maximum(around, QUIETEST), np.float64)


def with_gain(samples: npt.NDArray[np.floating], gain: F64, first: int = 0) -> F32:
    """Apply the gains of blocks, changing from the middle of one to the next.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
    gain : np.ndarray [shape=(blocks,)]
        dB, of the whole sound.
    first : int
        Where in the whole sound the samples begin.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    places = (np.arange(first, first + len(samples)) + 0.5) / BLOCK - 0.5
    decibels = np.interp(places, np.arange(len(gain)), gain)
    return np.asarray(samples * 10 ** (decibels / 20), np.float32)
