"""Batches through the real command: shared analyses, failures, resuming, and being stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import ROOT, CommandLine, content_hash
from waiting import ended, wait_until

from audio2video.batch.row_worker import make_row
from audio2video.batch.run import FAILED, LEFT, MADE, UP_TO_DATE, run_batch
from audio2video.cli import main as cli
from audio2video.cli.terminal import Terminal
from audio2video.errors import CancelledError
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.progress import Progress
from audio2video.runtime.workers import Call, WorkerPool, failure_text
from audio2video.storage.workspace import Workspace
from tools.presenter.presenter import render_frames

WORDS = ("hello", "painted", "words")


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "audio2video", "batch", *map(str, args)]


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, cwd=ROOT, timeout=600)


def states(workspace: Path, name: str = "many") -> dict[str, str]:
    report = json.loads((workspace / "output" / f"{name}.json").read_text())
    return {row["name"]: row["state"] for row in report["rows"]}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three sentences of 1.2 s, and a target at 25 and one at 30 frames/s."""
    folder = tmp_path_factory.mktemp("media")
    speech = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    for k, word in enumerate(WORDS):
        write_wav(folder / f"{word}.wav", speech[16000 * k : 16000 * k + 19200], 16000)
    for name, rate in (("slow", 25), ("fast", 30)):
        with VideoWriter(folder / f"{name}.mp4", 256, 256, Fraction(rate)) as writer:
            for frame in render_frames(40, size=256, start=60):
                writer.write(frame)
    return folder


def write_table(media: Path, rows: str, name: str = "many") -> Path:
    path = media / f"{name}.csv"
    path.write_text(f"audio,video,ncandidates\n{rows}")
    return path


@pytest.fixture(scope="module")
def finished(
    media: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace after a batch of which one row fails, and what the command printed."""
    table = write_table(
        media,
        "hello.wav,slow.mp4,20\npainted.wav,slow.mp4,\ngone.wav,slow.mp4,\n"
        "words.wav,slow.mp4,\nhello.wav,fast.mp4,\n",
    )
    workspace = tmp_path_factory.mktemp("batch") / "workspace"
    done = run(table, "--workspace", workspace, "--jobs", "2", "--verbose")
    return workspace, done


def test_rows_are_made_and_one_that_fails_stops_no_other(
    finished: tuple[Path, subprocess.CompletedProcess[str]], media: Path
) -> None:
    workspace, done = finished
    assert done.returncode == 1, done.stderr
    heading, *table, result = done.stdout.splitlines()
    assert heading.split() == ["line", "result", "state", "seconds", "why"]
    assert [row.split()[:3] for row in table] == [
        ["2", "hello-slow", "made"],
        ["3", "painted-slow", "made"],
        ["4", "gone-slow", "failed"],
        ["5", "words-slow", "made"],
        ["6", "hello-fast", "made"],
    ]
    assert table[2].endswith(f"{media / 'gone.wav'}: no such file; check its name")
    warning = (
        f"warning: line 4: gone-slow failed: {media / 'gone.wav'}: no such file; check its name"
    )
    assert done.stderr.splitlines().count(warning) == 1
    assert "Traceback" not in done.stderr
    assert result == f"result: {workspace / 'output' / 'many.json'}"
    report = json.loads((workspace / "output/many.json").read_text())
    assert report["states"] == {MADE: 4, UP_TO_DATE: 0, FAILED: 1, LEFT: 0}
    first, _, broken, _, last = report["rows"]
    assert (workspace / first["result"]).is_file()
    assert first["options"]["ncandidates"] == 20
    assert (first["line"], first["error"], broken["result"]) == (2, None, None)
    assert "no such file" in broken["error"]
    assert (workspace / last["result"]).is_file()
    assert list(workspace.rglob("*.lock")) == []


def test_a_target_is_analysed_once(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    workspace, done = finished
    notes = [line.partition(": ")[2] for line in done.stderr.splitlines()]
    assert notes.count("finding the face") == 2  # of two targets, in four rows
    assert len(list((workspace / "target/analysis").iterdir())) == 2


def test_a_row_is_what_the_run_command_makes(
    finished: tuple[Path, subprocess.CompletedProcess[str]], media: Path, run_here: CommandLine
) -> None:
    files = ("--audio", media / "hello.wav", "--video", media / "slow.mp4")
    run_here("--steps", "1-4", *files, "--ncandidates", "20", "--nthreads", "1")
    name = "output/hello-slow/hello-slow.mp4"
    assert content_hash(run_here.workspace / name) == content_hash(finished[0] / name)


def test_what_is_up_to_date_is_passed_over(
    finished: tuple[Path, subprocess.CompletedProcess[str]], media: Path
) -> None:
    workspace = finished[0]
    results = sorted((workspace / "output").glob("*/*.mp4"))
    before = [path.stat().st_mtime_ns for path in results]
    done = run(media / "many.csv", "--workspace", workspace, "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert [path.stat().st_mtime_ns for path in results] == before
    assert states(workspace) == {
        **{f"{word}-slow": UP_TO_DATE for word in WORDS},
        "gone-slow": FAILED,
        "hello-fast": UP_TO_DATE,
    }


def test_all_went_well(
    finished: tuple[Path, subprocess.CompletedProcess[str]], media: Path
) -> None:
    table = write_table(media, "hello.wav,slow.mp4,20\n", "one")
    done = run(table, "--workspace", finished[0])
    assert (done.returncode, states(finished[0], "one")) == (0, {"hello-slow": UP_TO_DATE})


def children(pid: int) -> list[int]:
    """Give the workers of a batch."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {int(word): Path(f"/proc/{word}/cmdline").read_bytes() for word in found}
    return [number for number, words in commands.items() if b"spawn_main" in words]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class Running:
    """A batch that is going on."""

    def __init__(self, *args: str | Path) -> None:
        self.process = subprocess.Popen(
            command(*args),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        ended(self.process)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="needs /proc to see processes"
)


@needs_proc
@pytest.mark.slow
def test_a_process_that_dies_fails_its_row_alone(
    finished: tuple[Path, subprocess.CompletedProcess[str]], media: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    # With the analysis of the target, which is not what is waited for.
    shutil.copytree(finished[0] / "target", workspace / "target")
    table = write_table(media, "hello.wav,slow.mp4,\nwords.wav,slow.mp4,\n", "dies")
    with Running(table, "--workspace", workspace, "--jobs", "1") as batch:
        begun = workspace / "input/mp3/hello.wav"
        wait_until(lambda: begun.is_file() or batch.process.poll() is not None, "the row begins")
        (worker,) = children(batch.process.pid)
        os.kill(worker, signal.SIGKILL)
        out, errors = batch.process.communicate(timeout=120)
    assert batch.process.returncode == 1, errors
    assert states(workspace, "dies") == {"hello-slow": FAILED, "words-slow": MADE}
    assert "line 2: hello-slow failed: the process ended by signal 9 (out of memory?)" in errors
    assert "Traceback" not in errors + out
    again = run(table, "--workspace", workspace)
    assert again.returncode == 0, again.stderr
    assert states(workspace, "dies") == {"hello-slow": MADE, "words-slow": UP_TO_DATE}
    assert list(workspace.rglob(".*.tmp-*")) == []


@needs_proc
@pytest.mark.parametrize(
    "end", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)]
)
def test_nothing_is_left_running(media: Path, tmp_path: Path, end: signal.Signals) -> None:
    workspace = tmp_path / "workspace"
    table = write_table(media, "hello.wav,slow.mp4,\nwords.wav,fast.mp4,\n", "stopped")
    with Running(table, "--workspace", workspace, "--jobs", "2") as batch:
        brought = [workspace / "target/mp4" / name for name in ("slow.mp4", "fast.mp4")]
        wait_until(
            lambda: all(path.is_file() for path in brought) or batch.process.poll() is not None,
            "the row begins",
        )
        workers = children(batch.process.pid)
        assert len(workers) == 2
        batch.process.send_signal(end)  # to it alone, not to its children
        _, errors = batch.process.communicate(timeout=60)
        wait_until(lambda: all(gone(pid) for pid in workers), "every worker ends")
    if end == signal.SIGINT:
        assert batch.process.returncode == 130
        assert errors.splitlines()[-1] == "error: interrupted; what is finished is kept"
        assert "Traceback" not in errors
        assert set(states(workspace, "stopped").values()) == {LEFT}


