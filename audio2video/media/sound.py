"""The sound of a file of any length, written as 16-bit samples for analysis."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from av.audio.resampler import AudioResampler

from .._typing import F32
from .formats import reading
from .samples import arrays, audio_frame, mono_weights, resample
from .source import AudioSource


def extract_sound(source: Path, product: Path, rate: int = 16000) -> int:
    """Write a file's sound as mono 16-bit WAV, block by block.

    The samples are those of `read_audio`, rounded to 16 bits; the length may differ by a sample.

    Parameters
    ----------
    source : Path
        Any file with sound. In a video, sample 0 is at the time of the first picture.
    product : Path
        Where to; an existing file is replaced.
    rate : int, optional
        Samples per second of the result.

    Returns
    -------
    int
        Samples written, at least one.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    with closing(AudioSource(source)) as sound, wave.open(str(product), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        weights = mono_weights(sound.layout)
        mono = ((weights @ block)[np.newaxis] for block in sound.blocks())
        written = 0
        with reading(sound.path):
            for piece in resample(mono, "mono", sound.rate, "mono", rate):
                pcm = np.rint(np.clip(piece[0], -1, 1) * 32767).astype("<i2")
                written += len(pcm)
                file.writeframesraw(pcm.tobytes())
    return written


def extract_channels(source: Path, product: Path, rate: int = 16000) -> F32:
    """Write a file's sound as 16-bit WAV with all of its channels, block by block.

    Parameters
    ----------
    source, product, rate
        As for `extract_sound`.

    Returns
    -------
    np.ndarray [shape=(channels,), dtype=float32]
        How much of each channel goes into the usual mono mix; the sum is 1.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    with closing(AudioSource(source)) as sound, wave.open(str(product), "wb") as file:
        weights = mono_weights(sound.layout)
        file.setnchannels(len(weights))
        file.setsampwidth(2)
        file.setframerate(rate)
        for samples in _resampled_channels(sound, rate):
            file.writeframesraw(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return weights


def read_channels(source: Path, rate: int = 16000) -> tuple[F32, F32]:
    """Read all channels of a sound.

    Parameters
    ----------
    source, rate
        As for `extract_sound`.

    Returns
    -------
    samples : np.ndarray [shape=(n, channels), dtype=float32]
        In [-1, 1].
    weights : np.ndarray [shape=(channels,), dtype=float32]
        How much of each channel goes into the usual mono mix; the sum is 1.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    with closing(AudioSource(source)) as sound:
        weights = mono_weights(sound.layout)
        parts = [np.empty((0, len(weights)), np.float32), *_resampled_channels(sound, rate)]
    return np.asarray(np.clip(np.concatenate(parts), -1, 1), np.float32), weights


def _resampled_channels(sound: AudioSource, rate: int) -> Iterator[F32]:
    """Yield consecutive samples of all channels at another rate [shape=(n, channels)]."""
    # One for each: a resampler of several mixes them by the rules of their loudspeakers.
    each = [AudioResampler("flt", "mono", rate) for _ in range(sound.layout.nb_channels)]

    def given(block: F32 | None) -> F32:
        channels = []
        for c, resampler in enumerate(each):
            frame = None if block is None else audio_frame(block[c : c + 1], "mono", sound.rate)
            parts = [part[0] for part in arrays(resampler.resample(frame))]
            channels.append(np.concatenate([np.empty(0, np.float32), *parts]))
        return np.stack(channels, axis=1)

    with reading(sound.path):
        for block in sound.blocks():
            yield given(block)
        yield given(None)
