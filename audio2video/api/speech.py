"""Conversion of speech, from files or samples, to the pipeline's format."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import resample_poly

from ..errors import OptionError
from ..pipeline.speech_samples import level_speech, mix_channels, read_speech
from ..speech.recording import FULL_SCALE, recording_activity, recording_features
from ..speech.units import SAMPLE_RATE

NEAR_RATE = Fraction(1, 200)
"""Frames per second within which a rounded rate is that of television, n x 1000/1001."""

Audio = str | Path | ArrayLike
"""A file with sound, or samples: float in [-1, 1] or 16-bit integers, (n,) or (n, channels)."""


def speech_samples(audio: Audio, sample_rate: int | None = None) -> NDArray[np.int16]:
    """Load speech as mono 16-bit samples at 16 kHz, mixed of the channels that carry the voice.

    Parameters
    ----------
    audio : str, Path or array_like
        A file with sound (a video too), or samples of shape (n,) or (n, channels): floats in
        [-1, 1], or 16-bit integers.
    sample_rate : int, optional
        Samples per second; needed for samples, and only for these.

    Returns
    -------
    ndarray of int16, shape (m,)

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, or has no sound that can be decoded.
    OptionError
        Samples without a rate, of a wrong shape or type, or not finite.
    """
    if not isinstance(audio, (str, Path)):
        samples = _from_array(np.asarray(audio), sample_rate)
        usual = np.full(samples.shape[1], 1 / samples.shape[1], np.float32)
        return mix_channels(samples, usual)
    return read_speech(Path(audio))


def _from_array(samples: NDArray[np.generic], sample_rate: int | None) -> NDArray[np.float64]:
    if sample_rate is None or sample_rate <= 0:
        raise OptionError("samples need a sample_rate", hint="give samples per second, e.g. 44100")
    if samples.ndim not in (1, 2) or not samples.size or samples.dtype.kind not in "fi":
        raise OptionError(
            f"samples of shape {samples.shape} and type {samples.dtype} are no sound",
            hint="use floats or 16-bit integers of shape (n,) or (n, channels)",
        )
    scale = 1.0 if samples.dtype.kind == "f" else float(FULL_SCALE)
    channels = samples.reshape(len(samples), -1).astype(np.float64) / scale
    if not np.isfinite(channels).all():
        raise OptionError("samples hold NaN or infinity")
    ratio = Fraction(SAMPLE_RATE, sample_rate)
    resampled = resample_poly(channels, ratio.numerator, ratio.denominator)
    return np.asarray(resampled, np.float64)


def speech_features(audio: Audio, sample_rate: int | None = None) -> NDArray[np.float32]:
    """Compute the speech features that passes predict from.

    13 MFCC and log mean energy of 25 ms windows every 10 ms, and their first differences, after
    loudness normalisation (paper, section 3.1).

    Parameters
    ----------
    audio : str, Path or array_like
        A file with sound, or samples of shape (n,) or (n, channels).
    sample_rate : int, optional
        Samples per second, for samples.

    Returns
    -------
    ndarray of float32, shape (F, 28)
        Frame i is centred on i / 100 s.

    Raises
    ------
    Audio2VideoError
        The sound can't be used; see `speech_samples`.

    Examples
    --------
    >>> import audio2video as a2v
    >>> a2v.speech_features(a2v.demo_speech()).shape[1]
    28
    """
    return recording_features(level_speech(speech_samples(audio, sample_rate))[0])


def speech_activity(
    audio: Audio, rate: Fraction | float, sample_rate: int | None = None
) -> NDArray[np.float32]:
    """Detect speech in each frame of a video; music, applause and noise are none.

    Parameters
    ----------
    audio : str, Path or array_like
        A file with sound, or samples of shape (n,) or (n, channels).
    rate : Fraction or float
        Video frames per second.
    sample_rate : int, optional
        Samples per second, for samples.

    Returns
    -------
    ndarray of float32, shape (N,)
        0 in silence, 1 in speech.

    Raises
    ------
    Audio2VideoError
        The sound can't be used; see `speech_samples`.

    Examples
    --------
    >>> import audio2video as a2v
    >>> activity = a2v.speech_activity(a2v.demo_speech(), 25)
    >>> bool(activity.max() > 0.9)
    True
    """
    samples, hearing = level_speech(speech_samples(audio, sample_rate))
    exact = as_rate(rate)
    return recording_activity(samples, exact, frame_count(samples, exact), hearing.presence)


def as_rate(rate: Fraction | float) -> Fraction:
    """Return the exact frame rate for a number: 23.976 is 24000/1001, 29.97 is 30000/1001.

    Raises
    ------
    OptionError
        The rate is not a positive number.
    """
    try:
        exact = Fraction(rate)
    except (TypeError, ValueError, OverflowError) as error:
        raise OptionError(f"{rate!r} is no frame rate") from error
    if exact <= 0:
        raise OptionError(f"{rate!r} is no frame rate", hint="use frames per second")
    if isinstance(rate, float):
        # Written with a few digits, the rates of television are none of their fractions.
        broadcast = Fraction(round(exact * 1001 / 1000) * 1000, 1001)
        near = abs(exact - broadcast) < NEAR_RATE
        return broadcast if near and exact != round(exact) else exact.limit_denominator(1000)
    return exact


def frame_count(samples: NDArray[np.int16], rate: Fraction) -> int:
    """Video frames that last as long as the samples, at least one."""
    return max(1, round(Fraction(len(samples), SAMPLE_RATE) * rate))
