"""The callbacks by which work tells its caller about itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audio2video.errors import CancelledError
from audio2video.progress import Progress, as_progress


def test_follow_counts_what_has_been_worked_on() -> None:
    heard: list[tuple[str, int, int | None, str]] = []
    progress = Progress(on_progress=lambda *call: heard.append(call))
    seen: list[str] = []
    for item in progress.follow("ab", "spelling", 2, "letter"):
        # An item counts only when the caller comes back for the next one.
        assert heard[-1] == ("spelling", len(seen), 2, "letter")
        seen.append(item)
    assert seen == ["a", "b"]
    assert [call[1] for call in heard] == [0, 1, 2]


def test_follow_of_nothing_still_tells_of_the_stage() -> None:
    heard: list[tuple[str, int, int | None, str]] = []
    progress = Progress(on_progress=lambda *call: heard.append(call))
    assert list(progress.follow([], "nothing", None)) == []
    assert heard == [("nothing", 0, None, "frame")]


def test_follow_takes_no_item_ahead() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for k in range(5):
            taken.append(k)
            yield k

    items = Progress().follow(source(), "stage", 5)
    next(items)
    next(items)
    assert taken == [0, 1]


def test_the_caller_can_stop_the_work() -> None:
    def stop(stage: str, done: int, total: int | None, unit: str) -> None:
        if done == 2:
            raise CancelledError("stopped")

    items = Progress(on_progress=stop).follow(range(10), "stage", 10)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(CancelledError, match="stopped"):
        next(items)


def test_a_warning_is_given_once_and_kept() -> None:
    heard: list[str] = []
    progress = Progress(on_warning=heard.append)
    for text in ("odd", "odder", "odd"):
        progress.warn(text)
    assert heard == progress.warnings == ["odd", "odder"]


def test_a_note_is_given_each_time_and_not_kept() -> None:
    heard: list[str] = []
    progress = Progress(on_note=heard.append)
    progress.note("here")
    progress.note("here")
    assert heard == ["here", "here"]
    assert progress.warnings == []


def test_callers_do_not_share_warnings() -> None:
    Progress().warn("mine")
    assert Progress().warnings == []


def test_a_notice_is_given_once_and_is_no_warning() -> None:
    heard: list[str] = []
    progress = Progress(on_notice=heard.append)
    for text in ("routine", "routine"):
        progress.notice(text)
    assert heard == progress.notices == ["routine"]
    assert progress.warnings == []


def test_true_shows_bars_with_their_rate_and_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    progress = as_progress(True)
    for _ in progress.follow(range(3), "textures", 3):
        pass
    progress.warn("31 frames pass through")
    progress.notice("consent: not stated")
    shown = capsys.readouterr()
    assert shown.out == ""
    for part in ("textures: 100%", "3/3", "frame/s"):
        assert part in shown.err
    assert "warning: 31 frames pass through\nconsent: not stated\n" in shown.err
    assert progress.warnings == ["31 frames pass through"]


def test_without_a_wish_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for wanted in (None, False):
        progress = as_progress(wanted)
        assert list(progress.follow("ab", "spelling", 2)) == ["a", "b"]
        progress.warn("odd")
    assert capsys.readouterr() == ("", "")
    own = Progress()
    assert as_progress(own) is own
