"""Texts spoken by stand-ins for the programs, and by those that are installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from voices import make_program

import audio2video as a2v
from audio2video.config.subtitles import parse_subtitles
from audio2video.errors import Audio2VideoError, MissingFileError, OptionError
from audio2video.media.audio import probe_audio, read_audio
from audio2video.progress import Progress
from audio2video.spoken import programs
from audio2video.spoken.programs import find_program, speak_lines
from audio2video.storage.artifacts import read_record
from audio2video.storage.workspace import Workspace

TEXT = "Hello there, painted face. It talks!"


def calls(program: Path) -> list[list[Any]]:
    path = program.with_name("calls.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def cues(speech: Path) -> list[tuple[float, float, str]]:
    path = speech.with_suffix(".srt")
    return [
        (float(c.start), float(c.end), c.text) for c in parse_subtitles(path.read_bytes(), path)
    ]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "voice.onnx"
    path.write_bytes(b"a model")
    return path


@pytest.mark.parametrize("name", ["espeak-ng", "flite", "piper"])
def test_the_words_have_known_times(tmp_path: Path, model: Path, name: str) -> None:
    program = make_program(tmp_path, name)
    voice = str(model) if name == "piper" else None
    speech = a2v.speak(TEXT, voice_program=str(program), voice_name=voice, workspace=tmp_path / "w")
    # Each word lasts 0.1 s and 0.1 s more for every two letters; a comma is 0.2 s.
    begin, expected = 0.1, []
    for word in TEXT.split():
        end = begin + 0.1 * (1 + len(word.strip(".,!")) // 2)
        expected.append((begin, end, word))
        begin = end + (0.2 if word.endswith(",") else 0.35 if word.endswith(".") else 0.0)
    found = cues(speech)
    assert [one[2] for one in found] == TEXT.split()
    np.testing.assert_allclose([one[:2] for one in found], [one[:2] for one in expected], atol=0.03)
    assert float(probe_audio(speech).duration) == pytest.approx(expected[-1][1] + 0.1, abs=0.01)


def test_the_text_reaches_a_program_as_it_is_and_never_as_an_option(tmp_path: Path) -> None:
    text = '--help; $(touch x) `touch x` | -v [[h]] "quoted"'
    for name in ("espeak-ng", "flite"):
        program = make_program(tmp_path, name)
        a2v.speak(
            text, voice_program=str(program), workspace=tmp_path / f"w-{name}", voice_name="en"
        )
        _, args, given = calls(program)[0]
        if name == "flite":
            assert args == ["-voice", "en", "-f", "0.txt", "-o", "0.wav"]
        else:
            assert args == ["-v", "en", "-b", "1", "--stdin", "-w", "0.wav"]
            assert given == text.replace("[[", "[ [")
        program.with_name("calls.jsonl").unlink()
    assert not list(tmp_path.rglob("x"))


def test_piper_is_called_once_for_all_lines(tmp_path: Path, model: Path) -> None:
    program = make_program(tmp_path, "piper")
    speech = a2v.speak(
        TEXT, voice_program=str(program), voice_name=str(model), workspace=tmp_path / "w"
    )
    ((_, args, given),) = calls(program)
    assert args == ["--model", str(model), "--output_dir", "spoken"]
    lines = ["Hello there, painted face.", "It talks!"]
    assert given.splitlines()[:2] == lines
    voice = (read_record(speech) or {})["synthetic_voice"]
    assert voice["program"] == "piper"
    assert voice["voice"] == "voice.onnx"
    # Another model of the same name is another voice.
    model.write_bytes(b"another model")
    a2v.speak(TEXT, voice_program=str(program), voice_name=str(model), workspace=tmp_path / "w")
    assert len(calls(program)) == 2


@pytest.mark.slow
def test_spoken_anew_only_when_something_changed(tmp_path: Path) -> None:
    program, place = make_program(tmp_path, "espeak-ng"), Workspace(tmp_path / "w")

    def speak(text: str = TEXT, voice: str | None = None) -> int:
        before = len(calls(program))
        a2v.speak(text, inp_id="x", voice_program=str(program), voice_name=voice, workspace=place)
        return len(calls(program)) - before

    assert speak() > 0
    assert speak() == 0
    assert speak(f"  {TEXT} ") == 0
    assert speak("Hello.") > 0
    assert speak("Hello.", "de") > 0
    script = program.read_text()
    program.write_text(script.replace("9.75", "9.76"))
    assert speak("Hello.", "de") > 0
    place.spoken("x").with_suffix(".srt").unlink()
    assert speak("Hello.", "de") > 0
    assert speak("Hello.", "de") == 0


def test_marks_changed_by_hand_are_kept(tmp_path: Path) -> None:
    program, place = make_program(tmp_path, "espeak-ng"), Workspace(tmp_path / "w")
    progress = Progress()
    given: dict[str, Any] = {
        "inp_id": "x",
        "voice_program": str(program),
        "workspace": place,
        "progress": progress,
    }
    marks = a2v.speak("Hello.", **given).with_suffix(".srt")
    marks.write_text("mine")
    a2v.speak("Other.", **given)
    assert "Other." in marks.read_text()
    assert marks.with_name("x.kept-1.srt").read_text() == "mine"
    assert any("x.srt was changed by hand: kept as x.kept-1.srt" in w for w in progress.warnings)


def test_another_speech_of_that_id_is_left_alone(tmp_path: Path, small_speech: Path) -> None:
    program, place = make_program(tmp_path, "espeak-ng"), Workspace(tmp_path / "w")
    place.create()
    brought = place.bring(small_speech, "input/mp3", "mine").path
    with pytest.raises(Audio2VideoError, match="the id 'mine' already belongs to another file"):
        a2v.speak("Hi.", inp_id="mine", voice_program=str(program), workspace=place)
    own = place.root / "input" / "mp3" / "own.wav"
    shutil.copyfile(small_speech, own)
    with pytest.raises(Audio2VideoError, match="give the text another with --inp_id NAME"):
        a2v.speak("Hi.", inp_id="own", voice_program=str(program), workspace=place)
    for path in (brought, own):
        assert path.read_bytes() == small_speech.read_bytes()


@pytest.mark.parametrize(
    ("voice", "says"),
    [
        ("broken", r"espeak-ng can't speak the text \(Error: no such voice\); check --voice_name"),
        ("nothing", "espeak-ng: espeak-ng made no sound"),
        ("silent", "espeak-ng made no sound of the text; try another --voice_name"),
        ("-x", "--voice_name '-x' is no name of a voice"),
        ("../../etc", "is no name of a voice"),
        ("https://example.org/a", "is no name of a voice"),
    ],
)
def test_programs_that_fail(tmp_path: Path, voice: str, says: str) -> None:
    program = make_program(tmp_path, "espeak-ng")
    with pytest.raises(Audio2VideoError, match=says):
        a2v.speak("Hi.", voice_program=str(program), voice_name=voice, workspace=tmp_path / "w")
    assert not list((tmp_path / "w").rglob("*.wav*"))


def test_a_program_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "TIME_LIMIT", 1.5)
    program = make_program(tmp_path, "espeak-ng")
    with pytest.raises(Audio2VideoError, match="espeak-ng has not finished after 2 s"):
        a2v.speak("Hi.", voice_program=str(program), voice_name="slow", workspace=tmp_path / "w")


def test_programs_are_looked_for_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingFileError, match="no program that speaks is installed; install"):
        find_program(None, None)
    make_program(tmp_path, "piper")
    with pytest.raises(MissingFileError, match="no program that speaks is installed"):
        find_program(None, None)  # piper has no voice of its own
    assert find_program(None, str(model)).name == "piper"
    make_program(tmp_path, "flite")
    assert find_program(None, None).name == "flite"
    make_program(tmp_path, "espeak-ng")
    assert find_program(None, None).name == "espeak-ng"
    assert find_program("flite", None).version == "9.75"


def test_programs_and_voices_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--voice_program 'say' is not known; use espeak-ng"):
        find_program("say", None)
    with pytest.raises(MissingFileError, match="flite: not installed here"):
        find_program(str(tmp_path / "flite"), None)
    flite = str(make_program(tmp_path, "flite"))
    assert find_program(flite, "slt").voice == "slt"
    with pytest.raises(OptionError, match="flite has no voice 'zz'; use one of kal, en, slt"):
        find_program(flite, "zz")
    piper = str(make_program(tmp_path, "piper"))
    with pytest.raises(OptionError, match="piper has no voice of its own; give --voice_name MODEL"):
        find_program(piper, None)
    with pytest.raises(MissingFileError, match="piper's voice is not there"):
        find_program(piper, "none.onnx")
    no_program = tmp_path / "espeak-ng"
    no_program.write_text("no program")
    no_program.chmod(0o755)
    with pytest.raises(Audio2VideoError, match="espeak-ng can't be started"):
        find_program(str(no_program), None)


def test_flite_gets_plain_english(tmp_path: Path) -> None:
    program = make_program(tmp_path, "flite")
    found = find_program(str(program), None)
    folder = tmp_path / "lines"
    folder.mkdir()
    typographic = "\u201cCaf\u00e9\u201d \u2013 it\u2019s\u2026"
    list(speak_lines(found, [typographic], folder))
    assert (folder / "0.txt").read_text() == '"Cafe" - it\'s...'
    with pytest.raises(OptionError, match="flite speaks English only, and can't read '語'"):
        list(speak_lines(found, ["語"], folder))


@pytest.mark.parametrize("name", ["espeak-ng", "flite"])
def test_the_installed_program(tmp_path: Path, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    speech = a2v.speak(TEXT, voice_program=name, workspace=tmp_path)
    samples = read_audio(speech)
    found = cues(speech)
    assert [one[2] for one in found] == TEXT.split()
    edges = np.array([one[:2] for one in found])
    assert (np.diff(edges.ravel()) >= 0).all()
    said = np.concatenate([samples[int(16000 * a) : int(16000 * b)] for a, b in edges])
    # What is said is said in the words.
    assert np.square(said).sum() > 0.97 * np.square(samples).sum()
    assert 1.5 < len(samples) / 16000 < 4.5
