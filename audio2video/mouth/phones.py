"""Mouth shapes by phone: where the lips meet, how far they open, how wide they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..speech.units import FEATURE_RATE
from .closing import RANGE
from .metrics import at_100hz, opening_at_100hz, width_change

MET = 0.15
"""Lips count as closed under this share of the opening's range."""

KINDS = {
    "bilabial": ("B", "M", "P"),
    "labiodental": ("F", "V"),
    "rounded": ("AO", "OW", "UH", "UW", "W"),
}
"""Phones of the ARPABET that show: lips meet, the lower one is tucked in, both narrow."""


@dataclass(frozen=True)
class Phone:
    """A phone and its time.

    Parameters
    ----------
    name : str
        As the aligner writes it; digits of stress and the case don't matter.
    start, end : float
        Seconds.
    """

    name: str
    start: float
    end: float

    @property
    def plain(self) -> str:
        """Its name without stress."""
        return self.name.upper().rstrip("012")


@dataclass(frozen=True)
class PhoneSums:
    """Sums over some phones; they add up.

    Parameters
    ----------
    count : int
    closed, closed_true : int
        Phones in which the opening falls under `MET` of its range, predicted and true.
    opening, opening_true, width, width_true : float
        Sums of the phones' means, as shares of the clip's range.
    """

    count: int = 0
    closed: int = 0
    closed_true: int = 0
    opening: float = 0.0
    opening_true: float = 0.0
    width: float = 0.0
    width_true: float = 0.0

    def __add__(self, other: PhoneSums) -> PhoneSums:
        return PhoneSums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def as_dict(self) -> dict[str, Any]:
        """Give the count and the means."""
        sums = vars(self)
        means = {name: value / self.count for name, value in sums.items() if name != "count"}
        return {"count": self.count, **means}


def measure_phones(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    rate: Fraction,
    phones: Iterable[Phone],
) -> dict[str, PhoneSums]:
    """Compare the mouths of a clip phone by phone.

    Parameters
    ----------
    predicted, true : ndarray, shape (T, 20, 2)
        Relative mouth shapes.
    rate : Fraction
        Frames per second.
    phones : iterable of Phone
        On the clock whose 0 is the first shape; those that begin before it, or end after the last
        one, are left out.

    Returns
    -------
    dict of str to PhoneSums
        By the phone's plain name.
    """
    openings = [_share(opening_at_100hz(s, rate)) for s in (predicted, true)]
    widths = [_share(at_100hz(width_change(s), rate)) for s in (predicted, true)]
    found: dict[str, PhoneSums] = {}
    for phone in phones:
        first, last = int(np.ceil(phone.start * FEATURE_RATE)), int(phone.end * FEATURE_RATE)
        if first < 0 or last >= len(openings[0]) or last < first:
            continue
        during = slice(first, last + 1)
        closed, closed_true = (int(series[during].min() < MET) for series in openings)
        means = [float(series[during].mean()) for series in (*openings, *widths)]
        sums = PhoneSums(1, closed, closed_true, *means)
        found[phone.plain] = found.get(phone.plain, PhoneSums()) + sums
    return found


def summarise_phones(clips: Sequence[dict[str, PhoneSums]]) -> dict[str, Any]:
    """Put the phones of clips together, one by one and by `KINDS`.

    Parameters
    ----------
    clips : sequence of dict
        What `measure_phones` gave for each.

    Returns
    -------
    dict
        JSON values: ``kinds`` and ``phones``, each by name with ``count``, the shares ``closed``
        and ``closed_true``, and the means ``opening``, ``opening_true``, ``width``, ``width_true``
        as shares of a clip's range.
    """
    every: dict[str, PhoneSums] = {}
    for clip in clips:
        for name, sums in clip.items():
            every[name] = every.get(name, PhoneSums()) + sums
    kinds = {
        kind: sum((every[name] for name in names if name in every), PhoneSums())
        for kind, names in KINDS.items()
    }
    return {
        "kinds": {kind: sums.as_dict() for kind, sums in kinds.items() if sums.count},
        "phones": {name: sums.as_dict() for name, sums in sorted(every.items())},
    }


def _share(series: F64) -> F64:
    """Bring a series to shares of its range."""
    low, high = np.percentile(series, RANGE)
    return np.asarray((series - low) / max(float(high - low), 1e-9))
