"""Conversion between RGB and YUV, and frames that are written to in parts."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.media.colour import ColourTags, full_range_luma, rgb_to_yuv, yuv_to_rgb
from audio2video.media.video import Frame

MATRICES = ("bt601", "bt709")
# The standards' own numbers, limited range.
PRIMARIES = {
    "bt601": {(255, 0, 0): (81, 90, 240), (0, 255, 0): (145, 54, 34), (0, 0, 255): (41, 240, 110)},
    "bt709": {(255, 0, 0): (63, 102, 240), (0, 255, 0): (173, 42, 26), (0, 0, 255): (32, 240, 118)},
}


def soft_rgb(rng, height, width):
    """A picture without colours near the edge of the gamut."""
    return rng.integers(60, 196, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("matrix", MATRICES)
def test_primaries_black_and_white(matrix):
    for rgb, yuv in {
        **PRIMARIES[matrix],
        (0, 0, 0): (16, 128, 128),
        (255,) * 3: (235, 128, 128),
    }.items():
        planes = rgb_to_yuv(np.full((2, 2, 3), rgb, np.uint8), matrix)
        assert [int(p[0, 0]) for p in planes] == list(yuv)
        assert np.abs(yuv_to_rgb(*planes, matrix).astype(int) - rgb).max() <= 2


@pytest.mark.parametrize("matrix", MATRICES)
def test_yuv_survives_rgb_exactly_inside_the_gamut(matrix, rng):
    y = rng.integers(90, 160, (64, 48)).astype(np.uint8)
    u, v = (rng.integers(108, 148, (32, 24)).astype(np.uint8) for _ in range(2))
    back = rgb_to_yuv(yuv_to_rgb(y, u, v, matrix), matrix)
    for before, after in zip((y, u, v), back, strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("matrix", MATRICES)
def test_equals_the_plain_formula(matrix, rng):
    rgb = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    kr, kb = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    red, green, blue = np.moveaxis(rgb / 255.0, 2, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue

    def mean(plane):
        return plane.reshape(16, 2, 16, 2).mean(axis=(1, 3))

    y, u, v = rgb_to_yuv(rgb, matrix)
    assert np.abs(y - (16 + 219 * luma)).max() <= 0.51
    assert np.abs(u - (128 + 112 * mean(blue - luma) / (1 - kb))).max() <= 0.52
    assert np.abs(v - (128 + 112 * mean(red - luma) / (1 - kr))).max() <= 0.52


@pytest.mark.parametrize(("matrix", "code"), [("bt601", 5), ("bt709", 1)])
def test_agrees_with_the_codec_library(matrix, code, rng):
    frame = Frame.from_rgb(soft_rgb(rng, 64, 96), Frame(np.zeros((3, 2), np.uint8), matrix))
    picture = av.VideoFrame.from_ndarray(frame.planes, format="yuv420p")
    theirs = picture.reformat(
        format="rgb24", src_colorspace=code, src_color_range=1, dst_color_range=2
    ).to_ndarray()
    difference = frame.rgb().astype(int) - theirs
    # Its fast path cuts fractions off where ours rounds.
    assert np.abs(difference).max() <= 3
    assert np.abs(difference).mean() < 1.3


@settings(max_examples=60)
@given(st.data())
def test_a_box_is_a_part_of_the_whole(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    height, width = (2 * data.draw(st.integers(1, 20)) for _ in range(2))
    frame = Frame(rng.integers(0, 256, (height * 3 // 2, width)).astype(np.uint8), "bt709")
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x1, y1 = data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height))
    part, whole = frame.rgb((x0, y0, x1, y1)), frame.rgb()[y0:y1, x0:x1]
    # OpenCV rounds a row's last pixels by other code than those it takes many at a time.
    assert np.abs(part.astype(int) - whole).max() <= 1


@settings(max_examples=60)
@given(st.data())
def test_pasting_changes_nothing_else(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    frame = Frame(rng.integers(0, 256, (36, 32)).astype(np.uint8), "bt601")
    before = frame.copy()
    x0, y0 = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 23))
    x1, y1 = data.draw(st.integers(x0 + 1, 32)), data.draw(st.integers(y0 + 1, 24))
    patch = rng.integers(0, 256, (y1 - y0, x1 - x0, 3)).astype(np.uint8)
    frame.paste(x0, y0, patch)
    outside = np.ones(frame.y.shape, bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(frame.y[outside], before.y[outside])
    untouched = outside.reshape(12, 2, 16, 2).all(axis=(1, 3))
    for plane, was in ((frame.u, before.u), (frame.v, before.v)):
        np.testing.assert_array_equal(plane[untouched], was[untouched])
    expected, _, _ = rgb_to_yuv(np.pad(patch, ((0, 24), (0, 32), (0, 0)))[:24, :32], "bt601")
    np.testing.assert_array_equal(frame.y[y0:y1, x0:x1], expected[: y1 - y0, : x1 - x0])


def test_pasting_what_is_there_changes_no_byte(rng):
    frame = Frame(rng.integers(0, 256, (36, 32)).astype(np.uint8), "bt709")  # much of it clips
    before = frame.planes.copy()
    frame.paste(3, 5, frame.rgb((3, 5, 30, 20)))
    np.testing.assert_array_equal(frame.planes, before)


def test_a_pasted_patch_reads_back(rng):
    frame = Frame.from_rgb(soft_rgb(rng, 40, 40))
    patch = np.full((21, 17, 3), (150, 120, 100), np.uint8)
    frame.paste(7, 9, patch)
    inner = frame.rgb((8, 10, 24, 30))  # whole 2x2 blocks
    assert np.abs(inner.astype(int) - patch[0, 0]).max() <= 2


@pytest.mark.parametrize("box", [(8, 10, 24, 30), (7, 9, 24, 30)])
def test_a_patch_whose_place_was_converted_before_is_pasted_alike(rng, box):
    frame = Frame.from_rgb(soft_rgb(rng, 40, 40))
    other, before = frame.copy(), frame.rgb(box)
    patch = before.copy()
    patch[3:9, 2:11] = soft_rgb(rng, 6, 9)
    frame.paste(*box[:2], patch)
    other.paste(*box[:2], patch, before=before)
    np.testing.assert_array_equal(other.planes, frame.planes)


def test_gray_is_full_range():
    y = np.array([[0, 16, 126, 235, 255, 235]] * 2, np.uint8)
    np.testing.assert_array_equal(full_range_luma(y)[0], [0, 0, 128, 255, 255, 255])
    frame = Frame.from_planes(y, np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8), "bt601")
    np.testing.assert_array_equal(frame.gray(), full_range_luma(y))


def test_a_copy_is_independent(rng):
    frame = Frame.from_rgb(soft_rgb(rng, 8, 8))
    twin = frame.copy()
    twin.y[:] = 0
    assert frame.y.min() > 0


def test_like_hands_down_the_matrix(rng):
    like = Frame(np.zeros((3, 2), np.uint8), "bt709")
    rgb = soft_rgb(rng, 8, 8)
    assert Frame.from_rgb(rgb, like).matrix == "bt709"
    assert Frame.from_rgb(rgb).matrix == "bt601"


@pytest.mark.parametrize(
    ("space", "height", "matrix"),
    [
        (2, 719, "bt601"), (2, 720, "bt709"), (1, 100, "bt709"), (5, 1080, "bt601"),
        (6, 1080, "bt601"), (9, 100, "bt709"), (0, 480, "bt601"),
    ],
)  # fmt: skip
def test_choice_of_matrix(space, height, matrix):
    assert ColourTags(space=space).matrix(height) == matrix


@pytest.mark.parametrize("box", [(0, 0, 9, 4), (-1, 0, 4, 4), (2, 2, 2, 4), (0, 3, 4, 2)])
def test_boxes_outside_are_refused(box):
    with pytest.raises(ValueError, match="not inside a picture of 8x4"):
        Frame(np.zeros((6, 8), np.uint8), "bt601").rgb(box)


def test_wrong_arrays_are_refused():
    frame = Frame(np.zeros((6, 8), np.uint8), "bt601")
    with pytest.raises(ValueError, match="uint8"):
        frame.paste(0, 0, np.zeros((2, 2, 3), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not inside"):
        frame.paste(7, 0, np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="even"):
        Frame.from_rgb(np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="RGB picture"):
        Frame.from_rgb(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="even size"):
        Frame(np.zeros((6, 7), np.uint8), "bt601")
    with pytest.raises(ValueError, match="contiguous"):
        Frame(np.zeros((6, 16), np.uint8)[:, ::2], "bt601")
