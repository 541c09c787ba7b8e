"""Array kernels on whatever numbers and sizes: a value as promised or a clear error, no crash.

The compiled kernels look at no bounds: what their functions let through must not lead them out of
an array. A fault of that kind ends the interpreter, and with it this test.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.compositing.jaw import chin_offsets, move_jaw, offset_jaw
from audio2video.compositing.pyramid import blend_difference
from audio2video.face.pose import HeadPose
from audio2video.face.rectify import RectifiedGrid, project_to_frame, texture_map, to_rectified
from audio2video.face.smoothing import smooth_tracks, stabilise_landmarks, unbroken_stretches
from audio2video.face.surface import intersect_surface, surface_depth
from audio2video.mouth.rest import rest_in_silence
from audio2video.mouth.shapes import carry_shapes
from audio2video.retiming.costs import TargetCosts
from audio2video.retiming.path import best_path
from audio2video.retiming.retime import Retiming, ping_pong, retime
from audio2video.texture.median import MAX_MOVE, MAX_WEIGHT, weighted_median
from audio2video.texture.warp import displacement_grids, grid_shape

MANY = settings(max_examples=60)

ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 1e30, -3e38, 2.0**31, -(2.0**63), 16383.99)


def numbers(shape: tuple[int, ...], dtype: Any = np.float64) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays that are mostly plain, with some numbers that nobody expects."""
    plain = st.floats(-4, 4, width=32)
    return hnp.arrays(dtype, shape, elements=plain | st.sampled_from(ODD), fill=plain)


def finite(shape: tuple[int, ...]) -> st.SearchStrategy[NDArray[Any]]:
    plain = st.floats(-4, 4, width=32)
    return hnp.arrays(np.float64, shape, elements=plain | st.sampled_from([1e6, -1e6]), fill=plain)


sizes = st.integers(0, 12)


@MANY
@given(st.data(), sizes, sizes, st.integers(0, 3), st.integers(0, 5), st.integers(-1, 1))
def test_weighted_median(
    data: st.DataObject, height: int, width: int, count: int, chosen: int, off: int
) -> None:
    textures = np.arange(count * height * width * 3, dtype=np.uint8)
    textures = textures.reshape(count, height, width, 3)
    frames = data.draw(hnp.arrays(np.int64, chosen, elements=st.integers(-1, count)))
    weights = data.draw(
        hnp.arrays(np.int64, chosen, elements=st.integers(0, 9) | st.just(MAX_WEIGHT))
    )
    rows, columns = grid_shape(height, width)
    shape = (chosen, 2, max(rows + off, 0), max(columns, 0))
    moves = data.draw(numbers(shape, np.float32))
    region = data.draw(hnp.arrays(bool, (height, width)))
    try:
        found = weighted_median(textures, frames, weights, moves, region)
    except ValueError:
        return
    assert found.shape == (height, width, 3)
    assert not found[~region].any()
    assert np.abs(moves).max(initial=0) < MAX_MOVE
    assert off == 0
    if count and height and width:
        assert set(np.unique(frames)) <= set(range(count))


@MANY
@given(st.data(), sizes, sizes, st.integers(-1, 12), st.integers(0, 1))
def test_best_path(data: st.DataObject, n: int, m: int, lock: int, off: int) -> None:
    one, two = (m,), (2, m + off)
    kind = numbers if data.draw(st.booleans()) else finite
    shapes = ((n,), one, one, two, two, two, one)
    gain, *parts = (data.draw(kind(shape)).astype(np.float32) for shape in shapes)
    costs = TargetCosts(*parts)
    hold, turn = costs.hold, costs.turn
    if m:  # the contract: beyond the target's ends there is nothing to be shown
        hold[0, -1] = hold[1, 0] = turn[0, 0] = turn[1, -1] = np.inf
    try:
        places = best_path(gain, costs, lock)
    except ValueError:
        return
    assert places.shape == (n,)
    assert off == 0
    always = (gain, costs.motion, costs.show, costs.enter, costs.edge)
    assert all(np.isfinite(part).all() for part in always)
    assert ((places >= 0) & (places <= m - 1)).all()


@MANY
@given(st.data(), st.integers(0, 30), sizes, st.sampled_from([1.0, 24.0, 1000.0]))
def test_retiming(data: st.DataObject, wanted: int, available: int, rate: float) -> None:
    speech = data.draw(hnp.arrays(np.float64, wanted, elements=st.floats(0, 1)))
    velocity = data.draw(finite((available, 2)))
    flags = [data.draw(hnp.arrays(bool, available)) for _ in range(3)]
    try:
        timing = retime(speech, velocity, *flags, rate)
    except ValueError:
        assert not (wanted and available)
        return
    _assert_shown(timing, wanted, available)
    _assert_shown(ping_pong(wanted, available), wanted, available)


def _assert_shown(timing: Retiming, wanted: int, available: int) -> None:
    assert timing.frames.shape == timing.neighbours.shape == timing.fractions.shape == (wanted,)
    assert timing.frames.min() >= 0
    assert timing.frames.max() < available
    assert timing.neighbours.min() >= -1
    assert timing.neighbours.max() < available
    assert ((timing.fractions >= 0) & (timing.fractions <= 0.5)).all()


