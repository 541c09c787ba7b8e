"""The shape basis against a singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.mouth.basis import COEFFICIENTS, fit_basis


@pytest.fixture
def shapes(rng: np.random.Generator) -> NDArray[np.float64]:
    """Shapes of clearly different variance along each direction."""
    mixing = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    spread = 0.8 ** np.arange(40)
    return np.asarray((rng.normal(size=(300, 40)) * spread @ mixing + 0.3).reshape(300, 20, 2))


@pytest.mark.parametrize("count", [1, 5, COEFFICIENTS, 40])
def test_it_equals_the_singular_value_decomposition(
    shapes: NDArray[np.float64], count: int
) -> None:
    basis = fit_basis(shapes, count)
    flat = shapes.reshape(300, 40)
    mean = flat.mean(axis=0)
    u, s, vt = np.linalg.svd(flat - mean, full_matrices=False)
    np.testing.assert_allclose(basis.mean, mean)
    np.testing.assert_allclose(basis.variance, s[:count] ** 2 / 300, rtol=1e-8)
    np.testing.assert_allclose(np.abs(basis.components @ vt[:count].T), np.eye(count), atol=1e-6)
    projected = (u[:, :count] * s[:count] @ vt[:count] + mean).reshape(shapes.shape)
    np.testing.assert_allclose(basis.decode(basis.encode(shapes)), projected, atol=1e-9)


def test_components_are_orthonormal_and_fall_in_variance(shapes: NDArray[np.float64]) -> None:
    basis = fit_basis(shapes)
    assert basis.components.shape == (COEFFICIENTS, 40)
    np.testing.assert_allclose(
        basis.components @ basis.components.T, np.eye(COEFFICIENTS), atol=1e-12
    )
    assert (np.diff(basis.variance) <= 0).all()
    coefficients = basis.encode(shapes)
    np.testing.assert_allclose(coefficients.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(
        np.cov(coefficients.T, bias=True), np.diag(basis.variance), atol=1e-9
    )


def test_the_error_falls_with_every_coefficient(shapes: NDArray[np.float64]) -> None:
    errors = []
    for count in range(1, 41):
        basis = fit_basis(shapes, count)
        errors.append(np.abs(basis.decode(basis.encode(shapes)) - shapes).mean())
    assert (np.diff(errors) < 0).all()
    assert errors[-1] < 1e-12


def test_signs_are_fixed(shapes: NDArray[np.float64]) -> None:
    basis = fit_basis(shapes)
    largest = np.abs(basis.components).argmax(axis=1)
    assert (basis.components[np.arange(COEFFICIENTS), largest] > 0).all()
    # The same data in another order.
    again = fit_basis(shapes[::-1])
    np.testing.assert_allclose(again.components, basis.components, atol=1e-8)


def test_what_is_encoded_is_decoded(rng: np.random.Generator, shapes: NDArray[np.float64]) -> None:
    basis = fit_basis(shapes, 7)
    coefficients = rng.normal(size=(2, 3, 7))
    decoded = basis.decode(coefficients)
    assert decoded.shape == (2, 3, 20, 2)
    np.testing.assert_allclose(basis.encode(decoded), coefficients, atol=1e-12)
    np.testing.assert_allclose(basis.encode(shapes[0]), basis.encode(shapes)[0])
    np.testing.assert_allclose(basis.decode(np.zeros(7)).ravel(), basis.mean)


@pytest.mark.parametrize("count", [1, 3])
def test_few_shapes_leave_directions_without_variance(count: int, rng: np.random.Generator) -> None:
    shapes = rng.normal(size=(count, 20, 2))
    basis = fit_basis(shapes)
    assert (basis.variance[: count - 1] > 1e-3).all()
    np.testing.assert_allclose(basis.variance[count - 1 :], 0, atol=1e-12)
    assert (basis.variance >= 0).all()
    np.testing.assert_allclose(basis.decode(basis.encode(shapes)), shapes, atol=1e-9)
