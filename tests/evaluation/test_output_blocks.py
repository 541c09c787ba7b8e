"""What changed outside the face and what stands still, against plain loops and known pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.compositing.composite import MouthPatch, compose, working_box
from audio2video.compositing.jaw import MAX_MOVE
from audio2video.evaluation.output_blocks import (
    CODEC_QUANTILE,
    FROZEN,
    MARGIN,
    ChangeCounts,
    block_change,
    luma_change,
    measure_frozen,
    outside_box,
    outside_face,
    threshold_of,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.pose import HeadPose, fit_pose
from audio2video.face.rectify import RectifiedGrid, to_rectified
from audio2video.media.video import Frame

SIZE = 400
UNIT = 90.0


def picture(rng: np.random.Generator, height: int, width: int) -> Frame:
    planes = rng.integers(0, 256, (height * 3 // 2, width), dtype=np.uint8)
    return Frame(planes, "bt709")


@pytest.mark.parametrize(("height", "width"), [(16, 24), (18, 26), (8, 8), (2, 2), (30, 14)])
def test_blocks_equal_a_plain_loop(height: int, width: int, rng: np.random.Generator) -> None:
    one, other = picture(rng, height, width), picture(rng, height, width)
    other.planes[: height // 2] = one.planes[: height // 2]
    change, squares = block_change(one, other)

    def spread(a: NDArray[np.uint8], b: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
        """The difference of a plane, repeated beyond its last row and column to whole blocks."""
        away = np.abs(a.astype(float) - b)
        return np.pad(away, ((0, -len(away) % side), (0, -away.shape[1] % side)), "edge")

    luma = spread(one.y, other.y, 8)
    chroma = [spread(one.u, other.u, 4), spread(one.v, other.v, 4)]
    assert change.shape == squares.shape == (-(-height // 8), -(-width // 8))
    for row, column in np.ndindex(*change.shape):
        block = luma[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        parts = [c[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] for c in chroma]
        wanted = max(block.mean(), *(part.mean() for part in parts))
        assert change[row, column] == pytest.approx(wanted, rel=1e-5)
        assert squares[row, column] == pytest.approx((block**2).mean(), rel=1e-5)


def test_equal_pictures_do_not_differ(rng: np.random.Generator) -> None:
    one = picture(rng, 32, 32)
    change, squares = block_change(one, one.copy())
    assert not change.any()
    assert not squares.any()


def test_a_colour_alone_is_a_change(rng: np.random.Generator) -> None:
    one = picture(rng, 32, 32)
    one.u[:] = 100
    other = one.copy()
    other.u[4:8, 8:12] += 6
    change, squares = block_change(one, other)
    assert change[1, 2] == 6
    assert np.count_nonzero(change) == 1
    assert not squares.any()


def test_blocks_that_a_box_touches_are_not_outside() -> None:
    outside = outside_box((10, 16, 33, 24), 64, 50)
    assert outside.shape == (7, 8)
    inside = np.zeros((7, 8), bool)
    inside[2, 1:5] = True
    np.testing.assert_array_equal(outside, ~inside)


def face(turn: float = 0.0) -> tuple[NDArray[np.float64], HeadPose]:
    """Landmarks of the generic head, turned, in the middle of a picture; and its pose."""
    axes = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0]])
    landmarks = UNIT * generic_head() @ axes.T + [SIZE / 2, SIZE / 3]
    return landmarks, fit_pose(landmarks[None])


@settings(max_examples=20)
@given(turn=st.floats(-0.5, 0.5), drop=st.floats(-MAX_MOVE, MAX_MOVE), seed=st.integers(0, 10**6))
def test_all_that_a_composite_changes_lies_inside(turn: float, drop: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    landmarks, pose = face(turn)
    space = RectifiedGrid.lower_face(UNIT)
    texture = rng.integers(0, 256, (space.height, space.width, 3), dtype=np.uint8)
    frame = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    box = working_box(landmarks, pose, SIZE, SIZE)
    x0, y0, x1, y1 = box
    mouth = to_rectified(landmarks[None, MOUTH], pose)[0]
    after = frame.copy()
    after[y0:y1, x0:x1] = compose(
        frame[y0:y1, x0:x1], box, MouthPatch(texture, mouth, drop), landmarks, pose, space
    ).picture
    unit = float(pose.scale[0])
    changed = block_change(Frame.from_rgb(frame), Frame.from_rgb(after))[0] > 0
    face_outside = outside_face(landmarks, drop, unit, box, SIZE, SIZE)
    assert changed.sum() > 100
    assert not (changed & outside_box(box, SIZE, SIZE)).any()
    assert not (changed & face_outside).any()


def test_outside_the_face_is_more_than_outside_the_box() -> None:
    landmarks, pose = face()
    box = working_box(landmarks, pose, SIZE, SIZE)
    unit = float(pose.scale[0])
    beyond_box = outside_box(box, SIZE, SIZE)
    beyond_face = outside_face(landmarks, 0.0, unit, box, SIZE, SIZE)
    moved = outside_face(landmarks, 0.2, unit, box, SIZE, SIZE)
    assert (beyond_face | ~beyond_box).all()
    assert beyond_box.sum() < moved.sum() < beyond_face.sum()
    for point in landmarks[MOUTH]:
        x, y = (point // 8).astype(int)
        assert not beyond_face[y, x]
    assert beyond_face[int(landmarks[27, 1]) // 8, int(landmarks[27, 0]) // 8]  # between the eyes


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), pieces=st.integers(1, 5))
def test_counts_equal_what_arrays_give(seed: int, pieces: int) -> None:
    rng = np.random.default_rng(seed)
    # Means of 64 differences, as blocks have them.
    change = (rng.integers(0, 255 * 64 + 1, 1000) / 64).astype(np.float32)
    squares = (change**2).astype(np.float32)
    counts = ChangeCounts()
    places = np.array_split(np.arange(1000), pieces)
    for frame, part in enumerate(places):
        counts.add(change[part], squares[part], frame)
    counts.add(change[:0], squares[:0], 99)
    summary = counts.summary(100.0)
    assert summary is not None
    assert summary["blocks"] == 1000
    assert summary["mean"] == pytest.approx(change.mean(), rel=1e-5)
    assert summary["max"] == change.max()
    assert change[places[summary["max_in_frame"]]].max() == change.max()
    assert summary["psnr_db"] == pytest.approx(10 * np.log10(255**2 / squares.mean()), abs=1e-3)
    assert summary["share_changed"] == np.mean(change >= 100.0)
    for share in (0.1, 0.5, CODEC_QUANTILE):
        wanted = np.sort(change)[int(np.ceil(share * 1000)) - 1]
        assert wanted < counts.quantile(share) <= wanted + 0.0501


def test_nothing_counted() -> None:
    counts = ChangeCounts()
    assert counts.summary(1.0) is None
    assert threshold_of(counts) == 0
    counts.add(np.zeros(10, np.float32), np.zeros(10, np.float32), 0)
    summary = counts.summary(1.0)
    assert summary is not None
    assert summary["psnr_db"] is None
    assert summary["max"] == summary["share_changed"] == 0
    assert threshold_of(counts) == pytest.approx(0.05 + MARGIN)


def test_luma_change_whole_and_in_a_box() -> None:
    before = np.full((20, 40), 100, np.uint8)
    after = before.copy()
    after[5:10, 10:20] = 90
    assert luma_change(before, after, (10, 5, 20, 10)) == (10 * 50 / 800, 10)
    assert luma_change(before, after, (0, 0, 40, 20)) == (10 * 50 / 800, 10 * 50 / 800)


def test_frozen_frames_are_counted() -> None:
    moving, still = (1.0, 2.0), (0.01, 0.02)
    nothing = (np.nan, np.nan)
    result = [nothing, moving, still, still, still, moving, still, (0.01, 1.0), (1.0, 0.01)]
    target = [nothing, moving, still, moving, moving, still, still, moving, moving]
    found = measure_frozen(np.array(result), np.array(target))
    assert found == {"result": 4, "target": 3, "result_only": 2, "longest": 3}
    edge = np.array([nothing, (FROZEN, FROZEN)])
    assert measure_frozen(edge, edge)["result"] == 0
