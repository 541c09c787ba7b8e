"""Rest position of the mouth in long pauses, whatever the network predicts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..numerics import smoothstep

MIN_SILENCE = 0.5
"""Seconds: a shorter pause is part of speech, as before a plosive or between two phrases."""

LINGER = 0.3
"""Seconds that the mouth stays with the network after the voice has ended."""

READY = 0.4
"""Seconds before the voice sets in from which on the mouth is the network's again: lips open for a
word before it is heard."""

EASE = 0.4
"""Seconds over which the mouth comes to rest and leaves it, inside what is left of the pause."""

REST = 1.0
"""How far the mouth goes towards the closed one."""


def rest_in_silence(
    shapes: NDArray[np.floating],
    speech: NDArray[np.floating],
    rate: float,
    closed: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Ease mouth shapes towards the closed mouth in long pauses.

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
    weight = rest_weight(speech, rate)
    return np.asarray(shapes + weight[:, None, None] * (closed - shapes))


def rest_weight(speech: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """Tell how far the mouth is to rest in each frame, 0 to 1.

    Parameters
    ----------
    speech : ndarray, shape (T,)
        Speech activity, 0 to 1.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of float64, shape (T,)
    """
    voiced = np.asarray(speech) >= 0.5
    frames = np.arange(len(voiced))
    before = np.maximum.accumulate(np.where(voiced, frames, -np.inf))
    after = np.minimum.accumulate(np.where(voiced, frames, np.inf)[::-1])[::-1]
    # Silence goes on beyond both ends: nothing to linger after there, nothing to be ready for.
    since, until = (frames - before) / rate, (after - frames) / rate
    pause = since + until - 1 / rate
    room = np.minimum(since - LINGER, until - READY)
    weight = REST * smoothstep(room / EASE)
    return np.asarray(np.where(pause > MIN_SILENCE, weight, 0.0))
