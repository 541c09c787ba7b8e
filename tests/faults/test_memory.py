"""Too little memory: one line where Python can tell of it, and a whole workspace in any case."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import av.error
import cv2
import numpy as np
import pytest
from fault_runs import (
    JOBS,
    Stage,
    check_whole,
    one_line,
)

from audio2video.errors import Audio2VideoError, BadFileError
from audio2video.runtime.resource_errors import as_resource_error

LIMITS = (250, 600, 1200)
"""Address space in MiB; a run needs 1.2 to 3 GiB of it, most of that for libraries."""

PATIENCE = 40.0
"""Seconds; a library may hang that finds no memory for its threads, and is then killed."""

NO_BLAS = "OpenBLAS error: Memory allocation still failed after 10 retries, giving up."
"""With these words the library ends the process itself."""


def short_of_memory(error: BaseException) -> bool:
    return (as_resource_error(error) or error).args == ("not enough memory",)


def caused(error: BaseException, by: BaseException) -> BaseException:
    error.__cause__ = by
    return error


def test_what_is_a_lack_of_memory() -> None:
    with pytest.raises(MemoryError) as too_large:
        np.empty(1 << 60, np.uint8)
    with pytest.raises(cv2.error) as picture:
        cv2.resize(np.zeros((1, 1), np.uint8), (1 << 30, 1 << 30))
    lacking = [
        too_large.value,
        OSError(errno.ENOMEM, "x"),
        av.error.MemoryError(errno.ENOMEM, "x"),
        RuntimeError("can't start new thread"),
        ImportError("libx.so: failed to map segment from shared object"),
        OSError("libx.so: cannot allocate memory in static TLS block"),
        caused(BadFileError("damaged", path="a.npy"), MemoryError()),
        caused(ValueError("odd"), caused(KeyError("odd"), MemoryError())),
    ]
    if getattr(picture.value, "code", 0) == -4:
        lacking.append(picture.value)
    assert all(map(short_of_memory, lacking))
    others = (ValueError("x"), RuntimeError("x"), ImportError("x"), BadFileError("x"), None)
    assert [as_resource_error(error) for error in others] == [None] * len(others)


def test_what_a_file_lacks() -> None:
    full = as_resource_error(OSError(errno.ENOSPC, "x", "a/b"))
    assert str(full) == (
        f"{Path('a/b')}: can't be written (No space left on device); make room on the disk; "
        "what is finished is kept, run it again to go on"
    )
    closed = as_resource_error(PermissionError(errno.EACCES, "x", b"a"))
    assert closed is not None
    assert (closed.path, closed.hint) == (Path("a"), "check permissions of the file and its folder")
    assert as_resource_error(OSError(errno.EIO, "x")) is not None
    assert as_resource_error(FileNotFoundError(errno.ENOENT, "x")) is None, "a fault of the program"
    told = caused(Audio2VideoError("can't be written", path="a"), OSError(errno.ENOSPC, "x"))
    assert as_resource_error(told) is None, "told of better than this could"
    circle = ValueError("x")
    circle.__context__ = KeyError("y")
    circle.__context__.__context__ = circle
    assert as_resource_error(circle) is None


def limited_run(stage: Stage, name: str, workspace: Path, limit: int) -> str | None:
    """Run a job with so many MiB; gives its error, or None if it succeeded or was ended hard."""
    resource = pytest.importorskip("resource")

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit << 20, limit << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    try:
        done = stage.run(name, workspace, preexec_fn=limits, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode in (0, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL):
        return None
    if done.stderr.rstrip().splitlines()[-1:] == [NO_BLAS]:
        return None
    assert done.returncode == 2, (done.returncode, done.stderr)
    return one_line(done.stderr)


linux = pytest.mark.skipif(sys.platform != "linux", reason="limits on memory are those of Linux")


@linux
def test_too_little_memory_to_begin(
    stage: Stage,
    tmp_path: Path,
) -> None:
    workspace = stage.fresh("2 texture", tmp_path / "workspace")
    line = limited_run(stage, "2 texture", workspace, LIMITS[0])
    assert line is not None
    assert "not enough memory; end other programs, raise the limit" in line
    check_whole(workspace)


@linux
@pytest.mark.slow
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", JOBS)
def test_too_little_memory_for_anything(
    all_steps: Stage,
    tmp_path: Path,
    name: str,
    limit: int,
) -> None:
    workspace = all_steps.fresh(name, tmp_path / "workspace")
    line = limited_run(all_steps, name, workspace, limit)
    assert line is None or "memory" in line
    check_whole(workspace)
    all_steps.check_rerun(name, workspace)
