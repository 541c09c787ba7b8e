"""What is heard in a result: the speech, and where asked for the target's own sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ..media.mix import MixedSound, Voice
from ..media.video import probe_video
from .job import Job


def result_sound(job: Job) -> Path | MixedSound | None:
    """Give the sound of a result: the user's file as it is, or what is put together of several.

    Returns
    -------
    Path or MixedSound or None
        To be closed by whoever writes it. None where nothing is to be heard.

    Raises
    ------
    Audio2VideoError
        A file is missing, or has no sound that can be decoded.
    """
    if job.config.listening.listen:
        return _heard_by_listener(job)
    level, info = job.config.sound.kept_level, probe_video(job.workspace.target_video(job.tar_id))
    if job.plan is not None:
        own = info.path if info.has_audio else None
        return MixedSound(own, job.plan.voices(), Fraction(job.frames) / job.rate, level)
    speech = job.audio
    if level is None:
        return speech.path
    if not info.has_audio:
        job.progress.warn(f"{info.path.name} has no sound that could be kept")
        return speech.path
    # To the end of the pictures, and of a speech that ends within half a frame of them.
    seconds = max(Fraction(job.frames) / job.rate, speech.duration)
    return MixedSound(info.path, [Voice(speech.path)], seconds, level)


def is_silent(job: Job) -> bool:
    """Tell whether a result is to have no sound."""
    listening = job.config.listening
    return listening.listen and not listening.listener_sound and not job.config.inputs.voice_audio


def _heard_by_listener(job: Job) -> Path | MixedSound | None:
    """Give what a listener hears and says, as far as that is wanted."""
    if is_silent(job):
        return None
    own = job.config.inputs.voice_audio
    if own is None:
        return job.audio.path
    if not job.config.listening.listener_sound:
        return own
    return MixedSound(None, [Voice(job.audio.path), Voice(own)], Fraction(job.frames) / job.rate)
