"""Which playback of the target a run takes: retimed to the speech, or in the target's own order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..config import RetimingConfig
from ..progress import Progress
from ..retiming.activity import head_velocity
from ..retiming.direction import DIRECTED_SHARE, directed_share, surroundings
from ..retiming.own_order import FITS, play_in_order
from ..retiming.retime import Retiming, retime
from ..target.analysis import TargetAnalysis

FACES_LOOKED_AT = 100
"""Frames whose faces tell where the person is."""

KEEPS_ORDER = ("loop", "freeze")
"""Values of `fit` that only a target in its own order can have."""


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
    mode = playback_mode(target, config)
    if mode == "forward" and config.retiming == "auto" and config.fit not in KEEPS_ORDER:
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


def playback_mode(target: TargetAnalysis, config: RetimingConfig) -> str:
    """Tell how a target plays, as the options ask for or by what it shows.

    Returns
    -------
    {'full', 'forward', 'off'}
    """
    if config.retiming != "auto":
        return config.retiming
    if config.fit in KEEPS_ORDER or (config.fit != "bounce" and _has_direction(target)):
        return "forward"
    return "full"


def _has_direction(target: TargetAnalysis) -> bool:
    """Tell whether much around the person has a direction in time."""
    info, track, looks = target.info, target.track, target.looks
    faces = np.flatnonzero(track.usable)
    if not (len(faces) and len(looks)):
        return False
    height, width = looks.shape[2:]
    some = faces[:: max(1, len(faces) // FACES_LOOKED_AT)]
    landmarks = track.landmarks[some] * (max(height, width) / max(info.height, info.width))
    masks = surroundings(landmarks, height, width)
    return directed_share(looks[:, 0], looks[:, 1], *masks) >= DIRECTED_SHARE
