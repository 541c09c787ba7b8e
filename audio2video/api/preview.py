"""A part of a recording, for a quick look at a result."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from pathlib import Path

import numpy as np

from .._typing import F64
from ..errors import OptionError
from ..media.audio import probe_audio, write_wav
from ..media.sound import read_channels
from ..storage.artifacts import record_path
from ..storage.files import replacing, write_json
from ..storage.ids import id_from_path
from ..storage.workspace import synthetic_voice

MAX_PREVIEW = 600.0
"""Seconds; more is no preview."""

AUTO = "auto"
"""A beginning that is chosen: where most is said."""

LOOKS = Fraction(20)
"""Moments of a second at which it is heard whether somebody speaks."""


def preview_start(audio: Path, seconds: float, begin: float | str) -> float:
    """Give the second of a speech at which a preview begins.

    Parameters
    ----------
    audio : Path
    seconds : float
        Length of the preview.
    begin : float or 'auto'
        'auto' is where most is said: the stretch with most speech in it, of several the one in
        which its activity changes most.

    Returns
    -------
    float
        A preview is never shorter than asked for where the speech is long enough: the beginning
        moves forward.

    Raises
    ------
    OptionError
        `seconds` or `begin` is out of bounds.
    Audio2VideoError
        The sound can't be read.
    """
    if not (math.isfinite(seconds) and 0 < seconds <= MAX_PREVIEW):
        raise OptionError(
            f"a preview of {seconds:g} s is out of bounds", hint=f"use up to {MAX_PREVIEW:g}"
        )
    length = float(probe_audio(audio).duration)
    last = max(0.0, length - seconds)
    if begin == AUTO:
        return min(last, _telling(audio, seconds))
    start = float(begin)
    if not 0 <= start < length:  # false for NaN
        raise OptionError(
            f"a preview from {start:g} s on is out of bounds", hint=f"the speech has {length:.1f} s"
        )
    return min(last, start)


def _telling(audio: Path, seconds: float) -> float:
    """Find the stretch in which most is said."""
    from .speech import speech_activity

    activity = speech_activity(audio, LOOKS).astype(np.float64)
    width = min(len(activity), max(1, round(seconds * LOOKS)))
    spoken = _sums(activity, width)
    changes = _sums(np.abs(np.diff(activity, append=activity[-1:])), width)
    # Mostly by how much is said; words with pauses between show more than one long vowel.
    return int(np.argmax(spoken + 0.5 * changes)) / float(LOOKS)


def _sums(values: F64, width: int) -> F64:
    """Sum each stretch of so many values; shape (n - width + 1,)."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(np.round(sums[width:] - sums[:-width], 6), np.float64)


def write_part(audio: Path, begin: float, seconds: float, folder: Path) -> Path:
    """Write a part of a sound as a WAV file, with its own rate and channels.

    Parameters
    ----------
    audio : Path
    begin, seconds : float
        Seconds.
    folder : Path

    Returns
    -------
    Path
        The file; its name tells the source and the length.

    Raises
    ------
    Audio2VideoError
        The sound can't be read.
    """
    rate = probe_audio(audio).rate
    first = round(begin * rate)
    samples = read_channels(audio, rate)[0][first : first + max(1, round(seconds * rate))]
    digest = hashlib.sha256(samples.tobytes()).hexdigest()[:8]
    product = folder / f"{id_from_path('demo', audio)[:40]}-{seconds:g}s-{digest}.wav"
    with replacing(product) as temporary:
        write_wav(temporary, samples, rate)
    told = synthetic_voice(audio)
    if told:
        write_json(record_path(product), told)
    return product
