"""Work in other threads keeps its order, its errors and its bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.parallel import ahead


@given(st.lists(st.integers()), st.integers(1, 5))
def test_items_come_in_order(items: list[int], count: int) -> None:
    assert list(ahead(iter(items), count)) == items


def test_no_more_than_asked_for_are_made_ahead() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = ahead(source(), 3)
    assert made == []  # nothing before the first is wanted
    assert next(items) == 0
    for _ in range(100):
        if len(made) == 5:
            break
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(made) == 5  # the one taken, three that wait, and one in hand
    items.close()


def test_an_error_comes_behind_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("disk full")

    items = ahead(source(), 4)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="disk full"):
        next(items)


def test_the_thread_ends_when_nobody_wants_more() -> None:
    before = threading.active_count()
    items = ahead(iter(range(10**9)), 2)
    next(items)
    assert threading.active_count() == before + 1
    items.close()
    assert threading.active_count() == before
