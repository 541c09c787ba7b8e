"""Without the extras: steps 1 to 4 work, and each other command says which extra it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from audio2video.errors import MissingLibraryError
from audio2video.runtime.extras import LIBRARIES, require

BLOCK = "import sys\nsys.modules.update(dict.fromkeys({names!r}))\n"


@pytest.fixture(scope="module")
def core_only(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which no library of an extra can be imported."""
    folder = tmp_path_factory.mktemp("hook")
    (folder / "sitecustomize.py").write_text(BLOCK.format(names=tuple(LIBRARIES)))
    return {**os.environ, "PYTHONPATH": str(folder)}


def run(
    env: dict[str, str], workspace: Path, *words: str | Path
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audio2video", *map(str, words), "--workspace", str(workspace)]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)


def test_steps_1_to_4_need_no_extra(
    core_only: dict[str, str], tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    media = "--audio", small_speech, "--video", small_target
    done = run(core_only, tmp_path, "run", "--steps", "1-4", *media)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "words-painted" / "words-painted.mp4").is_file()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("run", "--steps", "1", "--train", "True"),
            "training needs TensorFlow, which is not installed; pip install 'audio2video[train]'",
        ),
        pytest.param(
            # Before the corpus is prepared, which may take hours.
            ("run", "--steps", "0", "1", "--train", "True"),
            "training needs TensorFlow, which is not installed; pip install 'audio2video[train]'",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("sweep", ROOT / "docs" / "sweeps" / "delay.toml"),
            "training needs TensorFlow, which is not installed; pip install 'audio2video[train]'",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("run", "--steps", "0", "--corpus", "{corpus}"),
            "preparing a corpus needs PySceneDetect, which is not installed; "
            "pip install 'audio2video[train]'",
            marks=pytest.mark.slow,
        ),
        (
            ("run", "--steps", "0", "--corpus", "{links}"),
            "downloading 1 video needs yt-dlp, which is not installed; "
            "pip install 'audio2video[download]', or put the files into a folder yourself",
        ),
        (
            ("evaluate", "reenact"),
            "comparing pictures needs scikit-image, which is not installed; "
            "pip install 'audio2video[evaluate]'",
        ),
    ],
)
def test_a_missing_extra_is_named_in_one_line(
    core_only: dict[str, str],
    tmp_path: Path,
    small_target: Path,
    words: tuple[str | Path, ...],
    line: str,
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(small_target, corpus / "talk.mp4")
    links = tmp_path / "links.txt"
    links.write_text("http://127.0.0.1:9/video.mp4\n")
    known = {"{corpus}": corpus, "{links}": links}
    done = run(core_only, tmp_path / "work", *(known.get(str(word), word) for word in words))
    assert done.returncode == 2, done.stderr
    assert [text for text in done.stderr.splitlines() if "error" in text] == [f"error: {line}"]
    assert "Traceback" not in done.stderr


def test_require_names_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    require("anything", *LIBRARIES)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingLibraryError) as caught:
        require("this", *LIBRARIES)
    assert str(caught.value) == (
        "this needs dask.distributed, which is not installed; pip install 'audio2video[cluster]'"
    )
