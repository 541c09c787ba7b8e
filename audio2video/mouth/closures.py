"""Closed lips inside speech, as in /p b m/: finding them, and telling whether two series agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from ..speech.units import FEATURE_RATE

CLOSED = 0.08
"""Opening above that of the closed mouth, in closed-mouth widths, under which lips count as closed.

Lips that the picture shows shut read 0.035 to 0.07 inside speech: a landmark model hardly ever
sees them meet. On 900 sentences of GRID, whose words are known, a lower threshold misses closures
that were spoken, and a higher one adds none.
"""

PROMINENCE = 0.015
"""How much further, in the same unit, lips open on both sides of a closure."""

MIN_SECONDS = 0.06
"""A shorter dip is not a closure."""

TOLERANCE = 0.06
"""Seconds between a true closure and a predicted one that are still the same."""


@dataclass(frozen=True)
class ClosureCounts:
    """How the closures of one or more clips were met; counts add up.

    Parameters
    ----------
    true, predicted, matched : int
    seconds : float
        Length of what was looked at.
    """

    true: int = 0
    predicted: int = 0
    matched: int = 0
    seconds: float = 0.0

    def __add__(self, other: ClosureCounts) -> ClosureCounts:
        return ClosureCounts(
            self.true + other.true,
            self.predicted + other.predicted,
            self.matched + other.matched,
            self.seconds + other.seconds,
        )

    def as_dict(self) -> dict[str, float | None]:
        """Give counts and derived measures; None for a division by zero."""
        return {
            "true": self.true,
            "predicted": self.predicted,
            "matched": self.matched,
            "recall": self.matched / self.true if self.true else None,
            "precision": self.matched / self.predicted if self.predicted else None,
            "false_per_second": (
                (self.predicted - self.matched) / self.seconds if self.seconds > 0 else None
            ),
        }


def find_closures(
    opening: NDArray[np.floating], speech: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Find when the lips close inside speech.

    A closure is a valley of the opening: at or under `CLOSED` for at least `MIN_SECONDS`, with
    lips that open by more than `PROMINENCE` on both sides. So a mouth that stays closed at the
    beginning or end is none; where `speech` is known, closures in pauses are none either.

    Parameters
    ----------
    opening : ndarray, shape (N,)
        Inner-lip opening above that of the closed mouth, in closed-mouth widths, at 100 Hz.
    speech : ndarray, shape (N,), optional
        Speech activity, 0 to 1, on the same clock.

    Returns
    -------
    ndarray of float64, shape (M,)
        Seconds, ascending: the middle of the time that the opening stays within `PROMINENCE` of
        its lowest.
    """
    height = np.asarray(opening, np.float64)
    lowest, _ = find_peaks(-height, height=-CLOSED, prominence=PROMINENCE)
    times = []
    for k in map(int, lowest):
        first, last = _around(height, k, CLOSED)
        if last - first + 1 < MIN_SECONDS * FEATURE_RATE:
            continue
        first, last = _around(height, k, height[k] + PROMINENCE)
        middle = (first + last) / 2
        if speech is None or speech[round(middle)] >= 0.5:
            times.append(middle / FEATURE_RATE)
    # Valleys of the very same depth all count as prominent, and share their middle.
    return np.unique(np.array(times, np.float64))


def _around(opening: NDArray[np.float64], k: int, level: float) -> tuple[int, int]:
    """First and last index of the run around k in which nothing exceeds a level."""
    above = np.flatnonzero(opening > level)
    after = int(np.searchsorted(above, k))
    first = int(above[after - 1]) + 1 if after else 0
    last = int(above[after]) - 1 if after < len(above) else len(opening) - 1
    return first, last


def match_closures(true: NDArray[np.floating], predicted: NDArray[np.floating]) -> int:
    """Count the true closures that are predicted, each prediction serving one of them at most.

    Parameters
    ----------
    true, predicted : ndarray, shape (M,), (N,)
        Seconds, ascending.

    Returns
    -------
    int
        The largest number of pairs no further than `TOLERANCE` apart.
    """
    matched = i = j = 0
    # On sorted times, pairing each with the earliest that is left is best.
    while i < len(true) and j < len(predicted):
        apart = predicted[j] - true[i]
        if abs(apart) <= TOLERANCE + 1e-9:
            matched, i, j = matched + 1, i + 1, j + 1
        elif apart < 0:
            j += 1
        else:
            i += 1
    return matched


def count_closures(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    speech: NDArray[np.floating] | None = None,
) -> ClosureCounts:
    """Compare the closures of two openings at 100 Hz (see `find_closures`)."""
    heard, said = find_closures(predicted, speech), find_closures(true, speech)
    seconds = len(true) / FEATURE_RATE if speech is None else np.sum(speech >= 0.5) / FEATURE_RATE
    return ClosureCounts(len(said), len(heard), match_closures(said, heard), float(seconds))
