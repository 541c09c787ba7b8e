"""Which tracks show the same person, told by descriptors of their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 0.5
"""Distance of two tracks' mean descriptors up to which they are one person's. Of 30 speakers with
two clips each, 28 pairs are within 0.40 (the other two, from 0.70 on, are labelled wrongly); 1 % of
strangers are nearer than 0.54."""

MAX_COLOUR_DISTANCE = 35.0
"""Distance of skin colours (a and b of CIELAB) from which on two tracks are two persons', as
descriptors hardly see colour: 30 are between daylight and strong lamplight, 47 between skin and the
same with red and blue swapped."""

SHARED_FRAMES = 2
"""Two tracks that are seen together for longer are two persons'."""


@dataclass(frozen=True)
class TrackLook:
    """Appearance of the face in one track.

    Parameters
    ----------
    first, last : int
        Its frames, both included.
    descriptor : ndarray of float64, shape (128,)
        Mean of those of some frames; see `identity.FaceDescriber`.
    colour : ndarray of float64, shape (2,)
        Skin colour, a and b of CIELAB.
    weight : float
        How much it counts in the mean of a person's tracks.
    """

    first: int
    last: int
    descriptor: NDArray[np.float64]
    colour: NDArray[np.float64]
    weight: float = 1.0

    def overlaps(self, other: TrackLook) -> bool:
        """Whether both are seen at the same time."""
        return min(self.last, other.last) - max(self.first, other.first) + 1 > SHARED_FRAMES


def group_tracks(looks: Sequence[TrackLook]) -> list[list[int]]:
    """Group the tracks of each person: the nearest two groups are joined until none are near.

    Parameters
    ----------
    looks : sequence of TrackLook

    Returns
    -------
    list of list of int
        Indices into `looks`; each is in one group.
    """
    groups = [[k] for k in range(len(looks))]
    if len(groups) < 2:
        return groups
    means = np.array([look.descriptor for look in looks])
    colours = np.array([look.colour for look in looks])
    weights = np.array([look.weight for look in looks])
    apart = np.array([[a.overlaps(b) for b in looks] for a in looks])
    alive = np.ones(len(looks), bool)
    while True:
        distance = np.linalg.norm(means[:, None] - means[None], axis=2)
        far = np.linalg.norm(colours[:, None] - colours[None], axis=2) > MAX_COLOUR_DISTANCE
        forbidden = apart | far | ~alive[:, None] | ~alive[None] | np.eye(len(looks), dtype=bool)
        distance[forbidden] = np.inf
        a, b = np.unravel_index(int(distance.argmin()), distance.shape)
        if distance[a, b] > MAX_DISTANCE:
            return [group for group, there in zip(groups, alive, strict=True) if there]
        share = weights[b] / (weights[a] + weights[b])
        means[a] += share * (means[b] - means[a])
        colours[a] += share * (colours[b] - colours[a])
        weights[a] += weights[b]
        apart[a] |= apart[b]
        apart[:, a] |= apart[:, b]
        alive[b] = False
        groups[a] = sorted(groups[a] + groups[b])
