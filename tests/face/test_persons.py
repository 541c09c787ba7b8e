"""Tracks of one person are found among those of several."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.persons import (
    MAX_COLOUR_DISTANCE,
    MAX_DISTANCE,
    SHARED_FRAMES,
    TrackLook,
    group_tracks,
)


def look(
    first: int, last: int, place: float, colour: float = 0.0, weight: float = 1.0
) -> TrackLook:
    descriptor = np.zeros(128)
    descriptor[0] = place
    return TrackLook(first, last, descriptor, np.array([colour, 0.0]), weight)


def test_nobody_and_somebody() -> None:
    assert group_tracks([]) == []
    assert group_tracks([look(0, 9, 0.0)]) == [[0]]


def test_near_tracks_are_one_person_and_far_ones_are_not() -> None:
    looks = [look(0, 9, 0.0), look(10, 19, 1.0), look(20, 29, 0.1), look(30, 39, 0.9)]
    assert group_tracks(looks) == [[0, 2], [1, 3]]


@pytest.mark.parametrize(("distance", "people"), [(0.99, 1), (1.01, 2)])
def test_the_limit_of_one_person(distance: float, people: int) -> None:
    looks = [look(0, 9, 0.0), look(10, 19, distance * MAX_DISTANCE)]
    assert len(group_tracks(looks)) == people


@pytest.mark.parametrize(("distance", "people"), [(0.99, 1), (1.01, 2)])
def test_another_colour_of_skin_is_another_person(distance: float, people: int) -> None:
    looks = [look(0, 9, 0.0), look(10, 19, 0.0, distance * MAX_COLOUR_DISTANCE)]
    assert len(group_tracks(looks)) == people


@pytest.mark.parametrize(("shared", "people"), [(SHARED_FRAMES, 1), (SHARED_FRAMES + 1, 2)])
def test_who_is_seen_at_the_same_time_is_somebody_else(shared: int, people: int) -> None:
    assert len(group_tracks([look(0, 9, 0.0), look(10 - shared, 19, 0.0)])) == people


def test_crossing_twins_are_told_apart_by_who_is_seen_beside_whom() -> None:
    # Tracks 0 and 1 are seen together, then 2 and 3; all look alike, each most like itself.
    looks = [look(0, 9, 0.0), look(0, 9, 0.1), look(12, 20, 0.09), look(12, 20, 0.02)]
    assert group_tracks(looks) == [[0, 3], [1, 2]]


def test_a_group_is_as_far_as_its_mean() -> None:
    # 0 and 1 are joined first; their mean, weighted, is too far from 2.
    near = [look(0, 9, 0.0, weight=3.0), look(10, 19, 0.4), look(20, 29, 0.65)]
    assert group_tracks(near) == [[0], [1, 2]]
    heavy = [look(0, 9, 0.0, weight=3.0), look(10, 19, 0.2), look(20, 29, 0.6)]
    assert group_tracks(heavy) == [[0, 1], [2]]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from([0.0, 0.2, 0.4, 1.0])),
        max_size=9,
    )
)
def test_each_track_is_in_one_group_and_no_group_is_in_two_places(
    tracks: list[tuple[int, int, float]],
) -> None:
    looks = [look(first, first + length, place) for first, length, place in tracks]
    groups = group_tracks(looks)
    assert sorted(k for group in groups for k in group) == list(range(len(looks)))
    for group in groups:
        for a in group:
            assert not any(looks[a].overlaps(looks[b]) for b in group if b != a)
