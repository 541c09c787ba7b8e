"""Sound in: its length, or mono for analysis."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._typing import F32
from .formats import reading
from .samples import mono_weights, resample
from .source import AudioSource


@dataclass(frozen=True)
class AudioInfo:
    """Properties of a sound file.

    Attributes
    ----------
    path : Path
        The file.
    rate : int
        Samples per second.
    channels : int
        Number of channels.
    duration : Fraction
        Seconds, exact: decoded samples / rate.
    codec : str
        Name of the audio codec.
    """

    path: Path
    rate: int
    channels: int
    duration: Fraction
    codec: str


def probe_audio(path: Path | str) -> AudioInfo:
    """Find rate, channels and exact duration of a sound; it is decoded whole, once.

    Parameters
    ----------
    path : Path or str
        Any file with sound, a video too.

    Returns
    -------
    AudioInfo

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    path = Path(path)
    try:
        stat = path.stat()
    except OSError:
        return _probe(path, None)  # which says what is wrong with it
    return _probe(path, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))


@lru_cache(maxsize=64)
def _probe(path: Path, state: tuple[int, ...] | None) -> AudioInfo:
    """Decode a sound; once for each state of the file, as every step asks again."""
    with closing(AudioSource(path)) as source:
        samples = sum(block.shape[1] for block in source.blocks())
        return AudioInfo(
            path=source.path,
            rate=source.rate,
            channels=source.layout.nb_channels,
            duration=Fraction(samples, source.rate),
            codec=source.codec,
        )


def read_audio(path: Path | str, rate: int = 16000) -> F32:
    """Read a sound as mono.

    Parameters
    ----------
    path : Path or str
        Any file with sound. In a video, sample 0 is at the time of the first picture.
    rate : int, optional
        Samples per second of the result.

    Returns
    -------
    np.ndarray [shape=(round(duration * rate),), dtype=float32]
        Samples in [-1, 1]: all channels mixed such that none can exceed full scale.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    with closing(AudioSource(path)) as source:
        weights = mono_weights(source.layout)
        mono = (weights @ block for block in source.blocks())
        counted = _Counter(mono)
        mixed = (block[np.newaxis] for block in counted)
        with reading(source.path):
            pieces = list(resample(mixed, "mono", source.rate, "mono", rate))
    samples = np.concatenate([piece[0] for piece in pieces])
    length = max(round(Fraction(counted.samples, source.rate) * rate), 1)
    # The resampler's last partial sample may or may not come out.
    samples = np.pad(samples[:length], (0, max(length - len(samples), 0)))
    return np.asarray(np.clip(samples, -1, 1), np.float32)


class _Counter:
    """Pass blocks on and count their samples."""

    def __init__(self, blocks: Iterator[F32]) -> None:
        self._blocks = blocks
        self.samples = 0

    def __iter__(self) -> Iterator[F32]:
        for block in self._blocks:
            self.samples += block.shape[-1]
            yield block


def write_wav(path: Path | str, samples: npt.ArrayLike, rate: int) -> None:
    """Write a 16-bit PCM WAV file.

    Parameters
    ----------
    path : Path or str
        Where to; an existing file is replaced.
    samples : array_like [shape=(n,) or (n, channels)]
        Samples; what exceeds [-1, 1] is clipped.
    rate : int
        Samples per second.
    """
    data = np.atleast_1d(np.asarray(samples, np.float64))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if data.ndim == 1 else data.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(np.clip(data, -1, 1) * 32767).astype("<i2").tobytes())
