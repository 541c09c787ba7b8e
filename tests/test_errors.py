"""The one line that a user sees, and errors on their way between processes."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.errors import (
    Audio2VideoError,
    BadFileError,
    CancelledError,
    MissingFileError,
    NoFaceError,
    OptionError,
)

KINDS = [
    Audio2VideoError,
    BadFileError,
    CancelledError,
    MissingFileError,
    NoFaceError,
    OptionError,
]


def test_the_line_says_where_what_and_how_to_mend_it() -> None:
    error = BadFileError("is empty", path="a/b.wav", hint="record it again")
    assert str(error) == f"{Path('a/b.wav')}: is empty; record it again"
    assert (error.problem, error.path, error.hint) == (
        "is empty",
        Path("a/b.wav"),
        "record it again",
    )


@pytest.mark.parametrize(
    ("path", "hint", "line"),
    [
        (None, None, "wrong"),
        ("x.toml", None, "x.toml: wrong"),
        (None, "mend it", "wrong; mend it"),
    ],
)
def test_parts_that_are_not_given_leave_no_trace(
    path: str | None, hint: str | None, line: str
) -> None:
    assert str(Audio2VideoError("wrong", path=path, hint=hint)) == line


@given(st.text(), st.none() | st.text(), st.none() | st.text())
def test_it_is_always_one_line(problem: str, path: str | None, hint: str | None) -> None:
    assert len(str(Audio2VideoError(problem, path=path, hint=hint)).splitlines()) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_all_are_caught_as_one_and_survive_pickling(kind: type[Audio2VideoError]) -> None:
    error = pickle.loads(pickle.dumps(kind("wrong", path="x", hint="mend it")))
    assert type(error) is kind
    assert isinstance(error, Audio2VideoError)
    assert str(error) == "x: wrong; mend it"
