"""Nested measures as rows."""

from __future__ import annotations

from audio2video.inspection.curves import thinned
from audio2video.inspection.facts import MAX_ROWS, rows_of


def test_groups_stand_before_their_names() -> None:
    nested = {
        "a": 1,
        "b": {"c": 2.5, "d": {"e": None}},
        "f": [1, "two"],
        "g": [{"h": 3}, {"h": True}],
    }
    assert rows_of(nested) == [
        ["a", 1],
        ["b · c", 2.5],
        ["b · d · e", ""],
        ["f", "1, two"],
        ["g · 1 · h", 3],
        ["g · 2 · h", True],
    ]


def test_tables_have_an_end() -> None:
    assert len(rows_of({str(k): k for k in range(10 * MAX_ROWS)})) == MAX_ROWS


def test_long_curves_keep_their_ends() -> None:
    for length in (0, 1, 2, 9, 10, 11, 100, 101):
        kept = thinned(range(length), 10)
        assert len(kept) <= 11
        if length:
            assert (kept[0], kept[-1]) == (0, length - 1)
        assert kept == sorted(set(kept))
