"""How many frames of a result were synthesised, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from audio2video.errors import MostlyUnchangedError
from audio2video.pipeline.frame_count import (
    COVERED,
    NO_FACE,
    OTHERS,
    OUTSIDE,
    SYNTHESISED,
    FrameCount,
    _timeline,
    check_count,
    count_frames,
    count_in_ranges,
)
from audio2video.progress import Progress
from audio2video.retiming.retime import Retiming

RESULT = Path("a-b.mp4")


def test_each_frame_is_counted_once_and_by_its_reason() -> None:
    usable = np.array([True, True, True, False, False, False])
    others = np.array([False, False, False, False, True, True])
    target = SimpleNamespace(track=SimpleNamespace(usable=usable), others_only=others)
    # Frame 5 is played twice; frame 1 is covered; frame 4 as well, but nobody is to be seen there.
    timing = Retiming(np.array([0, 1, 2, 3, 4, 5, 5.0]))
    shown = np.array([1.0, 0, 0.2, 1, 0, 1, 1])
    found = count_frames(target, timing, shown)  # type: ignore[arg-type]
    assert found == FrameCount(7, {NO_FACE: 1, OTHERS: 3, COVERED: 1})
    assert (found.synthesised, found.unchanged) == (2, 5)
    said = "2 of 7 frames synthesised (1 no usable face, 3 another person, 1 mouth covered: unchan"
    assert str(found).startswith(said)


def test_a_closed_mouth_of_a_listener_is_not_missed() -> None:
    target = SimpleNamespace(
        track=SimpleNamespace(usable=np.ones(4, bool)), others_only=np.zeros(4, bool)
    )
    timing = Retiming(np.arange(4.0))
    own = np.array([True, True, True, False])
    found = count_frames(target, timing, np.array([0.0, 0, 0, 1]), own)  # type: ignore[arg-type]
    assert (found.synthesised, found.missed) == (1, {})
    check_count(found, RESULT, Progress())
    assert str(found) == "1 of 4 frames synthesised (3 own mouth closed: unchanged)"


def test_a_whole_result_is_said_in_few_words() -> None:
    assert str(FrameCount(9, {})) == "9 of 9 frames synthesised"


@pytest.mark.parametrize("unchanged", [0, 10])
def test_a_few_frames_are_no_warning(unchanged: int) -> None:
    progress = Progress()
    check_count(FrameCount(100, {COVERED: unchanged}), RESULT, progress)
    assert progress.warnings == []


REMEDIES = {
    NO_FACE: "in which the person faces the camera throughout",
    OTHERS: "that shows the speaker throughout; --face N chooses, 'audio2video faces VIDEO' lists",
    COVERED: "in which nothing is in front of the mouth",
}


@pytest.mark.parametrize("why", REMEDIES)
def test_many_are_a_warning_that_says_what_to_choose(why: str) -> None:
    progress = Progress()
    check_count(FrameCount(100, {why: 50}), RESULT, progress)
    (text,) = progress.warnings
    said = f"a-b.mp4: only 50 of 100 frames synthesised (50 {why}: unchanged); choose a target, or "
    assert text.startswith(said)
    assert REMEDIES[why] in text


@pytest.mark.parametrize("why", REMEDIES)
def test_most_are_an_error_and_the_commonest_reason_tells_what_to_do(why: str) -> None:
    counts = {name: 20 if name == why else 16 for name in REMEDIES}
    with pytest.raises(MostlyUnchangedError) as caught:
        check_count(FrameCount(100, counts), RESULT, Progress())
    text = str(caught.value)
    assert text.startswith("a-b.mp4: only 48 of 100 frames synthesised (")
    assert f"; the file is kept; choose a target, or a part of it, {REMEDIES[why]}" in text


def test_only_frames_inside_the_segments_are_judged() -> None:
    usable = np.array([True] * 6 + [False] * 4)
    target = SimpleNamespace(track=SimpleNamespace(usable=usable), others_only=np.zeros(10, bool))
    first = SimpleNamespace(
        target=target, timing=Retiming(np.array([2.0, 3, 4])), shown=np.array([1.0, 1, 0])
    )
    second = SimpleNamespace(
        target=target, timing=Retiming(np.array([4.0, 5, 6])), shown=np.array([1.0, 0.2, 1])
    )
    # Frame 4 is asked for twice, and missed once.
    found = count_in_ranges([first, second], 10)  # type: ignore[list-item]
    assert found == FrameCount(10, {NO_FACE: 1, COVERED: 1, OUTSIDE: 5})
    assert (found.asked, found.synthesised, found.missed) == (5, 3, {NO_FACE: 1, COVERED: 1})
    said: list[str] = []
    check_count(
        FrameCount(1000, {OUTSIDE: 990, COVERED: 1}), RESULT, Progress(on_warning=said.append)
    )
    assert said == []
    check_count(found, RESULT, Progress(on_warning=said.append))
    assert (
        "only 3 of 10 frames synthesised (1 no usable face, 1 mouth covered, 5 outside" in said[0]
    )
    with pytest.raises(MostlyUnchangedError):
        check_count(FrameCount(1000, {OUTSIDE: 990, COVERED: 6}), RESULT, Progress())


def test_the_timeline_is_the_runs_of_equal_reasons() -> None:
    found = _timeline(np.array([-1, -1, 0, 2, 2, -2, -1]))
    assert found == (
        (0, 2, SYNTHESISED),
        (2, 3, NO_FACE),
        (3, 5, COVERED),
        (5, 6, OUTSIDE),
        (6, 7, SYNTHESISED),
    )
    assert _timeline(np.array([1])) == ((0, 1, OTHERS),)
