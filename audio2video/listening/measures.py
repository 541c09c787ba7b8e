"""How near generated listeners are to a real one, as the field measures it.

Sources: Ng et al., "Learning to Listen", CVPR 2022, section 5 (L2, Frechet distance, variation,
SI for diversity, paired Frechet distance, residual correlation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.cluster.vq import kmeans2, vq
from scipy.linalg import sqrtm

from .._typing import F64

CLUSTERS = 20
"""Of the index of diversity."""

SECONDS = 0.64
"""Of the stretches that are clustered."""


@dataclass(frozen=True)
class ListenerScores:
    """Scores of generated motions against the true ones.

    Parameters
    ----------
    l2 : float
        Mean distance of a frame from the true one; less is nearer, and the mean motion does well.
    fd : float
        Frechet distance of the distributions of frames and of their speeds.
    paired_fd : float
        The same of frames together with the speaker's at the same time.
    variation : float
        Variance over time, summed over the columns; the true one's is best.
    sid : float
        Bits of the distribution over kinds of short stretches; the true one's is best.
    rpcc : float
        Difference of the correlations with the speaker's motion, generated and true.
    """

    l2: float
    fd: float
    paired_fd: float
    variation: float
    sid: float
    rpcc: float

    def as_dict(self) -> dict[str, float]:
        """All scores by name."""
        return asdict(self)


def score(
    made: Sequence[F64], true: Sequence[F64], speaker: Sequence[F64], rate: float
) -> ListenerScores:
    """Score generated motions.

    Parameters
    ----------
    made, true : sequence of ndarray, shape (N, D)
        A pair for each clip, of equal scale in all columns.
    speaker : sequence of ndarray, shape (N, E)
        The speaker's motion or prosody; its first column is what listeners are compared with.
    rate : float
        Frames per second.

    Returns
    -------
    ListenerScores
    """
    l2 = float(
        np.mean(
            np.concatenate([np.linalg.norm(a - b, axis=1) for a, b in zip(made, true, strict=True)])
        )
    )
    stretch = max(2, round(SECONDS * rate))
    return ListenerScores(
        l2,
        frechet(_moving(made), _moving(true)),
        frechet(_paired(made, speaker), _paired(true, speaker)),
        float(np.mean([one.var(axis=0).sum() for one in made])),
        diversity(made, true, stretch),
        float(
            np.mean(
                [
                    abs(_correlation(a, s) - _correlation(b, s))
                    for a, b, s in zip(made, true, speaker, strict=True)
                ]
            )
        ),
    )


def frechet(a: F64, b: F64) -> float:
    """Frechet distance of two clouds as if normal (Heusel et al., NeurIPS 2017, eq. 6).

    Parameters
    ----------
    a, b : ndarray, shape (n, D) and (m, D)
    """
    mean = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    root = np.real(sqrtm(cov_a @ cov_b + 1e-9 * np.eye(len(cov_a))))
    return max(0.0, float(mean @ mean + np.trace(cov_a + cov_b - 2 * root)))


def _moving(motions: Sequence[F64]) -> F64:
    """Frames with their speeds."""
    return np.concatenate([np.hstack([one, np.gradient(one, axis=0)]) for one in motions])


def _paired(motions: Sequence[F64], speaker: Sequence[F64]) -> F64:
    return np.concatenate([np.hstack([a, b]) for a, b in zip(motions, speaker, strict=True)])


def diversity(made: Sequence[F64], true: Sequence[F64], stretch: int) -> float:
    """Entropy, in bits, of generated stretches over the kinds of true ones (SI of Ng et al.).

    Parameters
    ----------
    made, true : sequence of ndarray, shape (N, D)
    stretch : int
        Frames.
    """
    kinds = _stretches(true, stretch)
    centres, _ = kmeans2(
        kinds, min(CLUSTERS, len(np.unique(kinds, axis=0))), iter=30, minit="++", seed=0
    )
    found, _ = vq(_stretches(made, stretch), centres)
    share = np.bincount(found, minlength=len(centres)) / len(found)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _stretches(motions: Sequence[F64], stretch: int) -> F64:
    parts = [
        one[k : k + stretch].ravel()
        for one in motions
        for k in range(0, len(one) - stretch + 1, stretch)
    ]
    return np.stack(parts)


def _correlation(motion: F64, speaker: F64) -> float:
    """Mean correlation of a motion's columns with the speaker's first column."""
    wanted = speaker[:, 0]
    found = [
        float(np.corrcoef(column, wanted)[0, 1])
        for column in motion.T
        if column.std() > 1e-9 and wanted.std() > 1e-9
    ]
    return float(np.mean(found)) if found else 0.0