@MANY
@given(st.data(), sizes, sizes, st.integers(-1, 1))
def test_where_lines_meet_the_surface(data: st.DataObject, t: int, n: int, off: int) -> None:
    flat, lean = data.draw(numbers((t, n, 2))), data.draw(numbers((max(t + off, 0), 2)))
    try:
        found = intersect_surface(flat, lean)
    except ValueError:
        assert lean.shape != (t, 2)
        return
    assert found.shape == (t, n, 2)
    with np.errstate(all="ignore"):
        assert np.isfinite(surface_depth(*np.clip(np.nan_to_num(found), -5, 5).T)).all()


@MANY
@given(st.data(), sizes, sizes)
def test_rectified_and_back(data: st.DataObject, t: int, n: int) -> None:
    points, pose = data.draw(numbers((t, n, 2))), HeadPose.from_array(data.draw(numbers((t, 6))))
    with np.errstate(all="ignore"):
        assert project_to_frame(points, pose).shape == (t, n, 2)
        with suppress(np.linalg.LinAlgError):  # a head that is seen from the side
            assert to_rectified(points, pose).shape == (t, n, 2)
        if t:
            assert texture_map(RectifiedGrid(4.0, 0.0, 0.5, 7, 5), pose[0]).shape == (5, 7, 2)


@MANY
@given(st.data(), st.integers(0, 20), st.sampled_from([1, 3, 9, 31]), st.integers(0, 2))
def test_smoothing(data: st.DataObject, t: int, window: int, order: int) -> None:
    tracks, valid = data.draw(numbers((t, 2))), data.draw(hnp.arrays(bool, t))
    runs = unbroken_stretches(valid, data.draw(hnp.arrays(bool, t)))
    with np.errstate(all="ignore"):
        found = smooth_tracks(tracks, runs, window, order)
    assert found.shape == tracks.shape
    np.testing.assert_array_equal(found[~valid], tracks[~valid])
    # What is broken in one stretch does not get into another.
    for run in runs:
        if np.isfinite(tracks[run]).all() and np.abs(tracks[run]).max() < 1e9:
            assert np.isfinite(found[run]).all()


@MANY
@given(st.data(), st.integers(0, 12), st.integers(0, 3))
def test_steady_points(data: st.DataObject, t: int, n: int) -> None:
    places, moves = data.draw(numbers((t, n, 2))), data.draw(numbers((t, n, 2)))
    trust = np.abs(data.draw(numbers((t, n))))
    runs = unbroken_stretches(data.draw(hnp.arrays(bool, t)))
    with np.errstate(all="ignore"), suppress(ValueError, np.linalg.LinAlgError):
        assert stabilise_landmarks(places, moves, trust, runs).shape == (t, n, 2)


@MANY
@given(st.data(), sizes, sizes, st.integers(0, 9), st.integers(0, 1))
def test_pyramid(data: st.DataObject, height: int, width: int, levels: int, off: int) -> None:
    difference = data.draw(numbers((height, width, 3), np.float32))
    mask = data.draw(
        hnp.arrays(np.float32, (height, width + off), elements=st.floats(0, 1, width=32))
    )
    try:
        found = blend_difference(difference, mask, levels)
    except ValueError:
        assert off or not difference.size
        return
    assert found.shape == difference.shape
    assert found.dtype == np.float32
    if np.abs(difference).max() < 1e6:  # of NaN this is not so
        assert np.abs(found).max() <= 1.01 * 4 * max(np.abs(difference).max(), 1)


@MANY
@given(
    st.data(), st.integers(1, 12), st.integers(1, 12), st.sampled_from([0.0, 1e-30, 3.0, np.nan])
)
@example(None, 4, 4, np.inf)
def test_jaw(data: st.DataObject | None, height: int, width: int, unit: float) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    lines = [np.zeros((17, 2)) if data is None else data.draw(numbers((17, 2))) for _ in range(2)]
    with np.errstate(all="ignore"), suppress(ValueError, np.linalg.LinAlgError):
        assert move_jaw(picture, (0, 0), *lines, unit).shape == picture.shape
    with np.errstate(all="ignore"):
        assert offset_jaw(lines[0], 0.1).shape == (17, 2)
        drops = chin_offsets(lines[0][None], lines[1][None], np.array([False]))
    np.testing.assert_array_equal(drops, [0])


@MANY
@given(st.data(), st.integers(0, 4))
def test_shapes(data: st.DataObject, t: int) -> None:
    shapes, reference = data.draw(numbers((t, 20, 2))), data.draw(numbers((20, 2)))
    speech = data.draw(hnp.arrays(np.float64, t, elements=st.floats(0, 1)))
    with np.errstate(all="ignore"):
        assert carry_shapes(shapes, reference, reference).shape == shapes.shape
        assert rest_in_silence(shapes, speech, 25.0, reference).shape == shapes.shape
        grid = np.zeros((3, 4, 2))
        try:
            moves = displacement_grids(reference, shapes, grid, 40.0)
        except np.linalg.LinAlgError:
            return
    assert moves.shape == (t, 2, 3, 4)
