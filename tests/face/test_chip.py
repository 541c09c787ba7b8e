"""The upright chip around a face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.chip import Chip


@given(
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.floats(-3, 3),
    st.floats(0.05, 20),
    st.integers(2, 512),
)
def test_its_middle_is_the_place_and_points_come_back(
    x: float, y: float, angle: float, zoom: float, side: int
) -> None:
    chip = Chip.around(x, y, angle, zoom, side)
    np.testing.assert_allclose(chip.to_frame(np.full((1, 2), side / 2)), [[x, y]], atol=1e-6)
    points = np.array([[0.0, 0.0], [3.0, 7.0], [side, 1.0]])
    there = chip.to_frame(points) @ chip.linear.T + chip.shift
    np.testing.assert_allclose(there, points, atol=1e-5)


@pytest.mark.parametrize("angle", [0.0, np.pi / 2])
def test_what_is_cut_is_upright(angle: float) -> None:
    gray = np.zeros((60, 60), np.uint8)
    gray[30, 30:40] = 200  # from the middle to the right
    if angle:
        gray = gray.T.copy()
    chip = Chip.around(30, 30, angle, 1.0, 40)
    found = chip.cut(gray)
    assert found[20, 21:29].min() > 150
    assert found.astype(int).sum() == pytest.approx(2000, rel=0.15)
