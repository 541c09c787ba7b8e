"""What is imported, and when: help is instant, and a step brings only the libraries it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

HEAVY = {
    *("numpy", "scipy", "cv2", "numba", "dlib", "av", "tensorflow", "matplotlib", "skimage"),
    *("python_speech_features", "threadpoolctl", "tqdm", "distributed", "scenedetect"),
}

SCRIPT = """
import json, runpy, sys
kind, *words = json.loads(sys.argv[1])
sys.argv = words
try:
    if kind == "import":
        __import__(*words)
    elif kind == "module":
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(words[0], run_name="__main__")
except SystemExit as end:
    assert end.code in (0, None), end.code
print("MODULES", json.dumps(sorted(sys.modules)))
"""


def imported(*words: str | Path) -> set[str]:
    """Names of all modules that are there in the end."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([str(word) for word in words])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.rpartition("MODULES ")[2]))


def test_importing_the_package_imports_nothing_else() -> None:
    names = imported("import", "audio2video")
    assert {name for name in names if name.startswith("audio2video")} == {"audio2video"}
    assert not HEAVY & names


@pytest.mark.parametrize(
    "words",
    [
        *([], ["run"], ["batch"], ["cache"], ["cache", "clear"], ["passes"], ["sweep"]),
        *(["evaluate", "reenact"], ["evaluate", "lipsync"]),
    ],
)
def test_help_needs_no_library(words: list[str]) -> None:
    names = imported("module", "audio2video", *words, "--help")
    assert "click" in names
    assert not HEAVY & names


def test_help_of_run_py_needs_no_library() -> None:
    names = imported("path", ROOT / "run.py", "--help")
    assert "audio2video.cli.main" in names
    assert not HEAVY & names


def test_step_1_brings_no_more_than_it_needs(
    tmp_path: Path, small_target: Path, small_speech: Path
) -> None:
    names = imported(
        *("path", ROOT / "run.py", "--steps", "1", "--workspace", tmp_path),
        *("--audio", small_speech, "--video", small_target),
    )
    assert {"numpy", "cv2", "av", "python_speech_features"} <= names
    unwanted = {
        *("tensorflow", "numba", "dlib", "matplotlib", "skimage", "threadpoolctl", "tqdm"),
        "scipy.io",
    }
    assert not unwanted & names
    assert (tmp_path / "input" / "visual" / "words-talkers.mp4").is_file()
