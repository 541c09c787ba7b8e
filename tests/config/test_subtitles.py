"""SubRip files: times from all that tools write, and the line where one is wrong."""

from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.config.subtitles import format_subtitles, parse_subtitles
from audio2video.errors import BadFileError

PATH = Path("a.srt")

PLAIN = """1
00:00:03,000 --> 00:00:07,250
<i>Hello</i> {\\an8}

2
100:59:59.999 --> 101:00:00.500 X1:10 X2:20 Y1:5 Y2:6
00:00:01,000 --> this is a text
2

00:00:00,000 --> 00:00:00,001

"""


def times(content: bytes) -> list[tuple[Fraction, Fraction]]:
    return [(one.start, one.end) for one in parse_subtitles(content, PATH)]


EXPECTED = [
    (Fraction(3), Fraction(29, 4)),
    (Fraction(363599999, 1000), Fraction(727201, 2)),
    (Fraction(0), Fraction(1, 1000)),
]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_tools_write(ends: str, encoding: str) -> None:
    assert times(PLAIN.replace("\n", ends).encode(encoding)) == EXPECTED
    assert [one.line for one in parse_subtitles(PLAIN.encode(), PATH)] == [2, 6, 10]


def test_texts_of_any_encoding_do_not_matter() -> None:
    assert times("1\n00:00:01,000 --> 00:00:02,000\ngrün".encode("latin-1")) == [(1, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("WEBVTT\n", "line 1: 'WEBVTT' are no times"),
        ("1\n00:00:03,000 -> 00:00:07,000\n", "line 2: '00:00:03,000 -> 00:00:07,000' are no"),
        ("1\n00:00:03 --> 00:00:07\n", "line 2"),
        ("1\n00:61:03,000 --> 00:62:07,000\n", "line 2"),
        ("1\n00:00:03,5 --> 00:00:07,0\n", "line 2"),
        ("1\n\n00:00:03,000 --> 00:00:07,000\n", "line 2: a cue has no times; write it as 00:"),
        ("\n\n1\n2\n", "line 4"),
        ("7", "ends in the middle of a cue"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, message: str) -> None:
    with pytest.raises(BadFileError, match=re.escape(message)) as caught:
        parse_subtitles(text.encode(), PATH)
    assert str(caught.value).startswith("a.srt: ")


MOMENTS = st.integers(0, 9999 * 3_600_000 + 3_599_999)


def written(moment: int, mark: str) -> str:
    seconds, milliseconds = divmod(moment, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{mark}{milliseconds:03}"


@given(
    st.lists(st.tuples(MOMENTS, MOMENTS, st.sampled_from(",."))), st.sampled_from(["\n", "\r\n"])
)
def test_what_is_written_is_read(cues: list[tuple[int, int, str]], end: str) -> None:
    blocks = [
        f"{k}{end}{written(a, mark)} --> {written(b, mark)}{end}text{end}"
        for k, (a, b, mark) in enumerate(cues, start=1)
    ]
    expected = [(Fraction(a, 1000), Fraction(b, 1000)) for a, b, _ in cues]
    assert times(end.join(blocks).encode()) == expected


@given(st.binary(max_size=200) | st.text("0123456789:,.->\n\r 1X", max_size=80).map(str.encode))
def test_anything_is_read_or_refused(content: bytes) -> None:
    with suppress(BadFileError):
        assert all(one.start >= 0 for one in parse_subtitles(content, PATH))


@given(
    st.lists(
        st.tuples(
            st.floats(0, 9000).map(lambda x: round(x, 3)),
            st.floats(0, 60).map(lambda x: round(x, 3)),
            st.text("abc ,.'é", min_size=1).map(lambda t: " ".join(t.split())).filter(bool),
        )
    )
)
def test_cues_that_are_written_are_read_again(cues: list[tuple[float, float, str]]) -> None:
    written = format_subtitles((start, start + length, text) for start, length, text in cues)
    found = parse_subtitles(written.encode(), Path("words.srt"))
    assert [cue.text for cue in found] == [text for _, _, text in cues]
    for cue, (start, length, _) in zip(found, cues, strict=True):
        assert abs(float(cue.start) - start) < 1e-6
        assert abs(float(cue.end) - start - length) < 1e-6
