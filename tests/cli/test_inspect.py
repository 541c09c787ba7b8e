"""The window on a run, through the real command: several people, silent targets, own speech."""

from __future__ import annotations

import json
import re
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, CommandInside
from subcommands import subcommand, subcommand_here
from two_people import first_person, second_person, slide, write_film

import audio2video as a2v
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter

NAME = "words-painted"


def data_in(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.fixture
def finished(tmp_path: Path, small_result: Path) -> Path:
    """A folder with a copy of a finished run's workspace."""
    shutil.copytree(small_result, tmp_path / "workspace")
    return tmp_path


def test_a_run_becomes_one_page(finished: Path) -> None:
    done = subcommand("inspect", NAME, folder=finished)
    assert done.returncode == 0, done.stderr
    page = finished / "workspace" / "output" / NAME / "inspect.html"
    frames, result = done.stdout.splitlines()
    assert frames == "62 frames, 62 of them with pictures"
    assert re.fullmatch(r"result: .*inspect\.html: \d\.\d MB; open it in a browser", result)
    assert page.stat().st_size < 20_000_000
    assert data_in(page)["name"] == NAME
    done = subcommand_here(
        "inspect", page.parent, "--html", finished / "x.html", "--quiet", folder=finished
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert data_in(finished / "x.html")["layers"] == data_in(page)["layers"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nobody",), "nobody: no such run; give the folder of a result, its video or its name; "),
        ((NAME, "--html", "page.pdf"), "page.pdf: the page is an HTML file; end it in .html"),
        ((NAME, "--html", "mine.html"), "mine.html: is there already, and is not a page of 'aud"),
        ((NAME, "--html", "workspace"), "workspace: the page is an HTML file; end it in .html"),
        ((), "Missing argument 'RUN'"),
    ],
)
def test_errors_are_one_line(finished: Path, words: tuple[str, ...], message: str) -> None:
    (finished / "mine.html").write_text("mine")
    done = subcommand_here("inspect", *words, folder=finished)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (finished / "mine.html").read_text() == "mine"


def test_from_python(finished: Path) -> None:
    made = a2v.inspect_run(NAME, finished / "x.html", workspace=finished / "workspace")
    assert made.path == finished / "x.html"
    assert made.bytes == made.path.stat().st_size
    assert (made.frames, made.pictures, made.notes) == (62, 62, ())
    assert made.run.name == NAME


@pytest.mark.slow
def test_what_was_changed_by_hand_is_shown_and_said(finished: Path) -> None:
    run = CommandInside(finished / "workspace")
    folder = finished / "workspace" / "output" / NAME
    textures = np.load(folder / "texture.npy")
    textures[:, :4] = 255
    np.save(folder / "texture.npy", textures)
    run("--steps", "4", "--inp_id", "words", "--tar_id", "painted")
    made = a2v.inspect_run(folder, finished / "x.html")
    assert made.notes[0] == "texture.npy was changed by hand: what is shown is what it holds now"
    assert made.notes[1].startswith("some textures are not those that would be made now")


@pytest.mark.slow
def test_two_people_who_speak_in_ranges(tmp_path: Path) -> None:
    pair = [np.hstack(both) for both in zip(first_person(40), second_person(40), strict=True)]
    write_film(tmp_path / "pair.mp4", pair)
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    write_wav(tmp_path / "one.wav", voice[8000:17600], 16000)
    ranges = [
        {"start": 0.2, "end": 0.8, "audio": "one.wav", "speaker": 1},
        {"start": 0.6, "end": 1.2, "audio": "one.wav", "speaker": 2},
    ]
    (tmp_path / "scene.json").write_text(json.dumps(ranges))
    run = CommandInside(tmp_path / "workspace")
    run("--steps", "1", "2", "3", "4", "--segments", tmp_path / "scene.json", "--video",
        tmp_path / "pair.mp4")  # fmt: skip
    made = a2v.inspect_run("scene-pair", tmp_path / "x.html", workspace=tmp_path / "workspace")
    one, two = data_in(made.path)["layers"]
    assert (one["title"], two["title"]) == ("Person 1", "Person 2")
    assert one["curves"]["frames"] == list(range(5, 20))
    assert two["curves"]["frames"] == list(range(15, 30))
    assert [shot["frame"] for shot in two["shots"]] == list(range(15, 30))
    assert all(shot["same"] for layer in (one, two) for shot in layer["shots"])
    assert one["target"]["mode"] == "in place"
    assert one["curves"]["place"] == one["curves"]["frames"]
    assert one["curves"]["shown"][0] < 1, "ranges fade in"
    (tmp_path / "scene.json").unlink()
    done = subcommand_here("inspect", "scene-pair", folder=tmp_path)
    assert done.returncode == 2
    assert "scene.json" in done.stderr


@pytest.mark.slow
def test_frames_that_pass_through_have_a_reason_and_no_mask(tmp_path: Path) -> None:
    film = [*first_person(30)[:12], *[slide(200)] * 6, *first_person(30)[12:]]
    write_film(tmp_path / "film.mp4", film)
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    write_wav(tmp_path / "talk.wav", voice[: 16000 * 36 // 25], 16000)
    run = CommandInside(tmp_path / "workspace")
    run("--steps", "1", "2", "3", "4", "--audio", tmp_path / "talk.wav", "--video",
        tmp_path / "film.mp4", "--retiming", "off")  # fmt: skip
    made = a2v.inspect_run("talk-film", tmp_path / "x.html", workspace=tmp_path / "workspace")
    (layer,) = data_in(made.path)["layers"]
    lost = [k for k, why in enumerate(layer["curves"]["why"]) if why >= 0]
    assert set(range(12, 18)) <= set(lost)
    assert layer["reasons"][layer["curves"]["why"][14]] == "no usable face"
    shot = layer["shots"][14]
    assert (shot["mask"], shot["after"], shot["points"]) == (None, None, None)
    assert shot["before"]
    assert layer["curves"]["own_opening"][14] is None
    assert layer["target"]["mode"] == "off"
    assert layer["own_speech"] is False, "a silent target has said nothing"


@pytest.mark.slow
def test_shapes_from_elsewhere_are_not_called_predicted(finished: Path) -> None:
    workspace = finished / "workspace"
    shapes = np.load(workspace / "input" / "ldmk" / "talkers" / "words.npy")
    np.save(finished / "mine.npy", shapes)
    run = CommandInside(workspace)
    run("--steps", "1", "2", "3", "4", "--inp_id", "words", "--tar_id", "painted",
        "--load_shapes", finished / "mine.npy")  # fmt: skip
    made = a2v.inspect_run(NAME, finished / "x.html", workspace=workspace)
    data = data_in(made.path)
    assert data["loaded"] == "mine.npy"
    assert made.notes == ()
    assert all(shot["same"] for shot in data["layers"][0]["shots"])


@pytest.mark.slow
def test_a_result_may_last_longer_than_its_speech(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", first_person(30))
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    write_wav(tmp_path / "talk.wav", voice[8000:17600], 16000)
    run = CommandInside(tmp_path / "workspace")
    run("--steps", "1", "2", "3", "4", "--audio", tmp_path / "talk.wav", "--video",
        tmp_path / "film.mp4", "--fit", "silence")  # fmt: skip
    made = a2v.inspect_run("talk-film", tmp_path / "x.html", workspace=tmp_path / "workspace")
    (layer,) = data_in(made.path)["layers"]
    assert made.frames == len(layer["curves"]["frames"]) == 30
    assert layer["sound"]["ranges"] == [[0.0, 1.2]], "the mouth rests there, but is the new one"
    assert layer["curves"]["speech"][-5:] == [0.0] * 5


@pytest.mark.slow
def test_the_true_mouth_is_known_where_the_target_says_its_own_words(tmp_path: Path) -> None:
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    write_wav(tmp_path / "words.wav", voice[: 16000 * 6 // 5], 16000)
    with VideoWriter(
        tmp_path / "film.mp4", 192, 192, Fraction(25), audio=tmp_path / "words.wav"
    ) as writer:
        for picture in first_person(30):
            writer.write(picture)
    run = CommandInside(tmp_path / "workspace")
    workspace = tmp_path / "workspace"
    for speech in ("film.mp4", "words.wav"):
        run("--steps", "1", "2", "3", "4", "--audio", tmp_path / speech, "--video",
            tmp_path / "film.mp4")  # fmt: skip
        name = f"{Path(speech).stem}-film"
        made = a2v.inspect_run(name, tmp_path / f"{name}.html", workspace=workspace)
        (layer,) = data_in(made.path)["layers"]
        assert layer["own_speech"] is True, speech
        true, curves = layer["curves"]["true"], layer["curves"]
        assert len(true["opening"]) == len(curves["opening"]) == 30
        # Wherever the target plays in its own place, its own mouth is the true one.
        same = [k for k, at in enumerate(curves["place"]) if at == k]
        assert [true["opening"][k] for k in same] == [curves["own_opening"][k] for k in same]


def test_measures_and_histories_are_shown(finished: Path) -> None:
    workspace = finished / "workspace"
    done = subcommand_here(
        "evaluate", "output", "--inp_id", "words", "--tar_id", "painted", folder=finished
    )
    assert done.returncode == 0, done.stderr
    a2v.inspect_run(NAME, finished / "x.html", workspace=workspace)
    data = data_in(finished / "x.html")
    (found,) = data["evaluations"]
    assert found["title"] == "This result"
    assert dict(found["rows"])["faces · frames"] == 62
    training = data["training"]
    assert training["passes"][0]["pass_id"] == training["pass_id"] == "talkers"
    histories = {one["pass_id"]: len(one["epochs"]) for one in training["passes"]}
    assert histories["grid_s1_delayed"] > 10
    assert training["changed"] is False
