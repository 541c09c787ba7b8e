"""Which target frame plays under each output frame (paper, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .activity import speech_gain
from .costs import target_costs
from .path import best_path

PLAY_SECONDS = 1.5
"""Least time between two turns, where the target is long enough."""


@dataclass(frozen=True)
class Retiming:
    """The target frame under each of N output frames.

    Parameters
    ----------
    frames : ndarray of int32, shape (N,)
    halfway : ndarray of int32, shape (N,)
        -1, or a neighbour of the target frame: the picture shown is half-way between both.
    """

    frames: NDArray[np.int32]
    halfway: NDArray[np.int32]


def retime(
    speech: NDArray[np.floating],
    velocity: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    starts: NDArray[np.bool_],
    rate: float,
) -> Retiming:
    """Lay the target under the speech so that the head rests in pauses and moves with speech.

    Playback may begin anywhere and turn anywhere, slowing down to do so; a frame in between may be
    held once (it then becomes a half-way frame).

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity of each output frame, 0 to 1.
    velocity : ndarray, shape (T, 2)
        Motion of the target's head since the frame before, in inter-ocular distances; see
        `audio2video.timing.activity.head_velocity`.
    blink, usable : ndarray of bool, shape (T,)
    starts : ndarray of bool, shape (T,)
        Where an unbroken stretch starts.
    rate : float
        Frames per second.

    Returns
    -------
    Retiming

    Raises
    ------
    ValueError
        One of them is empty.
    """
    wanted, available = len(speech), len(velocity)
    if not (wanted and available):
        raise ValueError("speech and target must have at least one frame")
    if available < 3:
        return as_it_is(wanted, available)
    costs = target_costs(velocity, blink, usable, starts, rate)
    lock = min(round(PLAY_SECONDS * rate), available - 3)
    frames, halfway = best_path(
        speech_gain(speech, rate).astype(np.float32),
        costs.motion,
        costs.show,
        costs.enter,
        costs.hold,
        costs.turn,
        costs.edge,
        lock,
    )
    return Retiming(frames, halfway)


def as_it_is(wanted: int, available: int) -> Retiming:
    """Play the target from its first frame on, to and fro if it is short, easing the turns.

    Parameters
    ----------
    wanted, available : int
        Frames of the output and of the target, at least 1 each.

    Returns
    -------
    Retiming
    """
    last = available - 1
    if last == 0:
        return Retiming(np.zeros(wanted, np.int32), np.full(wanted, -1, np.int32))
    inner = [(frame, -1) for frame in range(1, last)]
    there = [*inner, (last - 1, last), (last, -1), (last, -1), (last, last - 1)]
    back = [*inner[::-1], (1, 0), (0, -1), (0, -1), (0, 1)]
    cycle = np.array(there + back, np.int32)
    # The first frame is shown before the first cycle, which ends just before its second frame.
    numbers = np.arange(wanted - 1) % len(cycle)
    frames, halfway = np.concatenate([np.array([[0, -1]], np.int32), cycle[numbers]]).T
    return Retiming(frames.copy(), halfway.copy())
