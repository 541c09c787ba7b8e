"""What the painted presenter does: mouth shapes, head pose, blinks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.presenter.lips import lip_points
from tools.presenter.script import (
    CONSONANTS,
    FRAMES,
    LEAD_S,
    RATE,
    REST,
    VOWELS,
    Viseme,
    demo_motion,
)

MOTION = demo_motion()
OUTER_UP, OUTER_DOWN = [1, 2, 3, 4, 5], [11, 10, 9, 8, 7]
INNER_UP, INNER_DOWN = [13, 14, 15], [19, 18, 17]


def shapes(visemes: list[Viseme]) -> dict[str, np.ndarray]:
    table = np.array(visemes, np.float32)
    return {name: table[:, k] for k, name in enumerate(Viseme._fields)}


def opening(motion_mouth: dict[str, np.ndarray]) -> np.ndarray:
    lips = lip_points(motion_mouth)
    return lips[:, 18, 1] - lips[:, 14, 1]


def test_the_motion_is_the_same_each_time_and_another_for_another_seed() -> None:
    again = demo_motion()
    for name in ("yaw", "pitch", "roll", "shift", "eyelid", "brow", "gaze", "index"):
        np.testing.assert_array_equal(getattr(again, name), getattr(MOTION, name))
    for name, track in MOTION.mouth.items():
        np.testing.assert_array_equal(again.mouth[name], track)
    other = demo_motion(seed=1)
    assert np.abs(other.mouth["lower"] - MOTION.mouth["lower"]).max() > 0.1
    assert np.abs(other.yaw - MOTION.yaw).max() > 1.0


def test_a_piece_of_the_score_holds_the_same_frames() -> None:
    piece = demo_motion(80, start=200)
    assert len(piece) == 80
    same = slice(0, 80 - 30)
    whole = slice(200, 250)
    for name in ("yaw", "pitch", "roll", "shift", "eyelid", "brow", "gaze", "index"):
        np.testing.assert_array_equal(getattr(piece, name)[same], getattr(MOTION, name)[whole])
    for name, track in MOTION.mouth.items():
        np.testing.assert_allclose(piece.mouth[name][same], track[whole], atol=1e-6)


def test_another_rate_shows_the_same_moments() -> None:
    slow = demo_motion(100, rate=Fraction(5))
    np.testing.assert_allclose(slow.yaw, MOTION.yaw[::5], atol=1e-4)
    np.testing.assert_allclose(slow.pitch[:90], MOTION.pitch[::5][:90], atol=1e-3)
    np.testing.assert_allclose(slow.mouth["lower"][:90], MOTION.mouth["lower"][::5][:90], atol=1e-4)


@pytest.mark.parametrize("n", [1, 10, 25, 500])
def test_the_mouth_is_at_rest_at_both_ends(n: int) -> None:
    mouth = demo_motion(n).mouth
    quiet = int(0.4 * RATE)
    first, last = slice(0, min(quiet, n)), slice(max(n - quiet, 0), n)
    for part in (first, last):
        assert opening(mouth)[part].max() < 1e-4
        np.testing.assert_allclose(mouth["half_width"][part], REST.half_width, atol=2e-3)


def test_there_are_pauses_and_all_kinds_of_shapes() -> None:
    gap = opening(MOTION.mouth)
    closed = gap < 1e-4
    edges = np.flatnonzero(np.diff(np.concatenate([[0], closed.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    assert (runs >= 0.28 * RATE).sum() >= 4, "pauses within the clip, and its two ends"
    assert ((runs >= 1) & (runs < 0.28 * RATE)).sum() >= 8, "closures for p, b and m"
    width = MOTION.mouth["half_width"]
    assert gap.max() > 0.3
    assert width.min() < 0.31
    assert width.max() > 0.48
    assert MOTION.mouth["rounding"].max() > 0.9
    assert MOTION.mouth["tongue"].max() > 0.7


def test_the_head_moves_gently() -> None:
    for track, most in ((MOTION.yaw, 6.0), (MOTION.pitch, 4.5), (MOTION.roll, 3.0)):
        assert 1.5 < np.abs(track).max() < most
        assert np.abs(np.diff(track)).max() < 1.0, "degrees per frame"
    assert np.abs(MOTION.shift).max() < 0.08
    assert len(MOTION) == FRAMES


def test_the_eyes_blink_every_two_to_five_seconds() -> None:
    shut = MOTION.eyelid > 0.5
    begins = np.flatnonzero(np.diff(shut.astype(int)) == 1)
    assert 4 <= len(begins) <= 10
    between = np.diff(begins) / float(RATE)
    assert between.min() >= 1.9
    assert between.max() <= 5.1
    assert MOTION.eyelid.max() == 1.0


def test_closures_meet_at_the_seam_and_nothing_else_does() -> None:
    phones = {**CONSONANTS, **VOWELS}
    table = shapes(list(phones.values()))
    for name in ("upper", "lower"):
        table[name] = np.maximum(table[name], 0.0)
    gap = dict(zip(phones, opening(table), strict=True))
    assert {name for name, g in gap.items() if g < 1e-6} == {"p", "b", "m"}
    assert max(gap, key=lambda name: gap[name]) == "ah"


SHAPE = st.builds(
    Viseme,
    half_width=st.floats(0.28, 0.5),
    upper=st.floats(0.0, 0.05),
    lower=st.floats(0.0, 0.32),
    jaw=st.floats(0.0, 0.28),
    upper_full=st.floats(0.8, 1.2),
    lower_full=st.floats(0.6, 1.2),
    rounding=st.floats(0.0, 1.0),
    tongue=st.floats(0.0, 1.0),
)


@given(SHAPE)
def test_contours_never_cross(shape: Viseme) -> None:
    x, y = np.moveaxis(lip_points(shapes([shape]))[0], -1, 0)
    assert (np.diff(x[:7]) > 0).all(), "the upper contour runs from left to right"
    assert (np.diff(x[12:17]) > 0).all()
    assert (y[INNER_DOWN] >= y[INNER_UP]).all()
    assert (y[[2, 3, 4]] < y[INNER_UP] - 0.03).all(), "the upper lip has a thickness"
    assert (y[[10, 9, 8]] > y[INNER_DOWN] + 0.03).all(), "the lower lip has a thickness"
    assert x[0] < x[12]
    assert x[16] < x[6]
    np.testing.assert_allclose(x[OUTER_UP], -x[OUTER_UP[::-1]], atol=1e-6)
    np.testing.assert_allclose(y[OUTER_DOWN], y[OUTER_DOWN[::-1]], atol=1e-6)


def test_the_opening_is_the_sum_of_both_lips_ways() -> None:
    table = shapes([Viseme(upper=0.03, lower=0.2), Viseme(half_width=0.3, lower=0.1, rounding=1.0)])
    np.testing.assert_allclose(opening(table), [0.23, 0.1], atol=1e-6)
    np.testing.assert_allclose(lip_points(table)[:, 6, 0], [0.425, 0.3], atol=1e-6)
    assert LEAD_S > 0.4
