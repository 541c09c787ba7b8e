"""The pattern of a mark: a tile of keyed phases that is repeated over the picture.

Spread spectrum (Cox, Kilian, Leighton and Shamoon 1997): every frequency of a band carries a little
of the mark, with a phase that only the key tells. A third of them, always the same for one key, are
a template by which a detector finds scale and shift (Pereira and Pun 2000); the others
carry the signs of a code word. The tile repeats, so that it is found in any part (Kutter 1998;
Kalker, Depovere, Haitsma and Maes 1999).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, F64, I64
from .code import CODED, Payload, encode, payload_bits

ROWS = 360
"""The shorter side of a picture, in the pixels that a mark is defined in."""

TILE = 128
"""Side of the tile, in the same pixels."""

SHORTEST, LONGEST = 6.0, 24.0
"""Periods between which the band lies: finer ones do not live through strong compression, and of
coarser ones there are few, and the picture itself is strong there."""

TEMPLATE_SHARE = 3
"""One of so many frequencies belongs to the template."""

_TAU = 2.0 * np.pi


@dataclass(frozen=True)
class Layout:
    """Which frequency of the tile carries what, for one key.

    Parameters
    ----------
    template, data : ndarray of int64, shape (T,) and (D,)
        Places in the band.
    bits : ndarray of int64, shape (D,)
        Which bit of the code word each of `data` carries.
    phases : ndarray of float64, shape (T + D,)
        Of all frequencies of the band.
    """

    template: I64
    data: I64
    bits: I64
    phases: F64


@cache
def band() -> tuple[I64, I64]:
    """Give the rows and columns of the band in the half plane of a real tile's spectrum.

    Each is an independent complex number there: the column of zero is left out.
    """
    rows, columns = np.meshgrid(np.arange(TILE), np.arange(1, TILE // 2), indexing="ij")
    height = np.where(rows < TILE // 2, rows, rows - TILE)
    radius = np.hypot(height, columns)
    inside = (radius >= TILE / LONGEST) & (radius <= TILE / SHORTEST)
    return rows[inside], columns[inside]


def layout(key: bytes) -> Layout:
    """Derive phases and places from a key.

    The phases of two keys have nothing to do with each other. All results of one key bear the same
    template: the average of many of them still does.
    """
    count = len(band()[0])
    drawn = np.frombuffer(
        hashlib.shake_256(b"audio2video mark 1" + key).digest(16 * count),
        "<u8",
    )
    order = np.argsort(drawn[:count], kind="stable")
    phases = drawn[count:] * (_TAU / 2.0**64)
    template, data = order[: count // TEMPLATE_SHARE], order[count // TEMPLATE_SHARE :]
    return Layout(template, data, np.arange(len(data)) % CODED, phases)


def tile(key: bytes, payload: Payload) -> F32:
    """Draw the tile of a payload.

    Parameters
    ----------
    key : bytes
    payload : Payload

    Returns
    -------
    ndarray of float32, shape (128, 128)
        Of mean 0 and variance 1.
    """
    plan = layout(key)
    signs = np.ones(len(plan.phases))
    signs[plan.data] = encode(payload_bits(payload))[plan.bits] * 2.0 - 1.0
    spectrum: NDArray[np.complex128] = np.zeros((TILE, TILE // 2 + 1), np.complex128)
    spectrum[band()] = signs * np.exp(1j * plan.phases)
    drawn = np.fft.irfft2(spectrum, (TILE, TILE))
    return np.asarray(drawn / drawn.std(), np.float32)
