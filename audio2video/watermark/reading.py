"""Reading what a mark says, at a place where it may lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from .._typing import F32, I64
from .code import CODED, VERSION, Payload, decode, encode, read_payload
from .pattern import CELLS, Layout, band
from .place import Place, Spectrum, cells, drawn_at, evened, moved_back, turned

DECODED = 4
"""So many origins of the signs, those that fit best, are read."""

_TINY = 1e-9


@dataclass(frozen=True)
class Reading:
    """What was read.

    Parameters
    ----------
    payload : Payload
    score : float
        Correlation with its code word, in standard deviations of what chance gives.
    """

    payload: Payload
    score: float


def read(residual: F32, plan: Layout, signs: I64, place: Place, *, whole: bool) -> Reading | None:
    """Read the code word at a place.

    Parameters
    ----------
    residual : ndarray of float32, shape (H, W)
    plan : Layout
        Of the key.
    signs : ndarray of int64, shape (16, 16, D)
        Of the key.
    place : Place
    whole : bool
        Whether the picture is known to begin with the first cell; else any cell may be first.

    Returns
    -------
    Reading or None
        None where check sum or version do not fit.
    """
    rows, columns = band()
    seen = drawn_at(turned(residual, mirrored=place.mirrored), place.scale)
    down, across = round(place.down), round(place.across)
    spectra = scipy.fft.rfft2(cells(seen, down, across))[..., rows[plan.data], columns[plan.data]]
    back = moved_back(place.down - down, place.across - across)[plan.data]
    turn = back * np.exp(-1j * plan.phases[plan.data])
    origins = np.zeros((1, 2), np.int64) if whole else np.argwhere(np.ones((CELLS, CELLS)))
    together = evened(np.stack([_unsigned(spectra, signs, *one) for one in origins.tolist()]))
    agreement = (together * turn).real
    power = np.sqrt((np.abs(together) ** 2).sum(axis=1) / 2 + _TINY)
    soft = agreement @ (plan.bits[:, None] == np.arange(CODED)).astype(np.float64)
    energy = (soft**2).sum(axis=1) / power**2
    for one in np.argsort(energy)[::-1][:DECODED].tolist():
        bits = decode(soft[one])
        payload = read_payload(bits)
        if payload is not None and payload.version == VERSION:
            word = encode(bits)[plan.bits] * 2.0 - 1.0
            return Reading(payload, float(agreement[one] @ word / power[one]))
    return None


def _unsigned(spectra: Spectrum, signs: I64, down: int, across: int) -> Spectrum:
    """Add up cells, the first of which has the signs of some cell of the key [shape=(D,)]."""
    rows, columns = spectra.shape[:2]
    places = np.ix_((down + np.arange(rows)) % CELLS, (across + np.arange(columns)) % CELLS)
    return np.asarray((spectra * signs[places]).sum(axis=(0, 1)))
