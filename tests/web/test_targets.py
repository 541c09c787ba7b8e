"""What is known of a target and kept for it; media of speech, targets and people."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from two_people import first_person, second_person, write_film
from web_site import Site

import audio2video as a2v
from audio2video.config.resolve import resolve_config
from audio2video.media.audio import read_audio
from audio2video.media.video import VideoReader


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side."""
    both = zip(first_person(16), second_person(16), strict=True)
    path = tmp_path_factory.mktemp("media") / "pair.mp4"
    return write_film(path, [np.hstack(two) for two in both])


def test_people_are_found_once_with_boxes_over_time(site: Site, pair: Path) -> None:
    site.upload("target", pair)
    assert site.get("/api/targets/pair/people") == {"state": "none"}
    told = site.await_task("/api/targets/pair/people")
    assert told["state"] == "done", told
    one, two = told["result"]["people"]
    assert (one["number"], two["number"]) == (1, 2)
    for person in (one, two):
        moment, x, y, size = person["boxes"][0]
        assert moment == 0.0
        assert abs(x - person["x"]) < size / 4
        assert abs(y - person["y"]) < size / 4
    strip = site.browser.get("/api/targets/pair/people.png")
    assert strip.headers["content-type"] == "image/png"
    picture = cv2.imdecode(np.frombuffer(strip.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (2 * 184, 6 * 160, 3)
    expected = [face.as_dict() for face in a2v.find_faces(pair)]
    assert told["result"]["people"] == expected


def test_nobody_is_said_in_the_command_lines_words(site: Site, tmp_path: Path) -> None:
    gray = [np.full((96, 96, 3), 127, np.uint8)] * 12
    site.upload("target", write_film(tmp_path / "gray.mp4", gray))
    told = site.await_task("/api/targets/gray/people")
    assert told["state"] == "failed"
    with pytest.raises(a2v.NoFaceError) as known:
        a2v.find_faces(tmp_path / "gray.mp4")
    assert known.value.problem in told["error"]
    assert site.browser.get("/api/targets/gray/people.png").status_code == 404


def test_teeth_are_chosen_and_kept(site: Site, small_target: Path) -> None:
    site.upload("target", small_target)
    told = site.await_task("/api/targets/painted/teeth")
    assert told["state"] == "done", told
    found = told["result"]
    assert found["upper"]["automatic"] is True
    assert found["upper"]["frame"] == found["automatic"]["upper"]["frame"]
    other = next(
        one["frame"] for one in found["candidates"] if one["frame"] != found["upper"]["frame"]
    )
    picture = site.browser.get(f"/api/targets/painted/teeth/{other}.png")
    shape = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR).shape
    assert shape == (found["rows"], found["columns"], 3)
    assert site.browser.get("/api/targets/painted/teeth/9999.png").status_code == 404
    choice = {"upper": {"frame": other, "line": 30}, "lower": None}
    assert site.browser.put("/api/targets/painted/teeth", json=choice).status_code == 200
    text = site.place.workspace.target_options("painted").read_text()
    assert text == f"frameU = {other}\nlineU = 30\n"
    told = site.await_task("/api/targets/painted/teeth")
    assert told["result"]["upper"] == {"frame": other, "line": 30, "automatic": False}
    assert told["result"]["automatic"] == found["automatic"]
    config = resolve_config(site.place.workspace, {"tar_id": "painted"})
    assert (config.texture.upper_frame, config.texture.upper_line) == (other, 30)
    both = {"upper": None, "lower": None}
    assert site.browser.put("/api/targets/painted/teeth", json=both).status_code == 200
    assert site.await_task("/api/targets/painted/teeth")["result"]["upper"] == found["upper"]
    # A line outside the picture is refused by the pipeline, and said.
    low = {"upper": {"frame": other, "line": 9000}, "lower": None}
    site.browser.put("/api/targets/painted/teeth", json=low)
    told = site.await_task("/api/targets/painted/teeth")
    assert told["state"] == "failed"
    assert "--lineU 9000 lies below the texture" in told["error"]


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ([], "the request must be a JSON object"),
        ({"upper": 3}, "'upper' must be an object or null"),
        ({"upper": {"frame": "x", "line": 1}}, "frameU must be a whole number, not 'x'"),
        ({"upper": {"frame": -1, "line": 1}}, "--frameU -1 is out of bounds"),
    ],
)
def test_no_choice_of_teeth(site: Site, choice: object, says: str) -> None:
    answer = site.browser.put("/api/targets/demo/teeth", json=choice)
    assert answer.status_code in (400, 422)
    assert says in answer.json()["error"]
    assert not site.place.workspace.target_options("demo").exists()


