"""Pictures of mouth shapes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import INNER_LIP, LOWER_INNER_LIP, MOUTH, OUTER_LIP
from audio2video.media.frame import Frame
from audio2video.mouth import drawing
from audio2video.mouth.drawing import MouthCanvas, mouth_view


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
    picture = MouthCanvas(view, 200).draw(mouth).rgb()
    assert picture.shape == (200, 200, 3)
    assert picture.dtype == np.uint8

    def shows(point: NDArray[np.float64], colour: tuple[int, ...]) -> bool:
        x, y = np.round(point * view[0] + view[1:]).astype(int)
        # The planes of a video have coarser steps than RGB.
        return bool(np.abs(picture[y, x].astype(int) - colour).max() <= 3)

    assert np.abs(picture[0, 0].astype(int) - drawing._PAPER).max() <= 3
    assert shows(mouth[[14, 18]].mean(axis=0), drawing._INSIDE)
    assert shows(mouth[[9, 18]].mean(axis=0), drawing._LIP)
    luma = MouthCanvas(view, 200).draw(mouth).y
    places = np.round(mouth * view[0] + view[1:]).astype(int)
    point = Frame.from_rgb(np.full((2, 2, 3), drawing._POINT, np.uint8)).y[0, 0]
    assert (luma[places[:, 1], places[:, 0]] == point).all()


def test_it_looks_as_if_drawn_in_rgb() -> None:
    mouth = opened()
    view = mouth_view(mouth[None], 200)
    expected = np.full((200, 200, 3), drawing._PAPER, np.uint8)
    pixels = np.round((mouth * view[0] + view[1:]) * 16).astype(np.int32)
    for part, colour in ((OUTER_LIP, drawing._LIP), (INNER_LIP, drawing._INSIDE)):
        cv2.fillPoly(expected, [pixels[part]], colour, cv2.LINE_AA, 4)
    for x, y in pixels.tolist():
        cv2.circle(expected, (x, y), 3 << 4, drawing._POINT, -1, cv2.LINE_AA, 4)
    made, true = MouthCanvas(view, 200).draw(mouth), Frame.from_rgb(expected)
    assert np.abs(made.y.astype(int) - true.y).max() <= 2
    for name in ("u", "v"):
        difference = np.abs(getattr(made, name).astype(int) - getattr(true, name))
        assert difference.mean() < 0.5
        assert np.percentile(difference, 99) <= 12


def test_every_shape_gets_a_fresh_sheet() -> None:
    mouth = opened()
    view = mouth_view(np.stack([mouth, mouth + 0.2]), 200)
    canvas = MouthCanvas(view, 200)
    first = canvas.draw(mouth)
    before = first.planes.copy()
    canvas.draw(mouth + 0.2)
    np.testing.assert_array_equal(first.planes, before)
    np.testing.assert_array_equal(canvas.draw(mouth).planes, before)


def test_the_same_view_keeps_shapes_comparable() -> None:
    mouth = opened()
    view = mouth_view(np.stack([mouth, mouth + 0.2]), 200)
    canvas = MouthCanvas(view, 200)
    shift = 2 * round(view[0] * 0.1)
    first, moved = canvas.draw(mouth), canvas.draw(mouth + shift / view[0])
    np.testing.assert_array_equal(moved.y[shift:, shift:], first.y[:-shift, :-shift])
    np.testing.assert_array_equal(
        moved.u[shift // 2 :, shift // 2 :], first.u[: -shift // 2, : -shift // 2]
    )
