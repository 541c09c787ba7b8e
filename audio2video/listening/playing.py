"""Which frames of the footage show a listener: pieces of it, joined where they are alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .._typing import F32, F64, I32, I64, Mask
from ..numerics import smoothstep
from .wish import Wish

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

GHOST, GHOST_COST = 1.25, 4000.0
"""A difference from which on a hand is seen in two places, and the cost of each further one."""

TURN_COST = 8.0
"""Cost of any turn."""

JERK_COST = 4.0
"""Cost of a turn of a head that moves, by its energy."""

RESTLESS_COST = 200.0
"""Cost of a join or turn within `RESTLESS_SECONDS` of the one before."""

RESTLESS_SECONDS = 1.2

BACKWARDS_COST = 0.4
"""Cost of a slot that is played backwards."""

AGAIN_COST, REPEAT_COST = 2.0, 8.0
"""Cost of showing anything again within `REPEAT_SECONDS`, and for each frame and unit of energy of
a motion that is shown again."""

REPEAT_SECONDS = 4.0

VARIETY_COST = 1.5
"""Most that chance adds to the cost of a frame."""

MAX_ENERGY = 2.0

MOST_APART = 2.5
"""What is further from the wish than so much is no worse: one fast motion would hide all else."""

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
        two places within a join. One is a difference that is usual within a join's time.
    linked : ndarray of bool, shape (T,)
        Whether a frame goes on from the one before.
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
    rate: float
    reversible: bool = True

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def slot(self) -> int:
        """Frames that are chosen at once."""
        return max(EASE + 2, round(SLOT_SECONDS * self.rate))


@dataclass(frozen=True)
class Playing:
    """What is shown in each of N frames.

    Parameters
    ----------
    positions : ndarray of float64, shape (N,)
        Place in the footage, in frames, as `retiming.retime.Retiming` has it.
    joined : ndarray of int32, shape (N,)
        Frame of the other piece, within a join; -1 elsewhere.
    shares : ndarray of float64, shape (N,)
        How much of the other piece is shown, 0 to 0.5.
    joins, turns : int
        How many there are.
    """

    positions: F64
    joined: I32
    shares: F64
    joins: int
    turns: int


def varied(footage: Footage, rng: np.random.Generator) -> Footage:
    """Let some seconds of the footage be liked better than others, each time others.

    Parameters
    ----------
    footage : Footage
    rng : numpy.random.Generator

    Returns
    -------
    Footage
        Two of these show different footage even where the same is wished for.
    """
    seconds = np.arange(len(footage)) / footage.rate
    drawn = rng.random(int(seconds[-1]) + 2) if len(seconds) else np.zeros(1)
    liked = np.interp(seconds, np.arange(len(drawn)), drawn)
    return replace(footage, cost=footage.cost + VARIETY_COST * liked)


def play(footage: Footage, wish: Wish) -> Playing | None:
    """Find the footage that shows best what is wished for.

    The footage is a graph: each frame goes on to the next or, backwards, to the one before; a turn
    leads from one direction to the other, and a join from any frame to those that look alike
    (Schoedl et al., "Video Textures", SIGGRAPH 2000; Kovar et al., "Motion Graphs", SIGGRAPH 2002).
    A dynamic programme finds the cheapest way through it, slot by slot; what was shown within the
    last four seconds is part of each way, so it is not the cheapest of all ways in the strict
    sense.

    Parameters
    ----------
    footage : Footage
    wish : Wish
        Of N frames.

    Returns
    -------
    Playing or None
        None for footage without a stretch to be played.
    """
    slot = footage.slot
    if len(footage) < 2 * slot + 2:
        return None
    graph = _Graph(footage)
    if not graph.whole.any():
        return None
    slots = -(-len(wish) // slot)
    missing = slots * slot - len(wish)
    aspects = np.pad(wish.aspects, ((0, missing), (0, 0)), mode="edge")
    weights = np.pad(wish.weights, ((0, missing), (0, 0)), mode="edge")
    chosen = _cheapest(graph, aspects.reshape(slots, slot, -1), weights.reshape(slots, slot, -1))
    return _spelt_out(graph, chosen, len(wish))


class _Graph:
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
        self.turn_from = (1 - np.repeat([0, 1], frames)) * frames + np.clip(begin, 0, frames - 1)
        inside = self._linked(begin - 2 * step, ends)
        self.turns = inside & footage.reversible
        self.go_from = np.repeat([0, 1], frames) * frames + np.clip(
            ends - step * slot, 0, frames - 1
        )
        self.join_from, self.join_cost = self._joins(ends, step)

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
        # Of the frames that are mixed half and half.
        for k in range(0, len(targets), _ROWS):  # all at once would fill the memory
            rows_here = slice(k, k + _ROWS)
            here = self.footage.blocks[into[targets[rows_here]]]
            there = self.footage.blocks[out[origin[rows_here]]]
            most = np.abs(here[:, None] - there).max(axis=2)
            price[rows_here] += ELSEWHERE_COST * most**2
            price[rows_here] += GHOST_COST * np.maximum(most - GHOST, 0)
        price[:, 1:][np.abs(np.diff(origin, axis=1)) <= 1] += 0.5
        best = np.argsort(price, axis=1, kind="stable")[:, :JOINS]
        rows = np.arange(len(targets))[:, None]
        taken = best.shape[1]
        found[targets, :taken] = origin[rows, best]
        cost[targets, :taken] = np.minimum(price[rows, best], NEVER)
        return found, cost


_GO, _TURN, _JOIN = 0, 1, 2


def _cheapest(graph: _Graph, aspects: F64, weights: F64) -> list[tuple[int, int, int]]:
    """Find the way: for each slot the state it ends in, the one before, and how it got there."""
    footage, frames, slot = graph.footage, graph.frames, graph.slot
    states, slots = 2 * frames, len(aspects)
    memory = max(1, round(REPEAT_SECONDS * footage.rate / slot))
    restless = max(1, round(RESTLESS_SECONDS * footage.rate / slot))
    energy = np.minimum((footage.aspects[:, :5] ** 2).sum(axis=1), MAX_ENERGY)
    energy += np.where(footage.aspects[:, 6] < 0.6 / 0.35, 1.0, 0.0)
    runs: I64 = np.clip(graph.runs, 0, frames - 1)
    run_energy = energy[runs].sum(axis=1)
    run_cost = footage.cost[runs].sum(axis=1)
    run_cost[frames:] += BACKWARDS_COST
    features = _signed(footage.aspects, runs, frames)
    turned: I64 = np.clip(np.rint(graph.turned).astype(np.int64), 0, frames - 1)
    turn_features = _signed(footage.aspects, turned, frames)
    turn_features[:, :EASE, :5] *= 0.3
    turn_cost = footage.cost[turned].sum(axis=1) + TURN_COST
    turn_cost += JERK_COST * energy[turned[:, 0]]
    turn_cost += 12.0 * (footage.aspects[turned[:, :EASE], 6].min(axis=1) < 0.7 / 0.35)
    middles = runs.mean(axis=1)

    score = np.full(states, np.inf)
    history = np.full((states, memory), -1e6)
    since = np.full(states, restless)
    trail: list[tuple[I32, NDArray[np.int8]]] = []
    for k in range(slots):
        told = _misses(features, aspects[k], weights[k]) + run_cost
        told[~graph.whole] = np.inf
        turning = _misses(turn_features, aspects[k], weights[k]) + turn_cost
        turning[~graph.turns] = np.inf
        if k == 0:
            score = told
            origin, kind = np.full(states, -1), np.full(states, _GO)
        else:
            ways = np.column_stack([graph.go_from, graph.turn_from, graph.join_from])
            before = score[ways]
            hasty = RESTLESS_COST * (since[ways] < restless)
            price = np.empty_like(before)
            price[:, 0] = before[:, 0] + told
            price[:, 1] = before[:, 1] + turning + hasty[:, 1]
            price[:, 2:] = before[:, 2:] + told[:, None] + graph.join_cost + hasty[:, 2:]
            shown = np.abs(history[ways] - middles[:, None, None]) < 0.75 * slot
            # What has just been shown is near in any case where the head turns back.
            shown[:, :, -2:] &= np.arange(ways.shape[1])[None, :, None] >= 2
            price += (AGAIN_COST + REPEAT_COST * run_energy)[:, None] * shown.any(axis=2)
            way = price.argmin(axis=1)
            rows = np.arange(states)
            score = price[rows, way]
            origin, kind = ways[rows, way], np.minimum(way, _JOIN)
        # Small numbers: an hour of speech has ten thousand slots.
        trail.append((origin.astype(np.int32), kind.astype(np.int8)))
        came = np.maximum(origin, 0)
        history = np.column_stack([history[came][:, 1:], middles])
        since = np.where(kind == _GO, np.minimum(since[came] + 1, restless), 0) if k else since
    state = int(np.argmin(score))
    chosen: list[tuple[int, int, int]] = []
    for origin, kind in reversed(trail):
        chosen.append((state, int(origin[state]), int(kind[state])))
        state = int(origin[state])
    return chosen[::-1]


def _signed(aspects: F64, runs: I64, frames: int) -> F64:
    """Aspects of pieces; played backwards, speeds have the other sign."""
    found = aspects[runs]
    found[frames:, :, :5] *= -1
    return found


def _misses(features: F64, aspects: F64, weights: F64) -> F64:
    """How far each piece is from a wish: weighted squares, summed; shape (S,)."""
    flat = features.reshape(len(features), -1)
    w, a = weights.ravel(), aspects.ravel()
    apart = np.minimum(np.abs(flat - a), MOST_APART)
    return np.asarray((apart**2) @ w, np.float64)


def _spelt_out(graph: _Graph, chosen: list[tuple[int, int, int]], wanted: int) -> Playing:
    """Give the frames of a way."""
    frames, slot = graph.frames, graph.slot
    positions = np.zeros(len(chosen) * slot)
    joined = np.full(len(positions), -1, np.int32)
    shares = np.zeros(len(positions))
    joins = turns = 0
    for k, (state, origin, kind) in enumerate(chosen):
        place = slice(k * slot, (k + 1) * slot)
        if kind == _TURN:
            positions[place] = graph.turned[state]
            turns += 1
        else:
            positions[place] = graph.runs[state]
        if kind != _JOIN or origin < 0:
            continue
        joins += 1
        step = 1 if origin < frames else -1
        leaving = origin % frames + step * np.arange(1, slot + 1)
        coming = graph.runs[state]
        share = smoothstep(np.arange(1, slot + 1) / slot)  # the last one is of this piece alone
        first = share <= 0.5
        inside = np.arange(slot) < slot - 1
        positions[place] = np.where(first, leaving, coming)
        joined[place] = np.where(inside, np.where(first, coming, leaving), -1)
        shares[place] = np.where(inside, np.where(first, share, 1 - share), 0.0)
    return Playing(positions[:wanted], joined[:wanted], shares[:wanted], joins, turns)
