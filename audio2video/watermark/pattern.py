"""The pattern of a mark: a tile of keyed phases that is repeated over the picture.

Spread spectrum (Cox, Kilian, Leighton and Shamoon 1997): every frequency of a band carries a little
of the mark, with a phase that only the key tells. A third of them, always the same for one key, are
a template by which a detector finds scale and shift (Pereira and Pun 2000); the others carry the
signs of a code word. The template repeats, so that it is found in any part (Kutter 1998; Kalker,
Depovere, Haitsma and Maes 1999). What carries the code word has other signs in each cell, as the
key says: who folds the picture without the key, to learn the tile, sees it cancel out.
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

CELLS = 16
"""The signs of the cells begin again after so many, down and across."""

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


@cache
def signs(key: bytes) -> I64:
    """Draw the sign of each data frequency in each cell.

    Returns
    -------
    ndarray of int64, shape (16, 16, D)
        1 or -1; after 16 cells they begin again.
    """
    count = len(layout(key).data)
    drawn = hashlib.shake_256(b"audio2video mark 1 cells" + key).digest(CELLS**2 * count // 8)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8)).astype(np.int64)
    return bits.reshape(CELLS, CELLS, count) * 2 - 1


def field(key: bytes, payload: Payload, rows: int, columns: int) -> F32:
    """Draw the pattern of a payload over an area.

    Parameters
    ----------
    key : bytes
    payload : Payload
    rows, columns : int

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Of mean 0 and variance 1, about.
    """
    plan, laid = layout(key), signs(key)
    at = band()
    carried = encode(payload_bits(payload))[plan.bits] * 2.0 - 1.0
    whole = np.empty((-(-rows // TILE) * TILE, -(-columns // TILE) * TILE), np.float32)
    values = np.ones(len(plan.phases))
    for i in range(whole.shape[0] // TILE):
        for j in range(whole.shape[1] // TILE):
            values[plan.data] = carried * laid[i % CELLS, j % CELLS]
            spectrum: NDArray[np.complex128] = np.zeros((TILE, TILE // 2 + 1), np.complex128)
            spectrum[at] = values * np.exp(1j * plan.phases)
            cell = slice(i * TILE, (i + 1) * TILE), slice(j * TILE, (j + 1) * TILE)
            # Each of the frequencies has two places in the whole spectrum.
            whole[cell] = np.fft.irfft2(spectrum, (TILE, TILE)) * (
                TILE**2 / np.sqrt(2.0 * len(values))
            )
    return whole[:rows, :columns]
