"""Runs that meet in one workspace, and clocks that are wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, CommandLine, content_hash
from corpus_maker import write_corpus
from fault_runs import (
    IDS,
    RESULT,
    TRAINING,
    Stage,
    check_whole,
    contents,
    leftovers,
)

from audio2video.provenance.verification import verify

YEAR = 365 * 86400


def at_once(*commands: list[str]) -> list[str]:
    """Run commands at the same time; all must succeed. Gives what they wrote on stderr."""
    running = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        for command in commands
    ]
    ended = [(process.communicate(timeout=600)[1], process.returncode) for process in running]
    assert [(code, "Traceback" in err) for err, code in ended] == [(0, False)] * len(ended), ended
    return [err for err, _ in ended]


def results(workspace: Path, name: str = RESULT) -> dict[str, str]:
    folder = (workspace / name).parent
    skipped = ("report.json",)
    return {
        path.name: content_hash(path)
        for path in folder.iterdir()
        if path.name not in skipped and not path.name.endswith(".made.json")
    }


def test_the_same_run_twice_at_once(stage: Stage, tmp_path: Path) -> None:
    """Files are brought, analysed and made by both; whoever is last leaves the same."""
    workspace = tmp_path / "workspace"
    run_py = CommandLine(workspace)
    files = ("--audio", stage.media.speech, "--video", stage.media.target)
    command = run_py.command("--steps", "1-4", *files)
    at_once(command, command)
    assert leftovers(workspace) == []
    check_whole(workspace)
    assert results(workspace) == results(stage.after("4 composite"))
    assert verify(workspace / RESULT).state == "intact"
    done = run_py("--steps", "1-4", *IDS)
    assert done.stdout.count("up to date") == 4
    assert "changed by hand" not in done.stderr


@pytest.mark.slow
def test_two_speeches_on_one_target_and_a_cache_that_is_cleared(
    stage: Stage, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    run_py = CommandLine(workspace)
    other = shutil.copyfile(stage.media.speech, tmp_path / "other.wav")
    target = ("--video", stage.media.target)
    clear = [
        *(sys.executable, "-c"),
        "import subprocess, sys, time\n"
        "for _ in range(6):\n"
        "    time.sleep(1)\n"
        "    subprocess.run(sys.argv[1:], check=True)",
        *(sys.executable, "-m", "audio2video", "cache", "clear", "--yes"),
        *("--workspace", str(workspace)),
    ]
    at_once(
        run_py.command("--steps", "1-4", "--audio", stage.media.speech, *target),
        run_py.command("--steps", "1-4", "--audio", other, *target),
        clear,
    )
    assert leftovers(workspace) == []
    check_whole(workspace)
    mine = results(workspace)
    assert mine == results(stage.after("4 composite"))
    theirs = results(workspace, "output/other-painted/other-painted.mp4")
    assert theirs["texture.npy"] == mine["texture.npy"]
    assert verify(workspace / "output/other-painted/other-painted.mp4").state == "intact"


@pytest.mark.slow
def test_one_pass_trained_twice_at_once(tmp_path: Path) -> None:
    alone, both = CommandLine(tmp_path / "alone"), CommandLine(tmp_path / "both")
    for one in (alone, both):
        one.workspace.mkdir()
        write_corpus(one.workspace)
    alone(*TRAINING, "--nthreads", "1")
    command = both.command(*TRAINING, "--nthreads", "1")
    at_once(command, command)
    assert leftovers(both.workspace) == []
    check_whole(both.workspace)
    assert contents(both.workspace) == contents(alone.workspace)
    assert "up to date" in both(*TRAINING, "--nthreads", "1").stdout


def shift_clock(workspace: Path, seconds: float) -> None:
    """Leave files as if the clock had been wrong when they were written."""
    then = time.time() + seconds
    for path in workspace.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


@pytest.mark.slow
@pytest.mark.parametrize("years", [-30, 10])
def test_a_clock_that_was_wrong(stage: Stage, tmp_path: Path, years: int) -> None:
    """Hashes decide: what is whole is not made again, what has changed is."""
    workspace = tmp_path / "workspace"
    shutil.copytree(stage.after("4 composite"), workspace)
    run_py = CommandLine(workspace)
    shift_clock(workspace, years * YEAR)
    done = run_py("--steps", "1-4", *IDS)
    assert done.stdout.count("up to date") == 4, done.stdout
    # Other speech of the same size, older or newer than all that was made of it.
    speech = workspace / "input" / "mp3" / "words.wav"
    samples = bytearray(speech.read_bytes())
    samples[-4000:] = bytes(4000)
    speech.write_bytes(samples)
    shift_clock(workspace, -years * YEAR)
    done = run_py("--steps", "1", *IDS)
    assert "lipsync: 62 frames" in done.stdout
    assert "changed by hand" not in done.stderr
    assert "up to date" in run_py("--steps", "1", *IDS).stdout
    speech.write_bytes(stage.media.speech.read_bytes())
    run_py("--steps", "1-4", *IDS)
    assert results(workspace) == results(stage.after("4 composite"))


def test_a_key_made_under_a_wrong_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made in 2019 or in 2031, it is valid today."""
    from datetime import datetime, timezone

    from audio2video.provenance import credentials

    for year in (1999, 2019, 2031):

        class Clock(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:
                return datetime(year, 1, 1, tzinfo=timezone.utc)  # noqa: B023

        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / str(year)))
        if not credentials.config_folder().is_relative_to(tmp_path):
            pytest.skip("the configuration folder does not follow XDG_CONFIG_HOME here")
        with monkeypatch.context() as patch:
            patch.setattr(credentials, "datetime", Clock)
            made = credentials._new_credentials()
        credentials.write_privately(credentials.config_folder() / credentials.FILE, made)
        found = credentials.signing_credentials(None, None)
        assert found.algorithm == "es256"
