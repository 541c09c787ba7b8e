"""Reading lists of phones."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio2video.errors import BadFileError, MissingFileError
from audio2video.evaluation.phone_list import read_phones
from audio2video.mouth.phones import Phone


def test_phones_are_read_by_recording(tmp_path: Path) -> None:
    path = tmp_path / "phones.csv"
    path.write_bytes(
        b"\xef\xbb\xbfphone,clip,start,end,score\r\nP,a/b.mp4,0.5,0.58,1\r\n"
        b"AH0,a/b.mp4,0.58,0.7,1\r\nM,c,1,2,0\r\n"
    )
    found = read_phones(path)
    assert found == {
        "a/b.mp4": [Phone("P", 0.5, 0.58), Phone("AH0", 0.58, 0.7)],
        "c": [Phone("M", 1.0, 2.0)],
    }
    assert found["a/b.mp4"][1].plain == "AH"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "has no column 'clip'"),
        (b"clip,start,phone\na,1,P\n", "has no column 'end'"),
        (b"clip,start,end,phone\na,1,0.5,P\n", "line 2 is no phone"),
        (b"clip,start,end,phone\na,0,1,P\na,x,2,P\n", "line 3 is no phone"),
        (b"clip,start,end,phone\na,0,inf,P\n", "line 2 is no phone"),
        (b"clip,start,end,phone\na,nan,1,P\n", "line 2 is no phone"),
        (b"clip,start,end,phone\na,0,1,\n", "line 2 is no phone"),
        (b"clip,start,end,phone\na,0\n", "line 2 is no phone"),
        (b"clip,start,end,phone\na,0,1,\xff\n", "not a CSV file"),
        (b'clip,start,end,phone\na,0,1,"P"x\n', "not a CSV file"),
    ],
)
def test_what_is_no_such_table_is_said_in_a_line(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "phones.csv"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=problem) as caught:
        read_phones(path)
    assert caught.value.hint == "its line of headings is clip,start,end,phone"


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="list of phones not found"):
        read_phones(tmp_path / "phones.csv")
