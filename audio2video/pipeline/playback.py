"""Which playback of the target a run takes: retimed to the speech, or in the target's own order."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..config import RetimingConfig
from ..media.video import VideoReader
from ..progress import Progress
from ..retiming.activity import head_velocity
from ..retiming.direction import (
    DIRECTED_SHARE,
    WIDTH,
    directed_share,
    frames_to_look_at,
    surroundings,
)
from ..retiming.own_order import FITS, play_in_order
from ..retiming.retime import Retiming, retime
from ..target.analysis import TargetAnalysis

FACES_LOOKED_AT = 100
"""Frames whose faces tell where the person is."""


def lay_target(
    target: TargetAnalysis,
    speech: NDArray[np.floating],
    config: RetimingConfig,
    progress: Progress,
) -> Retiming:
    """Lay a target under speech, as the options of retiming ask for.

    Parameters
    ----------
    target : TargetAnalysis
    speech : ndarray, shape (N,)
        Speech activity of each output frame.
    config : RetimingConfig
    progress : Progress
        Is told when the target keeps its own order, and what happens where it is too short.

    Returns
    -------
    Retiming
        Of N frames.

    Raises
    ------
    ValueError
        `speech` is empty.
    """
    track, wanted, rate = target.track, len(speech), float(target.info.rate)
    mode = config.retiming
    if mode == "auto":
        mode = "forward" if config.fit in ("loop", "freeze") else "full"
        if mode == "full" and config.fit != "bounce" and _has_direction(target):
            mode = "forward"
            progress.notice(
                "around the person something changes that must not run backwards (text, a clock, "
                "slides, a moving background): the target keeps its own order; --retiming full "
                "fits its gestures to the speech instead"
            )
    if mode == "full":
        velocity = head_velocity(track.landmarks, track.starts, track.usable)
        untouched = target.untouched_frames()
        return retime(speech, velocity, track.blink, track.usable, track.starts, rate, untouched)
    fit = config.fit if config.fit in FITS else "bounce" if mode == "off" else "freeze"
    if wanted > len(track) and config.fit not in FITS and mode == "forward":
        progress.warn(
            f"the speech is {(wanted - len(track)) / rate:.1f} s longer than the target, whose "
            "last frame stays: --fit loop, cut or bounce are other ways, or give a longer target"
        )
    good = ~target.untouched_frames() if mode == "forward" else np.ones(len(track), bool)
    return play_in_order(wanted, good, fit)


def _has_direction(target: TargetAnalysis) -> bool:
    """Tell whether much around the person has a direction in time."""
    info, track = target.info, target.track
    faces = np.flatnonzero(track.usable)
    if not len(faces):
        return False
    first = frames_to_look_at(info.frames, float(info.rate))
    if not len(first):
        return False
    pictures = _reduced(info.path, np.stack([first, first + 1], axis=1).ravel())
    height, width = pictures.shape[1:]
    some = faces[:: max(1, len(faces) // FACES_LOOKED_AT)]
    landmarks = track.landmarks[some] * (max(height, width) / max(info.height, info.width))
    masks = surroundings(landmarks, height, width)
    return directed_share(pictures[::2], pictures[1::2], *masks) >= DIRECTED_SHARE


def _reduced(path: Path, frames: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Read frames as small grey pictures."""
    with VideoReader(path) as reader:
        info = reader.info
        scale = WIDTH / max(info.width, info.height)
        size = (max(16, round(info.width * scale)), max(16, round(info.height * scale)))
        return np.array(
            [
                cv2.resize(frame.gray(), size, interpolation=cv2.INTER_AREA)
                for frame in reader.read(frames)
            ],
            np.uint8,
        )
