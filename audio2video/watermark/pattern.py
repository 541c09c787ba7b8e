"""The pattern of a mark: a tile of keyed phases that is repeated over the picture.

Spread spectrum (Cox, Kilian, Leighton and Shamoon 1997): every frequency of a band carries a little
of the mark, with a phase that only the key tells. A third of them, always the same for one key, are
a template by which a detector finds scale and shift (Pereira and Pun 2000); the others carry the
signs of a code word. The template repeats, so that it is found in any part (Kutter 1998; Kalker,
Depovere, Haitsma and Maes 1999). What carries the code word has other signs in each cell, as the
key says: who folds the picture without the key, to learn the tile, sees it cancel out. A third of
these signs are turned by what a cell shows, too (`watermark.content`).
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

BOUND_SHARE = 3
"""One of so many of the others is turned by what its cell shows."""

GROUPS = 8
"""These are turned in so many groups."""

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
    groups : ndarray of int64, shape (D,)
        By which of the signs of what a cell shows it is turned, 0 to 7; 8 for those that are not.
    phases : ndarray of float64, shape (T + D,)
        Of all frequencies of the band.
    """

    template: I64
    data: I64
    bits: I64
    groups: I64
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
    places = np.arange(len(data))
    groups = np.where(places % BOUND_SHARE, GROUPS, places // BOUND_SHARE % GROUPS)
    return Layout(template, data, places % CODED, groups, phases)


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


class Field:
    """The pattern of a payload over an area, cell by cell.

    Parameters
    ----------
    key : bytes
    payload : Payload
    rows, columns : int
        Of the area.
    """

    def __init__(self, key: bytes, payload: Payload, rows: int, columns: int) -> None:
        self._plan, self._signs = layout(key), signs(key)
        self._carried = encode(payload_bits(payload))[self._plan.bits] * 2.0 - 1.0
        self._size = rows, columns
        shape = -(-rows // TILE), -(-columns // TILE)
        self._turned: I64 = np.zeros((*shape, GROUPS), np.int64)
        self._whole = np.empty((shape[0] * TILE, shape[1] * TILE), np.float32)
        self.turn(np.ones_like(self._turned))

    def turn(self, turned: I64) -> None:
        """Turn the groups of each cell.

        Parameters
        ----------
        turned : ndarray of int64, shape (R, C, 8)
            1 or -1, for each cell and group.
        """
        for i, j in np.argwhere((turned != self._turned).any(axis=2)).tolist():
            cell = slice(i * TILE, (i + 1) * TILE), slice(j * TILE, (j + 1) * TILE)
            self._whole[cell] = self._cell(i, j, turned[i, j])
        self._turned = turned

    def drawn(self) -> F32:
        """Give the pattern [shape=(rows, columns), of mean 0 and variance 1, about]."""
        return self._whole[: self._size[0], : self._size[1]]

    def _cell(self, i: int, j: int, turned: I64) -> F64:
        plan = self._plan
        values = np.ones(len(plan.phases))
        laid = self._signs[i % CELLS, j % CELLS] * np.append(turned, 1)[plan.groups]
        values[plan.data] = self._carried * laid
        spectrum: NDArray[np.complex128] = np.zeros((TILE, TILE // 2 + 1), np.complex128)
        spectrum[band()] = values * np.exp(1j * plan.phases)
        # Each of the frequencies has two places in the whole spectrum.
        scale = TILE**2 / np.sqrt(2.0 * len(values))
        return np.asarray(np.fft.irfft2(spectrum, (TILE, TILE)) * scale)
