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

SHOWN = ("rise", "drop", "spread")
"""Measures that tell visemes apart: those of `lip_measures`, and both corners' way outwards. The
thickness of lips and a crooked mouth differ too much by the face, and by who marks it."""

MARGIN = 0.02
"""Closed-mouth widths by which measures of other faces and trackers differ; in `COVARIANCE`."""

PROTOTYPES: dict[str, tuple[float, float, float]] = {
    "sil": (0.0, 0.0, 0.0),  # the closed mouth itself
    "PP": (-0.0244, 0.1100, -0.0639),
    "FF": (0.0105, 0.0946, -0.0367),
    "TH": (0.0211, 0.1151, -0.0333),
    "DD": (0.0305, 0.1379, -0.0218),
    "kk": (0.0332, 0.1612, -0.0156),
    "CH": (0.0522, 0.1500, -0.0471),
    "SS": (0.0414, 0.1141, -0.0144),
    "nn": (0.0238, 0.1473, -0.0258),
    "RR": (0.0121, 0.1349, -0.0437),
    "aa": (0.0205, 0.1703, -0.0144),
    "E": (0.0422, 0.1693, 0.0243),
    "I": (0.0310, 0.1450, -0.0083),
    "O": (-0.0133, 0.1364, -0.1051),
    "U": (-0.0222, 0.1301, -0.1200),
}
"""Mean `SHOWN` of each viseme in synthetic speech with known phones, as the default pass predicts
them (`tools/train_visemes`)."""

COVARIANCE = 1e-4 * np.array(
    [
        [10.165, 2.753, 8.657],
        [2.753, 18.789, 3.624],
        [8.657, 3.624, 23.616],
    ]
)
"""How the measures vary within a viseme, from the same speech; and `MARGIN`."""

SMOOTHING = 0.03
"""Standard deviation in seconds over which weights change."""

SHORTEST_REST = 0.2
"""Seconds; lips that are shut for less say /p b m/."""


def viseme_weights(
    shapes: NDArray[np.floating], reference: NDArray[np.floating], rate: Fraction
) -> F64:
    """Find how much of each viseme mouth shapes show.

    The weights are the likelihoods of normal distributions about the visemes' mean shapes, with one
    covariance, smoothed in time. Lips don't show the tongue: visemes that look alike share their
    weight. Silence is a mouth at rest, as in pauses of more than half a second.

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
    means = np.array([PROTOTYPES[name] for name in VISEMES])
    weights = likelihoods(shown(shapes, reference), means, COVARIANCE)
    rest, pressed = VISEMES.index("sil"), VISEMES.index("PP")
    brief = _short_runs(weights[:, rest] > 0.5, round(SHORTEST_REST * rate))
    weights[brief, pressed] += weights[brief, rest]
    weights[brief, rest] = 0.0
    smooth = gaussian_filter1d(weights, SMOOTHING * float(rate), axis=0, mode="nearest")
    return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


def shown(shapes: NDArray[np.floating], reference: NDArray[np.floating]) -> F64:
    """Measure mouth shapes, shape (T, 20, 2), by `SHOWN`: shape (T, 3)."""
    measures = lip_measures(shapes, reference)
    return np.stack([measures[:, 0], measures[:, 1], measures[:, 2] + measures[:, 3]], axis=1)


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
