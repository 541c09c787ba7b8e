"""Parts of a texture hold what the whole would show there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from painted_mouths import SPACE, opened, painted

from audio2video.face.rectify import RectifiedGrid
from audio2video.texture.synthesis import lip_cover
from audio2video.texture.teeth import mouth_interior, whiteness
from audio2video.texture.window import part_of, window_around


@given(st.integers(0, 2**32 - 1), st.floats(0, 60), st.sampled_from([12.0, 40.0, 110.0]))
def test_a_window_holds_its_points_and_lies_inside(
    seed: int, margin: float, resolution: float
) -> None:
    space = RectifiedGrid.lower_face(resolution)
    points = np.random.default_rng(seed).uniform([-1.5, 0.0], [1.5, 2.6], (4, 2))
    rows, columns = window_around(points, margin, space)
    assert 0 <= rows.start < rows.stop <= space.height
    assert 0 <= columns.start < columns.stop <= space.width
    x, y = np.meshgrid(np.arange(space.width), np.arange(space.height))
    pixels = space.to_pixels(points)
    low, high = pixels.min(axis=0) - margin, pixels.max(axis=0) + margin
    near = (x >= low[0]) & (x < high[0]) & (y >= low[1]) & (y < high[1])
    near[rows, columns] = False
    assert not near.any()


def test_a_part_has_the_coordinates_of_the_whole() -> None:
    window = slice(7, 30), slice(4, 25)
    part = part_of(SPACE, window)
    for whole, own in zip(SPACE.grid(), part.grid(), strict=True):
        np.testing.assert_allclose(own, whole[window], atol=1e-12)


@pytest.mark.parametrize("opening", [0.02, 0.1, 0.4])
def test_what_is_made_around_the_mouth_is_what_the_whole_shows(opening: float) -> None:
    mouth = opened(opening)
    window = window_around(mouth, 0.2 * SPACE.resolution, SPACE)
    part = part_of(SPACE, window)
    outside = np.ones((SPACE.height, SPACE.width), bool)
    outside[window] = False
    for feather in (0.0, 0.012):
        whole = mouth_interior(mouth, SPACE, feather)
        own = mouth_interior(mouth, part, feather)
        np.testing.assert_allclose(own, whole[window], atol=1e-6)
        assert not whole[outside].any()
    cover = lip_cover(mouth, SPACE)
    np.testing.assert_allclose(lip_cover(mouth, part), cover[window], atol=1e-6)
    assert not cover[outside].any()
    texture = painted(mouth, 6, 5)
    white = whiteness(texture, mouth, SPACE)
    np.testing.assert_array_equal(whiteness(texture, mouth, SPACE, window), white[window])
