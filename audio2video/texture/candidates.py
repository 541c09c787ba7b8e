"""Which target frames make up a texture, and how much each counts (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WEIGHT_UNIT = 1 << 16
"""Weights are integers whose sum is about this, so that medians are exact."""

SHARE_OF_TARGET = 0.125
"""Candidates are at most this share of a target's usable frames: of a short target, the hundred
nearest frames would be half of all it shows."""

LEAST = 8
"""Fewer candidates than this show their own noise."""


@dataclass(frozen=True)
class Candidates:
    """Frames for one texture, nearest first.

    Parameters
    ----------
    frames : ndarray of int64, shape (n,)
        Rows of the target's arrays.
    weights : ndarray of int64, shape (n,)
        Positive integers.
    """

    frames: NDArray[np.int64]
    weights: NDArray[np.int64]


def candidate_count(wanted: int, usable: int) -> int:
    """How many candidates a target with so many usable frames should give.

    Parameters
    ----------
    wanted : int
        At most so many (the paper's n).
    usable : int

    Returns
    -------
    int
    """
    return min(wanted, usable, max(LEAST, round(SHARE_OF_TARGET * usable)))


def choose_candidates(
    shape: NDArray[np.floating],
    mouths: NDArray[np.floating],
    usable: NDArray[np.integer],
    count: int,
    alpha: float,
) -> Candidates:
    """Choose the frames whose mouth is most like a wanted shape.

    Weights are ``w_i = exp(-|S_i - S|^2 / 2 sigma^2)``, with sigma such that the `count` nearest
    frames carry `alpha` of the weight of all (paper, section 3.2).

    Parameters
    ----------
    shape : ndarray, shape (20, 2)
        Wanted mouth shape.
    mouths : ndarray, shape (T, 20, 2)
        Mouth shapes of the target, in the same space.
    usable : ndarray of int, shape (U,)
        Frames to choose from.
    count : int
        Frames to choose, at most U.
    alpha : float
        0 < alpha < 1.

    Returns
    -------
    Candidates
    """
    distance = ((mouths[usable].astype(np.float64) - shape) ** 2).sum(axis=(1, 2))
    order = np.argsort(distance, kind="stable")
    near = order[:count]
    two_sigma_squared = solve_bandwidth(distance[order], count, alpha)
    # Relative to the nearest frame: the common factor drops out of a median.
    weight = np.exp(-(distance[near] - distance[near[0]]) / two_sigma_squared)
    whole = np.round(weight / weight.sum() * WEIGHT_UNIT).astype(np.int64)
    kept = whole > 0
    return Candidates(np.asarray(usable[near[kept]], np.int64), whole[kept])


def solve_bandwidth(distances: NDArray[np.floating], count: int, alpha: float) -> float:
    """Find 2 sigma^2 such that the nearest frames carry a share of all weight.

    Parameters
    ----------
    distances : ndarray, shape (U,)
        Squared distances, ascending.
    count : int
    alpha : float

    Returns
    -------
    float
        A third of the largest squared distance if all frames are chosen anyway; the largest itself
        if the share is met even then.
    """
    relative = np.asarray(distances, np.float64) - distances[0]
    high = max(float(relative[-1]), 1e-12)
    if count >= len(relative):
        # Nothing is left over to compare with: the farthest candidate hardly counts.
        return high / 3.0
    low = 1e-9 * high

    def share(width: float) -> float:
        weight = np.exp(-relative / width)
        return float(weight[:count].sum() / weight.sum())

    if share(high) >= alpha:
        return high
    # The share falls as the width grows; bisection on a logarithmic scale.
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if share(middle) >= alpha else (low, middle)
    return low
