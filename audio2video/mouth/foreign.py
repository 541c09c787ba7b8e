"""Mouth shapes from elsewhere: landmarks of any unit, place, size and rate, brought to ours."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..face.layout import (
    LANDMARKS,
    LOWER_INNER_LIP,
    MOUTH,
    MOUTH_CORNERS,
    MOUTH_POINTS,
    UPPER_INNER_LIP,
    eye_centres,
)
from ..face.pose import fit_pose
from ..face.procrustes import Similarity, mean_shape
from ..face.rectify import to_rectified
from .prediction import MouthTrack
from .shapes import absolute_shapes, closed_mouth_reference, opening_spread, relative_shapes

UPPER_OUTER_LIP = slice(0, 7)

MOVING = 0.08
"""Standard deviation of the upper lip's place, in mouth widths, above which the head moves: the
mouths are then those of a picture."""

SMOOTHED = 0.5
"""Seconds over which the size of a head in a picture is taken to be the same."""

MIN_SIZE = 1e-9
"""Least extent of a mouth, in its own unit: less is a point."""


def adopt_shapes(
    points: NDArray[np.floating], rate: Fraction, template: NDArray[np.floating]
) -> MouthTrack:
    """Bring mouth shapes from elsewhere to the form in which they are predicted here.

    Of whole faces the head pose is removed (`fit_pose`); of mouths alone that move about, place and
    angle of the upper lip, which is less exact. They are then moved, turned and scaled, all alike,
    such that their closed mouth fits the template's best (Procrustes), and the differences to the
    closed mouth are put onto the template's.

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
    mouths = _rectified(_checked(points), rate, template)
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


def _rectified(
    points: NDArray[np.float64], rate: Fraction, template: NDArray[np.floating]
) -> NDArray[np.float64]:
    whole = points.shape[1] == LANDMARKS
    mouths = points[:, MOUTH] if whole else points
    if np.ptp(mouths, axis=(0, 1)).min() < MIN_SIZE:
        raise ValueError("holds no mouths: all points are one, or on a line")
    if _points_up(points, mouths, whole=whole):
        points = points * [1.0, -1.0]
        mouths = mouths * [1.0, -1.0]
    if whole:
        return np.asarray(to_rectified(mouths, fit_pose(points)), np.float64)
    centres = mouths[:, UPPER_OUTER_LIP].mean(axis=1)
    widths = np.linalg.norm(mouths[:, MOUTH_CORNERS[1]] - mouths[:, MOUTH_CORNERS[0]], axis=1)
    if np.std(centres, axis=0).max() > MOVING * np.median(widths):
        mouths = _held_still(mouths, SMOOTHED * float(rate))
    return Similarity.fit(closed_mouth_reference(mouths), template).apply(mouths)


def _held_still(mouths: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Take the motion of the head out of mouths in a picture, by the upper lip, which moves least.

    Its place and angle are brought to those of its mean in each frame; its size only over some
    time, as it also changes when lips are spread or rounded.
    """
    upper = mouths[:, UPPER_OUTER_LIP]
    usual = mean_shape(upper[:: max(1, len(upper) // 100)])
    fits = [Similarity.fit(one, usual) for one in upper]
    scales = np.exp(gaussian_filter1d(np.log([fit.scale for fit in fits]), width, mode="nearest"))
    held = np.empty_like(mouths)
    for k, (fit, scale) in enumerate(zip(fits, scales.tolist(), strict=True)):
        turned = Similarity(scale, fit.angle, np.zeros(2))
        held[k] = turned.apply(mouths[k] - upper[k].mean(axis=0))
    return held


def _points_up(points: NDArray[np.float64], mouths: NDArray[np.float64], *, whole: bool) -> bool:
    """Tell whether y points up: the eyes then have the larger y, or the upper lip."""
    if whole:
        return bool(eye_centres(points)[..., 1].mean() > mouths[..., 1].mean())
    lips = (mouths[:, list(row), 1].mean() for row in (UPPER_INNER_LIP, LOWER_INNER_LIP))
    upper, lower = lips
    return bool(upper > lower)
