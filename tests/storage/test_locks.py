"""Locks between processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from filelock import FileLock
from waiting import ended, joined

from audio2video.errors import Audio2VideoError
from audio2video.storage import locks
from audio2video.storage.locks import locked

HOLDER = """
import sys, time
from pathlib import Path
from audio2video.storage.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


class GivenUpError(Exception):
    pass


def give_up() -> None:
    raise GivenUpError


def is_free(path: Path) -> bool:
    """Ask from another thread: the holder's own must not ask again."""

    def ask() -> bool:
        try:
            with locked(path, give_up):
                return True
        except GivenUpError:
            return False

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "folder" / ".a b é.lock"


def test_it_is_held_once_at_a_time_and_leaves_nothing(lock: Path) -> None:
    with locked(lock):
        assert lock.is_file()
        assert not is_free(lock)
    assert not lock.exists()
    assert is_free(lock)


def test_an_error_inside_ends_it(lock: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(lock):
        1 / 0  # noqa: B018
    assert is_free(lock)


def test_what_another_process_left_locks_nothing(lock: Path) -> None:
    lock.parent.mkdir()
    lock.touch()
    assert is_free(lock)


def test_a_killed_process_holds_nothing(lock: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not is_free(lock)
    finally:
        holder.kill()
        ended(holder)
    assert lock.is_file()
    assert is_free(lock)


def test_many_take_turns(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0.0)
    inside, most, done = 0, 0, 0

    def work() -> None:
        nonlocal inside, most, done
        for _ in range(20):
            with locked(lock):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
                done += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        joined(thread, "a thread that takes the lock in turn")
    assert (most, done) == (1, 160)
    assert not lock.exists()


def test_where_no_lock_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(Audio2VideoError, match=r"can't be locked .*; check the folder's perm"),
        locked(tmp_path / "file" / "x.lock"),
    ):
        pass


def test_an_interruption_as_soon_as_the_lock_is_held_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = FileLock.acquire

    def interrupted(self: FileLock, **kwargs: Any) -> None:
        acquire(self, **kwargs)
        raise KeyboardInterrupt

    path = tmp_path / ".lock"
    with monkeypatch.context() as patch:
        patch.setattr(FileLock, "acquire", interrupted)
        with pytest.raises(KeyboardInterrupt), locked(path):
            pass
    assert not path.exists()
    with locked(path):
        assert path.exists()
    assert not path.exists()
