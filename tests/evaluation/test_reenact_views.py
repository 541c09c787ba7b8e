"""What people look at: the pictures hold what they say they do."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.evaluation.plots_reenact import plot_reenactment
from audio2video.evaluation.reenact_views import (
    AMPLIFIED,
    COLUMNS,
    GAP,
    PAIRS,
    ROOM,
    BlindTest,
    SideBySide,
    face_box,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import inter_ocular_distance
from audio2video.media.video import Frame

WIDTH, HEIGHT = 160, 120
UNIT = 20.0


def face(x: float, y: float, unit: float = UNIT) -> NDArray[np.float64]:
    return np.asarray(unit * generic_head()[:, :2] + [x, y])


@given(
    places=st.lists(st.tuples(st.floats(-300, 500), st.floats(-300, 500)), min_size=1, max_size=4),
    unit=st.floats(2, 200),
    width=st.integers(1, 200).map(lambda k: 2 * k),
    height=st.integers(1, 200).map(lambda k: 2 * k),
)
def test_the_box_is_even_and_inside_and_holds_the_faces(
    places: list[tuple[float, float]], unit: float, width: int, height: int
) -> None:
    faces = np.stack([face(x, y, unit) for x, y in places])
    x0, y0, x1, y1 = face_box(faces, width, height)
    assert x0 % 2 == y0 % 2 == x1 % 2 == y1 % 2 == 0
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    points = faces.reshape(-1, 2)
    room = ROOM * float(inter_ocular_distance(faces[0]))
    for low, high, first, last, side in (
        (*(points[:, 0].min() - room, points[:, 0].max() + room), x0, x1, width),
        (*(points[:, 1].min() - room, points[:, 1].max() + room), y0, y1, height),
    ):
        if low >= 0 and high < side:
            assert low - 3 <= first <= low + 1e-6
            assert high - 2 <= last <= high + 3


def test_the_box_of_one_frame_and_of_several() -> None:
    one, other = face(60, 50), face(90, 60)
    both = face_box(np.stack([one, other]), WIDTH, HEIGHT)
    a, b = face_box(one, WIDTH, HEIGHT), face_box(other, WIDTH, HEIGHT)
    assert both == (*np.minimum(a[:2], b[:2]), *np.maximum(a[2:], b[2:]))


def picture(rng: np.random.Generator) -> Frame:
    coarse = rng.integers(40, 200, (HEIGHT // 8, WIDTH // 8, 3)).astype(np.uint8)
    return Frame.from_rgb(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def test_true_rebuilt_and_their_difference(rng: np.random.Generator) -> None:
    box = (20, 10, 84, 70)
    true, rebuilt = picture(rng), picture(rng)
    view = SideBySide(box)
    assert (view.width, view.height) == (3 * 64, 60)
    drawn = view.draw(true, rebuilt)
    assert drawn.shape == (view.height, view.width, 3)
    assert drawn.dtype == np.uint8
    a, b = true.rgb()[10:70, 20:84], rebuilt.rgb()[10:70, 20:84]
    np.testing.assert_array_equal(drawn[:, :64], a)
    np.testing.assert_array_equal(drawn[:, 64:128], b)
    apart = np.minimum(AMPLIFIED * np.abs(a.astype(int) - b), 255)
    np.testing.assert_array_equal(drawn[:, 128:], apart)
    assert (apart == 255).any()
    assert (apart < 255).any()
    assert not view.draw(true, true)[:, 128:].any()


def blind(
    folder: Path, frames: list[int], seed: int, boxes: dict[int, tuple[float, float]] | None = None
) -> tuple[NDArray[np.uint8], dict[str, object]]:
    """Run a blind test in which frame k is gray k if true, and 100 + k if rebuilt."""
    test = BlindTest(frames, seed)
    for k in range(max(frames) + 5):  # all frames of the target go by
        true, rebuilt = (
            Frame.from_rgb(np.full((HEIGHT, WIDTH, 3), gray, np.uint8)) for gray in (k, 100 + k)
        )
        test.show(k, true, rebuilt, face(*(boxes or {}).get(k, (70.0, 40.0))))
    folder.mkdir(exist_ok=True)
    test.save(folder)
    sheet = cv2.imread(str(folder / "blind.png"))
    assert sheet is not None
    return np.asarray(sheet, np.uint8), json.loads((folder / "blind-key.json").read_text())


@pytest.mark.parametrize("count", [1, 3, 4, 11, PAIRS, 60])
def test_the_key_says_what_is_drawn(count: int, tmp_path: Path) -> None:
    frames = list(range(3, 3 + count))
    sheet, key = blind(tmp_path, frames, 5)
    pairs = key["pairs"]
    assert isinstance(pairs, list)
    assert len(pairs) == min(PAIRS, count)
    assert [pair["pair"] for pair in pairs] == list(range(1, len(pairs) + 1))
    shown = [pair["frame"] for pair in pairs]
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(frames)
    columns = key["columns"]
    assert columns == min(COLUMNS, len(pairs))
    x0, y0, x1, y1 = face_box(face(70.0, 40.0), WIDTH, HEIGHT)
    width, height = x1 - x0, y1 - y0
    assert sheet.shape[1] == columns * (2 * width + GAP)
    assert sheet.shape[0] == -(-len(pairs) // columns) * (height + GAP)
    for index, pair in enumerate(pairs):
        y, x = index // columns * (height + GAP), index % columns * (2 * width + GAP)
        halves = {
            "left": sheet[y : y + height, x : x + width],
            "right": sheet[y : y + height, x + width : x + 2 * width],
        }
        rebuilt = halves.pop(pair["rebuilt"])
        (true,) = halves.values()
        np.testing.assert_allclose(rebuilt, 100 + pair["frame"], atol=2)
        np.testing.assert_allclose(true, pair["frame"], atol=2)
        assert (sheet[y + height : y + height + GAP, x : x + 2 * width] == 255).all()


def test_the_same_seed_gives_the_same_test(tmp_path: Path) -> None:
    frames = list(range(80))
    first, again, other = (
        blind(tmp_path / name, frames, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert first[1] != other[1]
    pairs = first[1]["pairs"]
    assert isinstance(pairs, list)
    # Neither in the order of time, nor always on one side.
    shown = [pair["frame"] for pair in pairs]
    assert shown != sorted(shown)
    assert {pair["rebuilt"] for pair in pairs} == {"left", "right"}


def test_faces_of_different_size_do_not_overlap(tmp_path: Path) -> None:
    # At the border the box is cut, so pairs differ in size; each has its own cell.
    frames = list(range(6))
    sheet, key = blind(tmp_path, frames, 0, {2: (10.0, 40.0), 4: (150.0, 10.0)})
    widest = face_box(face(70.0, 40.0), WIDTH, HEIGHT)
    assert sheet.shape[1] == COLUMNS * (2 * (widest[2] - widest[0]) + GAP)
    pairs = key["pairs"]
    assert isinstance(pairs, list)
    for index, pair in enumerate(pairs):
        place = {2: (10.0, 40.0), 4: (150.0, 10.0)}.get(pair["frame"], (70.0, 40.0))
        x0, y0, x1, y1 = face_box(face(*place), WIDTH, HEIGHT)
        y = index // COLUMNS * (sheet.shape[0] // 2)
        x = index % COLUMNS * (sheet.shape[1] // COLUMNS)
        cell = sheet[y : y + sheet.shape[0] // 2, x : x + sheet.shape[1] // COLUMNS]
        filled = (cell != 255).any(axis=-1)
        assert filled.any(axis=1).sum() == y1 - y0
        assert filled.any(axis=0).sum() == 2 * (x1 - x0)


def test_the_plot_is_written(tmp_path: Path, rng: np.random.Generator) -> None:
    names = ("rebuilt", "nearest_frame", "equal_weights")
    path = tmp_path / "measures.png"
    plot_reenactment(
        np.arange(40) / 25,
        {name: rng.uniform(20, 40, 40).tolist() for name in names},
        {name: rng.uniform(0, 0.1, 40).tolist() for name in names},
        path,
    )
    drawn = cv2.imread(str(path))
    assert drawn is not None
    assert drawn.shape[1] > drawn.shape[0] > 300
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 20  # three colours and their edges
    one = tmp_path / "one.png"
    plot_reenactment(np.array([0.4]), {"rebuilt": [30.0]}, {"rebuilt": [0.01]}, one)
    assert cv2.imread(str(one)) is not None
