"""Costs of the retiming's dynamic programme, for each way to play a target frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .activity import normalised_motion

REPEAT_COST = 1.0
"""Cost of holding a frame at all."""

MOVING_COST = 2.0
"""Cost of holding a frame while the head moves lively: a half-way frame is softest there."""

BLINK_COST = 2.0
"""Cost of beginning or ending in a blink."""

UNUSABLE_COST = 10.0
"""Cost of a frame without a usable face: nothing can be said in it."""

UNTOUCHED_COST = 20.0
"""Cost of a frame that compositing leaves as it is, where there is other footage: a turn is cheaper
than a handful of them."""

NEAR_COST = 5.0
"""Cost of a frame shortly before or after one that compositing leaves as it is: a hand is on its
way to the mouth, or still hides the chin."""

NEAR_SECONDS = 0.25
"""So close to such a frame is shortly before or after."""

REVERSED_COST = 1 / 16
"""Cost of each frame played backwards: gestures and blinks are not the same in both directions."""

TURN_COST = 4.0
"""Cost of a turn that can't be seen in the head: clothes and hands turn too."""

JERK_COST = 20.0
"""Cost of a turn that accelerates the head as much as the person rarely does."""

WORST_JERK = 3.0
"""A turn is at most so many times as bad; one whose jerk is not known counts as bad as that."""

CUT_COST = 40.0
"""Cost of playing over a cut."""

AVOIDED = 128.0
"""Cost of what is done only if nothing else is left, like turning in a blink."""

RARE_QUANTILE = 0.99
"""Accelerations above this quantile of the person's own are rare."""

MIN_JERK = 0.005
"""Acceleration that nobody notices, in inter-ocular distances per squared frame."""

TURN_CLEAR_SECONDS = 0.3
"""A turn keeps this far from blinks."""

HOLD_CLEAR_SECONDS = 0.1
"""A held frame keeps this far from blinks."""

_GRAIN = 512
"""Costs are whole numbers of 1/512: their sums in single precision are exact up to 32,768."""

_MOTION_GRAIN = 64
"""Motion is a whole number of 1/64, so that a gain of n/8 times motion fits the grain of costs."""


class TargetCosts(NamedTuple):
    """Costs of a target of T frames; see `audio2video.retiming.path.best_path`.

    Parameters
    ----------
    motion : ndarray of float32, shape (T,)
        Cost of each frame per unit of gain.
    show : ndarray of float32, shape (T,)
        Cost of each frame whenever it is shown.
    enter, hold, turn : ndarray of float32, shape (2, T)
        For playing forwards and backwards; `turn` belongs to the frame and direction after the
        turn. Where `hold` or `turn` would need a frame beyond the target's ends, they are infinite.
    edge : ndarray of float32, shape (T,)
        Cost of being the first or the last frame of the output.
    """

    motion: NDArray[np.float32]
    show: NDArray[np.float32]
    enter: NDArray[np.float32]
    hold: NDArray[np.float32]
    turn: NDArray[np.float32]
    edge: NDArray[np.float32]


