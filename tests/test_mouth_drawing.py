"""Pictures of mouth shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP, MOUTH
from audio2video.mouth import drawing
from audio2video.mouth.drawing import draw_mouth, mouth_view


def opened() -> NDArray[np.float64]:
    mouth = generic_head()[MOUTH, :2].copy()
    mouth[list(LOWER_INNER_LIP), 1] += 0.3
    mouth[7:12, 1] += 0.3
    return np.asarray(mouth)


@given(hnp.arrays(np.float64, (3, 20, 2), elements=st.floats(-50, 50)), st.sampled_from([64, 256]))
def test_the_view_holds_all_points_in_the_middle(shapes: NDArray[np.float64], side: int) -> None:
    scale, *offset = mouth_view(shapes, side)
    pixels = shapes * scale + offset
    low, high = pixels.min(axis=(0, 1)), pixels.max(axis=(0, 1))
    assert (low >= 0.1 * side - 1e-3).all()
    assert (high <= 0.9 * side + 1e-3).all()
    np.testing.assert_allclose((low + high) / 2, side / 2, atol=1e-3)
    if np.ptp(shapes, axis=(0, 1)).max() > 1e-3:
        assert (high - low).max() == pytest.approx(0.8 * side)


def test_lips_points_and_inside_are_drawn() -> None:
    mouth = opened()
    view = mouth_view(mouth[None], 200)
    picture = draw_mouth(mouth, view, 200)
    assert picture.shape == (200, 200, 3)
    assert picture.dtype == np.uint8

    def colour(point: NDArray[np.float64]) -> tuple[int, ...]:
        x, y = np.round(point * view[0] + view[1:]).astype(int)
        return tuple(picture[y, x].tolist())

    assert tuple(picture[0, 0].tolist()) == drawing._PAPER
    assert colour(mouth[[14, 18]].mean(axis=0)) == drawing._INSIDE
    assert colour(mouth[[9, 18]].mean(axis=0)) == drawing._LIP
    assert {colour(point) for point in mouth} == {drawing._POINT}


def test_the_same_view_keeps_shapes_comparable() -> None:
    mouth = opened()
    view = mouth_view(np.stack([mouth, mouth + 0.2]), 200)
    step = view[0] * 0.2
    first = draw_mouth(mouth, view, 200)
    shift = round(step)
    moved = draw_mouth(mouth + shift / view[0], view, 200)
    np.testing.assert_array_equal(moved[shift:, shift:], first[:-shift, :-shift])
