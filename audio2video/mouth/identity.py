"""Taking who somebody is out of landmarks, so that what is left is how the face moves.

Frames are aligned with the mean shape of all speakers (generalised Procrustes analysis, Gower
1975); each speaker's own closed mouth is found, and the difference to it is put onto the mean of
all closed mouths, the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F64, Mask
from ..face.layout import (
    LANDMARKS,
    LEFT_EYE,
    MOUTH,
    NOSE,
    RIGHT_EYE,
    eye_centres,
    mouth_width,
)
from ..face.procrustes import Similarity, align_all, mean_shape
from .shapes import absolute_shapes, closed_frames, relative_shapes, usual_width

STABLE_WEIGHT, OTHER_WEIGHT = 1.0, 0.02
"""Say of a point in the alignment: of those of eyes and nose, which speech does not move, and of
all others."""

WHOLE = slice(0, LANDMARKS)
"""All of a face."""

SAMPLE = 300
"""Frames of a speaker that the mean shape is of, at most."""


@dataclass(frozen=True)
class SpeakerStages:
    """A speaker's landmarks, stage by stage; of T frames.

    Parameters
    ----------
    raw : ndarray of float64, shape (T, 68, 2)
        As given.
    aligned : ndarray of float64, shape (T, 68, 2)
        Moved, turned and scaled onto the mean shape of all speakers, in distances between its eyes.
    usual : ndarray of bool, shape (T,)
        Frames whose lips are not oddly wide or narrow.
    closed : ndarray of int, shape (n,)
        Frames that the closed mouth is the mean of.
    reference : ndarray of float64, shape (68, 2)
        The face with its closed mouth.
    removed : ndarray of float64, shape (T, 68, 2)
        Identity removed: the difference to the reference, put onto the template.
    """

    raw: F64
    aligned: F64
    usual: Mask
    closed: NDArray[np.intp]
    reference: F64
    removed: F64


@dataclass(frozen=True)
class IdentityRemoval:
    """Landmarks of several speakers without who they are.

    Parameters
    ----------
    speakers : tuple of SpeakerStages
    mean : ndarray of float64, shape (68, 2)
        Mean shape of all speakers' frames: between the eyes at 0, upright, the eyes 1 apart.
    template : ndarray of float64, shape (68, 2)
        Mean of all references.
    """

    speakers: tuple[SpeakerStages, ...]
    mean: F64
    template: F64

    def spread_between(self, stage: str = "removed", part: slice = WHOLE) -> float:
        """Measure how far speakers differ: rms distance of their mean faces from the mean of them.

        Parameters
        ----------
        stage : str
            'aligned' or 'removed'.
        part : slice
            Landmarks that count, such as ``slice(48, 68)``, the mouth.

        Returns
        -------
        float
            In distances between the eyes; 0 for a single speaker.
        """
        means = np.array([getattr(one, stage)[:, part].mean(axis=0) for one in self.speakers])
        return _rms(means - means.mean(axis=0))

    def spread_within(self, stage: str = "removed", part: slice = WHOLE) -> float:
        """Measure how far faces move: rms distance of frames from their speaker's mean face."""
        shapes = [getattr(one, stage)[:, part] for one in self.speakers]
        return _rms(np.concatenate([points - points.mean(axis=0) for points in shapes]))


def remove_identity(speakers: Sequence[NDArray[np.floating]]) -> IdentityRemoval:
    """Take who somebody is out of the landmarks of one or more speakers.

    Parameters
    ----------
    speakers : sequence of ndarray, shape (T, 68, 2)
        Of each, in any unit; y down.

    Returns
    -------
    IdentityRemoval

    Raises
    ------
    ValueError
        They are of another form, not finite, or no faces.
    """
    if not speakers:
        raise ValueError("no speakers")
    given = [_checked(points) for points in speakers]
    weights = np.full(LANDMARKS, OTHER_WEIGHT)
    weights[RIGHT_EYE.start : LEFT_EYE.stop] = weights[NOSE] = STABLE_WEIGHT
    some = [points[:: max(1, len(points) // SAMPLE)] for points in given]
    # Each to one size first: the first frame's would count for all.
    mean = _upright(mean_shape(np.concatenate([_sized(points) for points in some]), weights))
    aligned = [align_all(points, mean, weights) for points in given]
    closed = [closed_frames(points[:, MOUTH]) for points in aligned]
    references = [
        points[frames].mean(axis=0) for points, frames in zip(aligned, closed, strict=True)
    ]
    template = np.mean(references, axis=0)
    return IdentityRemoval(
        tuple(
            SpeakerStages(
                raw,
                points,
                usual_width(points[:, MOUTH]),
                frames,
                reference,
                _onto(points, reference, template),
            )
            for raw, points, frames, reference in zip(
                given, aligned, closed, references, strict=True
            )
        ),
        mean,
        np.asarray(template),
    )


def _onto(points: F64, reference: F64, template: F64) -> F64:
    """Put the difference to a reference onto the template, in mouth widths of each."""
    ratio = mouth_width(template[MOUTH]) / mouth_width(reference[MOUTH])
    moved = template + (points - reference) * ratio
    mouths = relative_shapes(points[:, MOUTH], reference[MOUTH])
    moved[:, MOUTH] = absolute_shapes(mouths, template[MOUTH])
    return np.asarray(moved)


def _checked(points: NDArray[np.floating]) -> F64:
    values = np.asarray(points, np.float64)
    if values.ndim != 3 or values.shape[1:] != (LANDMARKS, 2):
        shape = "x".join(str(side) for side in values.shape)
        raise ValueError(f"holds an array of {shape}; (T, 68, 2) is needed")
    if not len(values):
        raise ValueError("holds no frames")
    if not np.isfinite(values).all():
        raise ValueError("holds numbers that are not finite")
    if _eye_distance(values).min() <= 0 or mouth_width(values[:, MOUTH]).min() <= 0:
        raise ValueError("holds no faces: eyes or corners of the mouth are in one place")
    return values


def _sized(points: F64) -> F64:
    return np.asarray(points / _eye_distance(points)[:, None, None])


def _upright(mean: F64) -> F64:
    right, left = eye_centres(mean)
    return Similarity.fit(np.array([right, left]), np.array([[-0.5, 0.0], [0.5, 0.0]])).apply(mean)


def _eye_distance(points: F64) -> F64:
    eyes = eye_centres(points)
    return np.asarray(np.linalg.norm(eyes[:, 1] - eyes[:, 0], axis=-1), np.float64)


def _rms(offsets: F64) -> float:
    return float(np.sqrt((offsets**2).sum(axis=-1).mean()))
