"""The contact sheet of a result."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from audio2video.media.video import Box, Frame
from audio2video.pipeline.contact_sheet import CLOSE_UP, MOMENTS, TILE, ContactSheet, mouth_box


def frame_of(level: int, width: int, height: int) -> Frame:
    pattern = Frame(np.zeros((3, 2), np.uint8), "bt601")
    return Frame.from_rgb(np.full((height, width, 3), level, np.uint8), pattern)


def drawn(
    tmp_path: Path, frames: int, size: tuple[int, int], mouths: list[Box | None]
) -> np.ndarray:
    sheet = ContactSheet([k / 25 + 3 for k in range(frames)], 25.0, mouths)
    taken = 0
    for index in range(frames):
        taken += sheet.wants(index)
        sheet.before(index, frame_of(60, *size))
        sheet.after(index, frame_of(160, *size))
    assert taken == min(MOMENTS, frames)
    sheet.save(tmp_path / "sheet.png")
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture is not None
    return picture


def area(picture: np.ndarray, level: int) -> int:
    return int((np.abs(picture.astype(int) - level) < 4).all(axis=2).sum())


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (200, 200), (1920, 1080)])
def test_whole_pictures_and_close_ups_are_there(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = drawn(tmp_path, 50, size, [(20, 20, 100, 80)] * 50)
    whole = TILE * TILE * min(size) / max(size)
    expected = MOMENTS * (whole + CLOSE_UP[0] * CLOSE_UP[1])
    for level in (60, 160):
        assert area(picture, level) == pytest.approx(expected, rel=0.01)
    assert area(picture, 0) > 500  # words


def test_moments_without_a_face_and_results_of_one_frame(tmp_path: Path) -> None:
    none = drawn(tmp_path, 10, (200, 200), [None] * 10)
    assert area(none, 60) == pytest.approx(MOMENTS * TILE * TILE, rel=0.01)
    some = drawn(tmp_path, 10, (200, 200), [None] * 8 + [(0, 0, 50, 40)] * 2)
    assert area(some, 60) == pytest.approx(
        MOMENTS * TILE * TILE + CLOSE_UP[0] * CLOSE_UP[1], rel=0.01
    )
    one = drawn(tmp_path, 1, (200, 200), [(0, 0, 50, 40)])
    assert area(one, 60) == pytest.approx(TILE * TILE + CLOSE_UP[0] * CLOSE_UP[1], rel=0.01)


def test_the_box_is_around_the_mouth_and_inside_the_picture() -> None:
    landmarks = np.zeros((68, 2))
    landmarks[36:42], landmarks[42:48], landmarks[48:] = (100, 100), (150, 100), (125, 160)
    assert mouth_box(landmarks, 400, 400) == (85, 130, 165, 190)
    assert mouth_box(landmarks, 140, 170) == (85, 130, 140, 170)
    assert mouth_box(landmarks + 1000, 400, 400) is None
