"""The band of the voice, cut out of a sound without delaying any part of it."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.signal import butter, sosfiltfilt

from .._typing import F64
from .units import SAMPLE_RATE

SPEECH_BAND = (100.0, 4000.0)
"""Hz: where voices are and hum is not."""

ORDER = 2


def voice_band(samples: F64) -> F64:
    """Band-pass to `SPEECH_BAND`: Butterworth of order 2, zero phase.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        Mono at 16 kHz, n > 15.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    return np.asarray(sosfiltfilt(_sections(), samples), np.float64)


@cache
def _sections() -> F64:
    return np.asarray(butter(ORDER, SPEECH_BAND, "bandpass", fs=SAMPLE_RATE, output="sos"))
