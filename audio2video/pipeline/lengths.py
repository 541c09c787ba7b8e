"""How many frames a result has."""

from __future__ import annotations

from fractions import Fraction

from ..config.segments import MIN_SECONDS
from ..errors import BadFileError
from ..media.audio import AudioInfo
from ..media.video import VideoInfo


def output_frames(audio: AudioInfo, rate: Fraction) -> int:
    """Frames of a video that lasts as long as the sound, to within half a frame; at least one.

    Raises
    ------
    BadFileError
        The sound is too short for speech.
    """
    if audio.duration < MIN_SECONDS:
        raise BadFileError(
            f"only {float(audio.duration) * 1000:.0f} ms of sound",
            path=audio.path,
            hint=f"speech of at least {float(MIN_SECONDS) * 1000:.0f} ms is needed",
        )
    return max(1, round(Fraction(audio.duration) * rate))


def result_frames(audio: AudioInfo, video: VideoInfo, fit: str) -> int:
    """Frames of a result: as long as the speech, or cut or continued to the target's length.

    Parameters
    ----------
    audio : AudioInfo
    video : VideoInfo
        The target.
    fit : str
        As `audio2video.config.Config.length_fit`.

    Raises
    ------
    BadFileError
        The sound is too short for speech.
    """
    spoken = output_frames(audio, video.rate)
    if fit == "cut":
        return min(spoken, video.frames)
    return max(spoken, video.frames) if fit == "silence" else spoken
