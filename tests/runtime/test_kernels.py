"""Compiled kernels: where they are kept, and that a run compiles them ahead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from waiting import wait_until

from audio2video.runtime import kernels as compiled
from audio2video.runtime.kernels import compiling_ahead, keeping_problem, kernel_folder


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    """Nothing that is remembered of the folder goes from one test to the next."""
    kernel_folder.cache_clear()
    yield
    kernel_folder.cache_clear()


def test_kernels_are_kept_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(compiled, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    folder = kernel_folder()
    assert folder is not None
    assert folder.parent == tmp_path / "cache" / "kernels"
    assert folder.is_dir()
    assert keeping_problem() is None


def test_a_folder_of_the_users_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    assert kernel_folder() == tmp_path / "own"


def test_where_nothing_can_be_kept_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert kernel_folder() is None
    problem = keeping_problem()
    assert problem is not None
    assert "NUMBA_CACHE_DIR" in problem
    assert "\n" not in problem


def test_kernels_work_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code = (
        "import numpy as np; from audio2video.face.surface import intersect_surface; "
        "print(intersect_surface(np.zeros((1, 1, 2)), np.zeros((1, 2))).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "file" / "below")},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "(1, 1, 2)\n", "")


def test_rehearsals_are_called_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    called: list[int] = []
    with compiling_ahead(lambda k=k: called.append(k) for k in range(3)):
        wait_until(lambda: len(called) == 3, "the rehearsals are called")
    assert called == [0, 1, 2]
    (tmp_path / "some_kernel.nbi").touch()
    with compiling_ahead([lambda: called.append(9)]):
        pass
    assert called == [0, 1, 2], "kernels that are kept need none"


def test_a_rehearsal_that_fails_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def fail() -> None:
        raise RuntimeError("no compiler")

    with compiling_ahead([fail]):
        pass


@pytest.mark.slow
def test_rehearsals_compile_what_a_run_needs(tmp_path: Path) -> None:
    code = (
        "from audio2video.pipeline.kernel_warmup import rehearsals\n"
        "for rehearse in rehearsals(): rehearse()\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        cwd=ROOT,
        check=True,
    )
    kept = {path.name.split("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert {
        *("regression._run_cascade", "surface._meet", "path._best_path"),
        *("median._median_blocks", "jaw._read_places"),
    } <= kept
