"""Lips of a finished result: their lag, how far they open, and how still they are in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..face.layout import mouth_opening, mouth_width
from ..face.smoothing import unbroken_stretches
from ..mouth.metrics import correlation, find_lag
from ..mouth.resampling import at_times
from ..mouth.rest import EASE, LINGER, MIN_SILENCE, READY
from ..mouth.sync import find_offset, lag_sums, total
from ..speech.units import FEATURE_RATE

WIDEST = 0.98
"""Quantile of a speaker's own openings that counts as wide open: the widest are tracking errors."""

MIN_RANGE = 0.05
"""Mouth widths: someone who opens the mouth less than that never speaks, and shares of it say
nothing."""

LIMIT = 0.1
"""Opening in silence, as a share of the speaker's range, from which on a viewer sees it."""


@dataclass(frozen=True)
class Silence:
    """A stretch in which nothing is said.

    Parameters
    ----------
    start, stop : int
        Frames, the end excluded.
    still : slice
        Its frames without those in which the mouth comes to rest and leaves it; may be empty.
    """

    start: int
    stop: int
    still: slice


def speaking_range(mouths: NDArray[np.floating], reference: NDArray[np.floating]) -> float | None:
    """How far a speaker opens the mouth.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
        Rectified mouth shapes of the speaker's own video.
    reference : ndarray, shape (20, 2)
        The closed mouth.

    Returns
    -------
    float or None
        From closed to wide open, in inter-ocular distances; None if the mouth hardly ever opens.
    """
    span = float(np.quantile(mouth_opening(mouths), WIDEST) - mouth_opening(reference))
    return span if span > MIN_RANGE * float(mouth_width(reference)) else None


def compare_openings(
    predicted: NDArray[np.floating],
    seen: NDArray[np.floating],
    stretches: Sequence[slice],
    rate: Fraction,
) -> dict[str, Any]:
    """Compare the opening that was wanted with the one that is seen.

    Parameters
    ----------
    predicted, seen : ndarray, shape (T,)
    stretches : sequence of slice
        Where the face is seen without a break.
    rate : Fraction
        Frames per second.

    Returns
    -------
    dict
        ``lag_ms``: by how much the seen opening is late, in the longest stretch; ``correlation``
        and ``gain`` (slope of the seen over the predicted) of all frames in the stretches, as they
        are; ``correlation_at_lag``, ``rms_difference`` in the unit of the openings. None where
        nothing is seen, or nothing moves.
    """
    if not stretches:
        names = ("lag_ms", "correlation", "correlation_at_lag", "gain", "rms_difference")
        return dict.fromkeys(names)
    wanted = np.concatenate([np.asarray(predicted[run], np.float64) for run in stretches])
    found = np.concatenate([np.asarray(seen[run], np.float64) for run in stretches])
    longest = max(stretches, key=lambda run: run.stop - run.start)
    steps = int((longest.stop - longest.start - 1) * FEATURE_RATE / rate) + 1
    times = np.arange(steps) / FEATURE_RATE
    lag, at_lag = find_lag(
        at_times(seen[longest], rate, times),
        at_times(predicted[longest], rate, times),
    )
    moved = wanted - wanted.mean()
    moves = lag is not None
    return {
        "lag_ms": 1000 * lag if lag is not None else None,
        "correlation": correlation(wanted, found) if moves else None,
        "correlation_at_lag": at_lag if moves else None,
        "gain": float(moved @ (found - found.mean()) / (moved @ moved)) if moves else None,
        "rms_difference": float(np.sqrt(np.mean((found - wanted) ** 2))),
    }


def lag_behind_voice(
    mouths: NDArray[np.floating],
    stretches: Sequence[slice],
    rate: Fraction,
    energy: NDArray[np.floating],
) -> dict[str, Any]:
    """Delay of the lips behind the voice.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    stretches : sequence of slice
        Where the face is seen without a break.
    rate : Fraction
        Frames per second.
    energy : ndarray, shape (F,)
        Log energy of the sound at 100 Hz, from the first frame on.

    Returns
    -------
    dict
        ``lag_ms`` (positive: the lips are late; None if lips and sound never move together),
        ``correlation`` there, ``margin`` over that at lags far from it, and ``clear``: whether this
        is evidence, see `audio2video.mouth.sync.find_offset`.
    """
    sums = total(lag_sums(mouths[run], rate, float(run.start / rate), energy) for run in stretches)
    if not sums.correlation().max() > 0:
        return {"lag_ms": None, "correlation": None, "margin": None, "clear": False}
    offset = find_offset(sums)
    return {
        "lag_ms": -1000 * offset.seconds,
        "correlation": offset.peak,
        "margin": offset.margin,
        "clear": offset.clear,
    }