def test_the_caller_may_stop_it(media: Path, tmp_path: Path) -> None:
    table = write_table(media, "hello.wav,slow.mp4,\nwords.wav,slow.mp4,\n", "cancelled")
    heard: list[str] = []

    def stop(stage: str, done: int, total: int | None, unit: str) -> None:
        assert (stage, total, unit) == ("batch", 2, "row")
        if heard:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        run_batch(Workspace(tmp_path), table, 1, Progress(stop, on_note=heard.append))
    assert set(states(tmp_path, "cancelled").values()) == {LEFT}


def test_a_fault_of_ours_fails_its_row_in_one_line(tmp_path: Path) -> None:
    calls = deque([Call(make_row, (tmp_path, None), reports=True)])
    with WorkerPool(1) as pool:
        ((_, outcome),) = pool.run(calls, lambda: None)
    assert failure_text(outcome) == "AttributeError: 'NoneType' object has no attribute 'machine'"


@pytest.mark.parametrize("verbose", [False, True])
def test_the_bar_shows_what_is_being_made(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    verbose: bool,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Terminal(Workspace(tmp_path), quiet=False, verbose=verbose) as terminal:
        terminal.progress.update("batch", 1, 3, "row")
        terminal.progress.note("hello-slow: making textures")
        shown = capsys.readouterr().err
    assert "/3 [" in shown
    assert "hello-slow: making textures" in shown
    assert ("row/s, hello-slow" in shown.replace("?row", "row")) == (not verbose)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("nothing.csv",), "nothing.csv: batch file not found"),
        (("{bad}",), "bad.csv: unknown column 'sound'"),
        (("{bad}", "--jobs", "0"), "0 is not in the range"),
        ((), "Missing argument 'FILE'"),
    ],
)
def test_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], says: str
) -> None:
    (tmp_path / "bad.csv").write_text("sound,video\na,b\n")
    words = [arg.format(bad=tmp_path / "bad.csv") for arg in args]
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main(["batch", *words, "--workspace", str(tmp_path / "new")])
    printed = capsys.readouterr()
    assert (caught.value.code, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert says in line
    assert not (tmp_path / "new").exists()
