"""Speech as it is heard by all that follows: when there is any, and equally loud throughout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._typing import F64, I16
from .detector import RATE, SpeechDetector, certain_speech, speech_presence
from .evening import BLOCK, block_levels, with_gain
from .level_track import even_speech
from .recording import as_pcm, as_samples
from .units import SAMPLE_RATE

_PART = 600 * BLOCK  # samples: a minute


@dataclass(frozen=True)
class Hearing:
    """What was found out about a recording; a few kB for a minute.

    Parameters
    ----------
    presence : ndarray of bool, shape (n // 320 + 1,)
        When someone speaks, at 50 Hz.
    gain : ndarray of float64, shape (ceil(n / 1600),)
        dB, for each 100 ms.
    """

    presence: npt.NDArray[np.bool_]
    gain: F64

    @property
    def spoken_seconds(self) -> float:
        """How long someone speaks."""
        return float(self.presence.sum()) / RATE

    @property
    def spoken_share(self) -> float:
        """Share of the time in which someone speaks."""
        return float(self.presence.mean())

    def even(self, pcm: I16, first: int = 0) -> I16:
        """Make samples as loud as the rest of the speech, from a sample of the recording on."""
        return as_pcm(with_gain(as_samples(pcm), self.gain, first))

    def even_whole(self, pcm: I16) -> I16:
        """Make a whole recording even, in memory."""
        parts = [self.even(pcm[k : k + _PART], k) for k in range(0, len(pcm), _PART)]
        return np.concatenate([np.empty(0, np.int16), *parts])


def listen(pcm: I16, detector: SpeechDetector) -> Hearing:
    """Listen to a recording: find the speech in it, and the gains that make that even.

    Parameters
    ----------
    pcm : np.ndarray [shape=(n,), dtype=int16]
        Mono at 16 kHz; may be a memory map.
    detector : SpeechDetector

    Returns
    -------
    Hearing
    """
    evidence = detector.evidence(pcm)
    presence = speech_presence(evidence)
    parts = [block_levels(as_samples(pcm[k : k + _PART])) for k in range(0, len(pcm), _PART)]
    if not parts:
        return Hearing(presence, np.zeros(1))
    levels = np.concatenate(parts)
    # Levels are measured where speech is certain: around it is breath and the noise of the room.
    certain = certain_speech(evidence) & presence
    starts = np.arange(len(levels)) * (BLOCK * RATE // SAMPLE_RATE)
    heard = np.add.reduceat(certain.astype(np.float64), starts)
    heard /= np.diff([*starts, len(certain)])
    return Hearing(presence, even_speech(levels, heard))
