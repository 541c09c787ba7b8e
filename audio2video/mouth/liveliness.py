"""How much a predicted mouth moves: as much as the true one in speech, and no more in pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..speech.units import FEATURE_RATE
from .rest import MIN_SILENCE


@dataclass(frozen=True)
class MotionSums:
    """Sums of squares of two openings, the predicted and the true one; sums of clips add up.

    Parameters
    ----------
    samples : int
    predicted, true : float
    """

    samples: int = 0
    predicted: float = 0.0
    true: float = 0.0

    def __add__(self, other: MotionSums) -> MotionSums:
        return MotionSums(
            self.samples + other.samples,
            self.predicted + other.predicted,
            self.true + other.true,
        )

    @property
    def ratio(self) -> float | None:
        """Root of the predicted sum over the true one; None if the true mouth never moves."""
        return float(np.sqrt(self.predicted / self.true)) if self.true > 0 else None

    def speeds(self) -> dict[str, float | None]:
        """Root mean squares, and the seconds that they are over; None for no time at all."""
        n = self.samples
        return {
            "seconds": n / FEATURE_RATE,
            "predicted": float(np.sqrt(self.predicted / n)) if n else None,
            "true": float(np.sqrt(self.true / n)) if n else None,
        }


def speech_spread(predicted: F64, true: F64, speech: NDArray[np.floating] | None) -> MotionSums:
    """Sum the squared deviations of two openings from their means, where someone speaks.

    Parameters
    ----------
    predicted, true : ndarray, shape (N,)
        Openings at 100 Hz.
    speech : ndarray, shape (N,), or None
        Speech activity, 0 to 1; None for speech throughout.
    """
    spoken = np.ones(len(true), bool) if speech is None else np.asarray(speech) >= 0.5
    if not spoken.any():
        return MotionSums()
    deviations = (opening[spoken] - opening[spoken].mean() for opening in (predicted, true))
    return MotionSums(int(spoken.sum()), *(float((part**2).sum()) for part in deviations))


def pause_motion(predicted: F64, true: F64, speech: NDArray[np.floating] | None) -> MotionSums:
    """Sum the squared speeds of two openings in pauses longer than half a second.

    Parameters
    ----------
    predicted, true : ndarray, shape (N,)
        Openings at 100 Hz.
    speech : ndarray, shape (N,), or None
        Speech activity, 0 to 1; None for speech throughout.
    """
    if speech is None or len(true) < 2:
        return MotionSums()
    silent = np.concatenate([[False], np.asarray(speech) < 0.5, [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    total = MotionSums()
    for begin, end in edges.reshape(-1, 2):
        if end - begin > MIN_SILENCE * FEATURE_RATE:
            speeds = (np.diff(part[begin:end]) * FEATURE_RATE for part in (predicted, true))
            total += MotionSums(end - begin - 1, *(float((part**2).sum()) for part in speeds))
    return total