def find_silences(speech: NDArray[np.floating], rate: float) -> list[Silence]:
    """Find the stretches of more than 0.5 s in which nothing is said.

    Parameters
    ----------
    speech : ndarray, shape (T,)
        Speech activity of each frame, 0 to 1.
    rate : float
        Frames per second.

    Returns
    -------
    list of Silence
    """
    into, out_of = (int(np.ceil((wait + EASE) * rate - 1e-6)) for wait in (LINGER, READY))
    found = []
    for run in unbroken_stretches(speech < 0.5):
        if run.stop - run.start > MIN_SILENCE * rate:
            # At the ends of the recording there is nothing to come from or to be ready for.
            first = run.start + (into if run.start > 0 else 0)
            last = run.stop - (out_of if run.stop < len(speech) else 0)
            found.append(Silence(run.start, run.stop, slice(first, max(first, last))))
    return found


def lip_motion(mouths: NDArray[np.floating], starts: NDArray[np.bool_]) -> F64:
    """How far the lip points move from one frame to the next, mean over the points.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    starts : ndarray of bool, shape (T,)
        Frames that do not go on from the frame before.

    Returns
    -------
    ndarray of float64, shape (T,)
        In the unit of the points; NaN where a stretch starts.
    """
    motion = np.full(len(mouths), np.nan)
    steps = np.diff(np.asarray(mouths, np.float64), axis=0)
    motion[1:] = np.linalg.norm(steps, axis=2).mean(axis=1)
    motion[starts] = np.nan
    return motion


def measure_silence(
    silences: Sequence[Silence],
    predicted: NDArray[np.floating],
    seen: NDArray[np.floating],
    motion: NDArray[np.floating],
    rate: float,
) -> dict[str, Any]:
    """How far the mouth opens and how much it moves where nothing is said.

    Parameters
    ----------
    silences : sequence of Silence
    predicted, seen : ndarray, shape (T,)
        Openings above the closed mouth as a share of the speaker's range; `seen` is NaN without a
        face.
    motion : ndarray, shape (T,)
        See `lip_motion`; NaN where it is not known.
    rate : float
        Frames per second.

    Returns
    -------
    dict
        JSON values; None where there is nothing to measure. ``lip_motion`` is a second.
    """
    still = np.zeros(len(seen), bool)
    silent = np.zeros(len(seen), bool)
    rows = []
    for silence in silences:
        still[silence.still] = True
        silent[silence.start : silence.stop] = True
        rows.append(
            {
                "start": round(silence.start / rate, 3),
                "end": round(silence.stop / rate, 3),
                "opening_max": _of(seen[silence.still], np.max),
                "opening_mean": _of(seen[silence.still], np.mean),
            }
        )
    highest = _of(seen[still], np.max)
    # The step into the first still frame comes from one that eases.
    inside = still & np.r_[False, still[:-1]]
    return {
        "silences": rows,
        "seconds": round(float(still.sum()) / rate, 3),
        "opening_max": highest,
        "opening_mean": _of(seen[still], np.mean),
        "predicted_opening_max": _of(predicted[still], np.max),
        "predicted_opening_mean": _of(predicted[still], np.mean),
        "limit": LIMIT,
        "within_limit": None if highest is None else highest < LIMIT,
        "lip_motion": _of(rate * motion[inside], np.mean),
        "lip_motion_in_speech": _of(rate * motion[~silent], np.mean),
    }


def _of(
    values: NDArray[np.floating], measure: Callable[[NDArray[np.floating]], Any]
) -> float | None:
    """Measure the values that are known, if any."""
    known = values[np.isfinite(values)]
    return float(measure(known)) if len(known) else None
