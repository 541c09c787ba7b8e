"""The motion that is seen when pieces of footage are played."""

from __future__ import annotations

import numpy as np

from .motion import FaceMotion
from .playing import Playing


def shown_motion(motion: FaceMotion, playing: Playing) -> FaceMotion:
    """Give the motion of a playing.

    Parameters
    ----------
    motion : FaceMotion
        Of the footage.
    playing : Playing
        Of N frames.

    Returns
    -------
    FaceMotion
        Of N frames; within joins the mean of both pieces, as they are mixed.
    """
    own = np.arange(len(motion))
    values = np.column_stack([np.interp(playing.positions, own, one) for one in motion.values.T])
    other = motion.values[np.maximum(playing.joined, 0)]
    share = np.where(playing.joined >= 0, playing.shares, 0.0)[:, None]
    seen = motion.seen[np.rint(playing.positions).astype(int)]
    return FaceMotion(values + share * (other - values), seen, motion.rate)
