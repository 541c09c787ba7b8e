"""Small numerical functions, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.numerics import peak_offset, robust_deviation, smoothstep


def test_a_smooth_step_is_its_polynomial_between_level_ends() -> None:
    share = np.linspace(-1, 2, 301)
    inside = (share > 0) & (share < 1)
    found = smoothstep(share)
    np.testing.assert_allclose(found[inside], 3 * share[inside] ** 2 - 2 * share[inside] ** 3)
    assert (found[share <= 0] == 0).all()
    assert (found[share >= 1] == 1).all()
    np.testing.assert_array_equal(smoothstep(np.array([-np.inf, np.inf])), [0, 1])


@given(place=st.floats(-0.5, 0.5), height=st.floats(-10, 10), bend=st.floats(-10, -0.1))
def test_the_peak_of_a_parabola_is_its_vertex(place: float, height: float, bend: float) -> None:
    before, at, after = (height + bend * (x - place) ** 2 for x in (-1, 0, 1))
    assert peak_offset(before, at, after) == pytest.approx(place, abs=1e-9)


@pytest.mark.parametrize("three", [(1.0, 1.0, 1.0), (1.0, 0.5, 1.0), (0.0, 1.0, 2.0)])
def test_what_is_no_peak_is_taken_where_it_is(three: tuple[float, float, float]) -> None:
    assert peak_offset(*three) == 0.0


def test_the_robust_deviation_is_a_normal_distributions_whatever_the_outliers() -> None:
    values = np.random.default_rng(1).normal(0, [1.0, 5.0], size=(20001, 2))
    np.testing.assert_allclose(robust_deviation(values), [1.0, 5.0], rtol=0.03)
    values[:200] = 1e6
    np.testing.assert_allclose(robust_deviation(values), [1.0, 5.0], rtol=0.05)
