"""Resampling in time: values of a constant rate at any moments."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def at_times(
    values: NDArray[np.floating], rate: Fraction, times: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Interpolate values of a constant rate linearly; constant beyond both ends.

    Parameters
    ----------
    values : ndarray, shape (T, ...)
        Value k is that of time ``k / rate``.
    rate : Fraction
        Values per second.
    times : ndarray, shape (N,)
        Seconds.

    Returns
    -------
    ndarray of float64, shape (N, ...)
    """
    position = np.clip(np.asarray(times, np.float64) * float(rate), 0, len(values) - 1)
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, len(values) - 1)
    share = (position - before).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values[before] * (1 - share) + values[after] * share)
