"""How loud speech is, and when there is any."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, grey_closing, grey_opening

from .._typing import F32, F64
from ..numerics import smoothstep
from .band import voice_band
from .units import HOP, SAMPLE_RATE, WINDOW

TARGET_LEVEL = -23.0  # dB relative to full scale, RMS of the parts where someone speaks
MAX_GAIN = 30.0  # dB: a recording quieter than that is noise, and stays quiet

# Gating as in ITU-R BS.1770-4 (blocks of 400 ms that overlap by 75 %, absolute and relative gate),
# without its weighting of frequencies.
LEVEL_BLOCK = SAMPLE_RATE * 2 // 5
LEVEL_STEP = LEVEL_BLOCK // 4
_ABSOLUTE_GATE = -70.0  # dB
_RELATIVE_GATE = -10.0  # dB

_QUIETEST = -90.0  # dB
_AUDIBLE = -60.0  # dB: below it nothing counts as speech
_STEADY_LOUD = -45.0  # dB: sound without pauses counts as speech from here on
_LEAST_CONTRAST = 9.0  # dB between noise and speech, to tell them apart
_MOST_CONTRAST = 45.0  # dB below speech, nothing is speech even in digital silence
_SPEECH_FRAMES = 30  # as many loudest frames are taken for speech at least
_CLOSURE = 15  # frames: a plosive's closure is not silence
_CLICK = 7  # frames: a click is not speech
_SMOOTHING = 3.0  # frames


def speech_level(samples: F32) -> float:
    """Measure the loudness of the parts of a recording where someone speaks.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono at 16 kHz, full scale 1.

    Returns
    -------
    float
        Gated RMS level in dB relative to full scale; -inf if all of it is below -70 dB.
    """
    squares = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    length = min(LEVEL_BLOCK, len(samples))
    if not length:
        return -np.inf
    starts = np.arange(0, len(samples) - length + 1, LEVEL_STEP)
    return gated_level(np.maximum(squares[starts + length] - squares[starts], 0.0) / length)


def gated_level(power: F64) -> float:
    """Measure the loudness of the parts where someone speaks from the power of blocks.

    Parameters
    ----------
    power : np.ndarray [shape=(n,)]
        Mean squares of blocks of 400 ms that begin 100 ms apart, full scale 1.

    Returns
    -------
    float
        As `speech_level`.
    """
    power = power[power > 10 ** (_ABSOLUTE_GATE / 10)]
    if not power.size:
        return -np.inf
    power = power[power >= power.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(10 * np.log10(power.mean()))


def normalise_loudness(
    samples: F32, *, level: float = TARGET_LEVEL, max_gain: float = MAX_GAIN
) -> F32:
    """Bring speech to a fixed loudness, so that a quiet and a loud recording agree.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono at 16 kHz, full scale 1.
    level : float, optional
        The wanted RMS level of speech in dB relative to full scale.
    max_gain : float, optional
        The most by which it is made louder, dB. Silence stays as it is.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        The samples times one constant; peaks may exceed 1.

    Raises
    ------
    ValueError
        If ``samples`` is not one-dimensional or not finite.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise ValueError("samples must be one-dimensional and finite")
    gain = loudness_gain(speech_level(samples), level=level, max_gain=max_gain)
    return np.asarray(samples * np.float32(gain), np.float32)


def loudness_gain(
    measured: float, *, level: float = TARGET_LEVEL, max_gain: float = MAX_GAIN
) -> float:
    """Return the factor that brings speech of a measured level (dB) to the wanted one.

    Parameters
    ----------
    measured : float
        As `speech_level` gives it; -inf leaves the sound as it is.
    level, max_gain : float, optional
        As for `normalise_loudness`.
    """
    return 10 ** (min(level - measured, max_gain) / 20) if np.isfinite(measured) else 1.0


def speech_activity(
    samples: F32,
    rate_fps: Fraction,
    frames: int,
    presence: npt.NDArray[np.bool_] | None = None,
) -> F32:
    """Tell for each video frame whether someone speaks.

    The energy between 100 and 4000 Hz is compared with the noise floor and the speech level of the
    same recording; closures of plosives are bridged, clicks are dropped, the result is smoothed.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Mono at 16 kHz, full scale 1.
    rate_fps : Fraction
        Video frames per second.
    frames : int
        Number of video frames; frame k covers the time from k / rate_fps to (k + 1) / rate_fps.
    presence : np.ndarray [shape=(n // 160 + 1,), dtype=bool], optional
        When a detector hears speech, at 100 Hz: all else is silence, however loud it is.

    Returns
    -------
    np.ndarray [shape=(frames,), dtype=float32]
        0 in silence, 1 in speech; 0 where the sound has ended. A sound that never pauses is speech
        throughout if it is loud, and silence otherwise.
    """
    if len(samples) < WINDOW or frames < 1:
        return np.zeros(max(frames, 0), np.float32)
    levels = _levels(np.asarray(samples, np.float64))
    presence = np.ones(len(levels), bool) if presence is None else presence
    active = _activity(levels, presence) * presence
    active = grey_closing(active, (_CLOSURE,), mode="nearest")  # bridges
    active = grey_opening(active, (_CLICK,), mode="nearest")  # drops
    active = gaussian_filter1d(active, _SMOOTHING, mode="nearest")
    middles = (np.arange(frames) + 0.5) / float(rate_fps)
    times = np.arange(len(active)) * (HOP / SAMPLE_RATE)
    value = np.interp(middles, times, active)
    value[middles > len(samples) / SAMPLE_RATE] = 0.0
    return np.asarray(np.clip(value, 0.0, 1.0), np.float32)


def _levels(samples: F64) -> F64:
    """Return the level in dB of 25 ms around every 10 ms."""
    padded = np.pad(np.square(voice_band(samples)), WINDOW // 2)
    total = np.concatenate([[0.0], np.cumsum(padded)])
    starts = np.arange(0, len(samples) + 1, HOP)
    power = np.maximum(total[starts + WINDOW] - total[starts], 0.0) / WINDOW
    return np.asarray(10 * np.log10(power + 10 ** (_QUIETEST / 10)), np.float64)


def _activity(levels: F64, presence: npt.NDArray[np.bool_]) -> F64:
    """Map levels to 0..1 between two thresholds which the recording itself sets."""
    ordered, spoken = np.sort(levels), np.sort(levels[presence])
    if not len(spoken):
        return np.zeros(len(levels))
    loud = min(max(_SPEECH_FRAMES, len(spoken) // 20), (len(spoken) + 1) // 2)
    speech = float(spoken[-loud])
    if speech < _AUDIBLE:
        return np.zeros(len(levels))
    noise = max(float(ordered[len(levels) // 20]), speech - _MOST_CONTRAST)
    contrast = speech - noise
    if contrast < _LEAST_CONTRAST:
        return np.full(len(levels), float(speech >= _STEADY_LOUD))
    low = noise + max(0.3 * contrast, 0.5 * _LEAST_CONTRAST)
    return smoothstep((levels - low) / (0.2 * contrast))
