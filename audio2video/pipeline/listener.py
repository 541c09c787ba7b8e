"""A target as a listener: which of its frames play, and where its own mouth may stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import binary_erosion, binary_opening

from .._typing import F64, Mask
from ..compositing.fading import FADE, covering_fade
from ..errors import MissingFileError
from ..face.layout import mouth_opening
from ..listening.codebook import RATE
from ..listening.footage import make_footage
from ..listening.gestures import Habits, find_nods, habits_of
from ..listening.graph import Footage
from ..listening.motion import OPENING, FaceMotion, face_motion, openness, resampled
from ..listening.playing import Playing, play, varied
from ..listening.prosody import Prosody, prosody_of
from ..listening.repeats import REPEAT_SECONDS
from ..listening.shown import shown_motion
from ..listening.wish import NOD_SECONDS, Wish, aspects_of, freed, ruled_wish
from ..models.encoder_files import load_detector
from ..models.listener_file import read_listener
from ..retiming.retime import Retiming, ping_pong
from ..speech.recording import as_samples, recording_activity
from ..storage.artifacts import read_record
from ..storage.files import file_hash
from ..storage.ids import DEFAULT_ID, id_from_path
from ..target.analysis import TargetAnalysis, analyse_target
from .job import Job
from .playback import playback_mode
from .small_pictures import small_pictures
from .speech_samples import speech_of

FORMAT = 4
"""Raised when the way listeners are shown changes."""

CLOSED_MARGIN = 0.015
"""Inter-ocular distances by which lips may be further open than at rest and still count as closed:
the error of landmarks."""

KEPT_SECONDS = 0.3
"""A mouth that is closed for less is about to speak, or has just spoken."""

LOWER_FACE = (*range(4, 13), *range(31, 36))
"""Jaw and nostrils: what is between them moves with the mouth."""

TALK_SECONDS = 0.9
"""Around what the listener says; see `mouth.rest`."""


def listener_facts(job: Job) -> dict[str, Any]:
    """Give what the frames of a listener depend on, for the key of the retiming."""
    config = job.config.listening
    if not config.listen:
        return {}
    model, video = listener_model(job), config.speaker_video
    chosen = {
        "take": config.take,
        "liveliness": config.liveliness,
        "model": None if model is None else file_hash(model),
        "speaker_video": None if video is None else file_hash(video),
    }
    return {
        "listener": FORMAT,
        **chosen,
        "seed": job.config.training.seed,
        "heard": file_hash(job.audio.path),
    }


def listener_model(job: Job) -> Path | None:
    """Give the file of the trained listener that is asked for; None for the published rule.

    Unless it is named, one that told nothing on the clips held out in its training is not used.

    Raises
    ------
    MissingFileError
        There is no such file.
    """
    asked = job.config.listening.listener_model
    if asked == "rule":
        return None
    own = job.workspace.listener()
    if asked == "auto":
        record = read_record(own) or {}
        held, unigram = record.get("held_out_loss"), record.get("unigram_loss")
        useless = held is not None and unigram is not None and held >= unigram
        return own if own.is_file() and not useless else None
    if not Path(asked).is_file():
        raise MissingFileError(
            "trained listener not found", path=Path(asked), hint="--steps 0 --dyadic DIR trains one"
        )
    return Path(asked)


def lay_listener(job: Job) -> tuple[Retiming, dict[str, Any]]:
    """Choose the frames of a target that show it listening.

    Parameters
    ----------
    job : Job
        Whose speech is what the person hears.

    Returns
    -------
    Retiming
    dict
        What was asked for and what is shown, for the record.

    Raises
    ------
    Audio2VideoError
        The speech or the target can't be used.
    """
    target, config, rate = job.target, job.config.listening, float(job.rate)
    motion = face_motion(target.track, rate)
    habits = habits_of(motion, _closed(target))
    rng = np.random.default_rng([job.config.training.seed, config.take])
    prosody, path = _heard(job), listener_model(job)
    if path is None:
        if config.speaker_video is not None:
            job.progress.notice(
                "the rule for listeners hears the voice alone: --speaker_video is not used"
            )
        wish = ruled_wish(prosody, habits, rate, job.frames, config.liveliness, rng)
    else:
        model, seen = read_listener(path), _speaker_motion(job)
        wish = model.wish(prosody, seen, rate, job.frames, config.liveliness, rng)
    talking = _own_speech(job)
    if talking is not None:
        wish = freed(wish, talking, rate)
    footage = varied(listener_footage(job, target, motion), rng)
    playing = play(footage, wish)
    if playing is None:
        job.progress.warn(
            f"{target.info.path.name} has no stretch that is long enough to be put together anew: "
            "it is played to and fro, without nods"
        )
        return ping_pong(job.frames, len(target.track)), {"listener": {"nods_asked": 0}}
    timing = Retiming(playing.positions, playing.joined, playing.shares)
    facts = _facts(motion, habits, wish, playing)
    if path is None:
        _tell(job, habits, facts)
    if playing.repeats:
        job.progress.notice(
            f"nods shown again within {REPEAT_SECONDS:.0f} s: {len(playing.repeats)}; "
            f"{target.info.path.name} is too short, or moves too much, for another way"
        )
    return timing, {"listener": facts}


def mouth_shares(target: TargetAnalysis, timing: Retiming) -> F64:
    """Tell how much of the synthesised mouth is shown in each frame of a listener, (N,).

    Where the person's own mouth is closed for a while, with or without a smile, it stays.
    """
    rate = float(target.info.rate)
    track = target.track
    closed = track.usable & (mouth_opening(track.mouth) <= _closed(target))
    other = np.where(timing.neighbours >= 0, timing.neighbours, timing.frames)
    both = closed[timing.frames] & closed[other]
    kept = binary_opening(both, np.ones(max(2, round(KEPT_SECONDS * rate)), bool))
    # Faded inside the time in which it is closed: a mouth that opens is not to be seen.
    steps = round(FADE * rate) + 1
    inside = binary_erosion(kept, iterations=steps, border_value=1)
    return covering_fade(inside.astype(np.float64), rate)


def listener_shares(job: Job, timing: Retiming) -> F64:
    """Give `mouth_shares` of a job, whose mouth is all synthesised while the person speaks."""
    shares = mouth_shares(job.target, timing)
    talking = _own_speech(job)
    if talking is None:
        return shares
    # The mouth is ready before the voice is heard, and comes to rest after it.
    reach = round(TALK_SECONDS * float(job.rate))
    wide = np.convolve(talking, np.ones(2 * reach + 1))[reach : reach + len(talking)] > 0.5
    inside = (shares == 0) & ~wide
    return covering_fade(inside.astype(np.float64), float(job.rate))


def _closed(target: TargetAnalysis) -> float:
    """Give the opening up to which a mouth counts as closed."""
    return max(float(mouth_opening(target.reference)), 0.0) + CLOSED_MARGIN


def _heard(job: Job) -> Prosody:
    """Measure the prosody of what the person hears."""
    product = job.retiming_path.with_name("heard.npz")
    with speech_of(job.audio.path, product, load_detector) as (samples, heard):
        return prosody_of(as_samples(samples), heard.hearing.presence)


def _speaker_motion(job: Job) -> F64 | None:
    """Analyse the video of who speaks, for a trained listener."""
    path = job.config.listening.speaker_video
    if path is None:
        return None
    analysis = replace(job.config.analysis, face=None, face_at=None)
    name = id_from_path(DEFAULT_ID, path)
    workers = job.config.machine.nthreads
    speaker = analyse_target(job.workspace, path, name, analysis, workers, job.progress)
    motion = face_motion(speaker.track, float(speaker.rate))
    return aspects_of(resampled(motion, RATE, round(len(motion) * RATE / motion.rate)))


def _own_speech(job: Job) -> Mask | None:
    """Tell in which frames the listener speaks, bool (N,); None for never."""
    if job.config.inputs.voice_audio is None:
        return None
    with job.speech(job.retiming_path.with_name("said.npz")) as (samples, presence):
        activity = recording_activity(samples, job.rate, job.frames, presence)
    return np.asarray(activity > 0.5)


def listener_footage(job: Job, target: TargetAnalysis, motion: FaceMotion) -> Footage:
    """Prepare a target to be put together anew.

    Parameters
    ----------
    job : Job
    target : TargetAnalysis
        Of that job.
    motion : FaceMotion
        Of that target.
    """
    folder = job.workspace.analysis(job.tar_id, target.key)
    opening = motion.values[:, OPENING]
    opened = openness(opening, _closed(target), float(np.median(opening[motion.seen])))
    return make_footage(
        motion,
        small_pictures(target, folder, job.progress),
        mouth_boxes(target),
        opened,
        target.untouched_frames(),
        target.track.starts,
        reversible=playback_mode(target, job.config.retiming) == "full",
    )


def mouth_boxes(target: TargetAnalysis) -> F64:
    """Give the box of mouth and jaw in each frame as shares of the picture, (T, 4)."""
    points = target.track.landmarks[:, LOWER_FACE].astype(np.float64)
    corners = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    return np.asarray(corners / np.tile([target.info.width, target.info.height], 2), np.float64)


def _facts(motion: FaceMotion, habits: Habits, wish: Wish, playing: Playing) -> dict[str, Any]:
    """Say what was asked for and what is shown."""
    shown = shown_motion(motion, playing)
    nods = find_nods(shown)
    asked = wish.nods.tolist()
    near = [
        any(
            nod.first / shown.rate < time + NOD_SECONDS and nod.last / shown.rate > time
            for nod in nods
        )
        for time in asked
    ]
    return {
        "nods_asked": [round(time, 2) for time in asked],
        "nods_given": int(sum(near)),
        "nods_shown": [round(nod.first / shown.rate, 2) for nod in nods],
        "blinks_asked": [round(time, 2) for time in wish.blinks.tolist()],
        "own_nods_per_second": round(habits.nods, 3),
        "own_blinks_per_second": round(habits.blinks, 3),
        "own_smiles_share": round(habits.smiles, 3),
        "joins": playing.joins,
        "turns": playing.turns,
        "nods_again": [round(one.again / shown.rate, 2) for one in playing.repeats],
    }


def _tell(job: Job, habits: Habits, facts: dict[str, Any]) -> None:
    name = job.target.info.path.name
    if habits.nod_degrees == 0:
        job.progress.notice(f"{name} shows no nod: the listener does not nod either")
        return
    asked, given = len(facts["nods_asked"]), facts["nods_given"]
    if given < asked:
        job.progress.notice(
            f"{given} of {asked} nods could be shown: the footage has no fitting one for the others"
        )
