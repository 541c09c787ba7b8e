"""A pool of worker processes: messages, failures, retries and constraints."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from pathlib import Path

import cluster_jobs
import pytest
from conftest import ROOT

from audio2video.errors import BadFileError
from audio2video.runtime.workers import Call, Crash, WorkerMessage, WorkerPool, failure_text


def no_beat() -> None:
    pass


def test_messages_arrive_before_the_result_and_threads_are_set() -> None:
    seen: list[WorkerMessage] = []
    with WorkerPool(1, 3) as pool:
        calls = deque([Call(cluster_jobs.tell, (2,), "tag", reports=True)])
        ((call, value),) = pool.run(calls, no_beat, lambda _, message: seen.append(message))
    assert (call.tag, value) == ("tag", "3")
    assert [message.stage for message in seen] == ["0", "1", None]
    assert seen[-1].warning == "enough"


def test_an_error_is_an_outcome_and_the_process_goes_on() -> None:
    calls = deque([Call(cluster_jobs.fail, (0,)), Call(cluster_jobs.square, (3,))])
    with WorkerPool(1) as pool:
        outcomes = [outcome for _, outcome in pool.run(calls, no_beat)]
    assert isinstance(outcomes[0], RuntimeError)
    assert failure_text(outcomes[0]) == "RuntimeError: a defect"
    assert outcomes[1] == 9
    assert failure_text(9) is None


def test_an_error_that_cannot_be_pickled_still_arrives() -> None:
    with WorkerPool(1) as pool:
        ((_, outcome),) = pool.run(deque([Call(cluster_jobs.fail_oddly, (0,))]), no_beat)
    assert isinstance(outcome, Exception)
    assert "odd" in str(outcome)


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Its processes do not run it again, each starting more of them."""
    script = tmp_path / "script.py"
    script.write_text(
        "import operator\n"
        "from collections import deque\n"
        "from audio2video.runtime.workers import Call, WorkerPool\n"
        "print('once', flush=True)\n"
        "with WorkerPool(2) as pool:\n"
        "    calls = deque(Call(operator.mul, (k, k)) for k in range(4))\n"
        "    print(sorted(value for _, value in pool.run(calls, lambda: None)))\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.stdout == "once\n[0, 1, 4, 9]\n"
    assert done.stderr == ""


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_call_whose_process_ends_is_tried_as_often_as_asked(
    tmp_path: Path, attempts: int
) -> None:
    calls = deque([Call(cluster_jobs.die_once, (str(tmp_path / "mark"),))])
    with WorkerPool(1, attempts=attempts) as pool:
        ((_, outcome),) = pool.run(calls, no_beat)
    if attempts == 2:
        assert outcome == "survived"
    else:
        assert isinstance(outcome, Crash)
        assert "by signal 9" in str(failure_text(outcome))


def test_calls_that_must_not_run_side_by_side_wait() -> None:
    most = 0

    def alone(call: Call, running: list[Call]) -> bool:
        nonlocal most
        most = max(most, len(running))
        return not running

    with WorkerPool(3) as pool:
        calls = deque([Call(cluster_jobs.square, (n,), n) for n in range(4)])
        found = [call.tag for call, _ in pool.run(calls, no_beat, may_start=alone)]
    assert found == [0, 1, 2, 3]
    assert most == 1


def test_our_own_errors_are_told_as_they_are() -> None:
    assert failure_text(BadFileError("damaged", path="a.npy")) == "a.npy: damaged"
