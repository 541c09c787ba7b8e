"""The plain command: two files in, one video out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from conftest import ROOT
from inside import run_inside

from audio2video.cli.main import main
from audio2video.provenance.verification import verify
from audio2video.runtime.kernels import kernel_folder


@pytest.fixture
def dub(tmp_path: Path, small_speech: Path, small_target: Path) -> object:
    """Run ``audio2video dub`` in an empty folder, with a cache folder of its own."""

    def run(*args: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "audio2video", "dub", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=600,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "XDG_CACHE_HOME": str(tmp_path.parent / "cache"),
                "NUMBA_CACHE_DIR": str(kernel_folder()),
            },
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def dub_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run the same in this process."""

    def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
        return run_inside(main, ["dub", *map(str, args)], tmp_path)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    return run


def test_two_files_become_a_video_and_nothing_else(
    dub: object, tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    done = dub(small_speech, small_target, "--preview", "1")  # type: ignore[operator]
    assert [path.name for path in tmp_path.iterdir()] == ["words-painted.mp4"]
    assert "25 of 25 frames synthesised" in done.stdout
    with av.open(str(tmp_path / "words-painted.mp4")) as container:
        assert container.streams.video[0].frames == 25
    assert verify(tmp_path / "words-painted.mp4").state == "intact"
    again = dub(small_speech, small_target, check=False)  # type: ignore[operator]
    assert again.returncode == 2
    assert "words-painted.mp4: is there already; choose another output" in again.stderr


def test_a_dry_run_writes_nothing(
    dub_here: object, tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    done = dub_here(small_speech, small_target, "-o", "x.mp4", "--dry-run")  # type: ignore[operator]
    assert done.returncode == 0, done.stderr
    assert "would make x.mp4: 62 frames of 256x256 at 25 frames/s, 2.5 s" in done.stdout
    assert "in about" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("{speech}", "gone.mp4"), "gone.mp4: no such file"),
        (("gone.wav", "{target}"), "gone.wav: no such file"),
        (("{speech}", "{target}", "-o", "{target}"), "the output is one of the inputs"),
        (("{speech}", "{target}", "-o", "x.avi"), "the output must be an MP4 file"),
        (("{speech}", "{target}", "--preview", "0"), "a preview of 0 s is out of bounds"),
        (
            ("{speech}", "{target}", "--preview", "1", "--preview_from", "9", "--dry_run"),
            "a preview from 9 s on is out of bounds; the speech has 2.5 s",
        ),
        (
            ("{speech}", "{target}", "--preview", "1", "--preview_from", "-1"),
            "a preview from -1 s on is out of bounds",
        ),
        (("{speech}", "{target}", "--preview_from", "1"), "--preview_from needs --preview"),
        (
            ("{speech}", "{target}", "--preview", "1", "--preview_from", "x"),
            "must be a number of seconds or auto, not 'x'",
        ),
        (("{speech}", "{target}", "--pass_id", "none"), "has never been trained"),
        (("{speech}",), "Missing argument 'VIDEO'"),
    ],
)
def test_bad_input(
    dub_here: object,
    small_speech: Path,
    small_target: Path,
    args: tuple[str, ...],
    says: str,
) -> None:
    words = [arg.format(speech=small_speech, target=small_target) for arg in args]
    done = dub_here(*words)  # type: ignore[operator]
    assert done.returncode == 2
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("error")]
    assert says in line
    assert "Traceback" not in done.stderr
