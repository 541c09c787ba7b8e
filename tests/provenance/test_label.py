"""The visible label: it can be read, and lies where no face is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.config.label_words import TERM, WORDS, label_word
from audio2video.media.figures import CAPITALS, font_file
from audio2video.media.frame import Frame
from audio2video.media.video import VideoReader, VideoWriter
from audio2video.provenance.label import label_frames, make_label

NOBODY = np.zeros((0, 68, 2))


def face_at(x: float, y: float, size: float) -> NDArray[np.float64]:
    """Landmarks on a circle."""
    angle = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    return np.stack([x + size / 2 * np.cos(angle), y + size / 2 * np.sin(angle)], axis=1)


def plain(width: int, height: int, level: int) -> Frame:
    return Frame.from_rgb(np.full((height, width, 3), level, np.uint8))


@settings(max_examples=60)
@given(
    st.integers(4, 600).map(lambda n: 2 * n),
    st.integers(4, 600).map(lambda n: 2 * n),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_it_lies_inside_any_video(width: int, height: int, seed: int, bar: bool) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(-0.2, 1.2, (3, 2)) * (width, height)
    faces = np.array([face_at(x, y, 0.3 * min(width, height)) for x, y in places])
    label = make_label(width, height, faces, 1, "MODIFIED", bar=bar)
    x0, y0, x1, y1 = label.box
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    assert not any(n % 2 for n in label.box)
    assert label.letters.shape == label.plate.shape == (y1 - y0, x1 - x0)
    frame = plain(width, height, 128)
    label.draw(frame, 0)
    assert (frame.rgb(label.box) != 128).any()


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("size", [(128, 96), (360, 288), (512, 512), (1280, 720), (1080, 1920)])
def test_its_letters_stand_out_after_encoding(
    tmp_path: Path, size: tuple[int, int], level: int
) -> None:
    frame = plain(*size, level)
    label = make_label(*size, NOBODY, 1, "MODIFIED")
    label.draw(frame, 0)
    with VideoWriter(tmp_path / "a.mp4", *size, Fraction(25)) as writer:
        for _ in range(3):
            writer.write(frame)
    with VideoReader(tmp_path / "a.mp4") as reader:
        seen = next(iter(reader.read([2]))).rgb(label.box).mean(axis=2)
    letters = label.letters > 0.8
    inner = cv2.erode(np.ones(letters.shape, np.uint8), np.ones((3, 3)), borderValue=0) > 0
    plate = (label.letters == 0) & (label.plate > 0.6) & inner
    assert letters.sum() > 20
    # Contrast as the accessibility guidelines measure it; 4.5 is what they ask of text.
    bright, dark = (((seen[part].mean() / 255) ** 2.2) + 0.05 for part in (letters, plate))
    assert bright / dark > 4.5
    rows = np.flatnonzero(letters.any(axis=1))
    assert len(rows) >= 0.02 * min(size)


def test_nothing_else_is_touched() -> None:
    frame, before = plain(320, 240, 90), plain(320, 240, 90)
    label = make_label(320, 240, NOBODY, 1, "MODIFIED")
    label.draw(frame, 0)
    frame.paste(*label.box[:2], before.rgb(label.box))
    np.testing.assert_array_equal(frame.planes, before.planes)


def test_it_is_shown_for_so_many_frames() -> None:
    label = make_label(320, 240, NOBODY, 3, "MODIFIED")
    for index, shown in ((0, True), (2, True), (3, False), (100, False)):
        frame = plain(320, 240, 90)
        label.draw(frame, index)
        assert (frame.planes != plain(320, 240, 90).planes).any() == shown


@pytest.mark.parametrize(
    ("where", "corner"),
    [
        ((0.5, 0.5), "top right"),
        ((0.9, 0.1), "top left"),
        ((0.1, 0.1), "top right"),
    ],
)
def test_it_keeps_off_the_face(where: tuple[float, float], corner: str) -> None:
    width, height = 640, 480
    face = face_at(where[0] * width, where[1] * height, 150)
    x0, y0, x1, y1 = make_label(width, height, face[None], 1, "MODIFIED").box
    assert ("right" in corner) == (x0 > width / 2)
    assert ("bottom" in corner) == (y0 > height / 2)
    low, high = face.min(axis=0), face.max(axis=0)
    assert x1 < low[0] or x0 > high[0] or y1 < low[1] or y0 > high[1]


def test_faces_in_all_upper_corners_send_it_down() -> None:
    faces = np.array([face_at(x, 50, 150) for x in (80, 560)])
    assert make_label(640, 480, faces, 1, "MODIFIED").box[1] > 240


def test_where_faces_are_everywhere_the_fewest_are_touched() -> None:
    places = [(600, 450), (600, 450), (40, 450), (600, 30), (600, 30), (40, 30), (40, 30)]
    faces = np.array([face_at(x, y, 120) for x, y in places])
    x0, _, _, y1 = make_label(640, 480, faces, 1, "MODIFIED").box
    assert x0 < 320
    assert y1 > 240


def test_a_bar_goes_along_the_edge_that_is_free() -> None:
    for y, edge in ((100, "bottom"), (400, "top")):
        label = make_label(640, 480, face_at(320, y, 200)[None], 1, "MODIFIED", bar=True)
        x0, y0, x1, y1 = label.box
        assert (x0, x1) == (0, 640)
        assert (y1 == 480) if edge == "bottom" else (y0 == 0)
        columns = np.flatnonzero(label.letters.any(axis=0))
        assert abs((columns[0] + columns[-1]) / 2 - 320) < 8


@pytest.mark.parametrize(
    ("shown", "frames"), [("corner", 500), ("bar", 500), ("start", 75), ("none", 0)]
)
def test_how_long_it_is_shown(shown: str, frames: int) -> None:
    assert label_frames(shown, 500, 25.0) == frames


def test_each_language_has_its_words_and_the_font_their_letters() -> None:
    from matplotlib.ft2font import FT2Font

    # The official languages of the Union (Regulation No 1/1958, as amended).
    official = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
    assert sorted(WORDS) == official.split()
    letters = FT2Font(str(font_file(bold=True))).get_charmap()
    for language in WORDS:
        both = [label_word(language, painted=painted) for painted in (True, False)]
        assert both[0] != both[1]
        assert all(word == word.upper() for word in both)
        assert {ord(letter) for word in both for letter in word + TERM} <= set(letters)


def test_capitals_are_as_high_as_is_said() -> None:
    from PIL import ImageFont

    font = ImageFont.truetype(font_file(bold=True), 1000)
    assert -font.getbbox(TERM, anchor="ls")[1] == 1000 * CAPITALS


def test_the_term_stands_out_from_the_word() -> None:
    label = make_label(1080, 1920, NOBODY, 1, "MODIFIED")
    gaps = np.flatnonzero(~label.letters.any(axis=0))
    middle = gaps[(gaps > 100) & (gaps < 200)]  # between term and word
    heights = [
        np.ptp(np.flatnonzero(part.any(axis=1))) + 1
        for part in np.split(label.letters > 0.5, [int(middle.mean())], axis=1)
    ]
    assert heights[0] / heights[1] == pytest.approx(0.52 / 0.40, rel=0.08)
