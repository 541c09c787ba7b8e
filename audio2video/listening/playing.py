"""Which frames of the footage show a listener: pieces of it, joined where they are alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._typing import F64, I32
from ..numerics import smoothstep
from .graph import Footage, PieceGraph
from .repeats import REPEAT_SECONDS, Repeat, shown_again
from .search import JOIN, TURN, PieceSearch
from .wish import Wish

REPEAT_TRIES = 4
"""Searches in which gestures are barred one by one, before all are."""

VARIETY_COST = 1.5
"""Most that chance adds to the cost of a frame."""


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
    repeats : tuple of Repeat
        Gestures that are shown again too soon, as the footage has no other way.
    """

    positions: F64
    joined: I32
    shares: F64
    joins: int
    turns: int
    repeats: tuple[Repeat, ...] = ()


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
    A dynamic programme finds the cheapest way through it, slot by slot, see `PieceSearch`. No
    gesture is shown again within `REPEAT_SECONDS`. Where the cheapest way does so all the same,
    the gesture is barred from the second place and the search begins anew, some times; at last
    all gestures are barred. Where even so one comes again, the footage does not allow it.

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
    graph = PieceGraph(footage)
    if not graph.whole.any():
        return None
    slots, reach = -(-len(wish) // slot), -(-round(REPEAT_SECONDS * footage.rate) // slot) + 1
    missing = slots * slot - len(wish)
    aspects = np.pad(wish.aspects, ((0, missing), (0, 0)), mode="edge")
    weights = np.pad(wish.weights, ((0, missing), (0, 0)), mode="edge")
    slotted = aspects.reshape(slots, slot, -1), weights.reshape(slots, slot, -1)
    search, barred = PieceSearch(graph), dict[int, set[int]]()
    best: Playing | None = None
    for turn in range(REPEAT_TRIES + 1):
        if turn == REPEAT_TRIES:
            every = set(range(footage.gestures.max() + 1))
            barred = dict.fromkeys(range(slots), every)
        found = _spelt_out(graph, search.cheapest(*slotted, barred), len(wish))
        if best is None or len(found.repeats) < len(best.repeats):
            best = found
        if not best.repeats:
            break
        for repeat in found.repeats:
            for k in range(repeat.first // slot + 1, min(repeat.first // slot + reach, slots)):
                barred.setdefault(k, set()).add(repeat.gesture)
    return best


def _spelt_out(graph: PieceGraph, chosen: list[tuple[int, int, int]], wanted: int) -> Playing:
    """Give the frames of a way."""
    frames, slot = graph.frames, graph.slot
    positions = np.zeros(len(chosen) * slot)
    joined = np.full(len(positions), -1, np.int32)
    shares = np.zeros(len(positions))
    joins = turns = 0
    for k, (state, origin, kind) in enumerate(chosen):
        place = slice(k * slot, (k + 1) * slot)
        if kind == TURN:
            positions[place] = graph.turned[state]
            turns += 1
        else:
            positions[place] = graph.runs[state]
        if kind != JOIN or origin < 0:
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
    positions = positions[:wanted]
    repeats = shown_again(graph.footage.gestures, positions, graph.footage.rate)
    return Playing(positions, joined[:wanted], shares[:wanted], joins, turns, tuple(repeats))
