"""Files of ranges to dub: what they hold, and one line for each thing that may be wrong."""

from __future__ import annotations

import json
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.config import Config
from audio2video.config.segments import Segment, read_segments
from audio2video.errors import Audio2VideoError, OptionError


def written(tmp_path: Path, content: object, name: str = "a.json") -> Path:
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_are_read_and_sorted(tmp_path: Path) -> None:
    entries = [
        {"start": 12, "end": 15.1, "audio": "b.wav", "speaker": 2, "text": "hello", "id": 7},
        {"start": 0.1, "end": 3, "audio": "/voices/a.wav"},
    ]
    expected = (
        Segment(Fraction(1, 10), Fraction(3), Path("/voices/a.wav"), None, "entry 2"),
        Segment(Fraction(12), Fraction(151, 10), tmp_path / "b.wav", 2, "entry 1"),
    )
    assert read_segments(written(tmp_path, entries)) == expected
    assert read_segments(written(tmp_path, {"segments": entries})) == expected


def test_subtitles_are_read_by_their_suffix(tmp_path: Path) -> None:
    text = "\ufeff1\r\n00:00:03,000 --> 00:00:07,000\r\nHello\r\n"
    (one,) = read_segments(written(tmp_path, text, "a.SRT"))
    assert one == Segment(Fraction(3), Fraction(7), None, None, "line 2")


RANGE = {"start": 1, "end": 2}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (None, "gone.srt", "gone.srt: segments file not found"),
        ("x", "a.txt", "segments must be SRT or JSON; end it in .srt or .json"),
        ("", "a.srt", "no ranges of time in it"),
        ([], "a.json", "no ranges of time in it"),
        ("{", "a.json", "not valid JSON ("),
        ("[" * 100_000, "a.json", "not valid JSON ("),
        ({"ranges": []}, "a.json", "not a list of ranges; write"),
        ([3], "a.json", "entry 1: no object such as"),
        ([RANGE | {"speeker": 1}], "a.json", "entry 1: unknown key 'speeker'; known are start"),
        ([{"start": 1}], "a.json", "entry 1: end must be a number of seconds, not None"),
        ([{"start": True, "end": 2}], "a.json", "entry 1: start must be a number of seconds"),
        ('[{"start": NaN, "end": 2}]', "a.json", "entry 1: start is out of bounds"),
        ([{"start": 10**300, "end": 2}], "a.json", "entry 1: start is out of bounds"),
        ([{"start": -1, "end": 2}], "a.json", "entry 1: begins before the video"),
        ([{"start": 2, "end": 2}], "a.json", "entry 1: ends before it begins (2.000 s to 2.000"),
        ([{"start": 2, "end": 2.1}], "a.json", "entry 1: only 100 ms; speech of at least 200 ms"),
        ([RANGE | {"audio": 3}], "a.json", "entry 1: audio must be the path of a file"),
        ([RANGE | {"speaker": "2"}], "a.json", "entry 1: speaker must be a number from 1 to 10"),
        ([RANGE | {"speaker": 0}], "a.json", "entry 1: speaker must be a number from 1 to 1000"),
        (
            [{"start": 61, "end": 65}, {"start": 59, "end": 61.5}],
            "a.json",
            "entry 1: begins at 1:01.000, before the range of entry 2 ends at 1:01.500; nobody",
        ),
        (
            "1\n00:00:01,000 --> 00:00:03,000\n\n2\n00:00:02,000 --> 00:00:04,000\n",
            "a.srt",
            "line 5: begins at 2.000 s, before the range of line 2 ends at 3.000 s",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, content: object, name: str, message: str
) -> None:
    path = tmp_path / name if content is None else written(tmp_path, content, name)
    with pytest.raises(Audio2VideoError) as caught:
        read_segments(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_two_people_may_speak_at_once(tmp_path: Path) -> None:
    both = [RANGE | {"speaker": 1}, {"start": 1.5, "end": 3, "speaker": 2}]
    assert len(read_segments(written(tmp_path, both))) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["start", "end", "audio", "speaker", "x"]), inner)
    ),
    max_leaves=12,
)


@given(content=JSON)
def test_anything_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content))
    with suppress(Audio2VideoError):
        assert all(0 <= one.start < one.end for one in read_segments(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retiming": "full"}, "--segments keeps pictures under their own sound, --retiming full"),
        ({"fit": "loop"}, "--segments makes results as long as the target: --fit loop changes no"),
        ({"fit": "silence"}, "leave it out; --fit cut leaves out what does not fit a range"),
    ],
)
def test_what_does_not_go_together(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Config.from_flags(segments=Path("a.srt"), **options)
    assert message in str(caught.value)


def test_the_file_gives_the_id_where_there_is_no_speech() -> None:
    config = Config.from_flags(segments=Path("film/talk.srt"))
    assert config.with_media_ids().inputs.inp_id == "talk"
    config = config.replace(audio=Path("voice.wav"))
    assert config.with_media_ids().inputs.inp_id == "voice"
