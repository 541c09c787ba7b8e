"""The curves of one person in a run: mouth, retiming, speech, frame by frame."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import RetimingConfig
from ..errors import BadFileError
from ..evaluation.output_own import is_own_sound
from ..face.layout import mouth_opening, mouth_width
from ..face.track import FaceTrack
from ..media.audio import read_audio
from ..pipeline.frame_count import REASONS, reason_numbers
from ..pipeline.job import Job
from ..pipeline.layers import Layer
from ..pipeline.playback import playback_mode
from ..retiming.activity import head_velocity, normalised_motion, speech_gain
from ..retiming.retime import Retiming
from ..speech.recording import recording_activity, recording_features
from ..storage.files import file_hash
from .packing import packed, rounded, runs_of
from .sound import Stretch, feature_picture, frame_levels, waveform

POINTS = 8000
"""Points of a curve at most, of all people together; of a longer run, each so-many-th is kept."""

MOUTH_SCALE = 1e-4
"""Inter-ocular distances that packed mouth points count in."""

LONGEST_COMPARED = 1800
"""Seconds of sound up to which it is compared with the target's own."""

IN_PLACE = "in place"
"""How a target plays of which only ranges are dubbed."""


@dataclass(frozen=True)
class Heard:
    """What is known of the speech of one person.

    Parameters
    ----------
    activity, level : ndarray, shape (M,)
        Speech activity (0 to 1) and level (dB) of each frame.
    figures : dict
        Waveform, features and ranges that are dubbed, as JSON values.
    """

    activity: NDArray[np.floating]
    level: NDArray[np.float64]
    figures: dict[str, Any]


def listen_again(job: Job, rate: Fraction, seconds: float) -> Heard:
    """Hear the speech of one person as steps 1 and 3 did.

    Parameters
    ----------
    job : Job
        Of the person.
    rate : Fraction
        Frames per second.
    seconds : float
        Length of the result.
    """
    with (
        tempfile.TemporaryDirectory(prefix="audio2video-") as folder,
        job.speech(Path(folder) / "speech.npy") as (samples, presence),
    ):
        activity = recording_activity(samples, rate, job.frames, presence)
        features = recording_features(samples)
        stretches = _stretches(job, rate)
        figures = {
            "wave": waveform(samples, stretches, seconds),
            "features": feature_picture(features, stretches, seconds),
            "ranges": _ranges(job, rate),
        }
        level = frame_levels(features, rate, job.frames)
    return Heard(activity[job.asked], level[job.asked], figures)


def _stretches(job: Job, rate: Fraction) -> list[Stretch]:
    if job.part is None:
        end = min(job.voice.duration, Fraction(job.frames) / rate)
        return [Stretch(Fraction(0), end, Fraction(0))]
    return [
        Stretch(
            Fraction(int(first)) / rate, Fraction(int(last)) / rate, Fraction(int(start)) / rate
        )
        for start, (first, last) in zip(job.part.starts, job.part.runs, strict=True)
    ]


def _ranges(job: Job, rate: Fraction) -> list[list[float]]:
    """Give the seconds of the result that get a mouth, whether or not anything is said in them."""
    runs = [[0, job.frames]] if job.part is None else job.part.runs.tolist()
    return [[float(first / rate), float(last / rate)] for first, last in runs]


def is_own_speech(job: Job) -> bool:
    """Tell whether the target's own lips are the true ones: it said the speech itself."""
    info = job.target.info
    if job.part is not None or not info.has_audio:
        return False
    speech = job.audio
    if file_hash(speech.path) == file_hash(info.path):
        return True
    if max(speech.duration, info.duration) > LONGEST_COMPARED:
        return False
    try:
        return is_own_sound(info.path, read_audio(speech.path))
    except BadFileError:
        return False


def places_of(job: Job, layer: Layer) -> NDArray[np.int64]:
    """Frame of the result for each mouth, int (M,)."""
    if job.part is None:
        return np.arange(len(layer.timing.frames))
    return np.asarray(job.part.places, np.int64)


