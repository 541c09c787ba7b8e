"""What a command sets before libraries are imported, and checks before its first step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from audio2video.runtime.startup import BLAS_VARIABLES, prepare_process


def test_blas_gets_one_thread_unless_the_user_says_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BLAS_VARIABLES, "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    prepare_process()
    assert [os.environ[name] for name in BLAS_VARIABLES] == ["1", "3", "1"]
    assert Path(os.environ["MPLCONFIGDIR"]).name == "matplotlib"


def test_blas_has_one_thread_in_a_command() -> None:
    code = (
        "import contextlib\n"
        "from audio2video.cli.main import main_run\n"
        "with contextlib.suppress(SystemExit): main_run(['--help'])\n"
        "import numpy\n"
        "from threadpoolctl import threadpool_info\n"
        "print({p['num_threads'] for p in threadpool_info() if p['user_api'] == 'blas'})\n"
    )
    unset = {k: v for k, v in os.environ.items() if k not in BLAS_VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code], env=unset, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.endswith("{1}\n"), done.stderr


@pytest.mark.parametrize("home", ["/nonexistent", "file"])
def test_a_key_that_can_not_be_kept_is_told_before_step_1(
    tmp_path: Path, small_speech: Path, small_target: Path, home: str
) -> None:
    if home == "file":
        (tmp_path / "file").touch()
        home = str(tmp_path / "file" / "below")
    elif os.access("/", os.W_OK):
        pytest.skip("this user may write everywhere")
    gone = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")
    env = {**{k: v for k, v in os.environ.items() if k not in gone}, "HOME": home}
    words = ["--audio", small_speech, "--video", small_target, "--workspace", tmp_path / "work"]
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", "--steps", "1-4", *words],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "a signing key is to be kept there" in done.stderr
    assert list((tmp_path / "work" / "input" / "mfcc").iterdir()) == [], "step 1 has not begun"
