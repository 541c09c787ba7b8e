"""Pieces of a listener's footage, and how one leads to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .._typing import F32, F64, I32, I64, Mask

SLOT_SECONDS = 0.32
"""What is chosen at once: as long as a join takes."""

JOINS = 24
"""Places from which each piece may be come to; the likest of all."""

EASE = 3
"""Frames of a turn that are shown around the turning frame; as in `retiming.path`."""

JOIN_COST, UNLIKE_COST = 4.0, 3.0
"""Cost of any join, and of one whose frames differ by as much as `Footage.likeness` counts one."""

ELSEWHERE_COST = 8.0
"""Cost of a join in which some part of the picture differs by one, growing with the square."""

GHOST, GHOST_COST = 1.25, 400.0
"""A difference from which on a hand is seen in two places, and the cost of each further one."""

NEVER = np.float32(1e9)

_ROWS = 256


@dataclass(frozen=True)
class Footage:
    """A listener's footage of T frames.

    Parameters
    ----------
    aspects : ndarray of float64, shape (T, 8)
        See `wish.aspects_of`.
    cost : ndarray of float64, shape (T,)
        Of showing a frame whatever is wished for: an open mouth, a moving body, an odd pose.
    likeness : ndarray of float64, shape (T, P)
        A place in a space in which frames that are one apart look about as different as the
        person's own within a join.
    blocks : ndarray of float32, shape (T, B)
        Brightness of parts of the picture that are about as large as a hand, which is not to be in
        two places within a join. One is a difference that is not seen in it; NaN is a
        part that need not be alike.
    linked : ndarray of bool, shape (T,)
        Whether a frame goes on from the one before.
    gestures : ndarray of int32, shape (T,)
        See `repeats.gesture_frames`.
    rate : float
        Frames per second.
    reversible : bool
        Whether it may be played backwards.
    """

    aspects: F64
    cost: F64
    likeness: F64
    blocks: F32
    linked: Mask
    gestures: I32
    rate: float
    reversible: bool = True

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def slot(self) -> int:
        """Frames that are chosen at once."""
        return slot_frames(self.rate)


def slot_frames(rate: float) -> int:
    """Give the frames that are chosen at once."""
    return max(EASE + 2, round(SLOT_SECONDS * rate))


def largest(apart: F32) -> F64:
    """Give the largest difference of all parts that are to be alike, along the last axis."""
    return np.asarray(np.fmax.reduce(np.abs(apart), axis=-1, initial=0.0), np.float64)


def _moved(places: I64, step: I64, frames_on: int, frames: int) -> I64:
    return np.asarray(np.clip(places + step * frames_on, 0, frames - 1), np.int64)


class PieceGraph:
    """Pieces of one slot, that end in a frame, forwards (0) or backwards (1), as 2 T states.

    State ``way * T + j`` has just shown frame j. `runs` holds the frames of each piece, `turned`
    those of one that begins with a turn; `whole` and `turns` tell whether these can be played.
    """

    def __init__(self, footage: Footage) -> None:
        self.footage = footage
        frames, slot = len(footage), footage.slot
        self.frames, self.slot = frames, slot
        ends = np.tile(np.arange(frames), 2)
        step = np.repeat([1, -1], frames)
        back = np.arange(slot - 1, -1, -1)
        self.runs = ends[:, None] - step[:, None] * back
        # One frame more than is shown: what comes before must lead into it.
        links = np.concatenate([[0], np.cumsum(footage.linked)])
        self._links = links
        self.whole = self._linked(ends - step * slot, ends) & (footage.reversible | (step > 0))
        # A turn: frames q, then half-way to the turning frame and back, and on from q.
        begin = ends - step * (slot - EASE - 1)
        ease = np.array([0.75, 1.0, 0.75])[:EASE]
        after = np.arange(slot - EASE)
        self.turned = np.hstack(
            [
                begin[:, None] - step[:, None] * ease,
                begin[:, None] + step[:, None] * after.astype(float),
            ]
        )
        turn_from = (1 - np.repeat([0, 1], frames)) * frames + np.clip(begin, 0, frames - 1)
        inside = self._linked(begin - 2 * step, ends)
        self.turns = inside & footage.reversible
        go_from = np.repeat([0, 1], frames) * frames + np.clip(ends - step * slot, 0, frames - 1)
        self.join_from, self.join_cost = self._joins(ends, step)
        self.ways = np.column_stack([go_from, turn_from, self.join_from])
        self.gestures = self._gestures(ends, step)

    def _linked(self, a: I64, b: I64) -> Mask:
        """Whether all frames between two are there and go on from each other."""
        low, high = np.minimum(a, b), np.maximum(a, b)
        inside = (low >= 0) & (high < self.frames)
        low, high = np.clip(low, 0, self.frames - 1), np.clip(high, 0, self.frames - 1)
        return np.asarray(
            inside & (self._links[high + 1] - self._links[low + 1] == high - low), np.bool_
        )

    def _joins(self, ends: I64, step: I64) -> tuple[I64, F32]:
        """Find for each piece the states from which a join leads to it, and its cost.

        Within a join the frames that go on from there are mixed with those of this piece.
        """
        frames, slot = self.frames, self.slot
        middle = slot // 2
        like = self.footage.likeness
        out = np.clip(ends + step * middle, 0, frames - 1)
        into = np.clip(ends - step * (slot - middle), 0, frames - 1)
        leads = self._linked(ends, ends + step * slot) & (self.footage.reversible | (step > 0))
        speed = np.gradient(like, axis=0) * (slot / 2)
        leaving = np.hstack([like[out], speed[out] * step[:, None]])
        coming = np.hstack([like[into], speed[into] * step[:, None]])
        sources = np.flatnonzero(leads)
        count = min(JOINS * 4, len(sources))
        found = np.zeros((2 * frames, JOINS), np.int64)
        cost = np.full((2 * frames, JOINS), NEVER, np.float32)
        targets = np.flatnonzero(self.whole)
        if count == 0 or not len(targets):
            return found, cost
        distance, index = cKDTree(leaving[sources]).query(coming[targets], k=count)
        distance = np.reshape(distance, (len(targets), -1))
        index = np.reshape(index, (len(targets), -1))
        origin = sources[index]
        # To go on as before is no join; and a handful of places, not neighbours of one.
        same_way = (origin // frames) == (targets // frames)[:, None]
        apart = (targets % frames)[:, None] - origin % frames
        natural = same_way & (np.abs(apart - step[targets][:, None] * slot) <= slot // 2)
        price = np.where(natural, np.inf, JOIN_COST + UNLIKE_COST * distance**2)
        for k in range(0, len(targets), _ROWS):  # all at once would fill the memory
            rows_here = slice(k, k + _ROWS)
            most = np.zeros(price[rows_here].shape)
            for moved in (-(slot // 4), 0, slot // 4):
                # Half and half are mixed in the middle, and hands may be elsewhere beside it.
                here = _moved(into, step, moved, frames)[targets[rows_here]]
                there = _moved(out, step, moved, frames)[origin[rows_here]]
                blocks = self.footage.blocks
                most = np.maximum(most, largest(blocks[here][:, None] - blocks[there]))
            price[rows_here] += ELSEWHERE_COST * most**2
            price[rows_here] += GHOST_COST * np.maximum(most - GHOST, 0)
        price[:, 1:][np.abs(np.diff(origin, axis=1)) <= 1] += 0.5
        best = np.argsort(price, axis=1, kind="stable")[:, :JOINS]
        rows = np.arange(len(targets))[:, None]
        taken = best.shape[1]
        found[targets, :taken] = origin[rows, best]
        cost[targets, :taken] = np.minimum(price[rows, best], NEVER)
        return found, cost

    def _gestures(self, ends: I64, step: I64) -> I32:
        """Give the gestures that each way into each piece shows, -1 for none.

        Returns
        -------
        ndarray of int32, shape (2 T, 2 + JOINS, 2)
            Ways as in `ways`. A join shows one of the piece that is left, and one of this piece.
        """
        known, half = self.footage.gestures, self.slot // 2

        def of(places: F64 | I64) -> I32:
            frames = np.rint(places).astype(np.int64)
            inside = (frames >= 0) & (frames < self.frames)
            found = np.where(inside, known[np.clip(frames, 0, self.frames - 1)], -1)
            return np.asarray(found.max(axis=1), np.int32)

        shown = np.full((2 * self.frames, 2 + self.join_from.shape[1], 2), -1, np.int32)
        shown[:, 0, 0] = of(self.runs)
        # What was just shown before a turn, and is shown at once again, is one with it.
        apart = np.hstack([self.turned[:, :EASE], self.turned[:, 2 * EASE :]])
        shown[:, 1, 0] = of(apart)
        shown[:, 2:, 0] = of(self.runs[:, half:])[:, None]
        shown[:, 2:, 1] = of(ends[:, None] + step[:, None] * np.arange(1, half + 1))[self.join_from]
        return shown
