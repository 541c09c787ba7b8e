"""A person who listens, through the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from inside import run_inside

import audio2video as a2v
from audio2video.cli.main import main
from audio2video.config import Config
from audio2video.errors import BadFileError, OptionError
from audio2video.listening.graph import Footage
from audio2video.listening.playing import Playing, play
from audio2video.listening.repeats import Repeat
from audio2video.listening.wish import Wish
from audio2video.media.audio import probe_audio, write_wav
from audio2video.media.video import VideoReader, probe_video
from audio2video.pipeline import listener
from audio2video.pipeline.job import Job
from audio2video.pipeline.schedule import ensure_retiming, read_retiming
from audio2video.progress import Progress
from audio2video.provenance.verification import verify
from audio2video.storage.workspace import Workspace


def listen(folder: Path, *words: object) -> Any:
    return run_inside(main, ["listen", *map(str, words)], folder)


def error_of(done: Any) -> str:
    assert done.returncode == 2, done.stderr
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("error")]
    return str(line)


@pytest.fixture(scope="module")
def two_takes(
    tmp_path_factory: pytest.TempPathFactory, small_speech: Path, small_target: Path
) -> tuple[Path, Any]:
    """A folder after one command that makes two takes, in a process of its own."""
    folder = tmp_path_factory.mktemp("listeners")
    words = ("listen", "--audio", small_speech, "--video", small_target, "-o", "ear.mp4")
    more = ("--takes", "2", "--workspace", "place", "--consent", "Nobody is shown")
    done = subprocess.run(
        [sys.executable, "-m", "audio2video", *map(str, (*words, *more))],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def test_clips_are_as_long_as_the_speech_and_marked(
    two_takes: tuple[Path, Any], small_target: Path, small_speech: Path
) -> None:
    folder, done = two_takes
    target, speech = probe_video(small_target), probe_audio(small_speech)
    for take in (1, 2):
        path = folder / f"ear-{take}.mp4"
        info = probe_video(path)
        assert (info.width, info.height, info.rate) == (target.width, target.height, target.rate)
        assert info.frames == round(speech.duration * target.rate)
        assert info.has_audio
        verdict = verify(path)
        assert (verdict.state, verdict.synthetic) == ("intact", True)
        assert "did not listen to this" in str(verdict.manifest)
        assert "Nobody is shown" in str(verdict.manifest)
        assert f"result: ear-{take}.mp4" in done.stdout.replace(f"{folder}/", "")


def test_a_report_says_what_is_shown(two_takes: tuple[Path, Any]) -> None:
    folder, _ = two_takes
    for take in (1, 2):
        made = folder / "place" / "output" / f"words-listener{take}-painted"
        facts = json.loads((made / "retiming.npz.made.json").read_text())["listener"]
        assert {"nods_asked", "nods_given", "nods_again", "joins", "turns"} <= set(facts)
        options = json.loads((made / "report.json").read_text())["options"]
        assert (options["listen"], options["take"]) == (True, take)
        assert (made / "sheet.png").is_file()


def test_the_mouth_is_at_rest_throughout(two_takes: tuple[Path, Any]) -> None:
    folder, _ = two_takes
    target = a2v.analyse_target(folder / "ear-1.mp4", workspace=folder / "again")
    opening = a2v_opening(target)
    talking = a2v.analyse_target(_target_of(folder), workspace=folder / "again")
    assert np.quantile(opening, 0.95) < 0.5 * np.quantile(a2v_opening(talking), 0.95)


def a2v_opening(target: Any) -> np.ndarray:
    from audio2video.face.layout import mouth_opening

    return mouth_opening(target.track.mouth[target.track.usable])


def _target_of(folder: Path) -> Path:
    (path,) = (folder / "place" / "target" / "mp4").glob("*.mp4")
    return path


def test_a_take_is_found_up_to_date(
    two_takes: tuple[Path, Any], small_speech: Path, small_target: Path
) -> None:
    folder, _ = two_takes
    words = ("--audio", small_speech, "--video", small_target, "--workspace", "place")
    marks = ("--consent", "Nobody is shown")
    done = listen(folder, *words, "-o", "second.mp4", "--take", "2", *marks)
    assert done.returncode == 0, done.stderr
    assert "compositing" not in done.stderr
    with VideoReader(folder / "second.mp4") as again, VideoReader(folder / "ear-2.mp4") as first:
        for a, b in zip(again.read(), first.read(), strict=True):
            np.testing.assert_array_equal(a.y, b.y)


def test_what_is_there_is_kept(
    two_takes: tuple[Path, Any], small_speech: Path, small_target: Path
) -> None:
    folder, _ = two_takes
    words = ("--audio", small_speech, "--video", small_target, "--workspace", "place")
    said = error_of(listen(folder, *words, "-o", "ear.mp4", "--takes", "2"))
    assert "ear-1.mp4: is there already" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--takes", "0"), "0 takes can't be made; use 1 to 100"),
        (("--liveliness", "9"), "--liveliness"),
        (("--retiming", "off"), "--retiming off keeps its frames in order"),
        (("--listener_model", "no.npz"), "trained listener not found"),
        (("-o", "ear.avi"), "the output must be an MP4 file"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    tmp_path: Path, small_speech: Path, small_target: Path, words: tuple[str, ...], said: str
) -> None:
    given = ("--audio", small_speech, "--video", small_target, "--workspace", "place")
    assert said in error_of(listen(tmp_path, *given, *words))
    assert not list(tmp_path.glob("*.mp4"))


def test_missing_files_are_named(tmp_path: Path, small_target: Path) -> None:
    words = ("--audio", "none.wav", "--video", small_target, "--workspace", "place")
    assert "none.wav: audio file not found" in error_of(listen(tmp_path, *words))
    write_wav(tmp_path / "quiet.wav", np.zeros(32000, np.float32), 16000)
    words = ("--audio", "quiet.wav", "--video", small_target, "--workspace", "place")
    assert "no speech in the sound" in error_of(listen(tmp_path, *words))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"segments": Path("a.srt")}, "a listener can't go with --segments"),
        ({"load_shapes": Path("a.npy")}, "a listener can't go with --load_shapes"),
        ({"keep_audio": -6.0}, "a listener can't go with --keep_audio"),
        ({"fit": "silence"}, "--fit silence changes nothing"),
    ],
)
def test_a_listener_does_not_go_with_everything(flags: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Config().replace(listen=True, **flags)


def second_take(folder: Path) -> Job:
    config = Config().replace(
        listen=True, take=2, inp_id="words-listener2", tar_id="painted", consent="Nobody is shown"
    )
    return Job(Workspace(folder / "place"), config, Progress())


def test_a_nod_that_is_shown_again_is_told(
    two_takes: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forced(footage: Footage, wish: Wish) -> Playing | None:
        found = play(footage, wish)
        return None if found is None else replace(found, repeats=(Repeat(0, 10, 50),))

    monkeypatch.setattr(listener, "play", forced)
    job = second_take(two_takes[0])
    _, facts = listener.lay_listener(job)
    assert facts["listener"]["nods_again"] == [2.0]
    (told,) = [line for line in job.progress.notices if "shown again" in line]
    assert told == (
        "nods shown again within 4 s: 1; painted.mp4 is too short, or moves too much, for another "
        "way"
    )


def test_joins_of_a_damaged_retiming_are_refused(two_takes: tuple[Path, Any]) -> None:
    job = second_take(two_takes[0])
    timing, made = ensure_retiming(job)
    assert not made
    path = job.retiming_path
    kept = path.read_bytes()
    try:
        for joined, shares in (
            (np.full(len(timing.frames), 99, np.int32), np.zeros(len(timing.frames))),
            (np.full(len(timing.frames), -1, np.int32), np.ones(len(timing.frames))),
            (np.zeros(3, np.int32), np.zeros(3)),
        ):
            np.savez(path, places=timing.positions, joined=joined, shares=shares)
            with pytest.raises(BadFileError, match="joined"):
                read_retiming(job)
    finally:
        path.write_bytes(kept)
