"""Numbers on their way into a page, and what is left of them there."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from audio2video.inspection.packing import MISSING, packed, rounded, runs_of


def unpacked(given: dict[str, object]) -> np.ndarray:
    """What the page's own code does."""
    data = base64.b64decode(str(given["data"]))
    whole = np.frombuffer(data, np.dtype(str(given["kind"])).newbyteorder("<"))
    values = np.where(whole == MISSING, np.nan, whole * given["scale"])
    return values.reshape(given["shape"])  # type: ignore[arg-type]


@given(arrays.arrays(np.float64, st.tuples(*[st.integers(0, 5)] * 2), elements=st.floats(-3, 3)))
def test_packed_numbers_are_exact_to_half_a_step(values: np.ndarray) -> None:
    assert np.abs(unpacked(packed(values, 1e-4)) - values).max(initial=0) <= 0.51e-4


def test_what_is_no_number_is_missing() -> None:
    back = unpacked(packed(np.array([1.0, np.nan, np.inf, -9.0]), 1e-4))
    assert back.tolist()[0] == pytest.approx(1.0)
    assert np.isnan(back[1:3]).all()
    assert back[3] == pytest.approx(-3.2767), "what is too large is as large as can be"


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_small_kinds_end_where_they_end(kind: str) -> None:
    limits = np.iinfo(kind)
    back = unpacked(packed(np.array([-1e3, 1e3]), 1.0, kind))
    assert back.tolist() == [limits.min, limits.max]


def test_lists_are_json_whatever_they_hold() -> None:
    made = rounded(np.array([1.23456, np.nan, -np.inf, 2]), 2)
    assert made == [1.23, None, None, 2.0]
    json.dumps(made, allow_nan=False)


@given(st.lists(st.booleans()))
def test_runs_cover_what_is_true_and_nothing_else(flags: list[bool]) -> None:
    found = np.zeros(len(flags), bool)
    for first, last in runs_of(np.array(flags, bool)):
        assert first < last
        assert not found[max(first - 1, 0)], "runs that touch are one"
        found[first:last] = True
    assert found.tolist() == flags
