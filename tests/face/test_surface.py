"""The surface of the lower face: where it runs, and where lines of sight meet it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import JAW
from audio2video.face.surface import intersect_surface, surface_depth, surface_slope


def plain_meeting(flat: NDArray[np.float64], lean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's method in NumPy, on all points at once."""
    lean = lean[:, None]
    q = flat - lean * surface_depth(flat[..., 0], flat[..., 1])[..., None]
    for _ in range(8):
        x, y = q[..., 0], q[..., 1]
        error = q + lean * surface_depth(x, y)[..., None] - flat
        slope = np.stack(surface_slope(x, y), axis=-1)
        determinant = np.maximum(1 + (lean * slope).sum(axis=-1, keepdims=True), 0.25)
        q = q - error + lean * (slope * error).sum(axis=-1, keepdims=True) / determinant
    return q


def test_the_surface_runs_through_jaw_and_lips() -> None:
    head = generic_head()
    for part, error in ((np.arange(68)[JAW][2:-2], 0.1), (np.arange(48, 60), 0.1)):
        points = head[part]
        depth = surface_depth(points[:, 0], points[:, 1])
        assert np.abs(depth - points[:, 2]).max() < error


def test_the_surface_is_symmetric_and_falls_back_towards_the_ears() -> None:
    x, y = np.meshgrid(np.linspace(0, 1.0, 21), np.linspace(0.4, 2.0, 17))
    depth = surface_depth(x, y)
    np.testing.assert_allclose(surface_depth(-x, y), depth)
    assert (np.diff(depth, axis=1) > 0).all()


@given(st.floats(-1.5, 1.5), st.floats(0.0, 2.5))
def test_the_slope_is_the_derivative_of_the_depth(across: float, down: float) -> None:
    x, y, step = np.array(across), np.array(down), 1e-5
    if min(abs(abs(x) - 1.1), abs(y - 0.3), abs(y - 2.1)) < 2 * step:
        return  # the kinks where the surface goes on level
    by_x, by_y = surface_slope(x, y)
    rise_x = surface_depth(x + step, y) - surface_depth(x - step, y)
    rise_y = surface_depth(x, y + step) - surface_depth(x, y - step)
    if abs(x) < 1.1 and 0.3 < y < 2.1:
        np.testing.assert_allclose([by_x, by_y], np.array([rise_x, rise_y]) / (2 * step), atol=1e-6)


def test_the_surface_goes_on_level_outside_the_face() -> None:
    assert surface_depth(np.array(1.1), np.array(1.0)) == surface_depth(
        np.array(9.0), np.array(1.0)
    )
    assert surface_depth(np.array(0.0), np.array(2.1)) == surface_depth(
        np.array(0.0), np.array(7.0)
    )
    assert surface_depth(np.zeros((2, 3)), np.ones((2, 3))).shape == (2, 3)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.6))
def test_lines_meet_the_surface_where_plain_newton_says(seed: int, most: float) -> None:
    rng = np.random.default_rng(seed)
    flat, lean = rng.uniform([-1.0, 0.2], [1.0, 2.2], (2, 40, 2)), rng.uniform(-most, most, (2, 2))
    found = intersect_surface(flat, lean)
    again = found + lean[:, None] * surface_depth(found[..., 0], found[..., 1])[..., None]
    met = np.abs(again - flat).max(axis=-1) < 1e-9
    # Where the surface turns out of sight a line may meet it twice, and rounding decides where.
    slope = np.stack(surface_slope(found[..., 0], found[..., 1]), axis=-1)
    seen = met & (1 + (lean[:, None] * slope).sum(axis=-1) > 0.5) & (np.abs(found[..., 0]) < 1)
    np.testing.assert_allclose(found[seen], plain_meeting(flat, lean)[seen], atol=1e-5)
    assert met.mean() > (0.999 if most < 0.3 else 0.8)


def test_lines_straight_on_meet_the_surface_where_they_are() -> None:
    flat = np.array([[[0.0, 1.0], [0.5, 1.7], [3.0, -4.0]]])
    np.testing.assert_array_equal(intersect_surface(flat, np.zeros((1, 2))), flat)
    assert intersect_surface(np.zeros((0, 5, 2)), np.zeros((0, 2))).shape == (0, 5, 2)
