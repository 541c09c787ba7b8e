"""Playback of a target in its own order, and what happens where it is shorter than the speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .retime import Retiming, ping_pong

FITS = ("bounce", "loop", "freeze")
"""Where the target ends before the speech: back and forth, from the start again, or the last frame
stays."""


def play_in_order(wanted: int, good: NDArray[np.bool_], fit: str) -> Retiming:
    """Play a target forwards, at its own pace.

    Parameters
    ----------
    wanted : int
        Frames of the output, at least 1.
    good : ndarray of bool, shape (T,)
        Frames in which the mouth can be made. A longer target is played from where it shows most
        of them, as early as possible.
    fit : str
        One of `FITS`, for a shorter one.

    Returns
    -------
    Retiming

    Raises
    ------
    ValueError
        There is no such fit.
    """
    if fit not in FITS:
        raise ValueError(f"no such fit: {fit}")
    available = len(good)
    steps = np.arange(wanted)
    if wanted <= available:
        total = np.concatenate([[0], np.cumsum(good)])
        shown = total[wanted:] - total[: available - wanted + 1]
        return Retiming((int(np.argmax(shown)) + steps).astype(float))
    if fit == "bounce":
        return ping_pong(wanted, available)
    if fit == "loop":
        return Retiming((steps % available).astype(float))
    return Retiming(np.minimum(steps, available - 1).astype(float))
