"""Ctrl-C, the system's request to stop, and readers that go away: one line, tidy, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import ROOT
from fault_runs import (
    JOBS,
    LIMIT,
    Stage,
    check_whole,
    leftovers,
    one_line,
    strike,
)
from waiting import wait_until

from audio2video.runtime.signals import GRACE_SECONDS, StopRequest, graceful_worker, stoppable

ATTEMPTS = 20
"""To strike a run between its first and its last moment."""

STOPS = 28
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SAYS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

posix = pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without asking")


def audio2video(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "audio2video", *map(str, args)]


@posix
@pytest.mark.parametrize("number", CODES)
def test_a_step_that_is_asked_to_stop(stage: Stage, tmp_path: Path, number: signal.Signals) -> None:
    workspace = stage.fresh("2 texture", tmp_path / "workspace")
    process = subprocess.Popen(
        stage.command("2 texture", workspace),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    wait_until(
        lambda: bool(leftovers(workspace)) or process.poll() is not None, "a half-written file"
    )
    process.send_signal(number)
    process.send_signal(number)  # a shell and a terminal may both pass it on
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (CODES[number], "")
    assert one_line(err) == f"error: {SAYS[number]}; what is finished is kept"
    assert leftovers(workspace) == []
    check_whole(workspace)


@posix
@pytest.mark.parametrize("group", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_batch_that_the_system_ends(stage: Stage, tmp_path: Path, group: bool) -> None:
    workspace, table = tmp_path / "workspace", tmp_path / "two.csv"
    media = stage.media
    clips = sorted(media.corpus.iterdir())[:2]
    table.write_text("audio,video\n" + "".join(f'"{media.speech}","{clip}"\n' for clip in clips))
    process = subprocess.Popen(
        audio2video("batch", table, "--workspace", workspace, "--jobs", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    # Both are at work, under temporary names.
    wait_until(
        lambda: len(leftovers(workspace)) >= 3 or process.poll() is not None, "a half-written file"
    )
    children = psutil.Process(process.pid).children(recursive=True)
    (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (143, "")
    assert one_line(err) == "error: terminated; what is finished is kept"
    assert psutil.wait_procs(children, timeout=GRACE_SECONDS)[1] == []
    assert leftovers(workspace) == []


@posix
@pytest.mark.parametrize(
    "words",
    [("--help",), ("batch", "--help"), ("passes", "--workspace", "{}"), ("--version",)],
)
def test_a_reader_that_has_gone(tmp_path: Path, words: tuple[str, ...]) -> None:
    command = audio2video(*(word.format(tmp_path) for word in words))
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert (closed.returncode, closed.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_words_that_have_no_room(stage: Stage) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            audio2video("--help"), stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert done.returncode == 2
        assert "can't be written (No space left on device)" in one_line(done.stderr)
        silent = subprocess.run(
            audio2video("verify", "gone.mp4"), stdout=subprocess.PIPE, stderr=full, cwd=ROOT
        )
    assert (silent.returncode, silent.stdout) == (2, b"")


@posix
def test_what_is_heard_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable() as request:
        assert signal.getsignal(signal.SIGTERM) == request.handle
    assert signal.getsignal(signal.SIGTERM) == before, "all is as it was"
    now = 100.0
    monkeypatch.setattr("audio2video.runtime.signals.time.monotonic", lambda: now)
    request = StopRequest()
    assert request.code == 130
    with pytest.raises(KeyboardInterrupt):
        request.handle(signal.SIGTERM, None)
    assert request.code == 143
    now += GRACE_SECONDS / 2
    request.handle(signal.SIGTERM, None)  # the same one, sent twice
    now += GRACE_SECONDS
    with pytest.raises(KeyboardInterrupt):
        request.handle(signal.SIGINT, None)
    assert request.code == 130


@posix
def test_signals_that_were_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def stopped_while_it_imports() -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    except SystemExit as error:
        raise ImportError("initialization failed") from error


@posix
def test_a_process_that_works_for_another() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as caught, graceful_worker():
            stopped_while_it_imports()
        assert caught.value.code == 143
        signal.raise_signal(signal.SIGTERM)  # it is tidying up
    finally:
        signal.signal(signal.SIGTERM, before)


class StoppedWhenCollected:
    """Something that is asked to stop where Python drops every error: in a destructor."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def stopped_in_a_destructor() -> None:
    StoppedWhenCollected()
    wait_until(lambda: False, "the request is raised again", limit=10)


@posix
@pytest.mark.parametrize(
    ("context", "error"), [(stoppable, KeyboardInterrupt), (graceful_worker, SystemExit)]
)
def test_a_request_that_comes_inside_a_destructor(
    context: Callable[[], AbstractContextManager[object]],
    error: type[BaseException],
    capsys: pytest.CaptureFixture[str],
) -> None:
    # After a request all of these are ignored: what is started later would inherit that.
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    hook = sys.unraisablehook
    try:
        with pytest.raises(error), context():
            stopped_in_a_destructor()
        assert sys.unraisablehook == hook
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert capsys.readouterr().err == ""


@posix
def test_other_errors_inside_a_destructor_are_said() -> None:
    told: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda said: told.append(said.exc_type)
    try:
        with stoppable():
            BrokenWhenCollected()
    finally:
        sys.unraisablehook = hook
    assert told == [ZeroDivisionError]


class BrokenWhenCollected:
    def __del__(self) -> None:
        1 / 0  # noqa: B018


@pytest.mark.slow
@posix
@pytest.mark.parametrize("number", range(STOPS))
def test_a_stop_at_any_moment(
    all_steps: Stage,
    tmp_path: Path,
    number: int,
) -> None:
    rng = np.random.default_rng([20261122, number])
    name = JOBS[number % len(JOBS)]
    asked = (signal.SIGINT, signal.SIGTERM)[int(rng.integers(2))]
    group, twice = bool(rng.integers(2)), bool(rng.integers(2))
    workspace, scratch = tmp_path / "workspace", tmp_path / "scratch"
    scratch.mkdir()
    # From where the interpreter is up to where it might be done.
    earliest, latest = 0.5, max(all_steps.runs[name].seconds - 0.3, 0.6)
    for _ in range(ATTEMPTS):
        all_steps.fresh(name, workspace)
        moment = float(rng.uniform(earliest, latest))
        struck = strike(
            all_steps.command(name, workspace),
            asked,
            moment,
            group=group,
            twice=twice,
            env={"TMPDIR": str(scratch)},
        )
        if struck.code == CODES[asked]:
            break
        assert struck.code in (0, -asked), struck.err
        assert "Traceback" not in struck.err
        # It had done its work, or had hardly begun: other work on the machine changes its pace.
        if struck.code == 0:
            earliest, latest = min(earliest, moment / 2), moment
        else:
            earliest, latest = moment, max(latest, 2 * moment)
    assert struck.code == CODES[asked], "never struck while it was at work"
    assert one_line(struck.err) == f"error: {SAYS[asked]}; what is finished is kept"
    assert psutil.wait_procs(struck.children, timeout=GRACE_SECONDS)[1] == []
    assert leftovers(workspace) == []
    assert list(scratch.iterdir()) == []
    check_whole(workspace)
    all_steps.check_rerun(name, workspace)
