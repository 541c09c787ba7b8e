"""What a browser asks for, turned into what `dub` takes."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_site import make_site

from audio2video.cli.run import run_command
from audio2video.config import Config, options_of
from audio2video.config.segments import read_segments
from audio2video.errors import OptionError
from audio2video.storage.workspace import shipped
from audio2video.web.dub_request import (
    DubRequest,
    Range,
    read_options,
    resolve,
    settable,
)
from audio2video.web.equal_command import command
from audio2video.web.place import WebPlace

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["target", "speech", "options", "segments", "preview", "start", "end", "hears"]
)


@pytest.fixture
def place(tmp_path: Path) -> WebPlace:
    return make_site(tmp_path / "workspace").place


@given(JSON | st.dictionaries(NAMES, JSON))
def test_anything_is_a_request_or_refused_in_one_line(value: Any) -> None:
    try:
        request = DubRequest.from_json(value)
    except OptionError:
        return
    assert DubRequest.from_json(json.loads(json.dumps(request.as_json()))) == request


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "the request must be a JSON object"),
        ({}, "'target' is missing"),
        ({"target": 3}, "'target' must be an id"),
        ({"target": "a", "speech": ["b"]}, "'speech' must be an id"),
        ({"target": "a", "options": [1]}, "'options' must be an object of values by name"),
        ({"target": "a", "segments": {"a": 1}}, "'segments' must be a list of up to 1,000 ranges"),
        ({"target": "a", "segments": [3]}, "range 1 must be an object"),
        ({"target": "a", "segments": [{"start": 1}]}, "range 1 needs 'start' and 'end' in seconds"),
        (
            {"target": "a", "segments": [{"start": float("nan"), "end": 1}]},
            "range 1 needs 'start' and 'end' in seconds",
        ),
        (
            {"target": "a", "segments": [{"start": 0, "end": 1, "speaker": True}]},
            "range 1: 'speaker' must be the number of a person",
        ),
        ({"target": "a", "hears": 1}, "'hears' must be an id"),
        (
            {"target": "a", "hears": "b", "segments": [{"start": 0, "end": 1}]},
            "who listens can't have parts; leave 'segments' or 'hears' out",
        ),
    ],
)
def test_bad_requests(value: Any, says: str) -> None:
    with pytest.raises(OptionError) as error:
        DubRequest.from_json(value)
    assert str(error.value) == says


def test_what_can_be_set_is_known() -> None:
    """A new option is no page's to set before somebody has asked whether it may be."""
    assert set(settable()) == {
        *("pass_id", "face", "face_at", "expressiveness", "teeth", "lineU", "lineL", "frameU"),
        *("frameL", "retiming", "fit", "keep_audio", "label", "label_language", "consent"),
        *("steady", "ncandidates"),
        *("alpha", "pose_weight", "light_weight", "coherence", "detail", "mouth_interior", "jaw"),
        *("match_light", "nthreads", "watermark", "watermark_audio"),
        *("listen", "take", "liveliness", "listener_sound"),
    }


def test_no_option_that_names_a_file_can_be_set() -> None:
    files = {flag for flag, one in options_of(Config).items() if one.kind is Path}
    assert {"audio", "video", "sign_key", "landmark_model"} <= files
    assert not files & set(settable())
    for flag in (*files, "inp_id", "tar_id", "force", "nonsense", "epochs", "listener_model"):
        with pytest.raises(OptionError, match="can't be set here"):
            read_options({flag: "x"})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"teeth": "off"}, {"teeth": False}),
        ({"teeth": True, "face": None}, {"teeth": True}),
        ({"expressiveness": 2}, {"expressiveness": 2.0}),
        (
            {"expressiveness": "1.5", "retiming": "forward"},
            {"expressiveness": 1.5, "retiming": "forward"},
        ),
        ({"keep_audio": True}, {"keep_audio": 0.0}),
    ],
)
def test_values_are_read_as_everywhere(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert read_options(given) == read


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"expressiveness": 9}, "--expressiveness 9.0 is out of bounds; use 0 to 3"),
        ({"expressiveness": "much"}, "expressiveness must be a number, not 'much'"),
        ({"teeth": 1}, "option 'teeth' needs a value of type bool, got 1"),
        ({"label": "never"}, "--label 'never' is not known; use one of corner, bar, start, none"),
    ],
)
def test_values_are_refused_as_everywhere(given: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError) as error:
        read_options(given)
    assert str(error.value) == says


