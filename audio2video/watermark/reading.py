"""Reading what a mark says, at a place where it may lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .._typing import F64, I64
from .code import CODED, VERSION, Payload, decode, encode, read_payload
from .content import projections, sureness
from .pattern import CELLS, GROUPS, band, layout, signs
from .place import Place, Spectrum, cells, drawn_at, evened, moved_back
from .residual import Seen

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
    belonging : float
        How well what is turned by the picture's content fits, against what is not: nearly 1 in the
        picture that was marked, about 0 in another one onto which the mark was copied.
    """

    payload: Payload
    score: float
    belonging: float


def read(seen: Seen, key: bytes, place: Place, *, whole: bool) -> Reading | None:
    """Read the code word at a place.

    Parameters
    ----------
    seen : Seen
    key : bytes
    place : Place
    whole : bool
        Whether the picture is known to begin with the first cell; else any cell may be first.

    Returns
    -------
    Reading or None
        None where check sum or version do not fit.
    """
    plan, laid = layout(key), signs(key)
    rows, columns = band()
    unmirrored = seen.turned(mirrored=place.mirrored)
    residual, picture = (
        drawn_at(one, place.scale) for one in (unmirrored.residual, unmirrored.picture)
    )
    down, across = round(place.down), round(place.across)
    cut = cells(residual, down, across)
    spectra = scipy.fft.rfft2(cut)[..., rows[plan.data], columns[plan.data]]
    turned = sureness(projections(picture, key, down, across))
    unturned = np.ones((*turned.shape[:2], 1))
    spectra = spectra * np.concatenate([turned, unturned], axis=2)[..., plan.groups]
    back = moved_back(place.down - down, place.across - across)[plan.data]
    turn = back * np.exp(-1j * plan.phases[plan.data])
    origins = np.zeros((1, 2), np.int64) if whole else np.argwhere(np.ones((CELLS, CELLS)))
    together = evened(np.stack([_unsigned(spectra, laid, *one) for one in origins.tolist()]))
    agreement = (together * turn).real
    power = np.sqrt((np.abs(together) ** 2).sum(axis=1) / 2 + _TINY)
    soft = agreement @ (plan.bits[:, None] == np.arange(CODED)).astype(np.float64)
    energy = (soft**2).sum(axis=1) / power**2
    for one in np.argsort(energy)[::-1][:DECODED].tolist():
        bits = decode(soft[one])
        payload = read_payload(bits)
        if payload is not None and payload.version == VERSION:
            fit = agreement[one] * (encode(bits)[plan.bits] * 2.0 - 1.0)
            belonging = _belonging(fit, np.abs(together[one]) ** 2, plan.groups < GROUPS)
            return Reading(payload, float(fit.sum() / power[one]), belonging)
    return None


def _belonging(fit: F64, squared: F64, bound: NDArray[np.bool_]) -> float:
    """Compare the score of what is turned by the content with that of what is not."""
    scores = [
        float(fit[part].sum() / np.sqrt(squared[part].sum() / 2 + _TINY) / np.sqrt(part.sum()))
        for part in (bound, ~bound)
    ]
    return scores[0] / max(scores[1], _TINY)


def _unsigned(spectra: Spectrum, signs: I64, down: int, across: int) -> Spectrum:
    """Add up cells, the first of which has the signs of some cell of the key [shape=(D,)]."""
    rows, columns = spectra.shape[:2]
    places = np.ix_((down + np.arange(rows)) % CELLS, (across + np.arange(columns)) % CELLS)
    return np.asarray((spectra * signs[places]).sum(axis=(0, 1)))
