"""Commands run in the process of the tests are as those that run in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from conftest import CommandInside, CommandLine
from inside import run_inside
from threadpoolctl import threadpool_info


def test_both_streams_are_held_and_all_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A2V_INSIDE", raising=False)
    before = (sys.stdout, sys.stderr, Path.cwd(), dict(os.environ), warnings.showwarning)
    threads: list[int] = []

    def entry(words: Sequence[str]) -> NoReturn:
        np.ones((2, 2)) @ np.ones((2, 2))  # BLAS is loaded
        threads.extend(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")
        print("said", *words, Path.cwd())
        os.write(1, b"below\n")
        os.write(2, b"compiled code\n")
        warnings.warn("something odd", RuntimeWarning, stacklevel=1)
        warnings.warn("something old", DeprecationWarning, stacklevel=1)
        subprocess.run([sys.executable, "-c", "print('a process')"], check=True)
        os.environ["A2V_INSIDE"] = "set"
        sys.exit(3)

    done = run_inside(entry, ("a", "b c"), tmp_path)
    assert done.returncode == 3
    assert done.stdout.splitlines() == [f"said a b c {tmp_path}", "below", "a process"]
    first, *warned = done.stderr.splitlines()
    assert first == "compiled code"
    assert "RuntimeWarning: something odd" in warned[0]
    assert "something old" not in done.stderr
    assert set(threads) == {1}
    after = (sys.stdout, sys.stderr, Path.cwd(), dict(os.environ), warnings.showwarning)
    assert after == before


def test_an_error_of_ours_is_raised(tmp_path: Path) -> None:
    before = sys.stdout

    def entry(words: Sequence[str]) -> NoReturn:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_inside(entry, (), tmp_path)
    assert sys.stdout is before


def test_a_refusal_is_the_same_to_the_letter(tmp_path: Path) -> None:
    words = ("--steps", "1", "--audio", "gone.wav")
    runs = [kind(tmp_path / "workspace") for kind in (CommandLine, CommandInside)]
    own, here = (run(*words, check=False) for run in runs)
    assert own.returncode == 2
    assert (here.returncode, here.stdout, here.stderr) == (own.returncode, own.stdout, own.stderr)
    with pytest.raises(AssertionError, match=r"gone\.wav"):
        runs[1](*words)
