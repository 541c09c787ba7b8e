"""Mouth shapes from elsewhere: landmarks of any unit, place, size and rate, brought to ours."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..face.layout import (
    LANDMARKS,
    LOWER_INNER_LIP,
    MOUTH,
    MOUTH_POINTS,
    UPPER_INNER_LIP,
    eye_centres,
)
from ..face.pose import fit_pose
from ..face.procrustes import Similarity
from ..face.rectify import to_rectified
from .prediction import MouthTrack
from .shapes import absolute_shapes, closed_mouth_reference, opening_spread, relative_shapes

MIN_SIZE = 1e-9
"""Least extent of a mouth, in its own unit: less is a point."""


def adopt_shapes(
    points: NDArray[np.floating], rate: Fraction, template: NDArray[np.floating]
) -> MouthTrack:
    """Bring mouth shapes from elsewhere to the form in which they are predicted here.

    Of whole faces the head pose is removed (`fit_pose`). Mouths alone are moved, turned and scaled,
    all alike, such that their closed mouth fits the template's best (Procrustes). Then the
    differences to the closed mouth are put onto the template's.

    Parameters
    ----------
    points : ndarray, shape (T, 20, 2) or (T, 68, 2)
        Of dlib's 68 points all, or 48 to 67. Any unit; y may point up or down.
    rate : Fraction
        Shapes per second.
    template : ndarray, shape (20, 2)
        Closed mouth of the face that they are to be of, rectified.

    Returns
    -------
    MouthTrack
        T shapes in the template's proportions.

    Raises
    ------
    ValueError
        They are of another form, not finite, or no mouths.
    """
    mouths = _rectified(_checked(points), template)
    reference = closed_mouth_reference(mouths)
    shapes = absolute_shapes(relative_shapes(mouths, reference), template)
    spread = opening_spread(mouths, reference)
    known = spread if spread > 0 else None
    return MouthTrack(shapes.astype(np.float32), rate, np.asarray(template, np.float64), known)


def _checked(points: NDArray[np.floating]) -> NDArray[np.float64]:
    values = np.asarray(points, np.float64)
    if values.ndim != 3 or values.shape[1:] not in ((MOUTH_POINTS, 2), (LANDMARKS, 2)):
        shape = "x".join(str(side) for side in values.shape)
        raise ValueError(f"holds an array of {shape}; (T, 20, 2) or (T, 68, 2) is needed")
    if not len(values):
        raise ValueError("holds no shapes")
    if not np.isfinite(values).all():
        raise ValueError("holds numbers that are not finite")
    return values


def _rectified(points: NDArray[np.float64], template: NDArray[np.floating]) -> NDArray[np.float64]:
    whole = points.shape[1] == LANDMARKS
    mouths = points[:, MOUTH] if whole else points
    if np.ptp(mouths, axis=(0, 1)).min() < MIN_SIZE:
        raise ValueError("holds no mouths: all points are one, or on a line")
    if _points_up(points, mouths, whole=whole):
        points = points * [1.0, -1.0]
        mouths = mouths * [1.0, -1.0]
    if whole:
        return np.asarray(to_rectified(mouths, fit_pose(points)), np.float64)
    return Similarity.fit(closed_mouth_reference(mouths), template).apply(mouths)


def _points_up(points: NDArray[np.float64], mouths: NDArray[np.float64], *, whole: bool) -> bool:
    """Tell whether y points up: the eyes then have the larger y, or the upper lip."""
    if whole:
        return bool(eye_centres(points)[..., 1].mean() > mouths[..., 1].mean())
    lips = (mouths[:, list(row), 1].mean() for row in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    upper, lower = lips
    return bool(upper > lower)
