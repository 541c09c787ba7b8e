"""The retiming's dynamic programme: the cheapest forward and backward playback of a target."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._typing import F32, F64, U8
from ..runtime.kernels import kernel
from .costs import TargetCosts

EASE = 3
"""Output frames of a turn: most of the way to the turning frame, that frame, and back again."""

MAX_COST = 1e15
"""Sums of more might be infinite, and differences of those are no numbers."""

_ADVANCED, _HELD, _LOCKED = 0, 1, 2


class _Row(NamedTuple):
    """Costs of reaching each target frame in one output frame and one direction."""

    advanced: F32
    held: F32
    along: F32
    turned: F32


class _Past(NamedTuple):
    """What a row is made of: costs of earlier output frames, each moved to where it is needed."""

    stayed: F32
    stepped: F32
    held: F32
    along: F32
    turned_from: F32
    begun: F32


def best_path(gain: F32, costs: TargetCosts, lock: int) -> F64:
    """Find the cheapest way to play a target of T frames under N output frames.

    Direction 0 is forwards, 1 backwards; ``step`` is +1 and -1. With
    c(i, j) = gain_i motion_j + show_j, and A, H, W, L the cost of reaching output frame i with
    target frame j, in direction d, by going on, by holding j once, by having just turned, and at
    the end of the stretch that must be played after a turn:

        A(i, j) = c(i, j) + enter_j + min(A(i-1, j-step), H(i-1, j-step))   or L(i, j), if less
        H(i, j) = c(i, j) + hold_j + A(i-1, j)
        W(i, j) = c(i, j) + turn_j + [A(i-4, j) of the other direction]
        L(i, j) = W(i-lock, j - lock step) + the c and enter of the frames since then

    A held frame is shown half-way to the next. A turn is played j, j - 3/4 step, j - step,
    j - 3/4 step, j. The output begins with A(0, j) = c(0, j) + edge_j; it may end in A, in H, or
    anywhere after W.

    Parameters
    ----------
    gain : ndarray of float32, shape (N,)
        Weight of `motion` in each output frame.
    costs : TargetCosts
    lock : int
        Frames played without turn or hold after the first frame that follows a turn, at most T - 3.

    Returns
    -------
    ndarray of float64, shape (N,)
        The place in the target under each output frame, in frames.

    Raises
    ------
    ValueError
        No such path exists, the arrays' shapes do not fit each other, or a cost is not as above.
    """
    motion, show, enter, hold, turn, edge = costs
    frames = len(motion)
    if any(a.shape != (frames,) for a in (motion, show, edge)) or gain.ndim != 1:
        raise ValueError(f"motion, show and edge must be ({frames},), and gain (N,)")
    if any(a.shape != (2, frames) for a in (enter, hold, turn)):
        raise ValueError(f"enter, hold and turn must be (2, {frames})")
    if not (len(gain) and frames and 0 <= lock <= max(frames - 3, 0)):
        raise ValueError(f"no frames, or a lock of {lock} frames in {frames}")
    if any(not np.abs(a).max() < MAX_COST for a in (gain, motion, show, enter, edge)):
        raise ValueError("costs must be finite")
    if any(not (a.min() > -MAX_COST) for a in (hold, turn)):
        raise ValueError("costs of holding and turning must be finite, or infinite for never")
    if not np.isposinf([hold[0, -1], hold[1, 0], turn[0, 0], turn[1, -1]]).all():
        raise ValueError("beyond the ends nothing can be held or turned at")
    # Made here, because the compiler takes a second for calls that make arrays.
    margin = lock + 1
    width = frames + 2 * margin
    places: F64 = _best_path(
        gain,
        costs,
        lock,
        np.full((2, EASE + 2, width), np.inf, np.float32),
        np.full((2, 2, width), np.inf, np.float32),
        np.zeros((2, 2, width), np.float32),
        np.full((2, margin, width), np.inf, np.float32),
        np.zeros((len(gain), 2, (frames + 3) // 4), np.uint8),
    )
    if len(places) == 0:
        raise ValueError(f"{len(motion)} target frames can't be played for {len(gain)} frames")
    return places


@kernel()
def _best_path(
    gain: F32,
    costs: TargetCosts,
    lock: int,
    advanced: F32,
    held: F32,
    along: F32,
    turned: F32,
    choice: U8,
) -> F64:
    """Fill the tables of costs, of which each holds the last rows only, and follow the choices.

    `advanced`, `held` and `turned` begin infinite, `along` with zeros. Rows have a margin of cells
    that are never reached, so that no cell needs a border case. `along` has costs along a diagonal
    from the first row on: the difference of two is that of a stretch. `turned` is W less `along`.
    `choice` says how A was reached: 0 from A, 1 from H, 2 from L; four cells a byte.
    """
    n, m = len(gain), len(costs.motion)
    edge = costs.edge
    never = np.float32(np.inf)
    margin = lock + 1
    rows = EASE + 2
    codes = np.zeros(4 * choice.shape[2], np.uint8)
    for d in range(2):
        for j in range(m):
            cost = gain[0] * costs.motion[j] + costs.show[j]
            advanced[d, 0, margin + j] = cost + edge[j]
            along[d, 0, margin + j] = cost + costs.enter[d, j]
    for i in range(1, n):
        now, before, ago = i % rows, (i - 1) % rows, (i - EASE - 1) % rows
        even, odd = i % 2, (i - 1) % 2
        for d in range(2):
            step = 1 - 2 * d
            here = slice(margin, margin + m)
            there = slice(margin - step, margin - step + m)
            begun = slice(margin - lock * step, margin - lock * step + m)
            past = _Past(
                advanced[d, before, here],
                advanced[d, before, there],
                held[d, odd, there],
                along[d, odd, there],
                advanced[1 - d, ago, here],
                turned[d, (i - lock) % margin, begun],
            )
            row = _Row(
                advanced[d, now, here],
                held[d, even, here],
                along[d, even, here],
                turned[d, i % margin, here],
            )
            _fill(row, gain[i], costs, d, past, codes)
            _pack(codes, choice[i, d])
    # The cheapest end: in A or H of either direction, or `inside` frames after a turn.
    # Plain numbers here would be types of their own, for each of which `_follow` is compiled.
    least, j, d = never, np.int64(-1), np.int64(0)
    state, inside = np.int64(_ADVANCED), np.int64(0)
    for way in range(2):
        for kind in range(2):
            ends = held[way, (n - 1) % 2] if kind == _HELD else advanced[way, (n - 1) % rows]
            for k in range(m):
                if ends[margin + k] + edge[k] < least:
                    least, j, d, state = ends[margin + k] + edge[k], k, way, kind
    for way in range(2):
        step = 1 - 2 * way
        for since in range(min(lock, n)):
            begun_row = turned[way, (n - 1 - since) % margin]
            for k in range(m):
                cost = begun_row[margin + k - since * step] + along[way, (n - 1) % 2, margin + k]
                cost += edge[k]
                if cost < least:
                    least, j, d, state, inside = cost, k, way, _LOCKED, since
    places: F64 = _follow(choice, n if j >= 0 else 0, j, d, state, inside, lock)
    return places


@kernel()
def _fill(row: _Row, gain: np.float32, costs: TargetCosts, d: int, past: _Past, codes: U8) -> None:
    """Fill the costs of one output frame: without branches, so that it becomes vector code."""
    enter, hold, turn = costs.enter[d], costs.hold[d], costs.turn[d]
    for j in range(len(enter)):
        cost = gain * costs.motion[j] + costs.show[j]
        on = cost + enter[j]
        diagonal = past.along[j] + on
        row.turned[j] = (past.turned_from[j] + turn[j]) + cost - diagonal
        # With a lock of 0 this is what was written the line before.
        released = past.begun[j] + diagonal
        went = min(past.stepped[j], past.held[j]) + on
        codes[j] = 2 if released < went else (1 if past.held[j] < past.stepped[j] else 0)
        row.advanced[j] = min(released, went)
        row.held[j] = past.stayed[j] + (cost + hold[j])
        row.along[j] = diagonal


@kernel()
def _pack(codes: U8, packed: U8) -> None:
    for k in range(len(packed)):
        packed[k] = (
            codes[4 * k]
            | (codes[4 * k + 1] << 2)
            | (codes[4 * k + 2] << 4)
            | (codes[4 * k + 3] << 6)
        )


@kernel()
def _follow(choice: U8, n: int, j: int, d: int, state: int, inside: int, lock: int) -> F64:
    """Go back from the end to the first output frame."""
    places = np.empty(n)
    i = n - 1
    while i >= 0:
        step = 1 - 2 * d
        if state == _LOCKED:
            for _ in range(inside + 1):
                places[i] = j
                i, j = i - 1, j - step
            # Now j is the turning frame.
            places[i] = places[i - 2] = j + 0.25 * step
            places[i - 1] = j
            j += step
            i, d, state = i - EASE, 1 - d, _ADVANCED
            continue
        places[i] = j
        if state == _HELD:
            places[i] = j + 0.5 * step
            i, state = i - 1, _ADVANCED
            continue
        if i == 0:
            break
        state = (choice[i, d, j >> 2] >> (2 * (j & 3))) & 3
        if state == _LOCKED:
            inside = lock
        else:
            i, j = i - 1, j - step
    return places
