"""Dyadic clips made after a known law: whoever learns from them can be told what was to be learned.

The speaker talks in phrases; some end low. The listener nods about 0.7 s after a low end, most of
the time; smiles half a second after the speaker does; and blinks and drifts for no reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from audio2video.listening.codebook import RATE
from audio2video.listening.motion import EYES, NAMES, PITCH, SMILE, YAW, FaceMotion
from audio2video.listening.predictor import DyadicClip
from audio2video.listening.prosody import Prosody, prosody_features
from audio2video.listening.wish import aspects_of, nod_pitch

NOD_CHANCE, LOW_CHANCE = 0.85, 0.6
NOD_DELAY, NOD_SECONDS, NOD_DEGREES = 0.7, 0.6, 6.0
SMILE_DELAY = 0.5


@dataclass(frozen=True)
class LawClip:
    """A clip with the truth about it.

    Parameters
    ----------
    prosody : Prosody
    clip : DyadicClip
    listener : FaceMotion
    cues, nods : ndarray of float64
        Seconds at which phrases have been low for 110 ms, and at which the listener nods.
    """

    prosody: Prosody
    clip: DyadicClip
    listener: FaceMotion
    cues: np.ndarray
    nods: np.ndarray


def law_clip(seed: int, seconds: float = 20.0) -> LawClip:
    """Make one clip."""
    rng = np.random.default_rng([seed, 97])
    count = round(seconds * 100) + 1
    level, pitch = np.full(count, -60.0), np.full(count, np.nan)
    speech = np.zeros(count, bool)
    cues: list[float] = []
    at = round(rng.uniform(0.2, 0.8) * 100)
    while at < count - 100:
        length = round(rng.uniform(1.2, 3.0) * 100)
        last = min(at + length, count)
        place = np.arange(last - at)
        speech[at:last] = True
        high = 20 - 4 * place / length + 1.5 * np.sin(place / rng.uniform(12, 25))
        low = rng.random() < LOW_CHANCE
        if low and last - at > 90:
            high[-28:] = 12 + rng.normal(0, 0.2, min(28, len(high)))
            cues.append((last - 28 + 11) / 100)
        else:
            high[-28:] = 21 + np.arange(min(28, len(high))) / 10
        pitch[at:last] = high
        level[at:last] = -8 + 6 * np.sin(place / 9) + rng.normal(0, 1, last - at)
        at = last + round(rng.uniform(0.3, 0.8) * 100)
    prosody = Prosody(np.clip(level, -60, 10), pitch, speech)
    frames = round(seconds * RATE)
    times = np.arange(frames) / RATE
    speaker, listener = _idle(rng, frames), _idle(rng, frames)
    nods = []
    for cue in cues:
        if rng.random() < NOD_CHANCE:
            begin = cue + NOD_DELAY + rng.normal(0, 0.06)
            nods.append(begin)
            listener[:, PITCH] += NOD_DEGREES * nod_pitch((times - begin) / NOD_SECONDS)
    for begin in np.arange(2, seconds, 7) + rng.uniform(0, 3):
        for motion, late in ((speaker, 0.0), (listener, SMILE_DELAY)):
            motion[:, SMILE] += 0.15 * np.exp(-(((times - begin - late - 0.6) / 0.4) ** 2))
    motions = [FaceMotion(one, np.ones(frames, bool), RATE) for one in (speaker, listener)]
    heard = prosody_features(prosody, RATE, frames)
    clip = DyadicClip(heard, aspects_of(motions[0]), aspects_of(motions[1]))
    return LawClip(prosody, clip, motions[1], np.array(cues), np.array(nods))


def _idle(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Drift and blink."""
    motion = np.zeros((frames, len(NAMES)))
    drift = gaussian_filter1d(rng.normal(0, 1, (frames, 3)), 0.8 * RATE, axis=0, mode="wrap")
    motion[:, YAW : YAW + 3] = 6 * drift
    motion[:, EYES] = 1.0
    at = rng.exponential(2.5)
    while at < frames / RATE:
        first = round(at * RATE)
        motion[first : first + 5, EYES] = [0.6, 0.2, 0.2, 0.6, 0.8][: max(0, frames - first)]
        at += 0.8 + rng.exponential(2.5)
    return motion