def test_a_named_frame_needs_a_mouth(small_target: Path, tmp_path: Path) -> None:
    target = a2v.analyse_target(small_target, workspace=tmp_path)
    config = a2v.Config().replace(frameU=10_000)
    with pytest.raises(a2v.OptionError, match="--frameU 10000 is out of bounds; the target has fr"):
        a2v.choose_teeth(target, config=config, workspace=tmp_path)
    config = a2v.Config().replace(frameU=0, frameL=1)
    choice = a2v.choose_teeth(target, config=config, workspace=tmp_path)
    assert (choice.upper.frame, choice.lower.frame) == (0, 1)
    picture = a2v.teeth_picture(target, 1)
    assert picture.shape == (*choice.shape, 3)


def test_consent_is_kept_for_the_target_and_so_is_that_none_was_given(site: Site) -> None:
    def known() -> object:
        return site.get("/api/library")["targets"][0]["consent"]

    assert known() is None
    path = "/api/targets/demo/consent"
    assert site.browser.put(path, json={"statement": " "}).json() == {"statement": ""}
    assert known() == ""
    said = "The presenter is painted; nobody needs to agree"
    assert site.browser.put(path, json={"statement": said}).json() == {"statement": said}
    assert known() == said
    assert site.get("/api/targets/demo/options") == {"consent": said}
    assert site.browser.put(path, json={"statement": None}).json() == {"statement": None}
    assert known() is None
    for wrong, status in (({"statement": 3}, 400), ({"statement": "a\nb"}, 422), ([], 400)):
        assert site.browser.put(path, json=wrong).status_code == status


def test_who_speaks_is_kept(site: Site) -> None:
    path = "/api/targets/demo/speaker"
    assert site.browser.put(path, json={"number": 2}).json() == {"face": 2}
    assert site.browser.put(path, json={"place": "10,20,1.5"}).json() == {"face_at": "10,20,1.5"}
    assert site.get("/api/targets/demo/options") == {"face_at": "10,20,1.5"}
    assert site.browser.put(path, json={}).json() == {}
    assert site.get("/api/targets/demo/options") == {}
    assert site.browser.put(path, json={"number": 0}).status_code == 422
    assert site.browser.put(path, json={"place": "here"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/api/speech/none/waveform",
        "/api/speech/..%2f..%2fx/sound",
        "/api/targets/none/frame",
        "/api/targets/.hidden/video",
        "/api/targets/none/people",
        "/api/targets/none/options",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/window/../gather.py",
    ],
)
def test_nothing_else_can_be_read(site: Site, path: str) -> None:
    (site.place.workspace.root / "x.wav").write_bytes(b"secret")
    (site.place.workspace.root / "target/mp4/.hidden.mp4").write_bytes(b"secret")
    answer = site.browser.get(path)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_media_are_played_in_ranges(site: Site) -> None:
    whole = a2v.demo_video().read_bytes()
    answer = site.browser.get("/api/targets/demo/video")
    assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "bytes")
    assert answer.content == whole
    answer = site.browser.get("/api/targets/demo/video", headers={"range": "bytes=1000-1999"})
    assert (answer.status_code, answer.content) == (206, whole[1000:2000])
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    answer = site.browser.get("/api/speech/demo/sound", headers={"range": "bytes=-10"})
    assert (answer.status_code, answer.headers["content-type"]) == (206, "audio/mpeg")
    answer = site.browser.get("/api/speech/demo/sound", headers={"range": "bytes=999999999-"})
    assert answer.status_code == 416


def test_what_could_run_as_a_page_is_never_shown_as_one(site: Site) -> None:
    folder = site.place.workspace.root / "input/mp3"
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "picture.svg").write_text("<svg onload='alert(1)'/>")
    for name in ("page", "picture"):
        answer = site.browser.get(f"/api/speech/{name}/sound")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_frame_is_the_one_of_its_time(site: Site) -> None:
    answer = site.browser.get("/api/targets/demo/frame?at=3.99&width=512")
    assert answer.headers["content-type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    with VideoReader(a2v.demo_video()) as reader:
        wanted, other = (frame.rgb().astype(float) for frame in reader.read([99, 130]))
    assert np.abs(picture - wanted).mean() < 2 < np.abs(picture - other).mean()
    small = site.browser.get("/api/targets/demo/frame?at=1e9&width=100")
    shape = cv2.imdecode(np.frombuffer(small.content, np.uint8), cv2.IMREAD_COLOR).shape
    assert shape == (100, 100, 3)
    for wrong in ("at=x", "at=nan", "width=inf"):
        assert site.browser.get(f"/api/targets/demo/frame?{wrong}").status_code == 400


def test_a_waveform_is_the_loudest_of_each_part(site: Site) -> None:
    told = site.get("/api/speech/demo/waveform")
    samples = np.abs(read_audio(a2v.demo_speech(), 4000))
    bounds = np.linspace(0, len(samples), 1201).astype(int)
    plain = [samples[a:b].max() for a, b in pairwise(bounds)]
    np.testing.assert_allclose(told["peaks"], plain, atol=1e-3)
    assert site.get("/api/targets/demo/waveform") == {"seconds": None, "peaks": []}
