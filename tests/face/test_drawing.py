"""Landmarks drawn over frames."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.face.drawing import COLOURS, LINES, draw_landmarks
from audio2video.face.head import generic_head
from audio2video.media.video import Frame

SIZE = 200


def gray_frame() -> Frame:
    return Frame.from_rgb(np.full((SIZE, SIZE, 3), 128, np.uint8))


def face(x: float, y: float, unit: float = 40.0) -> np.ndarray:
    return generic_head()[:, :2] * unit + [x, y]


def test_every_landmark_is_on_a_line() -> None:
    joined = [k for line, _ in LINES for k in line]
    assert sorted(joined) == list(range(68))


def test_points_have_the_colour_of_the_person_and_nothing_else_changes() -> None:
    frame = gray_frame()
    before = frame.planes.copy()
    for number in (1, 2, 9):
        points = face(100, 60)
        drawn = draw_landmarks(frame, [(number, points)]).rgb().astype(int)
        for x, y in np.round(points).astype(int):
            # The codec's chroma is coarse.
            near = drawn[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3)
            colour = COLOURS[(number - 1) % len(COLOURS)]
            assert np.abs(near - colour).max(axis=1).min() < 70
        assert np.abs(drawn[150:] - 128).max() <= 1
        assert np.abs(drawn[:, :30] - 128).max() <= 1
    assert (frame.planes == before).all()


def test_two_people_and_nobody() -> None:
    frame = gray_frame()
    both = draw_landmarks(frame, [(1, face(50, 60, 20)), (2, face(150, 60, 20))])
    assert (draw_landmarks(frame, []).planes == frame.planes).all()
    one = draw_landmarks(frame, [(1, face(50, 60, 20))])
    assert (both.y[:, :90] == one.y[:, :90]).all()
    assert (both.y[:, 110:] != one.y[:, 110:]).any()


@pytest.mark.parametrize("place", [(-30.0, -30.0), (0.0, 199.0), (500.0, 500.0)])
def test_faces_that_leave_the_picture(place: tuple[float, float]) -> None:
    drawn = draw_landmarks(gray_frame(), [(1, face(*place))])
    assert drawn.planes.shape == (SIZE * 3 // 2, SIZE)
