"""Texts that are spoken, through the real commands, by a stand-in for the program."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import CommandInside
from inside import run_inside
from voices import make_program

from audio2video.cli.main import main
from audio2video.provenance.verification import verify
from audio2video.storage.files import read_json
from audio2video.storage.workspace import Workspace

TEXT = "Hello there, painted face."


@pytest.fixture
def program(tmp_path: Path, small_speech: Path) -> Path:
    shutil.copyfile(small_speech, tmp_path / "speech.wav")
    return make_program(tmp_path, "espeak-ng")


def error_of(stderr: str) -> str:
    (line,) = [one for one in stderr.splitlines() if one.startswith("error")]
    return line


def test_run_speaks_and_says_so(
    run_here: CommandInside, small_target: Path, program: Path, tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    path.write_text(f"\ufeff{TEXT}\r\n", encoding="utf-8")
    args = ("--text_file", path, "--voice_program", program, "--inp_id", "said")
    done = run_here(*args, "--video", small_target)
    place = Workspace(run_here.workspace)
    verdict = verify(place.result("said", "painted"))
    assert verdict.manifest is not None
    (voice,) = verdict.manifest["synthesis"]["synthetic_voices"]
    assert voice == {"program": "espeak-ng", "version": "9.75", "voice": None}
    description = verdict.tags["description"]
    assert "Speech: said, a synthetic voice (espeak-ng 9.75). Target" in description
    told = run_inside(main, ["verify", str(place.result("said", "painted"))], tmp_path)
    assert "  synthetic voice: espeak-ng 9.75\n" in told.stdout
    again = run_here(*args, "--tar_id", "painted")
    assert again.stdout.count("up to date") == 4
    # Without the text its speech is still known for what it is.
    done = run_here("--inp_id", "said", "--tar_id", "painted")
    assert done.stdout.count("up to date") == 4
    assert read_json(place.output("said", "painted") / "report.json")["inputs"]["audio"]


def test_dub_speaks(small_target: Path, program: Path, tmp_path: Path) -> None:
    words = ["dub", "--text", TEXT, "--voice_program", str(program), str(small_target)]
    words += ["--workspace", str(tmp_path / "w")]
    plan = run_inside(main, [*words, "--dry_run"], tmp_path)
    assert "would make hello-there-painted-face-" in plan.stdout
    assert not (tmp_path / "w" / "input").exists()
    done = run_inside(main, [*words, "--preview", "0.6"], tmp_path)
    assert done.returncode == 0, done.stderr
    (result,) = tmp_path.glob("hello-there-painted-face-*-painted.mp4")
    manifest = verify(result).manifest
    assert manifest is not None
    assert manifest["synthesis"]["synthetic_voices"][0]["program"] == "espeak-ng"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--text", "."), "there is nothing to say in the text; write a word or more"),
        (("--text_file", "none.txt"), "none.txt: text file not found"),
        (("--text_file", "latin.txt"), "latin.txt: not UTF-8 text; save up to 20,000 characters"),
        (("--text_file", "empty.txt"), "empty.txt: there is nothing to say in the text"),
        (("--text_file", "long.txt"), "long.txt: larger than 80,000 bytes; save up to 20,000"),
        (("--text", "a", "--text_file", "b"), "--text and --text_file can't go together"),
        (("--text", "a", "--audio", "b"), "--text can't go with --audio; leave one of them out"),
        (("--text", "a", "--segments", "b"), "--text can't go with --segments"),
        (("--text", "a", "--voice_audio", "b"), "--text can't go with --voice_audio"),
        (("--text", "a", "--voice_program", "sh"), "--voice_program 'sh' is not known"),
        (("--text", "a", "--voice_program", "./flite"), "./flite: not installed here; install"),
        (("--text", "a", "--voice_name", "broken"), "can't speak the text (Error: no such voice)"),
        (("--config", "program.toml"), "voice_program can't be './espeak-ng' in a file; use one"),
    ],
)
def test_bad_input(
    run_here: CommandInside, program: Path, tmp_path: Path, args: tuple[str, ...], says: str
) -> None:
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "long.txt").write_text("x " * 50_000)
    (tmp_path / "program.toml").write_text('text = "a"\nvoice_program = "./espeak-ng"')
    chosen = () if "--voice_program" in args else ("--voice_program", program)
    done = run_here("--steps", "1", *args, *chosen, check=False)
    assert done.returncode == 2
    assert says in error_of(done.stderr)
    assert not list(run_here.workspace.rglob("*.wav"))


def test_tables_name_no_program_by_its_path(program: Path, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("audio,video,text,voice_program\n,a.mp4,hello,./espeak-ng\n")
    done = run_inside(main, ["batch", str(table)], tmp_path)
    assert done.returncode == 2
    assert "line 2" in error_of(done.stderr)
    assert "a path only on the command line" in error_of(done.stderr)


def test_a_target_has_no_text_of_its_own(run_here: CommandInside) -> None:
    place = Workspace(run_here.workspace)
    place.create()
    place.target_options("demo").write_text('text = "hello"')
    done = run_here(check=False)
    assert "a target's own options can't hold 'text'" in error_of(done.stderr)


def test_the_record_of_a_speech_says_which_voice(
    run_here: CommandInside, small_target: Path, program: Path
) -> None:
    run_here("--steps", "1", "--text", TEXT, "--voice_program", program, "--video", small_target)
    (record,) = (run_here.workspace / "input" / "mp3").glob("*.made.json")
    assert json.loads(record.read_text())["synthetic_voice"]["program"] == "espeak-ng"
