"""From videos of two people to what a listener is learned from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..._typing import F64
from ...config import AnalysisConfig, MachineConfig
from ...errors import BadFileError
from ...face.layout import mouth_opening
from ...listening.codebook import RATE
from ...listening.motion import face_motion, resampled
from ...listening.predictor import HEARD_FEATURES, DyadicClip
from ...listening.prosody import prosody_features, prosody_of
from ...listening.wish import ASPECTS, aspects_of
from ...media.audio import read_audio
from ...models.encoder_files import load_detector
from ...progress import Progress
from ...speech.hearing import listen
from ...speech.recording import as_pcm, as_samples
from ...speech.units import SAMPLE_RATE
from ...storage.arrays import read_arrays
from ...storage.artifacts import build_if_stale
from ...storage.files import file_hash
from ...storage.workspace import Workspace
from ...target.analysis import TargetAnalysis, analyse_target
from .pairs import Pair

FORMAT = 1
"""Raised when the way clips are prepared changes."""

MADE_BY = "step 0 (dataset) with --dyadic"

LEAST_SECONDS = 4.0


def prepare_clip(
    workspace: Workspace,
    pair: Pair,
    analysis: AnalysisConfig,
    machine: MachineConfig,
    progress: Progress,
) -> tuple[DyadicClip, bool]:
    """Prepare a pair, or read what was prepared before.

    Where both people are in one picture, the one whose mouth moves more is the speaker.

    Returns
    -------
    DyadicClip
    bool
        Whether it was prepared now.

    Raises
    ------
    Audio2VideoError
        A file can't be used, or nobody speaks in it.
    """
    product = workspace.inside("reference", "dyadic") / f"{pair.name}.npz"

    def build(path: Path) -> dict[str, Any]:
        clip, facts = _prepare(workspace, pair, analysis, machine, progress)
        assert clip.seen is not None
        with path.open("wb") as file:
            np.savez(file, heard=clip.heard, seen=clip.seen, done=clip.done)
        return facts

    files = {"speaker": file_hash(pair.speaker), "listener": file_hash(pair.listener)}
    made = build_if_stale(
        product, {"format": FORMAT, **files}, build, progress, force=machine.force
    )
    return read_clip(product), made


def read_clip(path: Path) -> DyadicClip:
    """Read a prepared clip.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, damaged, or no such clip.
    """
    a = read_arrays(path, ("heard", "seen", "done"), made_by=MADE_BY)
    frames = len(a["done"])
    shapes = ((frames, HEARD_FEATURES), (frames, len(ASPECTS)), (frames, len(ASPECTS)))
    if tuple(a[name].shape for name in ("heard", "seen", "done")) != shapes:
        raise BadFileError("not a prepared dyadic clip", path=path, hint=f"{MADE_BY} makes it")
    return DyadicClip(a["heard"], a["seen"], a["done"])


def _prepare(
    workspace: Workspace,
    pair: Pair,
    analysis: AnalysisConfig,
    machine: MachineConfig,
    progress: Progress,
) -> tuple[DyadicClip, dict[str, Any]]:
    def seen_in(path: Path, face: int | None) -> TargetAnalysis:
        config = replace(analysis, face=face, face_at=None)
        return analyse_target(
            workspace, path, f"dyadic-{pair.name}", config, machine.nthreads, progress
        )

    facts: dict[str, Any] = {}
    if pair.together:
        first = seen_in(pair.speaker, 1)
        if len(first.usable_frames) < 2:
            raise BadFileError(
                "only one person is seen",
                path=pair.speaker,
                hint="give both sides: NAME_speaker.mp4 and NAME_listener.mp4",
            )
        both = (first, seen_in(pair.speaker, 2))
        spoken = [_mouth_motion(one) for one in both]
        talks = int(np.argmax(spoken))
        speaker, listener = both[talks], both[1 - talks]
        facts["speaker_is_person"] = talks + 1
    else:
        speaker, listener = seen_in(pair.speaker, None), seen_in(pair.listener, None)
    pcm = as_pcm(read_audio(pair.speaker, SAMPLE_RATE))
    hearing = listen(pcm, load_detector())
    if not hearing.presence.any():
        raise BadFileError("no speech in the sound", path=pair.speaker)
    prosody = prosody_of(as_samples(hearing.even_whole(pcm)), hearing.presence)
    lasts = min(
        len(pcm) / SAMPLE_RATE,
        len(speaker.track) / float(speaker.rate),
        len(listener.track) / float(listener.rate),
    )
    if lasts < LEAST_SECONDS:
        raise BadFileError(
            f"only {lasts:.1f} s of both people",
            path=pair.listener,
            hint=f"{LEAST_SECONDS:.0f} s are needed",
        )
    frames = int(lasts * RATE)
    heard = prosody_features(prosody, RATE, frames)
    return DyadicClip(heard, _aspects(speaker, frames), _aspects(listener, frames)), facts


def _aspects(target: TargetAnalysis, frames: int) -> F64:
    motion = face_motion(target.track, float(target.rate))
    return aspects_of(resampled(motion, RATE, frames))


def _mouth_motion(target: TargetAnalysis) -> float:
    """Root mean square of the speed of the lips' opening, where the face is seen."""
    opening = mouth_opening(target.track.mouth[target.track.usable].astype(np.float64))
    return float(np.sqrt(np.mean(np.diff(opening) ** 2))) if len(opening) > 1 else 0.0
