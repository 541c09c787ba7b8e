"""Following points, in pictures whose motion is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.flow import CUT_DOUBT, RESOLUTION, Motion, track_points
from audio2video.face.head import generic_head

LOST = 1.0
"""Doubt from which on a move counts for nothing: in track.py its trust is below 2e-5."""


class Waves:
    """A picture made of plane waves, which can be drawn as seen through any affine map."""

    def __init__(self, seed: int, unit: float, count: int = 60) -> None:
        rng = np.random.default_rng(seed)
        # From the size of a face to that of a lip; nothing finer than what is left when reduced.
        length = unit * rng.uniform(0.08, 0.6, count)
        angle = rng.uniform(0, 2 * np.pi, count)
        self._frequency = 2 * np.pi / length * np.stack([np.cos(angle), np.sin(angle)])
        self._phase = rng.uniform(0, 2 * np.pi, count)

    def draw(
        self, height: int, width: int, shift: NDArray[np.floating], zoom: float = 1.0
    ) -> NDArray[np.uint8]:
        """What was at p is seen at zoom * p + shift."""
        x, y = ((np.arange(n) - by) / zoom for n, by in zip((width, height), shift, strict=True))
        across = np.exp(1j * (np.outer(x, self._frequency[0]) + self._phase))
        wave = (np.exp(1j * np.outer(y, self._frequency[1])) @ across.T).imag
        gray = np.round(128 + 60 * wave / np.sqrt(len(self._phase)))
        return np.asarray(np.clip(gray, 0, 255), np.uint8)


def face(unit: float, x: float, y: float) -> NDArray[np.float64]:
    return np.asarray(unit * generic_head()[:, :2] + [x, y])


def doubts(motion: Motion) -> NDArray[np.float64]:
    assert motion.moves.dtype == motion.doubt.dtype == np.float64
    assert np.isfinite(motion.moves).all()
    assert (motion.doubt >= 0).all()
    return motion.doubt


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    unit=st.sampled_from([40.0, 75.0, 120.0]),
    angle=st.floats(0, 2 * np.pi),
    way=st.floats(0, 0.1),
)
def test_a_shifted_picture(seed: int, unit: float, angle: float, way: float) -> None:
    scene, size = Waves(seed, unit), round(4 * unit)
    shift = way * unit * np.array([np.cos(angle), np.sin(angle)])
    before, after = (scene.draw(size, size, move) for move in (np.zeros(2), shift))
    points = face(unit, 2 * unit, 1.3 * unit)
    motion = track_points(before, after, points, unit)
    assert motion.moves.shape == (68, 2)
    assert motion.doubt.shape == (68,)
    error = np.linalg.norm(motion.moves - shift, axis=1) / unit
    # Of 1500 such pairs, 1474 lost no point, none more than three.
    sure = doubts(motion) < 0.01
    assert sure.sum() >= 63
    assert error[sure].max() < 0.005
    assert np.median(error) < 0.0015


@pytest.mark.parametrize("unit", [60.0, 2.5 * RESOLUTION])
def test_each_point_has_its_own_move(unit: float) -> None:
    scene, size, zoom = Waves(3, unit), round(4 * unit), 1.03
    shift = np.array([-0.05, 0.02]) * unit
    before = scene.draw(size, size, np.zeros(2))
    after = scene.draw(size, size, shift, zoom)
    points = face(unit, 2 * unit, 1.3 * unit)
    motion = track_points(before, after, points, unit)
    true = (zoom - 1) * points + shift
    error = np.linalg.norm(motion.moves - true, axis=1) / unit
    assert np.ptp(true, axis=0).min() > 0.04 * unit  # one shift for all would not do
    assert np.median(error) < 0.001
    assert error.max() < 0.01


def test_a_picture_that_stands_still() -> None:
    picture = Waves(5, 60.0).draw(240, 240, np.zeros(2))
    motion = track_points(picture, picture, face(60.0, 120, 80), 60.0)
    np.testing.assert_allclose(motion.moves, 0, atol=1e-6)
    np.testing.assert_allclose(doubts(motion), 0, atol=1e-6)


def test_where_nothing_is_seen_points_are_lost() -> None:
    flat = np.full((240, 240), 128, np.uint8)
    motion = track_points(flat, flat, face(60.0, 120, 80), 60.0)
    assert (motion.doubt > LOST).all()
    np.testing.assert_array_equal(motion.moves, 0)


def test_only_what_is_flat_is_lost() -> None:
    unit, shift = 60.0, np.array([1.5, -0.75])
    scene = Waves(6, unit)
    before, after = (scene.draw(240, 240, move) for move in (np.zeros(2), shift))
    points = face(unit, 120, 80)
    edge = int(points[33, 1])  # from under the nose down nothing is seen
    for picture in (before, after):
        picture[edge:] = 128
    motion = track_points(before, after, points, unit)
    flat = points[:, 1] > edge + 0.5 * unit
    seen = points[:, 1] < edge - 0.5 * unit
    assert flat.sum() > 5
    assert seen.sum() > 20
    assert (motion.doubt[flat] > LOST).all()
    assert motion.doubt[seen].max() < 0.01
    np.testing.assert_allclose(motion.moves[seen], np.tile(shift, (seen.sum(), 1)), atol=0.3)


def test_another_picture_is_doubted() -> None:
    # A cut: nothing of one picture is found in the other, and the way back leads elsewhere.
    unit, points = 60.0, face(60.0, 120, 80)
    before, after = (Waves(seed, unit).draw(240, 240, np.zeros(2)) for seed in (7, 8))
    motion = track_points(before, after, points, unit)
    assert np.median(motion.doubt) > CUT_DOUBT
    assert motion.is_cut
    assert not track_points(before, before, points, unit).is_cut


@pytest.mark.parametrize(
    ("doubts_of_ten", "cut"),
    [
        ([1.1 * CUT_DOUBT] * 10, True),
        ([0.9 * CUT_DOUBT] * 10, False),
        ([0.0] * 4 + [1.0] * 6, True),
        ([0.0] * 6 + [1.0] * 4, False),  # a hand before the mouth is no cut
        ([10.0] * 5 + [0.3] * 5, True),
        ([10.0] * 6 + [0.3] * 4, False),  # hardly a point could be followed: nothing is known
        ([10.0] * 10, False),
    ],
)
def test_a_cut_is_where_most_points_are_not_found_again(
    doubts_of_ten: list[float], cut: bool
) -> None:
    assert Motion(np.zeros((10, 2)), np.array(doubts_of_ten)).is_cut == cut


@pytest.mark.parametrize("place", [(30.0, 120.0), (215.0, 120.0), (120.0, 5.0), (120.0, 190.0)])
def test_a_face_at_the_border_is_followed_or_doubted(place: tuple[float, float]) -> None:
    unit, shift = 50.0, np.array([1.25, 0.5])
    scene = Waves(9, unit)
    before, after = (scene.draw(240, 240, move) for move in (np.zeros(2), shift))
    points = face(unit, *place)
    inside = ((points > 0.3 * unit) & (points < 240 - 0.3 * unit)).all(axis=1)
    out = ((points < -0.2 * unit) | (points > 240 + 0.2 * unit)).any(axis=1)
    assert inside.sum() > 5
    assert out.sum() > 2
    motion = track_points(before, after, points, unit)
    np.testing.assert_allclose(
        motion.moves[inside], np.tile(shift, (inside.sum(), 1)), atol=0.01 * unit
    )
    assert doubts(motion)[inside].max() < 0.01
    wrong = np.linalg.norm(motion.moves - shift, axis=1) / unit
    assert (wrong <= 0.01 + 3 * motion.doubt).all()


@pytest.mark.parametrize(
    "place", [(-900.0, 100.0), (900.0, 100.0), (100.0, -900.0), (100.0, 900.0)]
)
def test_a_face_outside_of_the_picture_is_lost(place: tuple[float, float]) -> None:
    picture = Waves(10, 50.0).draw(200, 200, np.zeros(2))
    motion = track_points(picture, picture, face(50.0, *place), 50.0)
    assert (doubts(motion) > LOST).all()


def test_a_large_face_costs_no_more_and_says_the_same() -> None:
    # Seen twice as large, with twice the motion: half a pixel is half as much of it.
    moves = []
    for unit in (RESOLUTION, 2 * RESOLUTION, 5 * RESOLUTION):
        scene, size = Waves(11, unit), round(3.6 * unit)
        before, after = (scene.draw(size, size, k * unit * np.array([0.03, -0.02])) for k in (0, 1))
        moves.append(track_points(before, after, face(unit, 1.8 * unit, 1.3 * unit), unit).moves)
        np.testing.assert_allclose(moves[-1] / unit, [[0.03, -0.02]] * 68, atol=0.004)