def target_costs(
    velocity: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    starts: NDArray[np.bool_],
    rate: float,
    untouched: NDArray[np.bool_] | None = None,
) -> TargetCosts:
    """Costs of holding, reversing at and playing each frame of a target.

    Parameters
    ----------
    velocity : ndarray, shape (T, 2)
        Motion of the head since the frame before, in inter-ocular distances.
    blink, usable, starts : ndarray of bool, shape (T,)
        Blinks; frames with a usable face; where an unbroken stretch starts.
    rate : float
        Frames per second.
    untouched : ndarray of bool, shape (T,), optional
        Frames to be avoided, as compositing leaves them as they are; none by default.

    Returns
    -------
    TargetCosts
    """
    frames = len(blink)
    motion = normalised_motion(np.linalg.norm(velocity, axis=1), usable)
    # What lies between frame k - 1 and frame k, for k = 0 to T: nothing does beyond the ends.
    moves = np.concatenate([velocity, np.zeros((1, 2))])
    lively = np.append(motion, 0.0)
    cut = np.zeros(frames + 1, bool)
    cut[1:-1] = starts[1:] & usable[:-1] & usable[1:]
    unknown = np.ones(frames + 1, bool)
    unknown[1:-1] = ~(usable[1:] & usable[:-1])
    near_blink = spread(blink, round(HOLD_CLEAR_SECONDS * rate))
    unsteady = cut | unknown
    unsteady[1:-1] |= near_blink[1:] | near_blink[:-1]

    jerks = turn_jerks(moves, cut | unknown)
    rare = max(natural_jerk(velocity, cut[:-1] | unknown[:-1]), MIN_JERK)
    turn_blink = spread(blink, round(TURN_CLEAR_SECONDS * rate))

    show = UNUSABLE_COST * ~usable
    if untouched is not None:
        near = spread(untouched, round(NEAR_SECONDS * rate))
        show = np.maximum(show, np.where(untouched, UNTOUCHED_COST, NEAR_COST * near))
    enter, hold, turn = np.zeros((3, 2, frames))
    frame = np.arange(frames)
    for d, (behind, prefetch) in enumerate(((frame, frame + 1), (frame + 1, frame))):
        enter[d] = CUT_COST * cut[behind] + REVERSED_COST * d
        hold[d] = REPEAT_COST + MOVING_COST * lively[prefetch] + AVOIDED * unsteady[prefetch]
        # A turn that goes on in direction d comes from the frame behind.
        turning = np.clip(frame - 1 + 2 * d, 0, frames - 1)
        turn[d] = (
            TURN_COST
            + JERK_COST * np.minimum(jerks[d] / rare, WORST_JERK)
            + AVOIDED * (turn_blink[turning] | cut[behind])
            + (3.0 * show[turning] + show)
        )
    hold[0, -1] = hold[1, 0] = turn[0, 0] = turn[1, -1] = np.inf
    return TargetCosts(
        (np.round(motion * _MOTION_GRAIN) / _MOTION_GRAIN).astype(np.float32),
        whole(show),
        whole(enter),
        whole(hold),
        whole(turn),
        whole(BLINK_COST * blink),
    )


def turn_jerks(moves: NDArray[np.floating], unknown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Largest acceleration of the head in an eased turn.

    With v the move from frame j to the turning frame, and u the move to j before it, the head moves
    by u, 3/4 v, v/4, -v/4, -3/4 v, -u from one output frame to the next.

    Parameters
    ----------
    moves : ndarray, shape (T + 1, 2)
        Move of the head from frame k - 1 to frame k.
    unknown : ndarray of bool, shape (T + 1,)
        Where there is no such move.

    Returns
    -------
    ndarray of float64, shape (2, T)
        For a turn that goes on in frame j, forwards and backwards; infinite where it is not known.
    """
    jerks = []
    for v, u, without in (
        (moves[:-1], moves[1:], unknown[:-1] | unknown[1:]),
        (moves[1:], moves[:-1], unknown[1:] | unknown[:-1]),
    ):
        slow, brake = np.linalg.norm(v / 2, axis=1), np.linalg.norm(u - 0.75 * v, axis=1)
        jerks.append(np.where(without, np.inf, np.maximum(slow, brake)))
    return np.array(jerks)


def natural_jerk(velocity: NDArray[np.floating], unknown: NDArray[np.bool_]) -> float:
    """Acceleration that the person's own head rarely exceeds; 0 if nothing is known of it."""
    known = ~(unknown[1:] | unknown[:-1])
    if not known.any():
        return 0.0
    return float(
        np.quantile(np.linalg.norm(np.diff(velocity, axis=0)[known], axis=1), RARE_QUANTILE)
    )


def spread(flags: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Flag all frames that are no further than `reach` from a flagged one."""
    return np.convolve(flags, np.ones(2 * reach + 1))[reach : reach + len(flags)] > 0.5


def whole(costs: NDArray[np.floating]) -> NDArray[np.float32]:
    """Round costs to their grain."""
    return np.asarray(np.round(costs * _GRAIN) / _GRAIN, np.float32)
