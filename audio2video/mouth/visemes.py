"""Weights of the 15 visemes that game engines share, as far as lips alone tell them apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .._typing import F64
from .lip_measures import lip_measures

VISEMES = (
    *("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR"),
    *("aa", "E", "I", "O", "U"),
)
"""The set of Oculus and Meta."""

PROTOTYPES: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("sil", (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),  # the closed mouth itself
    ("sil", (0.0053, 0.1219, -0.0244, -0.0029, 0.0091, 0.0335)),
    ("PP", (-0.0244, 0.1100, -0.0416, -0.0223, 0.0086, 0.0343)),
    ("FF", (0.0105, 0.0946, -0.0283, -0.0084, 0.0031, 0.0304)),
    ("TH", (0.0211, 0.1151, -0.0273, -0.0060, 0.0024, 0.0377)),
    ("DD", (0.0305, 0.1379, -0.0226, 0.0008, 0.0007, 0.0390)),
    ("kk", (0.0332, 0.1612, -0.0216, 0.0060, 0.0007, 0.0428)),
    ("CH", (0.0522, 0.1500, -0.0369, -0.0103, -0.0023, 0.0457)),
    ("SS", (0.0414, 0.1141, -0.0194, 0.0050, -0.0032, 0.0367)),
    ("nn", (0.0238, 0.1473, -0.0258, 0.0000, 0.0037, 0.0432)),
    ("RR", (0.0121, 0.1349, -0.0328, -0.0109, 0.0080, 0.0449)),
    ("aa", (0.0205, 0.1703, -0.0207, 0.0063, 0.0061, 0.0482)),
    ("E", (0.0422, 0.1693, -0.0046, 0.0289, -0.0013, 0.0454)),
    ("I", (0.0310, 0.1450, -0.0186, 0.0104, 0.0015, 0.0435)),
    ("O", (-0.0133, 0.1364, -0.0631, -0.0421, 0.0148, 0.0522)),
    ("U", (-0.0222, 0.1301, -0.0682, -0.0517, 0.0144, 0.0501)),
)
"""Mean `lip_measures` of each viseme in synthetic speech with known phones, as the default pass
predicts them (`tools/train_visemes`). In short pauses lips stay apart: silence has two."""

COVARIANCE = (
    np.array(
        [
            [6.165, 2.753, 3.984, 4.673, -1.497, -0.305],
            [2.753, 14.789, 1.322, 2.302, -0.063, 2.151],
            [3.984, 1.322, 4.399, 4.834, -1.025, -0.813],
            [4.673, 2.302, 4.834, 5.549, -1.171, -0.739],
            [-1.497, -0.063, -1.025, -1.171, 0.516, 0.325],
            [-0.305, 2.151, -0.813, -0.739, 0.325, 0.932],
        ]
    )
    / 1e4
)
"""How the measures vary within a viseme, from the same speech."""

SMOOTHING = 0.03
"""Standard deviation in seconds over which weights change."""

SHORTEST_REST = 0.2
"""Seconds; lips that are shut for less say /p b m/."""


def viseme_weights(
    shapes: NDArray[np.floating], reference: NDArray[np.floating], rate: Fraction
) -> F64:
    """Find how much of each viseme mouth shapes show.

    The weights are the likelihoods of normal distributions about the visemes' mean shapes, with one
    covariance, smoothed in time. Lips don't show the tongue: TH, DD, kk, nn, RR and I share their
    weights where they look alike, and so do aa with E, and O with U.

    Parameters
    ----------
    shapes : ndarray, shape (T, 20, 2)
        y down, upright.
    reference : ndarray, shape (20, 2)
        The same face's closed mouth.
    rate : Fraction
        Shapes per second.

    Returns
    -------
    ndarray of float64, shape (T, 15)
        In the order of `VISEMES`; rows sum to 1.
    """
    names = [name for name, _ in PROTOTYPES]
    means = np.array([mean for _, mean in PROTOTYPES])
    each = likelihoods(lip_measures(shapes, reference), means, COVARIANCE)
    pressed = _short_runs(each[:, 0] > 0.5, round(SHORTEST_REST * rate))
    each[pressed, names.index("PP")] += each[pressed, 0]
    each[pressed, 0] = 0.0
    weights = np.stack([each[:, [n == name for n in names]].sum(axis=1) for name in VISEMES], 1)
    smooth = gaussian_filter1d(weights, SMOOTHING * float(rate), axis=0, mode="nearest")
    return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


def _short_runs(flags: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Keep those runs of flags that are shorter, and do not begin or end the whole."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    kept = np.zeros_like(flags)
    for begin, end in edges.reshape(-1, 2).tolist():
        if end - begin < length and begin > 0 and end < len(flags):
            kept[begin:end] = True
    return kept


def likelihoods(measures: F64, means: F64, covariance: F64) -> F64:
    """Give for each row of measures how likely it is of each class; rows sum to 1.

    Parameters
    ----------
    measures : ndarray, shape (T, d)
    means : ndarray, shape (K, d)
    covariance : ndarray, shape (d, d)
        Shared by the classes, which are equally frequent.

    Returns
    -------
    ndarray of float64, shape (T, K)
    """
    apart = measures[:, None] - means
    distance = np.einsum("tkd,de,tke->tk", apart, np.linalg.inv(covariance), apart)
    weights = np.exp(-0.5 * (distance - distance.min(axis=1, keepdims=True)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