def test_a_targets_own_options_hold(place: WebPlace) -> None:
    place.workspace.target_options("demo").write_text('face = 1\nconsent = "we all"\n')
    found = resolve(place, DubRequest("demo", "demo", {"expressiveness": 2}))
    assert found.config.analysis.face == 1
    assert found.config.marking.consent == "we all"
    assert found.config.mouth.expressiveness == 2
    assert (found.audio, found.video) == (shipped() / "demo.mp3", shipped() / "demo.mp4")
    assert found.name == "demo-demo"


def test_ranges_are_written_for_the_pipeline_to_read(place: WebPlace) -> None:
    ranges = (Range(1.5, 4, "demo", 2), Range(5, 6.25))
    found = resolve(place, DubRequest("demo", "demo", {}, ranges))
    assert found.segments is not None
    one, two = read_segments(found.segments)
    assert (one.start, one.end, one.speaker) == (1.5, 4, 2)
    assert one.audio is not None
    assert one.audio.samefile(shipped() / "demo.mp3")
    assert (two.start, two.end, two.audio, two.speaker) == (5, 6.25, None, None)
    assert resolve(place, DubRequest("demo", "demo", {}, ranges)).segments == found.segments
    short = resolve(place, DubRequest("demo", "demo", {}, (*ranges, Range(7, 20)), preview=True))
    assert short.segments is not None
    (only,) = read_segments(short.segments)
    assert (only.start, only.end) == (7, 10)
    assert (short.begins, short.preview) == (7, {})


def test_who_is_silent_listens(place: WebPlace) -> None:
    other = place.workspace.root / "input" / "mp3" / "other.mp3"
    shutil.copyfile(shipped() / "demo.mp3", other)
    both = resolve(place, DubRequest("demo", "demo", {"take": 3}, hears="other"))
    assert both.config.listening.listen
    assert (both.audio, both.config.inputs.voice_audio) == (other, shipped() / "demo.mp3")
    assert (both.name, both.config.inputs.inp_id) == ("demo-listener-demo", "other-listener3")
    alone = resolve(place, DubRequest("demo", None, {"listen": False}, hears="other"))
    assert alone.config.listening.listen
    assert (alone.audio, alone.config.inputs.voice_audio) == (other, None)
    assert alone.name == "other-listener-demo"
    with pytest.raises(OptionError, match="a listener can't go with --keep_audio"):
        resolve(place, DubRequest("demo", "demo", {"keep_audio": True}, hears="other"))


@pytest.mark.parametrize("said", ["demo", None])
def test_the_command_line_of_one_who_listens(place: WebPlace, said: str | None) -> None:
    shutil.copyfile(shipped() / "demo.mp3", place.workspace.root / "input" / "mp3" / "other.mp3")
    asked = DubRequest("demo", said, {"listen": False, "liveliness": 2}, hears="other")
    words = shlex.split(command(place, asked))
    context = run_command.make_context("run", words[2:])
    given = {flag: v for flag, v in context.params.items() if v is not None}
    assert given["listen"] is True
    assert given["liveliness"] == 2
    assert given["inp_id"] == "other-listener1"
    assert given["audio"].stem == "other"
    assert ("voice_audio" in given) is (said is not None)


@pytest.mark.parametrize(
    "request_",
    [
        DubRequest("demo", "demo", {"teeth": "off", "face": 2, "wrong": 1}),
        DubRequest("demo", "demo", {"consent": "Anna's; $(rm) 'yes'"}, (Range(0, 3, "demo", 1),)),
        DubRequest("demo", None, {}, (Range(0, 3, "demo"),)),
    ],
)
def test_the_command_line_says_the_same(place: WebPlace, request_: DubRequest) -> None:
    words = shlex.split(command(place, request_))
    assert words[:2] == ["audio2video", "run"]
    context = run_command.make_context("run", words[2:])
    given = {flag: v for flag, v in context.params.items() if v is not None}
    assert [step for group in given["steps"] for step in group] == [1, 2, 3, 4]
    assert given["workspace"] == place.workspace.root.absolute()
    assert given["tar_id"] == "demo"
    for flag, value in request_.options.items():
        if flag in settable():
            assert given[flag] == read_options({flag: value})[flag]
    assert "wrong" not in given
    assert ("segments" in given) is bool(request_.segments)
