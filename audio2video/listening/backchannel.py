"""A published rule for when a listener gives a sign of listening."""

from __future__ import annotations

import numpy as np

from .._typing import F64
from ..speech.units import FEATURE_RATE
from .prosody import Prosody

LOW_SHARE = 0.26
"""Pitch below that of this share of the voiced time is low (Ward and Tsukahara, English)."""

LOW_SECONDS = 0.11
"""A region of low pitch lasts at least so long."""

SPEECH_SECONDS = 0.7
"""At least so much speech comes before it."""

WAIT_SECONDS = 0.7
"""The sign is given so long after the region has lasted long enough."""

APART_SECONDS = 0.8
"""At least so long after the sign before."""

SILENCE_SECONDS = 0.5
"""A longer silence ends a stretch of speech."""

GAP_SECONDS = 0.05
"""A shorter stop of the voice, as in a consonant, does not end a region of low pitch."""


def backchannel_times(prosody: Prosody) -> F64:
    """Find the moments at which a listener gives a sign of listening.

    A region of pitch below the 26th percentile, of at least 110 ms, after at least 700 ms of
    speech, is answered 700 ms later, unless an answer was given within 800 ms before. Source: Ward
    and Tsukahara, "Prosodic features which cue back-channel responses in English and Japanese",
    Journal of Pragmatics 32, 2000: the rule for English. It predicts spoken answers ("uh-huh"); a
    nod takes their place here.

    Parameters
    ----------
    prosody : Prosody

    Returns
    -------
    ndarray of float64, shape (K,)
        Seconds, ascending.
    """
    voiced = prosody.voiced
    if not voiced.any():
        return np.zeros(0)
    low_pitch = float(np.quantile(prosody.pitch[voiced], LOW_SHARE))
    with np.errstate(invalid="ignore"):
        low = voiced & (prosody.pitch < low_pitch)
    gap, pause, needed, wait, before = (
        round(seconds * FEATURE_RATE)
        for seconds in (GAP_SECONDS, SILENCE_SECONDS, LOW_SECONDS, WAIT_SECONDS, SPEECH_SECONDS)
    )
    spoken = quiet = region = silent = 0
    times: list[float] = []
    answered = False
    for k in range(len(prosody)):
        quiet = 0 if prosody.speech[k] else quiet + 1
        spoken = 0 if quiet >= pause else spoken + int(prosody.speech[k])
        if low[k]:
            region, silent = region + 1 + silent, 0
        elif not voiced[k] and region and silent < gap:
            silent += 1
        else:
            region, silent, answered = 0, 0, False
        if low[k] and region >= needed and spoken >= before and not answered:
            answered = True
            time = (k + wait) / FEATURE_RATE
            if not times or time - times[-1] >= APART_SECONDS:
                times.append(time)
    return np.array(times, np.float64)


def pause_times(prosody: Prosody, shortest: float) -> F64:
    """Find where pauses begin that are no shorter than given, in seconds, ascending.

    Parameters
    ----------
    prosody : Prosody
    shortest : float
        Seconds.
    """
    quiet = np.concatenate([[False], ~prosody.speech, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(quiet)).reshape(-1, 2)
    long = [begin for begin, end in edges if begin and end - begin >= shortest * FEATURE_RATE]
    return np.array(long, np.float64) / FEATURE_RATE
