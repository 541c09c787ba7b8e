"""A target played in its own order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.retiming.own_order import FITS, play_in_order


def test_a_longer_target_is_played_from_its_first_good_stretch() -> None:
    good = np.ones(100, bool)
    assert play_in_order(30, good, "freeze").positions.tolist() == list(range(30))
    good[:20] = False  # a fade-in
    good[60:70] = False  # a slide
    assert play_in_order(30, good, "freeze").positions.tolist() == list(range(20, 50))


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("loop", [0, 1, 2, 3, 0, 1, 2, 3, 0]),
        ("freeze", [0, 1, 2, 3, 3, 3, 3, 3, 3]),
        ("bounce", [0, 1, 2, 2.75, 3, 2.75, 2, 1, 0.25]),
    ],
)
def test_a_shorter_target_ends_as_asked(fit: str, expected: list[float]) -> None:
    assert play_in_order(9, np.ones(4, bool), fit).positions.tolist() == expected


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(("loop", "freeze")), st.randoms())
def test_nothing_runs_backwards(wanted: int, available: int, fit: str, random: object) -> None:
    good = np.random.default_rng(wanted * 61 + available).random(available) < 0.7
    timing = play_in_order(wanted, good, fit)
    assert len(timing.positions) == wanted
    assert 0 <= timing.positions.min() <= timing.positions.max() <= available - 1
    steps = np.diff(timing.positions)
    back = steps < 0
    assert (timing.positions[1:][back] == 0).all()  # only a loop begins again
    assert fit == "loop" or not back.any()
    assert not timing.is_interpolated.any()


def test_an_unknown_fit_is_refused() -> None:
    assert "cut" not in FITS  # which needs no playback of its own
    with pytest.raises(ValueError, match="no such fit"):
        play_in_order(3, np.ones(3, bool), "cut")
