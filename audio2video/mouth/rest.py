"""The mouth at rest: in a longer silence it closes, whatever the network says of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_SILENCE = 0.3
"""Seconds: a shorter pause is part of speech, as before a plosive."""

EASE = 0.16
"""Seconds over which the mouth comes to rest and leaves it."""

REST = 1.0
"""How far the mouth goes towards the closed one."""


def rest_in_silence(
    shapes: NDArray[np.floating],
    speech: NDArray[np.floating],
    rate: float,
    closed: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Ease mouth shapes towards the closed mouth where nothing is said.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
    speech : ndarray, shape (T,)
        Speech activity, 0 to 1.
    rate : float
        Frames per second.
    closed : ndarray, shape (20, 2)
        The same speaker's closed mouth.

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
    """
    span = max(2, round(MIN_SILENCE * rate))
    # Silence goes on beyond both ends: a pause there need not be long to count.
    quiet = np.pad(speech < 0.5, span, constant_values=True)
    long = _long_runs(quiet, span)
    # The mouth is ready for a word before it is heard, and lingers behind it: the rest begins and
    # ends inside the silence. Beyond both ends there is nothing to be ready for.
    into = _to_the_nearest(~long)[span:-span]
    share = np.clip(into / (EASE * rate + 1), 0, 1)
    weight = REST * share * share * (3 - 2 * share)
    return shapes + weight[:, None, None] * (closed - shapes)


def _long_runs(flags: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Keep what is true so many times in a row, at least."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False)).reshape(-1, 2)
    kept = np.zeros(len(flags), bool)
    for start, stop in edges:
        kept[start:stop] = stop - start >= least
    return kept


def _to_the_nearest(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Count the steps to the nearest true one; infinity where there is none."""
    places = np.arange(len(flags))
    before = np.maximum.accumulate(np.where(flags, places, -np.inf))
    after = np.minimum.accumulate(np.where(flags, places, np.inf)[::-1])[::-1]
    return np.minimum(places - before, after - places)
