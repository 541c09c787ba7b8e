"""The warp that carries a candidate's lips onto the wanted ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP, MOUTH
from audio2video.face.rectify import RectifiedGrid
from audio2video.texture.warp import CELL, REACH, STIFFNESS, displacement_grids, warp_weights


def opened(opening: float) -> NDArray[np.float64]:
    mouth = generic_head()[MOUTH, :2].copy()
    mouth[list(LOWER_INNER_LIP), 1] += opening
    mouth[7:12, 1] += opening
    return np.asarray(mouth)


def wendland(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(distance < 1, (1 - distance) ** 4 * (4 * distance + 1), 0.0)


def gram(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return wendland(np.linalg.norm(points[:, None] - points[None], axis=-1) / REACH)


def test_at_the_points_it_is_ridge_interpolation(rng: np.random.Generator) -> None:
    points = opened(0.2)
    moves = rng.normal(size=(20, 2))
    found = warp_weights(points, points) @ moves
    # Closed form of regularised interpolation: off by the stiffness times the coefficients.
    coefficients = np.linalg.solve(gram(points) + STIFFNESS * np.eye(20), moves)
    np.testing.assert_allclose(found, moves - STIFFNESS * coefficients, atol=1e-9)


@pytest.mark.parametrize("opening", [0.0, 0.1, 0.3])
def test_lips_are_carried_to_within_the_regularisation(opening: float) -> None:
    wanted, own = opened(0.12), opened(opening)
    found = warp_weights(wanted, wanted) @ (own - wanted)
    assert np.abs(found - (own - wanted)).max() < 0.15 * abs(opening - 0.12)


def test_a_shift_of_the_whole_mouth_is_followed() -> None:
    points = opened(0.1)
    found = warp_weights(points, points) @ np.tile([0.03, -0.02], (20, 1))
    np.testing.assert_allclose(found, np.tile([0.03, -0.02], (20, 1)), rtol=0.05)


@given(st.floats(0, 2 * np.pi), st.floats(REACH, 5.0))
def test_it_dies_away_at_its_reach(angle: float, distance: float) -> None:
    points = opened(0.1)
    direction = np.array([np.cos(angle), np.sin(angle)])
    # As far from every point as `distance`: beyond the outermost in this direction.
    place = direction * (points @ direction).max() + direction * distance
    far = np.linalg.norm(points - place, axis=1).min() >= REACH
    if far:
        np.testing.assert_array_equal(warp_weights(points, place[None]), 0)


def test_it_falls_smoothly_with_the_distance() -> None:
    points = opened(0.1)
    places = np.column_stack([np.zeros(200), points[9, 1] + np.linspace(0, REACH, 200)])
    pull = warp_weights(points, places).sum(axis=1)
    assert pull[0] == pytest.approx(1, abs=0.05)
    assert (np.diff(pull) < 1e-9).all()
    assert pull[-1] == pytest.approx(0, abs=1e-9)
    # Without a kink: the slope ends at nought too.
    assert abs(pull[-2] - pull[-1]) < 1e-6


def test_points_that_fall_together_are_no_error() -> None:
    points = opened(0.0)
    points[list(LOWER_INNER_LIP)] = points[[13, 14, 15]]
    weights = warp_weights(points, points)
    assert np.isfinite(weights).all()
    moves = np.zeros((20, 2))
    moves[13] = [0, 0.1]
    # Two points at one place are pulled apart: the warp can only do the mean.
    assert (weights @ moves)[13, 1] == pytest.approx(0.05, abs=0.01)


def test_it_does_not_depend_on_the_unit(rng: np.random.Generator) -> None:
    points, places = opened(0.1), rng.uniform(-1, 2, (30, 2))
    np.testing.assert_allclose(
        warp_weights(points * 60, places * 60, REACH * 60), warp_weights(points, places), atol=1e-9
    )


def grid_of(space: RectifiedGrid) -> NDArray[np.float64]:
    rows, columns = -(-(space.height - 1) // CELL) + 1, -(-(space.width - 1) // CELL) + 1
    x, y = np.meshgrid(np.arange(columns) * CELL, np.arange(rows) * CELL)
    return np.stack([x, y], axis=-1) / space.resolution + [space.left, space.top]


def test_grids_are_the_displacements_in_pixels(rng: np.random.Generator) -> None:
    space = RectifiedGrid.lower_face(40.0)
    shape = opened(0.15)
    own = np.stack([opened(0.1), opened(0.2) + rng.normal(scale=0.01, size=(20, 2)), shape])
    grid = grid_of(space)
    found = displacement_grids(shape, own, grid, space.resolution)
    assert found.shape == (3, 2, *grid.shape[:2])
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    for candidate, moves in zip(own, found, strict=True):
        expected = warp_weights(shape, grid.reshape(-1, 2)) @ (candidate - shape) * space.resolution
        np.testing.assert_allclose(moves.reshape(2, -1).T, expected, atol=1e-4)


def test_a_candidate_of_the_wanted_shape_is_read_where_it_is() -> None:
    space = RectifiedGrid.lower_face(40.0)
    shape = opened(0.15)
    found = displacement_grids(shape, shape[None], grid_of(space), space.resolution)
    np.testing.assert_array_equal(found, 0)
