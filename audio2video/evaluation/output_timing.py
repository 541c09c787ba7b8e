"""Clock of a finished result: durations, rate, and where its sound lies."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

from ..media.audio import AudioInfo
from ..media.video import VideoInfo
from ..numerics import peak_offset
from ..speech.units import SAMPLE_RATE

PIECE = 20 * SAMPLE_RATE
"""Samples of the beginning and of the end in which the sound is looked for."""

REACH = SAMPLE_RATE // 2
"""Samples by which it may be off."""


def sound_offset(
    given: NDArray[np.floating], heard: NDArray[np.floating], reach: int = REACH
) -> tuple[float | None, float]:
    """Find by how much one sound comes later than another that holds the same.

    Parameters
    ----------
    given, heard : ndarray, shape (n,), (m,)
        Samples of the same rate.
    reach : int
        Largest offset looked for, in samples.

    Returns
    -------
    offset : float or None
        Samples by which `heard` is late, between samples by the parabola through the peak of the
        cross-correlation; None if one of them is silent.
    correlation : float
        There.
    """
    scale = float(np.linalg.norm(given) * np.linalg.norm(heard))
    if not scale > 0:
        return None, 0.0
    # Place i of the full correlation is a delay of i - (len(given) - 1).
    whole = correlate(np.asarray(heard, np.float64), np.asarray(given, np.float64), method="fft")
    centre = len(given) - 1
    first = max(centre - reach, 0)
    near = whole[first : centre + reach + 1] / scale
    peak = int(near.argmax())
    place = float(first + peak - centre)
    if 0 < peak < len(near) - 1:
        place += peak_offset(*near[peak - 1 : peak + 2])
    return place, float(near[peak])


def measure_sound(given: NDArray[np.floating], heard: NDArray[np.floating]) -> dict[str, Any]:
    """Look for the user's sound in the result's.

    Parameters
    ----------
    given, heard : ndarray, shape (n,), (m,)
        Mono at 16 kHz; sample 0 of `heard` is at the time of the first picture.

    Returns
    -------
    dict
        JSON values: by how much the result's sound is late at its beginning and at its end, and
        the correlation of both sounds, the lower of the two.
    """
    start, alike = sound_offset(given[:PIECE], heard[:PIECE])
    # Counted from the beginning, so that a sound that runs slow shows at its end.
    tail = max(0, len(given) - PIECE)
    end, also = sound_offset(given[tail:], heard[tail:])
    return {
        "sound_offset_ms": None if start is None else 1000 * start / SAMPLE_RATE,
        "sound_offset_at_end_ms": None if end is None else 1000 * end / SAMPLE_RATE,
        "sound_correlation": min(alike, also),
    }


def measure_clock(
    video: VideoInfo, sound: AudioInfo, speech: AudioInfo, rate: Fraction, frames: int
) -> dict[str, Any]:
    """Compare a result's durations with those that were asked for.

    Parameters
    ----------
    video, sound : VideoInfo, AudioInfo
        Of the result.
    speech : AudioInfo
        The user's own.
    rate : Fraction
        The target's frames per second.
    frames : int
        Frames that the speech needs at this rate.

    Returns
    -------
    dict
        JSON values. The rate is exact if both fractions are equal.
    """
    return {
        "frames": video.frames,
        "frames_needed": frames,
        "frames_exact": video.frames == frames,
        "rate": str(video.rate),
        "target_rate": str(rate),
        "rate_exact": video.rate == rate and not video.variable_rate,
        "video_seconds": float(video.duration),
        "sound_seconds": float(sound.duration),
        "speech_seconds": float(speech.duration),
        "video_longer_ms": float(1000 * (video.duration - speech.duration)),
        "sound_longer_ms": float(1000 * (sound.duration - speech.duration)),
    }
