"""The sound of a file of any length, written as 16-bit speech for analysis."""

from __future__ import annotations

import wave
from contextlib import closing
from pathlib import Path

import numpy as np

from .formats import reading
from .samples import mono_weights, resample
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
