"""The cheapest way through pieces of footage, by dynamic programming."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np
from numpy.typing import NDArray

from .._typing import F64, I32, I64, Mask
from .graph import EASE, PieceGraph
from .repeats import REPEAT_SECONDS

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

MAX_ENERGY = 2.0

MOST_APART = 2.5
"""What is further from the wish than so much is no worse: one fast motion would hide all else."""

SAME_COST = 1e6
"""Cost of a gesture within `REPEAT_SECONDS` of itself: more than anything else that is possible."""

BARRED_COST = 1e7
"""Cost of a gesture where it is barred."""

Barred = Mapping[int, Set[int]]
"""Numbers of gestures by slots."""

GO, TURN, JOIN = 0, 1, 2
"""How a piece is come to."""


class PieceSearch:
    """A search for ways through the pieces of a footage.

    Parameters
    ----------
    graph : PieceGraph
    """

    def __init__(self, graph: PieceGraph) -> None:
        footage, frames, slot = graph.footage, graph.frames, graph.slot
        self._graph = graph
        self._memory = max(1, round(REPEAT_SECONDS * footage.rate / slot))
        self._remembered = max(self._memory, int(np.ceil(REPEAT_SECONDS * footage.rate / slot)))
        self._restless = max(1, round(RESTLESS_SECONDS * footage.rate / slot))
        energy = np.minimum((footage.aspects[:, :5] ** 2).sum(axis=1), MAX_ENERGY)
        energy += np.where(footage.aspects[:, 6] < 0.6 / 0.35, 1.0, 0.0)
        runs: I64 = np.clip(graph.runs, 0, frames - 1)
        self._run_energy = energy[runs].sum(axis=1)
        self._run_cost = footage.cost[runs].sum(axis=1)
        self._run_cost[frames:] += BACKWARDS_COST
        self._features = _signed(footage.aspects, runs, frames)
        turned: I64 = np.clip(np.rint(graph.turned).astype(np.int64), 0, frames - 1)
        self._turn_features = _signed(footage.aspects, turned, frames)
        self._turn_features[:, :EASE, :5] *= 0.3
        self._turn_cost = footage.cost[turned].sum(axis=1) + TURN_COST
        self._turn_cost += JERK_COST * energy[turned[:, 0]]
        self._turn_cost += 12.0 * (footage.aspects[turned[:, :EASE], 6].min(axis=1) < 0.7 / 0.35)
        self._middles = runs.mean(axis=1)
        # Ways that show a gesture: few, so that only these are compared with what was shown.
        self._telling = np.nonzero((graph.gestures >= 0).any(axis=2))
        self._told = graph.gestures[self._telling]
        self._twice = (self._told[:, 0] == self._told[:, 1]) & (self._told[:, 0] >= 0)

    def cheapest(
        self, aspects: F64, weights: F64, barred: Barred | None = None
    ) -> list[tuple[int, int, int]]:
        """Find the way that shows best what is wished for.

        What was shown within the last four seconds is part of each way, so it is not the cheapest
        of all ways in the strict sense.

        Parameters
        ----------
        aspects, weights : ndarray of float64, shape (K, slot, 8)
            As in `wish.Wish`, by slots.
        barred : mapping of int to set of int, optional
            Gestures that are not to be shown, by slots.

        Returns
        -------
        list of (int, int, int)
            For each slot the state it ends in, the one before, and how it is come to: `GO`, `TURN`
            or `JOIN`.
        """
        graph, restless = self._graph, self._restless
        ways, states = graph.ways, 2 * graph.frames
        rows, joined = np.arange(states), np.arange(ways.shape[1])[None, :, None] >= 2
        hasty_ways = np.arange(ways.shape[1]) > 0
        score = np.full(states, np.inf)
        middles = np.full((states, self._memory), -1e6)
        gestures = np.full((states, self._remembered, 2), -1, np.int32)
        since = np.full(states, restless)
        trail: list[tuple[I32, NDArray[np.int8]]] = []
        for k in range(len(aspects)):
            told = _misses(self._features, aspects[k], weights[k]) + self._run_cost
            told[~graph.whole] = np.inf
            turning = _misses(self._turn_features, aspects[k], weights[k]) + self._turn_cost
            turning[~graph.turns] = np.inf
            if k == 0:
                way = np.zeros(states, np.int64)
                score = told + self._barred(barred, k)[:, 0]
                origin, kind = np.full(states, -1), np.full(states, GO)
            else:
                hasty = RESTLESS_COST * ((since[ways] < restless) & hasty_ways)
                price = score[ways] + hasty + self._barred(barred, k)
                price[:, 0] += told
                price[:, 1] += turning
                price[:, 2:] += told[:, None] + graph.join_cost
                shown = np.abs(middles[ways] - self._middles[:, None, None]) < 0.75 * graph.slot
                # What has just been shown is near in any case where the head turns back.
                shown[:, :, -2:] &= joined
                again = AGAIN_COST + REPEAT_COST * self._run_energy
                price += again[:, None] * shown.any(axis=2)
                price[self._telling] += SAME_COST * self._same(gestures)
                way = price.argmin(axis=1)
                score = price[rows, way]
                origin, kind = ways[rows, way], np.minimum(way, JOIN)
            # Small numbers: an hour of speech has ten thousand slots.
            trail.append((origin.astype(np.int32), kind.astype(np.int8)))
            came = np.maximum(origin, 0)
            middles = np.column_stack([middles[came][:, 1:], self._middles])
            latest = graph.gestures[rows, way][:, None]
            gestures = np.concatenate([gestures[came][:, 1:], latest], axis=1)
            since = np.where(kind == GO, np.minimum(since[came] + 1, restless), 0) if k else since
        state = int(np.argmin(score))
        chosen: list[tuple[int, int, int]] = []
        for origin, kind in reversed(trail):
            chosen.append((state, int(origin[state]), int(kind[state])))
            state = int(origin[state])
        return chosen[::-1]

    def _same(self, gestures: I32) -> Mask:
        """Tell which of the telling ways show a gesture that their past has shown."""
        shown = self._told[:, None, None, :]
        past = gestures[self._graph.ways[self._telling]][:, :, :, None]
        same = (past == shown) & (shown >= 0)
        return np.asarray(same.any(axis=(1, 2, 3)) | self._twice)

    def _barred(self, barred: Barred | None, slot: int) -> F64:
        """Give the cost of ways that show what is barred in a slot, shape (2 T, W)."""
        cost = np.zeros(self._graph.ways.shape)
        some = (barred or {}).get(slot)
        if some:
            cost += BARRED_COST * np.isin(self._graph.gestures, list(some)).any(axis=2)
        return cost


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
