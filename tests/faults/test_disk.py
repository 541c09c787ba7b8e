"""Disks that are full and folders that can't be written: one line, and nothing half made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import CommandLine
from fault_runs import (
    JOBS,
    Stage,
    check_whole,
    leftovers,
    one_line,
)

resource = pytest.importorskip("resource")

FILLINGS = (0.0, 0.35, 0.7)
"""Shares of what a job adds to the disk that there is room for."""

BLOCK = 4096


def refused(done: subprocess.CompletedProcess[str], workspace: Path) -> str:
    """Give the line of a run that found no room; nothing may be half made."""
    assert done.returncode == 2, (done.returncode, done.stderr)
    line = one_line(done.stderr)
    assert leftovers(workspace) == []
    check_whole(workspace)
    return line


@pytest.mark.parametrize(
    ("name", "room"),
    [
        pytest.param("1 lipsync", 4, marks=pytest.mark.slow),
        pytest.param("2 texture", 100, marks=pytest.mark.slow),
        ("4 composite", 200),
    ],
)
def test_files_that_may_not_grow(stage: Stage, tmp_path: Path, name: str, room: int) -> None:
    """A limit on the size of files, in KiB: the disk is full for whatever is larger."""
    workspace = stage.fresh(name, tmp_path / "workspace")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room * 1024, room * 1024))

    line = refused(stage.run(name, workspace, preexec_fn=limit), workspace)
    assert f"error: {workspace}/" in line
    assert "can't be written (File too large)" in line
    assert "disk" in line
    assert ".tmp-" not in line
    stage.check_rerun(name, workspace)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system of so many bytes."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    if (done := subprocess.run(words, capture_output=True, text=True)).returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def taken(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def fill(stage: Stage, name: str, tmp_path: Path, share: float) -> bool:
    """Run a job on a disk that is too small; tells whether it was."""
    before = taken(stage.runs[name].before)
    whole = taken(stage.after(name))
    entries = sum(1 for _ in stage.after(name).rglob("*"))
    size = before + int(share * (whole - before)) + (entries // 4 + 4) * BLOCK
    with small_disk(tmp_path / "disk", size) as disk:
        workspace = stage.fresh(name, disk / "workspace")
        done = stage.run(name, workspace)
        full = done.returncode != 0
        if full:
            line = refused(done, workspace)
            assert "can't be" in line
            assert "No space left on device" in line or "requested and" in line
            assert str(workspace) in line
        remount(disk, "size=1G")
        stage.check_rerun(name, workspace)
    return full


@pytest.mark.slow
@pytest.mark.parametrize("share", FILLINGS)
@pytest.mark.parametrize("name", JOBS)
def test_a_disk_that_is_full_at_any_moment(
    all_steps: Stage, tmp_path: Path, name: str, share: float
) -> None:
    full = fill(all_steps, name, tmp_path, share)
    assert full or share > 0


def test_a_workspace_that_is_read_only(stage: Stage, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1 << 28) as disk:
        workspace = stage.fresh("2 texture", disk / "workspace")
        remount(disk, "ro")
        # What is up to date needs no room.
        assert "up to date" in stage.run("1 lipsync", workspace).stdout
        line = refused(stage.run("2 texture", workspace), workspace)
        assert str(workspace) in line
        assert "Read-only file system" in line
        assert "check the folder's permissions" in line
        remount(disk, "rw")
        stage.check_rerun("2 texture", workspace)


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    """Not even the first folder can be made; for root, on a disk that is read-only."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    run_py = CommandLine(closed / "workspace")
    if os.access(closed, os.W_OK):
        closed.rmdir()
        with small_disk(closed, 1 << 20) as disk:
            remount(disk, "ro")
            done = run_py.__class__(disk / "workspace")("--steps", "1-4", check=False)
    else:
        done = run_py("--steps", "1-4", check=False)
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "the workspace can't be written" in line
    assert "--workspace DIR" in line


def test_a_configuration_folder_that_is_read_only(stage: Stage, tmp_path: Path) -> None:
    """The signing key has nowhere to go: the user may name one."""
    workspace = stage.fresh("4 composite", tmp_path / "workspace")
    # A file stands where the folder should: nobody, not even root, can write below it.
    config = tmp_path / "config"
    config.touch()
    env = {**os.environ, "XDG_CONFIG_HOME": str(config)}
    if sys.platform in ("win32", "darwin"):
        pytest.skip("the configuration folder does not follow XDG_CONFIG_HOME here")
    line = refused(stage.run("4 composite", workspace, env=env), workspace)
    assert str(config) in line
    assert "--sign_cert, --sign_key" in line
    stage.check_rerun("4 composite", workspace)


def test_a_log_that_cannot_be_written(stage: Stage, tmp_path: Path) -> None:
    workspace = stage.fresh("1 lipsync", tmp_path / "workspace")
    log = workspace / "log" / "runs.log"
    shutil.rmtree(log.parent, ignore_errors=True)
    log.mkdir(parents=True)  # no line can be added to it
    stage.check_rerun("1 lipsync", workspace)
    assert list(log.iterdir()) == []
