"""The linear shape basis: principal components of mouth shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = 20


@dataclass(frozen=True)
class ShapeBasis:
    """Mean and principal components of relative mouth shapes.

    Parameters
    ----------
    mean : ndarray of float64, shape (40,)
    components : ndarray of float64, shape (K, 40)
        Orthonormal rows, by falling variance.
    variance : ndarray of float64, shape (K,)
        Variance along each component.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variance: NDArray[np.float64]

    def encode(self, shapes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Shapes (..., 20, 2) to coefficients (..., K)."""
        flat = np.asarray(shapes, np.float64).reshape(*shapes.shape[:-2], 40)
        return np.asarray((flat - self.mean) @ self.components.T)

    def decode(self, coefficients: NDArray[np.floating]) -> NDArray[np.float64]:
        """Coefficients (..., K) to shapes (..., 20, 2)."""
        flat = np.asarray(coefficients, np.float64) @ self.components + self.mean
        return flat.reshape(*flat.shape[:-1], 20, 2)


def fit_basis(shapes: NDArray[np.floating], coefficients: int = COEFFICIENTS) -> ShapeBasis:
    """Fit the basis by principal component analysis, the mean kept (paper, section 3.1).

    Parameters
    ----------
    shapes : ndarray, shape (N, 20, 2)
        Relative mouth shapes.
    coefficients : int
        Components to keep.

    Returns
    -------
    ShapeBasis
    """
    flat = np.asarray(shapes, np.float64).reshape(len(shapes), 40)
    return basis_of_moments(flat.mean(axis=0), np.cov(flat, rowvar=False, bias=True), coefficients)


def basis_of_moments(
    mean: NDArray[np.float64], covariance: NDArray[np.float64], coefficients: int = COEFFICIENTS
) -> ShapeBasis:
    """Find the principal components of a covariance.

    Parameters
    ----------
    mean : ndarray of float64, shape (40,)
    covariance : ndarray of float64, shape (40, 40)
    coefficients : int
        Components to keep.

    Returns
    -------
    ShapeBasis
    """
    variance, vectors = np.linalg.eigh(covariance)
    order = np.argsort(variance)[::-1][:coefficients]
    components = vectors[:, order].T
    # The sign of an eigenvector is arbitrary: fix it, so that equal data give an equal basis.
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return ShapeBasis(mean, components * signs[:, None], np.maximum(variance[order], 0.0))