def curves_of(
    job: Job, layer: Layer, mouth: NDArray[np.floating], heard: Heard, layers: int, *, own: bool
) -> dict[str, Any]:
    """Gather the curves of one person.

    Parameters
    ----------
    job : Job
    layer : Layer
        Of M mouths.
    mouth : ndarray, shape (M, 20, 2)
        Mouth shapes on the target's face, rectified.
    heard : Heard
    layers : int
        People in the run.
    own : bool
        Whether the target says the speech itself.

    Returns
    -------
    dict
        JSON values.
    """
    target, timing, track = layer.target, layer.timing, layer.target.track
    rate, places = float(target.info.rate), places_of(job, layer)
    step = max(1, -(-len(places) * layers // POINTS))
    some = slice(None, None, step)
    shown_mouth = own_mouth(track, timing)
    motion = np.linalg.norm(head_velocity(track.landmarks, track.starts, track.usable), axis=1)
    advance = np.abs(np.diff(timing.positions, prepend=timing.positions[:1]))
    advance[np.diff(places, prepend=places[:1]) > 1] = 0.0  # a range begins
    gain = speech_gain(heard.activity, rate)
    why = reason_numbers(target, timing, layer.shown, layer.own)
    curves = {
        "step": step,
        "frames": places[some].tolist(),
        "mouth": packed(mouth[some], MOUTH_SCALE),
        "opening": rounded(mouth_opening(mouth[some])),
        "width": rounded(mouth_width(mouth[some])),
        "own_mouth": packed(shown_mouth[some], MOUTH_SCALE),
        "own_opening": rounded(mouth_opening(shown_mouth[some])),
        "own_width": rounded(mouth_width(shown_mouth[some])),
        "true": None,
        "speech": rounded(np.asarray(heard.activity)[some], 3),
        "level": rounded(heard.level[some], 2),
        "gain": rounded(gain[some], 2),
        "place": rounded(timing.positions[some], 3),
        "between": timing.is_interpolated[some].astype(int).tolist(),
        "blink": (track.blink & track.usable)[timing.frames][some].astype(int).tolist(),
        "motion": rounded((advance * motion[timing.frames])[some]),
        "shown": rounded(layer.shown[some], 3),
        "why": why[some].tolist(),
    }
    if own:
        last = len(track) - 1
        true = np.where(
            (track.usable[np.minimum(places, last)] & (places <= last))[:, None, None],
            track.mouth[np.minimum(places, last)],
            np.nan,
        )
        curves["true"] = {
            "mouth": packed(true[some], MOUTH_SCALE),
            "opening": rounded(mouth_opening(true[some])),
            "width": rounded(mouth_width(true[some])),
        }
    return {"curves": curves, "target": _target_facts(job, layer, motion), "reasons": list(REASONS)}


def own_mouth(track: FaceTrack, timing: Retiming) -> NDArray[np.float64]:
    """Give the target's own mouth in the frames that play; NaN where it is not seen."""
    frames, after = timing.frames, timing.neighbours
    mouth = track.mouth[frames].astype(np.float64)
    mouth[~track.usable[frames]] = np.nan
    linked = (after >= 0) & track.usable[frames] & track.usable[after]
    linked &= ~track.starts[np.maximum(frames, after)]
    share = timing.fractions[linked, None, None]
    mouth[linked] += share * (track.mouth[after[linked]] - mouth[linked])
    return mouth


def _target_facts(job: Job, layer: Layer, motion: NDArray[np.floating]) -> dict[str, Any]:
    target, track = layer.target, layer.target.track
    step = max(1, -(-len(track) // POINTS))
    lively = normalised_motion(motion, track.usable)
    return {
        "frames": len(track),
        "rate": float(target.info.rate),
        "step": step,
        "lively": rounded(_most(lively, step), 3),
        "blinks": runs_of(track.blink & track.usable),
        "unusable": runs_of(~track.usable),
        "cuts": np.flatnonzero(track.starts & track.usable)[1:].tolist(),
        "closed": {
            "opening": round(float(mouth_opening(target.reference)), 4),
            "width": round(float(mouth_width(target.reference)), 4),
        },
        "mode": IN_PLACE if job.part is not None else _mode(layer, job.config.playback),
        "usable": int(track.usable.sum()),
    }


def _mode(layer: Layer, config: RetimingConfig) -> str:
    return playback_mode(layer.target, config)


def _most(values: NDArray[np.floating], step: int) -> NDArray[np.floating]:
    return np.maximum.reduceat(values, np.arange(0, len(values), step)) if step > 1 else values


def thinned(values: Sequence[Any], most: int) -> list[Any]:
    """Keep each so-many-th value, and the last, so that no more are left."""
    step = max(1, -(-len(values) // most))
    kept = list(values[::step])
    return kept if (len(values) - 1) % step == 0 or not values else [*kept, values[-1]]
