"""Work in other threads keeps its order, its errors and its bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from audio2video.errors import CancelledError
from audio2video.progress import Progress
from audio2video.runtime.threads import AHEAD, ordered_map, prefetch, single_threaded_libraries


@given(st.lists(st.integers()), st.integers(1, 5))
def test_items_come_in_order(items: list[int], count: int) -> None:
    assert list(prefetch(iter(items), count)) == items


def test_no_more_than_asked_for_are_made_ahead() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = prefetch(source(), 3)
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

    items = prefetch(source(), 4)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="disk full"):
        next(items)


def test_the_thread_ends_when_nobody_wants_more() -> None:
    before = threading.active_count()
    items = prefetch(iter(range(10**9)), 2)
    next(items)
    assert threading.active_count() == before + 1
    items.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    def late(item: int) -> int:
        time.sleep(0.003 * (item % 3 == 0))  # overtaken by those behind it
        return item * item

    assert list(ordered_map(late, range(40), workers)) == [k * k for k in range(40)]
    assert list(ordered_map(late, [], workers)) == []


def test_workers_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=30)
    assert len(list(ordered_map(lambda _: meeting.wait(), range(6), 3))) == 6


@pytest.mark.parametrize("workers", [1, 3])
def test_items_are_taken_a_few_ahead_in_the_callers_thread(workers: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for k in range(100):
            assert threading.current_thread() is threading.main_thread()
            taken.append(k)
            yield k

    with closing(ordered_map(lambda k: k, items(), workers)) as made:
        assert next(made) == 0
        assert len(taken) <= AHEAD * workers
        assert next(made) == 1
        assert len(taken) <= AHEAD * workers + 1


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_raised_comes_in_its_turn(workers: int) -> None:
    def fail(item: int) -> int:
        if item == 5:
            raise ValueError("the fifth")
        return item

    made = ordered_map(fail, range(20), workers)
    assert [next(made) for _ in range(5)] == list(range(5))
    with pytest.raises(ValueError, match="the fifth"):
        next(made)
    assert list(made) == []


def test_a_run_that_is_cancelled_stops_its_workers() -> None:
    before, done = threading.active_count(), []

    def stop(stage: str, count: int, total: int | None, unit: str) -> None:
        if count == 3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError), closing(ordered_map(done.append, range(1000), 2)) as made:
        for _ in Progress(on_progress=stop).follow(made, "working", 1000):
            pass
    assert threading.active_count() == before
    assert len(done) <= 3 + AHEAD * 2


def test_libraries_keep_to_one_thread_for_a_while() -> None:
    before = cv2.getNumThreads()
    with single_threaded_libraries():
        assert cv2.getNumThreads() == 1
        assert all(
            pool["num_threads"] == 1 for pool in threadpool_info() if pool["user_api"] == "blas"
        )
    assert cv2.getNumThreads() == before
    with pytest.raises(ValueError, match="any"), single_threaded_libraries():
        raise ValueError("any")
    assert cv2.getNumThreads() == before
