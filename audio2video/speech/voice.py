"""Other voices made of one: pitch and formants moved, tempo kept."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from .._typing import F32
from .features import STATIC_FEATURES, frame_count, speech_features, with_differences


def features_of_voice(samples: F32, factor: float) -> F32:
    """Compute the features of the same speech from a smaller or larger head.

    The sound is played faster by ``factor``, which raises pitch and formants alike, as a shorter
    vocal tract does; the features are then stretched back to the time of the original.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono speech at 16 kHz.
    factor : float
        1.2 is a voice higher by a fifth of its frequencies; kept to hundredths.

    Returns
    -------
    np.ndarray [shape=(n // 160 + 1, 28), dtype=float32]
    """
    ratio = Fraction(factor).limit_denominator(100)
    if ratio == 1:
        return speech_features(samples)
    moved = resample_poly(samples, ratio.denominator, ratio.numerator).astype(np.float32)
    static = speech_features(moved)[:, :STATIC_FEATURES]
    times = np.arange(frame_count(len(samples))) / float(ratio)
    known = np.arange(len(static))
    back = np.stack([np.interp(times, known, column) for column in static.T], axis=1)
    return with_differences(back)
