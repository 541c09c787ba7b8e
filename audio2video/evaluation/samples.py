"""Evaluation samples: sound, and the true mouth that goes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..errors import Audio2VideoError, MissingFileError
from ..models.encoder_files import load_bilabials
from ..mouth.bilabials import Bilabials
from ..mouth.closing import closing_weight
from ..mouth.rest import rest_weight
from ..speech.encoder import MFCC, SpeechEncoder
from ..speech.loudness import speech_activity
from ..speech.noise import TALKERS, mix_noise
from ..speech.units import FEATURE_RATE, SAMPLE_RATE
from ..storage.workspace import Workspace
from ..training.corpus import (
    SEPARATOR,
    ShapeStatistics,
    frame_times,
    read_clip,
    read_corpora,
    read_index,
    read_sound,
    true_shapes,
)

VOICES = 4 * TALKERS
"""Clips that babble is mixed from."""


@dataclass(frozen=True)
class Noise:
    """Noise to add to the sound before anything is predicted from it.

    Parameters
    ----------
    kind : str
        See `audio2video.speech.noise`.
    snr_db : float
    """

    kind: str
    snr_db: float


@dataclass(frozen=True)
class Sample:
    """Sound, and the mouth that was seen saying it.

    Parameters
    ----------
    name : str
    recording : str
        Of the corpus; of a folder's video, its name.
    group : str
        The corpus that it is of, or the folder; "" where there is only one.
    rate : Fraction
        Frames per second of the mouth shapes.
    features : ndarray of float32, shape (F, D)
        Of the pass's encoder, at its rate.
    times : ndarray of float64, shape (T,)
        Seconds of the mouth shapes on the clock of the features.
    begin : float
        Seconds after the beginning of the recording at which that clock is 0.
    true : ndarray of float64, shape (T, 20, 2)
        Relative to the speaker's closed mouth.
    speech : ndarray of float32, shape (N,), or None
        Speech activity at 100 Hz from the first mouth shape on; None where there is no sound.
    rest : ndarray of float64, shape (T,), or None
        How far step 1 brings the mouth to rest in each shape, 0 to 1; None where there is no sound.
    closing : ndarray of float64, shape (T,), or None
        How far step 1 closes the lips in each shape, 0 to 1; None where it does not.
    """

    name: str
    recording: str
    group: str
    rate: Fraction
    features: F32
    times: NDArray[np.float64]
    begin: float
    true: NDArray[np.float64]
    speech: F32 | None
    rest: NDArray[np.float64] | None = None
    closing: NDArray[np.float64] | None = None


def lip_closing(
    bilabials: Bilabials | None,
    features: NDArray[np.floating],
    rate: int,
    times: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Find how far step 1 closes the lips at some times.

    Parameters
    ----------
    bilabials : BilabialDetector, BilabialPair or None
        None if there is none for the pass's encoder.
    features : ndarray, shape (F, D)
    rate : int
        Features per second.
    times : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    ndarray of float64, shape (T,), or None
        See `audio2video.mouth.closing.closing_weight`.
    """
    if bilabials is None:
        return None
    return closing_weight(bilabials.evidence(features), rate, times)


def corpus_samples(
    workspace: Workspace,
    ids: Sequence[str],
    statistics: ShapeStatistics,
    encoder: SpeechEncoder,
    noise: Noise | None = None,
) -> Iterator[Sample]:
    """Read clips of the prepared corpus.

    Parameters
    ----------
    workspace : Workspace
    ids : sequence of str
    statistics : ShapeStatistics
    encoder : SpeechEncoder
        What the pass hears with.
    noise : Noise, optional

    Yields
    ------
    Sample

    Raises
    ------
    Audio2VideoError
        A file is missing or damaged, or there is no sound to add noise to.
    """
    corpora, bilabials = read_corpora(workspace), load_bilabials(encoder)
    voices: dict[str, F32] = {}
    if noise is not None and noise.kind == "babble":
        voices = _voices(workspace)
    for clip_id in ids:
        clip = read_clip(workspace, clip_id)
        features, times, speech, rest = np.asarray(clip.features), frame_times(clip), None, None
        try:
            sound = read_sound(workspace, clip)
        except MissingFileError:
            if noise is not None or encoder.note != MFCC:
                raise
        else:
            speech = activity_from(sound, times)
            if noise is not None:
                others = [voice for name, voice in voices.items() if name != clip.recording]
                sound = add_noise(sound, noise, clip_id, others)
            if noise is not None or encoder.note != MFCC:
                features = encoder.encode(sound)
            frames = int(times[-1] * clip.rate) + 2
            weight = rest_weight(speech_activity(sound, clip.rate, frames), float(clip.rate))
            rest = np.interp(times, np.arange(frames) / float(clip.rate), weight)
        true = true_shapes(clip, statistics)
        closing = lip_closing(bilabials, features, encoder.note.rate, times)
        yield Sample(
            clip_id,
            clip.recording,
            corpora.get(clip_id, ""),
            clip.rate,
            features,
            times,
            clip.feature_offset / FEATURE_RATE,
            true,
            speech,
            rest,
            closing,
        )


def _voices(workspace: Workspace) -> dict[str, F32]:
    """Read one clip of each of some recordings, by recording."""
    voices: dict[str, F32] = {}
    for clip_id in read_index(workspace):
        recording = clip_id.rpartition(SEPARATOR)[0]
        if recording not in voices:
            voices[recording] = read_sound(workspace, read_clip(workspace, clip_id))
        if len(voices) > VOICES:
            break
    return voices


def add_noise(sound: F32, noise: Noise, name: str, voices: Sequence[F32]) -> F32:
    """Mix noise into a clip's sound; it follows from the clip's name.

    Raises
    ------
    Audio2VideoError
        Babble is asked for and there is no speech to make it from.
    """
    if noise.kind == "babble" and not any(np.any(voice) for voice in voices):
        raise Audio2VideoError("no speech to make babble from", hint="choose another --noise_kind")
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return mix_noise(sound, noise.kind, noise.snr_db, np.random.default_rng(seed), voices)


def activity_from(sound: F32, times: NDArray[np.float64]) -> F32:
    """Speech activity at 100 Hz from the first of some times to the last."""
    frames = len(sound) * FEATURE_RATE // SAMPLE_RATE + 1
    whole = speech_activity(sound, Fraction(FEATURE_RATE), frames)
    steps = np.arange(int((times[-1] - times[0]) * FEATURE_RATE) + 2)
    # Frame k of the activity is that of the 10 ms around (k + 1/2) / 100 s.
    wanted = times[0] * FEATURE_RATE + steps - 0.5
    return np.asarray(np.interp(wanted, np.arange(frames), whole), np.float32)
