"""The short speech of one person: the ranges that are dubbed, one after the other."""

from __future__ import annotations

import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..progress import Progress
from ..speech.detector import SpeechDetector
from ..speech.units import SAMPLE_RATE
from .segments import Part
from .speech_samples import HEADER, PART, mixed_sound


def write_segment_speech(
    part: Part, path: Path, detector: Callable[[], SpeechDetector], progress: Progress
) -> None:
    """Write the speech that the lips follow as mono 16-bit WAV at 16 kHz.

    Frame k of it is at k / rate; see `Part`. Memory does not grow with the length of the files.

    Parameters
    ----------
    part : Part
    path : Path
        Where to.
    detector : callable
        Gives the speech detector, where the channels of a file differ.
    progress : Progress
        Is told of channels that are not as usual.

    Raises
    ------
    Audio2VideoError
        A file can't be decoded, or there is no room for it.
    """
    length = round(Fraction(part.frames) / part.rate * SAMPLE_RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for start in range(0, length, PART):
            file.writeframesraw(bytes(2 * min(PART, length - start)))
    speech = np.memmap(path, np.dtype("<i2"), "r+", offset=HEADER)
    for voice in dict.fromkeys(one.voice for one in part.spoken):
        with mixed_sound(voice, path, detector) as (samples, mix):
            if mix.note is not None:
                progress.warn(f"{voice}: {mix.note}")
            for one in part.spoken:
                if one.voice != voice:
                    continue
                first, last = (
                    round((moment - one.begin) * SAMPLE_RATE)
                    for moment in (one.segment.start, one.segment.end)
                )
                said = samples[first:last]
                delay = part.delay(one.segment.start)
                place = round((one.segment.start + delay) * SAMPLE_RATE)
                room = speech[place : place + len(said)]
                room[:] = said[: len(room)]
    speech.flush()
