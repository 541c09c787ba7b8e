"""Which target frame plays under each output frame (paper, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

ALPHA_U = 2.0
"""Cost of target motion in silence."""

ALPHA_S = 2.0
"""Reward of target motion where speech sets in."""

BLINK_COST = 1.0
"""Cost of holding a frame in a blink, which would make the blink slow."""

REPEAT_COST = 1.0
"""Cost of holding a frame at all."""

UNUSABLE_COST = 4.0
"""Cost of a frame without a usable face: nothing can be said in it."""

ONSET_SECONDS = 0.2
"""How long speech counts as setting in."""

_ADVANCED, _REPEATED = 0, 1


@dataclass(frozen=True)
class Retiming:
    """The target frame under each of N output frames.

    Parameters
    ----------
    frames : ndarray of int32, shape (N,)
    halfway : ndarray of int32, shape (N,)
        -1, or the target frame that is next to come where this one is held: the picture shown is
        half-way between both.
    """

    frames: NDArray[np.int32]
    halfway: NDArray[np.int32]


def to_and_fro(frames: int, length: int) -> NDArray[np.int32]:
    """Give the frames of a target played forwards and backwards in turn, no end shown twice.

    Parameters
    ----------
    frames : int
        Frames of the target, at least 1.
    length : int

    Returns
    -------
    ndarray of int32, shape (length,)
    """
    if frames == 1:
        return np.zeros(length, np.int32)
    period = 2 * (frames - 1)
    phase = np.arange(length, dtype=np.int32) % period
    return np.asarray(np.minimum(phase, period - phase), np.int32)


def speech_onsets(speech: NDArray[np.floating], rate: float) -> NDArray[np.bool_]:
    """Frames in which speech has just set in.

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity, 0 to 1.
    rate : float
        Frames per second.
    """
    active = speech > 0.5
    begins = active & ~np.r_[False, active[:-1]]
    span = max(1, round(ONSET_SECONDS * rate))
    return np.asarray(np.convolve(begins, np.ones(span))[: len(speech)] > 0) & active


def retime(
    speech: NDArray[np.floating],
    motion: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    rate: float,
) -> Retiming:
    """Lay the target under the speech so that the head rests in pauses and moves with speech.

    Frames are taken in order; each may be held once (it then becomes a half-way frame). A target
    shorter than the speech is played to and fro.

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity of each output frame, 0 to 1.
    motion : ndarray, shape (T,)
        Motion of the target's head, in inter-ocular distances per frame.
    blink, usable : ndarray of bool, shape (T,)
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
    wanted, available = len(speech), len(motion)
    if not (wanted and available):
        raise ValueError("speech and target must have at least one frame")
    # Any start in the target is allowed. A long one is not left before its end; a short one turns.
    length = available if available >= wanted else available + wanted
    order = to_and_fro(available, length)
    lively = normalised_motion(motion, usable)
    silent = ALPHA_U * (speech < 0.5).astype(np.float32)
    onset = ALPHA_S * speech_onsets(speech, rate).astype(np.float32)
    gain = (silent - onset).astype(np.float32)
    still_cost = np.where(usable, 0.0, UNUSABLE_COST).astype(np.float32)
    repeat = (REPEAT_COST + BLINK_COST * blink).astype(np.float32)
    starts = available if length > available else length - wanted + wanted // 2 + 1
    path, held = _best_path(
        gain, lively[order], still_cost[order], repeat[order], min(starts, length)
    )
    frames = order[path]
    after = order[np.minimum(path + 1, length - 1)]
    return Retiming(frames, np.where(held, after, -1).astype(np.int32))


def as_it_is(wanted: int, available: int) -> Retiming:
    """Play the target from its first frame on, to and fro if it is short."""
    return Retiming(to_and_fro(available, wanted), np.full(wanted, -1, np.int32))


def normalised_motion(
    motion: NDArray[np.floating], usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Motion on a scale where 1 is lively for this person, cut off there."""
    if not usable.any():
        return np.zeros(len(motion), np.float32)
    scale = max(float(np.quantile(motion[usable], 0.9)), 1e-6)
    return np.asarray(np.clip(motion / scale, 0, 1), np.float32)


@nb.njit(cache=True, nogil=True)
def _best_path(
    gain: NDArray[np.float32],
    motion: NDArray[np.float32],
    constant: NDArray[np.float32],
    repeat: NDArray[np.float32],
    starts: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Cheapest non-decreasing path; where holding costs no less than going on, it goes on.

    With c(i, j) = gain_i motion_j + constant_j, and A, R the cost of reaching (i, j) by advancing
    to j and by holding it:

        A(i, j) = c(i, j) + min(A(i-1, j-1), R(i-1, j-1))
        R(i, j) = c(i, j) + repeat_j + A(i-1, j)
    """
    n, m = len(gain), len(motion)
    # Only A has a choice to remember, in one bit: 1 if it came from R.
    choice = np.zeros((n, (m + 7) // 8), np.uint8)
    infinite = np.float32(np.inf)
    advanced = np.empty(m, np.float32)
    repeated = np.full(m, infinite, np.float32)
    for j in range(m):
        advanced[j] = gain[0] * motion[j] + constant[j] if j < starts else infinite
    for i in range(1, n):
        for j in range(m - 1, -1, -1):
            cost = gain[i] * motion[j] + constant[j]
            hold = cost + repeat[j] + advanced[j]
            step = infinite
            if j > 0:
                step = advanced[j - 1]
                if repeated[j - 1] < step:
                    step = repeated[j - 1]
                    choice[i, j >> 3] |= np.uint8(1 << (j & 7))
                step += cost
            # j - 1 still holds the row before: rows are run through from the right.
            advanced[j] = step
            repeated[j] = hold
    path = np.empty(n, np.int64)
    held = np.zeros(n, np.bool_)
    j = int(np.argmin(advanced))
    state = _ADVANCED
    k = int(np.argmin(repeated))
    if repeated[k] < advanced[j]:
        j, state = k, _REPEATED
    for i in range(n - 1, -1, -1):
        path[i] = j
        if state == _REPEATED:
            held[i] = True
            state = _ADVANCED
        elif i > 0:
            state = (choice[i, j >> 3] >> (j & 7)) & 1
            j -= 1
    return path, held
