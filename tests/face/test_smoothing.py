"""Smoothing without lag: filters, and least squares of places and moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.smoothing import smooth_tracks, stabilise_landmarks, unbroken_stretches

FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30)


@given(FLAGS)
def test_stretches_are_the_maximal_runs(flags: list[tuple[bool, bool]]) -> None:
    valid = np.array([v for v, _ in flags], bool)
    broken = np.array([b for _, b in flags], bool)
    # A plain twin: each frame joins the run of the frame before or opens its own.
    runs: list[list[int]] = []
    for k, (ok, cut) in enumerate(flags):
        if ok and k > 0 and valid[k - 1] and not cut:
            runs[-1].append(k)
        elif ok:
            runs.append([k])
    found = [list(range(len(flags)))[run] for run in unbroken_stretches(valid, broken)]
    assert found == runs


def test_without_cuts_only_gaps_break() -> None:
    valid = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)
    assert unbroken_stretches(valid) == [slice(0, 2), slice(3, 4), slice(6, 9)]


@given(
    st.integers(1, 40),
    st.integers(1, 6).map(lambda k: 2 * k + 1),
    st.tuples(*[st.floats(-3, 3)] * 3),
)
def test_quadratic_motion_is_kept_exactly(
    frames: int, window: int, terms: tuple[float, float, float]
) -> None:
    t = np.arange(frames, dtype=float)
    track = np.polynomial.polynomial.polyval(t, terms)[:, None, None] * np.array([[1.0, -2.0]])
    smooth = smooth_tracks(track, [slice(0, frames)], window)
    np.testing.assert_allclose(smooth, track, atol=1e-9 * max(1.0, np.abs(track).max()))


def test_noise_is_reduced_as_the_filter_promises(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(4000, 3))
    smooth = smooth_tracks(noise, [slice(0, 4000)], 5)
    # Quadratic fit over five points: weights (-3, 12, 17, 12, -3) / 35, whose squares sum to 17/35.
    assert smooth[2:-2].var() == pytest.approx(17 / 35 * noise.var(), rel=0.05)
    by_hand = np.convolve(noise[:, 1], np.array([-3, 12, 17, 12, -3]) / 35, "valid")
    np.testing.assert_allclose(smooth[2:-2, 1], by_hand, atol=1e-12)


@pytest.mark.parametrize("window", [5, 7, 9])
def test_there_is_no_lag(window: int) -> None:
    peak = np.exp(-(((np.arange(41) - 20.0) / 4) ** 2))
    smooth = smooth_tracks(peak, [slice(0, 41)], window)
    assert smooth.argmax() == 20
    np.testing.assert_allclose(smooth, smooth[::-1], atol=1e-12)


def test_stretches_do_not_mix_and_the_rest_stays(rng: np.random.Generator) -> None:
    track = rng.normal(size=(30, 2)).astype(np.float32)
    smooth = smooth_tracks(track, [slice(0, 10), slice(12, 25)], 5)
    other = track.copy()
    other[10:] += 100
    np.testing.assert_array_equal(smooth_tracks(other, [slice(0, 10)], 5)[:10], smooth[:10])
    np.testing.assert_array_equal(smooth[10:12], track[10:12])
    np.testing.assert_array_equal(smooth[25:], track[25:])
    assert smooth.dtype == np.float32
    assert np.abs(smooth[12:25] - track[12:25]).max() > 0.1


@pytest.mark.parametrize("length", range(1, 8))
def test_short_stretches_use_the_largest_window_that_fits(
    length: int, rng: np.random.Generator
) -> None:
    track = rng.normal(size=(length, 2))
    fitting = length if length % 2 else length - 1
    smooth = smooth_tracks(track, [slice(0, length)], 9)
    if fitting <= 2:
        np.testing.assert_array_equal(smooth, track)
        return
    t = np.arange(length)
    half = fitting // 2
    for k in range(length):
        first = min(max(k - half, 0), length - fitting)
        part = slice(first, first + fitting)
        for axis in range(2):
            fit = np.polyfit(t[part], track[part, axis], 2)
            assert smooth[k, axis] == pytest.approx(np.polyval(fit, k), abs=1e-9)


def test_the_input_is_left_alone(rng: np.random.Generator) -> None:
    track = rng.normal(size=(20, 2))
    before = track.copy()
    smooth_tracks(track, [slice(0, 20)], 5)
    np.testing.assert_array_equal(track, before)


def dense(
    places: NDArray[np.float64],
    moves: NDArray[np.float64],
    trust: NDArray[np.float64],
    stretches: list[slice],
) -> NDArray[np.float64]:
    """All paths by a dense least-squares solver, one point after the other."""
    result = places.copy()
    for run in stretches:
        frames = range(run.start, run.stop)
        for point in range(places.shape[1]):
            rows, wanted = [], []
            for k, t in enumerate(frames):
                rows.append(np.eye(len(frames))[k])
                wanted.append(places[t, point])
                if k > 0:
                    link = np.sqrt(trust[t, point])
                    rows.append(link * (np.eye(len(frames))[k] - np.eye(len(frames))[k - 1]))
                    wanted.append(link * moves[t, point])
            result[run, point] = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    return result


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_steady_points_equal_a_dense_solver(seed: int, lengths: list[int]) -> None:
    rng = np.random.default_rng(seed)
    stretches, first = [], 0
    for length in lengths:
        stretches.append(slice(first, first + length))
        first += length + int(rng.integers(2))  # some follow at once, as at a cut
    places, moves = rng.normal(scale=50, size=(2, first + 1, 3, 2))
    trust = 10 ** rng.uniform(-3, 3, (first + 1, 3)) * rng.integers(2, size=(first + 1, 3))
    given_ = [array.copy() for array in (places, moves, trust)]
    found = stabilise_landmarks(places, moves, trust, stretches)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, dense(places, moves, trust, stretches), atol=1e-6)
    for array, before in zip((places, moves, trust), given_, strict=True):
        np.testing.assert_array_equal(array, before)


def still_kernel(trust: float) -> tuple[float, float]:
    """Share of a place's noise that stays, as variance: with true moves, and with noisy ones.

    Far from the ends, the least squares are a filter with the response 1 / (1 + trust (2 - 2 cos))
    and the weights (1 - a) / (1 + a) a^|k|, where a + 1 / a = 2 + 1 / trust.
    """
    middle = 1 + 1 / (2 * trust)
    a = middle - np.sqrt(middle**2 - 1)
    peak = (1 - a) / (1 + a)
    # Least squares with weights as the inverse variances: what is left is the inverse's diagonal.
    return float(peak**2 * (1 + a**2) / (1 - a**2)), float(peak)


def way_and_moves(rng: np.random.Generator, frames: int, points: int) -> NDArray[np.float64]:
    """Paths that turn and jump at will."""
    return np.asarray(np.cumsum(rng.normal(scale=3.0, size=(frames, points, 2)), axis=0))


def moves_of(paths: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.diff(paths, axis=0, prepend=paths[:1])


@pytest.mark.parametrize("trust", [0.25, 4.0, 100.0])
def test_with_true_moves_noise_falls_as_the_closed_form_says(
    trust: float, rng: np.random.Generator
) -> None:
    true = way_and_moves(rng, 1200, 40)
    noise = rng.normal(size=true.shape)
    trusted = np.full(true.shape[:2], trust)
    found = stabilise_landmarks(true + noise, moves_of(true), trusted, [slice(0, 1200)])
    left = (found - true)[60:-60]
    assert left.var() == pytest.approx(still_kernel(trust)[0], rel=0.04)
    # What is left comes from the noise alone, and in no way from where the point goes.
    still = stabilise_landmarks(noise, np.zeros_like(noise), trusted, [slice(0, 1200)])
    np.testing.assert_allclose(found - true, still, atol=1e-9)


@pytest.mark.parametrize("trust", [0.25, 4.0])
def test_trust_is_the_ratio_of_the_variances(trust: float, rng: np.random.Generator) -> None:
    true = way_and_moves(rng, 1200, 40)
    places = true + rng.normal(size=true.shape)
    moves = moves_of(true) + rng.normal(scale=trust**-0.5, size=true.shape)

    def error(assumed: float) -> float:
        weight = np.full(true.shape[:2], assumed)
        return float(
            (stabilise_landmarks(places, moves, weight, [slice(0, 1200)]) - true)[60:-60].var()
        )

    assert error(trust) == pytest.approx(still_kernel(trust)[1], rel=0.04)
    assert error(trust) < error(4 * trust)
    assert error(trust) < error(trust / 4)
    assert error(trust) < 1  # the places by themselves


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_a_moving_point_is_not_slowed_down(seed: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    true = way_and_moves(rng, frames, 2)
    trust = 10 ** rng.uniform(-3, 4, (frames, 2))
    found = stabilise_landmarks(true, moves_of(true), trust, [slice(0, frames)])
    np.testing.assert_allclose(found, true, atol=1e-6)


def test_where_nothing_is_known_of_a_move_places_are_taken_as_they_are(
    rng: np.random.Generator,
) -> None:
    places, moves = rng.normal(size=(2, 20, 4, 2))
    found = stabilise_landmarks(places, moves, np.zeros((20, 4)), [slice(0, 20)])
    np.testing.assert_allclose(found, places, atol=1e-12)


def test_a_lost_move_parts_a_path_in_two(rng: np.random.Generator) -> None:
    places, moves = rng.normal(size=(2, 20, 1, 2))
    trust = np.full((20, 1), 5.0)
    trust[12] = 0
    whole = stabilise_landmarks(places, moves, trust, [slice(0, 20)])
    parts = stabilise_landmarks(places, moves, trust, [slice(0, 12), slice(12, 20)])
    np.testing.assert_allclose(whole, parts, atol=1e-12)


def test_steady_points_do_not_reach_over_the_end_of_a_stretch(rng: np.random.Generator) -> None:
    places, moves = rng.normal(size=(2, 30, 3, 2))
    trust = np.full((30, 3), 5.0)
    stretches = [slice(0, 10), slice(10, 18), slice(20, 30)]
    found = stabilise_landmarks(places, moves, trust, stretches)
    np.testing.assert_array_equal(found[18:20], places[18:20])
    for array in (places, moves, trust):
        array[:10] = array[18:] = rng.uniform(1, 9, array.shape[1:])
    moves[10], trust[10] = 1e6, 1e6  # the move onto the first frame is of another stretch
    again = stabilise_landmarks(places, moves, trust, stretches)
    np.testing.assert_array_equal(again[10:18], found[10:18])
    assert np.abs(again[:10] - found[:10]).max() > 0.1


def test_a_stretch_of_one_frame(rng: np.random.Generator) -> None:
    places, moves = rng.normal(size=(2, 3, 2, 2))
    found = stabilise_landmarks(places, moves, np.ones((3, 2)), [slice(1, 2)])
    np.testing.assert_array_equal(found, places)


@given(st.integers(3, 40), st.integers(1, 7), st.integers(0, 2), st.integers(0, 2**32 - 1))
def test_smoothing_fits_a_polynomial_to_the_window_of_each_frame(
    length: int, half: int, order: int, seed: int
) -> None:
    tracks = np.random.default_rng(seed).normal(size=(length, 2))
    fitting = min(2 * half + 1, length if length % 2 else length - 1)
    if fitting <= order:
        return
    found = smooth_tracks(tracks, [slice(0, length)], 2 * half + 1, order)
    for frame in range(length):
        # At both ends the outermost window's polynomial goes on (Savitzky and Golay 1964).
        first = min(max(frame - fitting // 2, 0), length - fitting)
        places = np.arange(first, first + fitting) - frame
        expected = np.polynomial.polynomial.polyfit(places, tracks[first : first + fitting], order)
        np.testing.assert_allclose(found[frame], expected[0], atol=1e-9)
