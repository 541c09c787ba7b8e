"""Features and speech activity of long recordings, minute by minute: memory does not grow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .._typing import F32, I16
from .features import STATIC_FEATURES, frame_count, static_features, with_differences
from .loudness import (
    LEVEL_BLOCK,
    LEVEL_STEP,
    gated_level,
    loudness_gain,
    speech_activity,
    speech_level,
)
from .units import FEATURE_RATE, HOP, SAMPLE_RATE

FULL_SCALE = 32767
"""What 1.0 is as a 16-bit sample, in the sound files of a corpus."""

_MINUTE = 60 * FEATURE_RATE  # feature frames
_EDGE = 2  # feature frames: a window and the sample before it reach no further
_AROUND = 5  # seconds that speech activity hears before and after each minute


def as_samples(pcm: I16) -> F32:
    """Return 16-bit samples as float32, full scale 1."""
    return np.asarray(np.asarray(pcm, np.float32) / np.float32(FULL_SCALE))


def as_pcm(samples: npt.NDArray[np.floating]) -> I16:
    """Return samples of full scale 1 as 16-bit ones, what is louder at full scale."""
    return np.asarray(np.rint(np.clip(samples, -1, 1) * FULL_SCALE), np.int16)


def recording_offset(pcm: I16) -> float:
    """Return the mean of a recording, full scale 1, which `speech_features` subtracts."""
    mean = float(np.mean(pcm, dtype=np.float64)) if len(pcm) else 0.0
    return mean / FULL_SCALE


def recording_level(pcm: I16, offset: float) -> float:
    """Measure how loud speech is in a recording, as `speech_level` does.

    Parameters
    ----------
    pcm : np.ndarray [shape=(n,), dtype=int16]
        Mono at 16 kHz; may be a memory map.
    offset : float
        Of the samples, full scale 1; see `recording_offset`.

    Returns
    -------
    float
        dB relative to full scale; -inf if all of it is below -70 dB.
    """
    if len(pcm) < LEVEL_BLOCK:
        return speech_level(as_samples(pcm) - np.float32(offset))
    minute = 600 * LEVEL_STEP
    sums = []
    for start in range(0, len(pcm) // LEVEL_STEP * LEVEL_STEP, minute):
        part = (as_samples(pcm[start : start + minute]) - np.float32(offset)).astype(np.float64)
        whole = part[: len(part) // LEVEL_STEP * LEVEL_STEP].reshape(-1, LEVEL_STEP)
        sums.append(np.einsum("st,st->s", whole, whole))
    steps = LEVEL_BLOCK // LEVEL_STEP
    blocks = np.lib.stride_tricks.sliding_window_view(np.concatenate(sums), steps).sum(axis=1)
    return gated_level(blocks / LEVEL_BLOCK)


def recording_features(pcm: I16) -> F32:
    """Compute `speech_features` of a recording of any length.

    Parameters
    ----------
    pcm : np.ndarray [shape=(n,), dtype=int16]
        Mono at 16 kHz; may be a memory map.

    Returns
    -------
    np.ndarray [shape=(n // 160 + 1, 28), dtype=float32]
        What `speech_features` gives for the whole, but for rounding.
    """
    offset = recording_offset(pcm)
    gain = loudness_gain(recording_level(pcm, offset))
    frames = frame_count(len(pcm))
    static = np.empty((frames, STATIC_FEATURES), np.float32)
    for start in range(0, frames, _MINUTE):
        stop = min(start + _MINUTE, frames)
        first = max(start - _EDGE, 0)
        part = as_samples(pcm[first * HOP : (stop + _EDGE) * HOP]) - np.float32(offset)
        part *= np.float32(gain)
        static[start:stop] = static_features(part)[start - first : stop - first]
    return with_differences(static)


def recording_activity(
    pcm: I16,
    rate_fps: Fraction,
    frames: int,
    presence: npt.NDArray[np.bool_] | None = None,
) -> F32:
    """Compute `speech_activity` of a recording of any length.

    What counts as noise and what as speech is decided for each minute, so that a hall after a
    studio does not matter.

    Parameters
    ----------
    pcm : np.ndarray [shape=(n,), dtype=int16]
        Mono at 16 kHz; may be a memory map.
    rate_fps : Fraction
        Video frames per second.
    frames : int
        Number of video frames.
    presence : np.ndarray [shape=(n // 320 + 1,), dtype=bool], optional
        When a detector hears speech, at 50 Hz; see `audio2video.speech.hearing.Hearing`.

    Returns
    -------
    np.ndarray [shape=(frames,), dtype=float32]
        0 in silence, 1 in speech.
    """
    activity = np.zeros(max(frames, 0), np.float32)
    minute, around = int(60 * rate_fps), int(_AROUND * rate_fps)
    for start in range(0, frames, minute):
        stop = min(start + minute, frames)
        first, last = max(start - around, 0), min(stop + around, frames)
        begin, end = (round(k / rate_fps * SAMPLE_RATE) for k in (first, last))
        spoken = None
        if presence is not None:
            # Level f of this part is at sample begin + 160 f.
            times = np.arange(begin, min(end, len(pcm)) + 1, HOP) + HOP
            spoken = presence[np.minimum(times // (2 * HOP), len(presence) - 1)]
        heard = speech_activity(as_samples(pcm[begin:end]), rate_fps, last - first, spoken)
        activity[start:stop] = heard[start - first : stop - first]
    return activity
