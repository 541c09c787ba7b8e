"""Procrustes alignment: the move, turn and scale that bring one set of points onto another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Similarity:
    """A similarity of the plane: ``scale * R p + shift``.

    Parameters
    ----------
    scale : float
    angle : float
        Of the rotation R, in radians, from x towards y.
    shift : ndarray of float64, shape (2,)
    """

    scale: float
    angle: float
    shift: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        points: NDArray[np.floating],
        onto: NDArray[np.floating],
        weights: NDArray[np.floating] | None = None,
    ) -> Similarity:
        """Find the similarity with the least sum of squared distances, in closed form.

        Points of the plane are complex numbers p and q: with both means removed, the factor that
        turns and scales is sum(w conj(p) q) / sum(w |p|^2) (Kendall 1984).

        Parameters
        ----------
        points, onto : ndarray, shape (N, 2)
        weights : ndarray, shape (N,), optional
            All equal by default.

        Raises
        ------
        ValueError
            All points are one.
        """
        p, q = (np.asarray(one, np.float64) @ [1, 1j] for one in (points, onto))
        w = np.ones(len(p)) if weights is None else np.asarray(weights, np.float64)
        mean_p, mean_q = np.average(p, weights=w), np.average(q, weights=w)
        p, q = p - mean_p, q - mean_q
        size = float(np.sum(w * np.abs(p) ** 2))
        if size <= 0:
            raise ValueError("all points are one")
        factor = np.sum(w * np.conj(p) * q) / size
        shift = mean_q - factor * mean_p
        return cls(
            float(np.abs(factor)), float(np.angle(factor)), np.array([shift.real, shift.imag])
        )

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move points, shape (..., 2)."""
        c, s = self.scale * np.cos(self.angle), self.scale * np.sin(self.angle)
        return np.asarray(np.asarray(points, np.float64) @ [[c, s], [-s, c]] + self.shift)


def align_all(
    shapes: NDArray[np.floating],
    onto: NDArray[np.floating],
    weights: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Align each of several shapes with one, by itself.

    Parameters
    ----------
    shapes : ndarray, shape (T, N, 2)
    onto : ndarray, shape (N, 2)
    weights : ndarray, shape (N,), optional
        All equal by default.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
    """
    return np.stack([Similarity.fit(one, onto, weights).apply(one) for one in shapes])


def mean_shape(
    shapes: NDArray[np.floating], weights: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Give the mean of shapes that are aligned with it (generalised Procrustes analysis).

    Source: Gower, "Generalized Procrustes analysis", 1975. Place, size and angle are those of the
    first shape.

    Parameters
    ----------
    shapes : ndarray, shape (T, N, 2)
    weights : ndarray, shape (N,), optional

    Returns
    -------
    ndarray of float64, shape (N, 2)
    """
    mean = np.asarray(shapes[0], np.float64)
    for _ in range(ROUNDS):
        found = align_all(shapes, mean, weights).mean(axis=0)
        found = Similarity.fit(found, shapes[0], weights).apply(found)
        moved = float(np.abs(found - mean).max())
        mean = found
        if moved <= STEADY * float(np.ptp(mean)):
            break
    return mean


ROUNDS = 100
STEADY = 1e-10
"""The mean is found when no point moves by more, as a share of its extent."""
