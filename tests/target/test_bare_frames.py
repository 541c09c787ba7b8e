"""Which frames a face is learned from, and when there are too few."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.errors import NoFaceError
from audio2video.target.bare_frames import (
    LEAST_BARE,
    MOST_FOREIGN,
    BareFrames,
    bare_frames,
    check_bare,
)


@given(st.lists(st.floats(0, 0.29), min_size=1, max_size=50))
def test_an_ordinary_face_is_bare_throughout(shares: list[float]) -> None:
    foreign, usable = np.array(shares), np.ones(len(shares), bool)
    np.testing.assert_array_equal(bare_frames(foreign, usable), usable)


def test_the_few_frames_with_lips_are_the_bare_ones() -> None:
    foreign = np.full(100, 0.9)
    foreign[40:60] = 0.05
    usable = np.ones(100, bool)
    usable[50] = False
    np.testing.assert_array_equal(
        np.flatnonzero(bare_frames(foreign, usable)), [*range(40, 50), *range(51, 60)]
    )
    # A dark moustache is in all frames.
    assert bare_frames(np.full(100, 0.5), usable).sum() == 99
    assert not bare_frames(np.full(100, MOST_FOREIGN), usable).any()
    assert not bare_frames(foreign, np.zeros(100, bool)).any()


def test_a_mouth_that_is_hardly_seen_is_refused() -> None:
    usable = np.ones(100, bool)
    for count in (0, LEAST_BARE - 1):
        found = BareFrames(np.zeros(100, np.float32), np.arange(100) < count)
        with pytest.raises(NoFaceError, match=f"mouth in {100 - count} of 100 frames with a face"):
            check_bare(found, usable, Path("masked.mp4"))
    check_bare(BareFrames(np.zeros(100, np.float32), np.arange(100) < LEAST_BARE), usable, Path())
    few = np.arange(100) < 3
    check_bare(BareFrames(np.zeros(100, np.float32), few), few, Path())
