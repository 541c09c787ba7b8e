"""Mouth shapes relative to a speaker's closed mouth, which makes speakers comparable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..face.layout import LOWER_INNER_LIP, MOUTH_MIRROR, UPPER_INNER_LIP, mouth_opening, mouth_width
from ..numerics import robust_deviation

CLOSED_SHARE = 0.02
"""The most closed frames, as a share of all, whose mean is the closed-mouth reference."""

CLOSED_LEAST, CLOSED_MOST = 12, 0.1
"""So many frames are taken at least, but no larger share: fewer are the mouth of one moment. Of
short targets, with 2 % or 3 standard deviations, results kept to predicted mouths less well."""

WIDTH_OUTLIER = 1.5
"""Robust standard deviations of lip width beyond which a frame (smile, pout, tracking error) is
odd."""

RANGE_LIMITS = (0.6, 1.5)
"""The least and the most by which a target's range changes what a pass predicts."""


def closed_mouth_reference(mouths: NDArray[np.floating]) -> NDArray[np.float64]:
    """Estimate a speaker's closed mouth.

    The mean of the most closed frames whose lip width is not an outlier: a mean, because a single
    most closed frame is the one with the largest tracking error.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
        Rectified mouth shapes, in inter-ocular distances; T at least 1.

    Returns
    -------
    ndarray of float64, shape (20, 2)
    """
    return np.asarray(np.asarray(mouths, np.float64)[closed_frames(mouths)].mean(axis=0))


def closed_frames(mouths: NDArray[np.floating]) -> NDArray[np.intp]:
    """Find the most closed frames whose lip width is not an outlier, the most closed one first.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
        T at least 1.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    candidates = np.flatnonzero(usual_width(mouths))
    least = min(CLOSED_LEAST, round(CLOSED_MOST * len(candidates)))
    count = max(1, least, round(CLOSED_SHARE * len(candidates)))
    order = np.argsort(mouth_opening(np.asarray(mouths, np.float64)[candidates]), kind="stable")
    return np.asarray(candidates[order[:count]])


def usual_width(mouths: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell frames whose lip width is no outlier; mouths of shape (T, 20, 2), bool (T,)."""
    width = mouth_width(mouths)
    off = width - np.median(width)
    return np.asarray(np.abs(off) <= WIDTH_OUTLIER * robust_deviation(off) + 1e-6)


def relative_shapes(
    mouths: NDArray[np.floating], reference: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Difference to the closed mouth, in closed-mouth widths.

    Parameters
    ----------
    mouths : ndarray, shape (..., 20, 2)
    reference : ndarray, shape (20, 2)
        The same speaker's closed mouth.

    Returns
    -------
    ndarray of float64, shape (..., 20, 2)
    """
    return np.asarray((np.asarray(mouths, np.float64) - reference) / mouth_width(reference))


def absolute_shapes(
    differences: NDArray[np.floating], reference: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Undo `relative_shapes`, for the same speaker or another."""
    return np.asarray(reference + np.asarray(differences, np.float64) * mouth_width(reference))


def carry_shapes(
    mouths: NDArray[np.floating],
    reference: NDArray[np.floating],
    target_reference: NDArray[np.floating],
    gain: float = 1.0,
) -> NDArray[np.float64]:
    """Carry mouth shapes from one face to another.

    The differences to the closed mouth are made symmetric: a crooked way of speaking belongs to the
    speaker it was learned from, while the target's own crookedness is in its closed mouth.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    reference, target_reference : ndarray, shape (20, 2)
        Closed mouths of the face they come from and the face they go to.
    gain : float
        Factor on all motion; see `range_gain`.

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
    """
    differences = relative_shapes(mouths, reference)
    if gain != 1.0:
        differences = gain * differences
    mirrored = differences[:, MOUTH_MIRROR] * np.array([-1.0, 1.0])
    carried = absolute_shapes((differences + mirrored) / 2, target_reference)
    # Lips of different thickness may cross when a thin-lipped closure is carried over: the inner
    # lips then meet half-way instead.
    for upper, lower in zip(UPPER_INNER_LIP, LOWER_INNER_LIP, strict=True):
        crossed = carried[:, upper, 1] > carried[:, lower, 1]
        middle = carried[:, [upper, lower], 1].mean(axis=1)
        for point in (upper, lower):
            carried[crossed, point, 1] = middle[crossed]
    return carried


def opening_spread(mouths: NDArray[np.floating], reference: NDArray[np.floating]) -> float:
    """Measure how much a speaker's opening varies.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    reference : ndarray, shape (20, 2)
        The same speaker's closed mouth.

    Returns
    -------
    float
        Standard deviation of the inner lips' opening, in closed-mouth widths; 0 without mouths.
    """
    if not len(mouths):
        return 0.0
    return float(np.std(mouth_opening(mouths)) / mouth_width(reference))


def range_gain(
    spread: float | None,
    mouths: NDArray[np.floating],
    reference: NDArray[np.floating],
    expressiveness: float = 1.0,
) -> float:
    """Give the factor that brings predicted motion to a target's own range.

    A mumbler stays one. A target that hardly speaks shows no range: the factor is kept within
    `RANGE_LIMITS` before `expressiveness` is applied.

    Parameters
    ----------
    spread : float or None
        Standard deviation of the opening of the predicted shapes in speech, in closed-mouth widths;
        None if the pass declares none, and its range is kept.
    mouths : ndarray, shape (T, 20, 2)
        The target's own mouths.
    reference : ndarray, shape (20, 2)
        Its closed mouth.
    expressiveness : float
        The user's own factor.

    Returns
    -------
    float
    """
    if spread is None:
        return expressiveness
    low, high = RANGE_LIMITS
    ratio = opening_spread(mouths, reference) / spread
    return expressiveness * min(max(ratio, low), high)


def shut_mouth(reference: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give a mouth whose inner lips meet half-way: landmarks leave a gap between closed ones.

    Parameters
    ----------
    reference : ndarray, shape (20, 2)

    Returns
    -------
    ndarray of float64, shape (20, 2)
    """
    shut = np.array(reference, np.float64)
    for upper, lower in zip(UPPER_INNER_LIP, LOWER_INNER_LIP, strict=True):
        shut[[upper, lower], 1] = shut[[upper, lower], 1].mean()
    return shut


def without_drift(
    mouths: NDArray[np.floating], centre: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Shift a clip's mouths so that their mean lies at a given place.

    Slow changes of posture move the whole mouth in rectified space; sound says nothing of them.

    Parameters
    ----------
    mouths : ndarray, shape (T, 20, 2)
    centre : ndarray, shape (2,)

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
    """
    return np.asarray(mouths - np.asarray(mouths, np.float64).mean(axis=(0, 1)) + centre)
