"""Which target frames make up a texture, and how much each counts (paper, section 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..face.layout import mouth_opening
from .bandwidth import solve_bandwidth

WEIGHT_UNIT = 1 << 16
"""Weights are integers whose sum is about this, so that medians are exact."""

SHARE_OF_TARGET = 0.125
"""Candidates are at most this share of a target's usable frames: of a short target, the hundred
nearest frames would be half of all it shows."""

MAX_DISTANCES = 1 << 21
"""So many are computed at once: 16 MiB."""

MIN_CANDIDATES = 8
"""Fewer candidates than this show their own noise."""


NEGLIGIBLE_WEIGHT = 0.05
"""Share of the weight that the lightest of merged candidates carry and a median can do without. It
is a third of them, and of the time. Rebuilt, three targets look the same to the third digit."""

OPENING_WEIGHT = 0.15
"""What a squared difference of the openings' logarithms weighs beside a squared inter-ocular
distance of mouth shape. Where lips meet, a millimetre decides what is seen between them; in a wide
open mouth it is nothing. Of 0, 0.03, 0.1 and 0.2: rebuilt closed mouths of four targets gain up to
1.5 dB, and open ones lose none."""

OPENING_FLOOR = 0.05
"""Added to openings before their logarithm is taken, in inter-ocular distances: what landmarks
read between closed lips."""


@dataclass(frozen=True)
class FrameFeatures:
    """Features of T frames that candidates are selected by.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
        Rectified mouth shapes, in inter-ocular distances.
    turn : ndarray, shape (T, 2)
        Yaw and pitch of the head, in radians.
    light : ndarray, shape (T, 3)
        Mean colour of the lower face, 0 to 1.
    """

    mouths: NDArray[np.floating]
    turn: NDArray[np.floating]
    light: NDArray[np.floating]

    def __getitem__(self, frames: int | Sequence[int]) -> FrameFeatures:
        """Give the looks of some frames; a number gives a single one (T = 1)."""
        chosen = [frames] if isinstance(frames, int) else list(frames)
        return FrameFeatures(self.mouths[chosen], self.turn[chosen], self.light[chosen])

    def distance(
        self, wanted: FrameFeatures, pose_weight: float, light_weight: float
    ) -> NDArray[np.float64]:
        """Squared distance of each frame from the wanted features.

        The rectified space takes the pose out of the geometry only: teeth and lips stand out of the
        surface, and shadows turn with the head. Candidates are therefore matched on pose as well.

        Parameters
        ----------
        wanted : FrameFeatures
            Of one frame.
        pose_weight, light_weight : float
            Weight of a squared radian and of a squared difference of brightness.

        Returns
        -------
        ndarray of float64, shape (T,)
        """
        own, other = (looks.features(pose_weight, light_weight) for looks in (self, wanted))
        apart = own - other
        return np.asarray((apart * apart).sum(axis=1))

    def features(self, pose_weight: float, light_weight: float) -> NDArray[np.float64]:
        """Give each frame as a point in a space where squared distances are those of `distance`.

        Returns
        -------
        ndarray of float64, shape (T, 46)
        """
        terms = (
            (self.mouths, 1.0),
            (self.turn, pose_weight),
            (self.light, light_weight),
            (_openness(self.mouths), OPENING_WEIGHT),
        )
        return np.concatenate(
            [
                np.sqrt(weight) * np.asarray(term, np.float64).reshape(len(term), -1)
                for term, weight in terms
            ],
            axis=1,
        )


def _openness(mouths: NDArray[np.floating]) -> NDArray[np.float64]:
    opening = np.maximum(mouth_opening(np.asarray(mouths, np.float64)), 0.0)
    return np.asarray(np.log(opening + OPENING_FLOOR))


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
    """Choose the number of candidates for a number of usable frames.

    Parameters
    ----------
    wanted : int
        At most so many (the paper's n).
    usable : int

    Returns
    -------
    int
    """
    return min(wanted, usable, max(MIN_CANDIDATES, round(SHARE_OF_TARGET * usable)))


def choose_candidates(
    distances: NDArray[np.floating],
    usable: NDArray[np.integer],
    count: int,
    alpha: float,
) -> Candidates:
    """Choose the frames nearest to the wanted features.

    Weights are ``w_i = exp(-d_i^2 / 2 sigma^2)``, with sigma such that the `count` nearest frames
    carry `alpha` of the weight of all (paper, section 3.2).

    Parameters
    ----------
    distances : ndarray, shape (T,)
        Squared distance d^2 of every frame of the target; see `FrameFeatures.distance`.
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
    distance = np.asarray(distances, np.float64)[usable]
    near, rest = _nearest(distance, count)
    two_sigma_squared = solve_bandwidth(distance[near], distance[rest], alpha)
    # Relative to the nearest frame: the common factor drops out of a median.
    weight = np.exp(-(distance[near] - distance[near[0]]) / two_sigma_squared)
    whole = np.round(weight / weight.sum() * WEIGHT_UNIT).astype(np.int64)
    kept = whole > 0
    return Candidates(np.asarray(usable[near[kept]], np.int64), whole[kept])


def search_candidates(
    features: NDArray[np.float64],
    frames: NDArray[np.integer],
    wanted: NDArray[np.float64],
    count: int,
    alpha: float,
) -> Iterator[Candidates]:
    """Choose candidates for many moments from any number of frames.

    Parameters
    ----------
    features : ndarray of float64, shape (U, F)
        From `FrameFeatures.features`, of the frames to choose from.
    frames : ndarray of int, shape (U,)
        Their numbers.
    wanted : ndarray of float64, shape (N, F)
        The moments' own.
    count, alpha
        See `choose_candidates`.

    Yields
    ------
    Candidates
        Those that `choose_candidates` finds.
    """
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a b: one product of matrices for many moments. Near the mean,
    # so that the difference is exact to more digits than weights have.
    mean = features.mean(axis=0)
    own = features - mean
    squares = np.einsum("ij,ij->i", own, own)
    everything = np.arange(len(own))
    block = max(1, MAX_DISTANCES // len(own))
    for start in range(0, len(wanted), block):
        other = wanted[start : start + block] - mean
        distances = other @ own.T
        distances *= -2.0
        distances += squares
        distances += np.einsum("ij,ij->i", other, other)[:, None]
        np.maximum(distances, 0.0, out=distances)
        for row in distances:
            chosen = choose_candidates(row, everything, count, alpha)
            yield Candidates(np.asarray(frames[chosen.frames], np.int64), chosen.weights)


def merge_candidates(choices: Iterable[Candidates], shares: Sequence[float]) -> Candidates:
    """Merge the candidates of successive moments.

    A frame that comes in or drops out from one moment to the next does so in steps, and the median
    does not jump. The lightest frames, those with `NEGLIGIBLE_WEIGHT` of the weight, are left out.

    Parameters
    ----------
    choices : iterable of Candidates
    shares : sequence of float
        What each of them counts.

    Returns
    -------
    Candidates
        Heaviest first.
    """
    choices = list(choices)
    frames = np.concatenate([chosen.frames for chosen in choices])
    weights = np.concatenate(
        [share * chosen.weights for chosen, share in zip(choices, shares, strict=True)]
    )
    found, place = np.unique(frames, return_inverse=True)
    whole = np.round(np.bincount(place.ravel(), weights=weights)).astype(np.int64)
    order = np.argsort(-whole, kind="stable")
    order = order[whole[order] > 0]
    carried = np.cumsum(whole[order])
    order = order[: 1 + int(np.searchsorted(carried, (1 - NEGLIGIBLE_WEIGHT) * carried[-1]))]
    return Candidates(np.asarray(found[order], np.int64), whole[order])


def temporal_window(frame: int, frames: int) -> list[int]:
    """Give a frame between the one before and the one after it, where they are there."""
    return [max(frame - 1, 0), frame, min(frame + 1, frames - 1)]


def frames_apart(
    usable: NDArray[np.integer], frame: int, seconds: float, rate: float
) -> NDArray[np.integer]:
    """Usable frames further than some seconds from a frame."""
    return np.asarray(usable[np.abs(usable - frame) > seconds * rate])


def _nearest(
    distance: NDArray[np.float64], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the nearest, nearest first, and of all others; without sorting these."""
    if count >= len(distance):
        return np.argsort(distance, kind="stable"), np.zeros(0, np.intp)
    border = np.partition(distance, count - 1)[count - 1]
    within = np.flatnonzero(distance <= border)  # ties may make them more
    order = within[np.argsort(distance[within], kind="stable")]
    others = np.concatenate([np.flatnonzero(distance > border), order[count:]])
    return order[:count], others
