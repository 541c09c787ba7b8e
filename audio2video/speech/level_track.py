"""Levels of speech over time: stretches in which it is equally loud, and the gains they need.

A recording's level may step at any moment: another speaker, another microphone, another take. One
gain for all of it, or one that drifts, would have the same words open the mouth differently.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .._typing import F64
from .loudness import TARGET_LEVEL, gated_level

MAX_GAIN = 50.0
"""dB; 16-bit speech that needs more is mostly rounding."""

LIMIT = 10.0
"""dB over the level of speech that nothing exceeds: claps, doors, a louder sound in a pause."""

_GRID = np.arange(-90.0, 1.0)
"""dB: levels that a stretch can have."""

_STEP_COST = 100.0
"""Cost of a step, in dB times blocks: a softer phrase is no step, 6 dB for some seconds are one."""

_AROUND = 2
"""Blocks on either side of which the loudest speaks for all."""

_MOST = 16.0
"""dB by which a block can miss its stretch's level: what is further off is something else."""

_BLOCKS = 4
"""Blocks of 100 ms whose power is gated as one (ITU-R BS.1770-4)."""


def level_stretches(levels: F64, heard: F64) -> list[slice]:
    """Cut a recording into stretches of even speech (a Potts functional, solved exactly).

    Parameters
    ----------
    levels : np.ndarray [shape=(n,)]
        Of blocks of 100 ms, dB; see `audio2video.speech.evening.block_levels`.
    heard : np.ndarray [shape=(n,)]
        How far each block is speech, 0 to 1; nothing else has a say.

    Returns
    -------
    list of slice
        Of blocks, in order, without gaps.
    """
    # The strongest syllable around says how loud someone speaks; the others differ a lot.
    spoken = np.pad(np.where(heard >= 0.5, levels, -np.inf), _AROUND, constant_values=-np.inf)
    loudest = sliding_window_view(spoken, 2 * _AROUND + 1).max(axis=1)
    levels = np.where(np.isfinite(loudest), loudest, levels)
    cost = np.zeros(len(_GRID))
    came_from = np.empty((len(levels), len(_GRID)), np.int16)
    here = np.arange(len(_GRID), dtype=np.int16)
    for k, (level, weight) in enumerate(zip(levels, heard, strict=True)):
        best = int(cost.argmin())
        stepped = cost > cost[best] + _STEP_COST
        came_from[k] = np.where(stepped, best, here)
        cost = np.minimum(cost, cost[best] + _STEP_COST)
        cost = cost + weight * np.minimum(np.abs(level - _GRID), _MOST)
        cost -= cost.min()
    state, starts = int(cost.argmin()), []
    for k in range(len(levels) - 1, 0, -1):
        before = int(came_from[k, state])
        if before != state:
            starts.append(_first_moment(heard, k))
        state = before
    edges = sorted({0, *starts, len(levels)})
    return [slice(a, b) for a, b in pairwise(edges)]


def _first_moment(heard: F64, start: int) -> int:
    """Move a step in a pause to its beginning: what follows begins quietly, unheard."""
    spoken = np.flatnonzero(heard[:start] >= 0.5)
    return min(start, int(spoken[-1]) + 1 + _AROUND) if len(spoken) else start


def even_speech(levels: F64, heard: F64) -> F64:
    """Choose the gain of each block that makes all speech equally loud, and nothing louder.

    Parameters
    ----------
    levels, heard : np.ndarray [shape=(n,)]
        As for `level_stretches`.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]
        dB.
    """
    gain = np.zeros(len(levels))
    for part in level_stretches(levels, heard):
        level = _stretch_level(levels[part], heard[part])
        gain[part] = min(TARGET_LEVEL - level, MAX_GAIN) if np.isfinite(level) else np.nan
    known = np.isfinite(gain)
    if not known.any():
        return np.zeros(len(levels))
    places = np.arange(len(levels))
    gain = np.interp(places, places[known], gain[known])
    over = np.where(heard >= 0.5, LIMIT, 0.0)
    return np.asarray(np.minimum(gain, TARGET_LEVEL + over - levels), np.float64)


def _stretch_level(levels: F64, heard: F64) -> float:
    """Measure the gated level of the speech in a stretch; -inf if there is none."""
    speech = levels[heard >= 0.5]
    if not len(speech):
        return -np.inf
    usual = float(np.median(speech))
    power = 10 ** (np.minimum(levels - usual, LIMIT) / 10)  # far above the absolute gate
    if len(power) >= _BLOCKS:
        power = sliding_window_view(power, _BLOCKS).mean(axis=1)
        heard = sliding_window_view(heard, _BLOCKS).mean(axis=1)
    chosen = power[heard >= 0.5]
    return usual + gated_level(chosen if len(chosen) else power)
