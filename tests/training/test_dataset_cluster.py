"""Workers that die, and clusters that are not there."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import cluster_jobs
import pytest
from conftest import CommandLine
from dask_processes import scheduler_process, worker_process
from waiting import joined

from audio2video.errors import Audio2VideoError, CancelledError, OptionError
from audio2video.runtime.workers import Call
from audio2video.training.dataset import cluster
from audio2video.training.dataset.workers import Lost, start_workers


@pytest.fixture(scope="module")
def local() -> Iterator[object]:
    with start_workers(None, 2, Path(), 2) as workers:
        yield workers


def no_beat() -> None:
    pass


def run_all(workers: object, jobs: list[Call]) -> list[tuple[Call, object]]:
    return list(workers.run(deque(jobs), no_beat))  # type: ignore[attr-defined]


def test_every_job_is_done_once(local: object) -> None:
    jobs = [Call(cluster_jobs.square, (n,), n) for n in range(20)]
    results = run_all(local, jobs)
    assert sorted((job.tag, value) for job, value in results) == [(n, n * n) for n in range(20)]


def test_jobs_may_be_added_on_the_way(local: object) -> None:
    jobs = deque([Call(cluster_jobs.square, (2,), "first")])
    seen = []
    for job, value in local.run(jobs, no_beat):  # type: ignore[attr-defined]
        seen.append(value)
        if len(seen) < 4:
            jobs.append(Call(cluster_jobs.square, (value,), job.tag))
    assert seen == [4, 16, 256, 65536]


def test_a_job_whose_worker_dies_is_tried_again(local: object, tmp_path: Path) -> None:
    jobs = [Call(cluster_jobs.die_once, (str(tmp_path / "mark"),))]
    assert [value for _, value in run_all(local, jobs)] == ["survived"]


def test_a_job_that_kills_its_workers_is_given_up_and_the_rest_is_done(
    local: object, capfd: pytest.CaptureFixture[str]
) -> None:
    jobs = [Call(cluster_jobs.die, (0,), "deadly")]
    jobs += [Call(cluster_jobs.square, (n,), n) for n in range(10)]
    results = {job.tag: value for job, value in run_all(local, jobs)}
    lost = results.pop("deadly")
    assert isinstance(lost, Lost)
    assert "every worker process that tried it died" in lost.why
    assert results == {n: n * n for n in range(10)}
    assert capfd.readouterr() == ("", ""), "the cluster's own messages stay out of the terminal"


def test_a_defect_is_raised(local: object) -> None:
    with pytest.raises(RuntimeError, match="a defect"):
        run_all(local, [Call(cluster_jobs.fail, (0,))])


def test_a_stopped_run_does_not_wait_for_what_is_under_way(local: object) -> None:
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 2:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        list(local.run(deque([Call(cluster_jobs.sleep, (30,))]), beat))  # type: ignore[attr-defined]
    assert beats == 2


@pytest.mark.slow
def test_an_address_without_a_scheduler(run_py: CommandLine, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.mp4").write_bytes(b"not looked at")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", "nonsense", "foo://bar:1", ""):
        done = run_py("--steps", "0", "--corpus", corpus, "--scheduler", address, check=False)
        assert done.returncode == 2, done.stderr
        progress, error = done.stderr.splitlines()
        assert progress.startswith("looking for changes")
        assert f"error: --scheduler {address!r}: no scheduler answers there" in error


def test_somebody_who_is_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(OptionError, match="no scheduler answers there"),
            start_workers(address, 1, tmp_path, 1),
        ):
            pass


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    with scheduler_process(tmp_path) as address:
        yield address


@pytest.mark.slow
def test_a_scheduler_without_workers(scheduler: str, tmp_path: Path) -> None:
    with (
        pytest.raises(Audio2VideoError, match="has no workers; start some with 'dask worker"),
        start_workers(scheduler, 1, tmp_path, 1),
    ):
        pass


def test_an_address_of_another_kind(tmp_path: Path) -> None:
    with (
        pytest.raises(OptionError, match="no scheduler answers there"),
        start_workers("bad address", 1, tmp_path, 1),
    ):
        pass


def test_workers_that_do_not_see_the_workspace(scheduler: str, tmp_path: Path) -> None:
    with (
        worker_process(tmp_path, scheduler, "blind"),
        pytest.raises(Audio2VideoError, match="does not see the workspace"),
        start_workers(scheduler, 1, tmp_path / "nowhere", 1),
    ):
        pass


def test_workers_that_lack_the_package(scheduler: str, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "audio2video").mkdir(parents=True)
    # In front of the installed package, and fails as if there were none.
    (bare / "audio2video" / "__init__.py").write_text(
        """raise ModuleNotFoundError("No module named 'audio2video'")"""
    )
    with (
        worker_process(tmp_path, scheduler, "bare-worker", bare),
        pytest.raises(Audio2VideoError, match="lack the module audio2video; install audio2video"),
        start_workers(scheduler, 1, tmp_path, 1),
    ):
        pass


def test_something_else_listens_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def greet() -> None:
            caller, _ = server.accept()
            with caller:
                caller.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        greeter = threading.Thread(target=greet)
        greeter.start()
        with (
            pytest.raises(OptionError, match="no scheduler answers there"),
            start_workers(f"tcp://127.0.0.1:{port}", 1, tmp_path, 1),
        ):
            pass
        joined(greeter, "the port that greets")
