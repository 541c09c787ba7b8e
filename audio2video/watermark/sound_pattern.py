"""The pattern of a mark in the sound: keyed signs on tiles of time and frequency that repeat.

Spread spectrum in the logarithm of short-time magnitudes (Kirovski and Malvar 2003): in a cell,
which is one band for two chips, the level is a little higher in the first chip and as much lower in
the second, or the other way round. Which of both is told by the key alone. A quarter of the cells
are a template, by which a detector finds time and speed; the others carry a code word. The cells
repeat, so that any part bears the mark.

The code is a random linear one: the sign of a cell is turned by the parity of those bits of the
payload that the key chose for it. A detector that correlates with all 2^20 words at once, by one
Hadamard transform, decodes it as well as any could, and needs no check sum: a word whose score
chance does not give is right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from .._typing import F32, F64, I64
from .code import HASH_BITS, Payload

VERSION = 1
"""Of the mark; another one has other signs."""

BITS = 20
"""Bits of the payload."""

DIGITS = BITS // 4
"""Hexadecimal digits of it."""

BANDS = 64
LOWEST, WIDTH = 200.0, 94.0
"""Bands of this width in Hz, the first from this frequency: up to 6.2 kHz. Half of them lie in what
a telephone passes."""

CHIP = 0.04
"""Seconds. In longer ones there is more of speech's own changes; of shorter ones fewer are found
where they are few."""

PAIRS = 20
"""Cells along time until they repeat."""

PERIOD = 2 * PAIRS * CHIP
"""Seconds until the pattern repeats."""

TEMPLATE_SHARE = 4
"""One of so many cells belongs to the template."""


@dataclass(frozen=True)
class SoundLayout:
    """Which cell carries what, for one key.

    Parameters
    ----------
    signs : ndarray of float32, shape (PAIRS, BANDS)
        1 or -1.
    chosen : ndarray of int64, shape (PAIRS, BANDS)
        The bits of the payload, as a number, whose parity turns the sign; 0 in the template.
    """

    signs: F32
    chosen: I64


@cache
def sound_layout(key: bytes) -> SoundLayout:
    """Derive signs and places from a key."""
    count = PAIRS * BANDS
    drawn = np.frombuffer(
        hashlib.shake_256(b"audio2video sound mark 1" + key).digest(12 * count), "<u4"
    ).reshape(3, count)
    order = np.argsort(drawn[0], kind="stable")
    signs = (drawn[1] >> 31) * 2.0 - 1.0
    chosen = (drawn[2] % ((1 << BITS) - 1) + 1).astype(np.int64)  # never none of them
    chosen[order[: count // TEMPLATE_SHARE]] = 0
    shape = PAIRS, BANDS
    return SoundLayout(np.asarray(signs.reshape(shape), np.float32), chosen.reshape(shape))


def sound_number(payload: Payload) -> int:
    """Give what the sound says of a payload: the first digits of its hash."""
    return payload.digest >> (HASH_BITS - BITS)


def number_words(number: int) -> str:
    """Write such a number as hexadecimal digits."""
    return f"{number:0{DIGITS}x}"


def cells(key: bytes, number: int) -> F32:
    """Give the signs of all cells for a payload [shape=(PAIRS, BANDS)].

    Raises
    ------
    ValueError
        The number has more than 20 bits.
    """
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"{number} does not fit into a mark of the sound")
    plan = sound_layout(key)
    parity = plan.chosen & number
    for shift in (16, 8, 4, 2, 1):
        parity = parity ^ parity >> shift
    return np.asarray(plan.signs * (1 - 2 * (parity & 1)), np.float32)


def course(signs: F32, times: F64) -> F32:
    """Give the pattern at some times: smooth, 1 or -1 in the middle of each chip.

    Parameters
    ----------
    signs : ndarray of float32, shape (PAIRS, BANDS)
    times : ndarray of float64, shape (T,)
        Seconds.

    Returns
    -------
    ndarray of float32, shape (T, BANDS)
    """
    chips = np.stack([signs, -signs], axis=1).reshape(-1, signs.shape[1])
    place = times / CHIP - 0.5
    before = np.floor(place).astype(np.int64)
    share = (0.5 - 0.5 * np.cos(np.pi * (place - before)))[:, None]
    count = len(chips)
    return np.asarray(
        chips[before % count] * (1 - share) + chips[(before + 1) % count] * share, np.float32
    )


def band_shares(frequencies: F64, width: float, scale: float = 1.0) -> F32:
    """Tell which part of each line of a spectrum lies in each band.

    Parameters
    ----------
    frequencies : ndarray of float64, shape (F,)
        Of the lines, Hz.
    width : float
        Between two lines, Hz.
    scale : float
        Pitch of the mark against what it was laid in with.

    Returns
    -------
    ndarray of float32, shape (F, BANDS)
    """
    edges = (LOWEST + WIDTH * np.arange(BANDS + 1)) * scale
    lower, upper = frequencies[:, None] - width / 2, frequencies[:, None] + width / 2
    inside = np.minimum(upper, edges[1:]) - np.maximum(lower, edges[:-1])
    return np.asarray(np.maximum(inside, 0.0) / width, np.float32)
