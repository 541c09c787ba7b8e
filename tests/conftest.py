"""Fixtures shared by all tests."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from corpus_maker import write_corpus
from filelock import FileLock
from hypothesis import settings
from inside import run_inside
from small_pass import SIZE, TRAIN

from audio2video.cli.main import main_run
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from tools.presenter.presenter import render_frames

if TYPE_CHECKING:
    from fault_runs import Stage

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("audio2video", deadline=None)
settings.load_profile("audio2video")


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of a session have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def config_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A configuration folder of the tests' own: they make no signing key for the user."""
    folder = shared_folder(tmp_path_factory) / "config"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Have commands hear Ctrl-C even where a script's ``&`` lets these tests ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that gives every test the same numbers each time."""
    return np.random.default_rng(20170730)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real footage; tests that need it say so when it is not there."""
    folder = Path(os.environ.get("AUDIO2VIDEO_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"real footage not found in {folder} (set AUDIO2VIDEO_SHARED)")
    return folder


def content_hash(path: Path) -> str:
    """Tell files apart, but for signatures, which differ each time, and what follows from them."""
    digest = hashlib.sha256()
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            digest.update(repr(sorted(container.metadata.items())).encode())
            for packet in container.demux():
                digest.update(f"{packet.stream_index} {packet.pts} {packet.dts}".encode())
                digest.update(bytes(packet))
    elif path.name.endswith(".mp4.made.json"):
        record = json.loads(path.read_text())
        parts = {key: value for key, value in record.items() if key not in ("sha256", "replaces")}
        digest.update(json.dumps(parts, sort_keys=True).encode())
    else:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class CommandLine:
    """Runs the real command in a process of its own."""

    workspace: Path

    def command(self, *args: str | Path) -> list[str]:
        """The words of the command, for a process that is not waited for."""
        return [
            *(sys.executable, str(ROOT / "run.py"), "--workspace", str(self.workspace)),
            *map(str, args),
        ]

    def __call__(self, *args: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*args),
            capture_output=True,
            text=True,
            timeout=600,
            cwd=self.workspace.parent,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done


class CommandInside(CommandLine):
    """Runs the same command in this process, where that it starts is not what is tested."""

    def __call__(self, *args: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        words = ["--workspace", str(self.workspace), *map(str, args)]
        done = run_inside(main_run, words, self.workspace.parent)
        if check:
            assert done.returncode == 0, done.stderr
        return done


@pytest.fixture
def run_py(tmp_path: Path) -> CommandLine:
    """``python run.py`` in an empty workspace."""
    return CommandLine(tmp_path / "workspace")


@pytest.fixture
def run_here(tmp_path: Path) -> CommandLine:
    """``python run.py`` in an empty workspace, without the start of a process."""
    return CommandInside(tmp_path / "workspace")


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Let one test process make a folder, and all others wait; tells which this one is."""
    with FileLock(f"{folder}.lock"):
        made = folder / ".made"
        missing = not made.is_file()
        if missing:
            folder.mkdir(exist_ok=True)
        yield missing
        made.touch()


@pytest.fixture(scope="session")
def small_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the painted presenter, 256x256, 25 fps."""
    folder = shared_folder(tmp_path_factory) / "small target"
    path = folder / "painted.mp4"
    with made_once(folder) as missing:
        if missing:
            with VideoWriter(path, 256, 256, Fraction(25)) as writer:
                for frame in render_frames(50, size=256, start=60):
                    writer.write(frame)
    return path


@pytest.fixture(scope="session")
def small_speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two and a half seconds of the demo speech."""
    path = tmp_path_factory.mktemp("media") / "words.wav"
    samples = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    write_wav(path, samples[: 16000 * 5 // 2], 16000)
    return path


@pytest.fixture(scope="session")
def small_result(
    tmp_path_factory: pytest.TempPathFactory, small_speech: Path, small_target: Path
) -> Path:
    """A workspace after one run of steps 1 to 4; one for all, who copy it to change it."""
    folder = shared_folder(tmp_path_factory) / "small result"
    run_py = CommandLine(folder / "workspace")
    with made_once(folder) as missing:
        if missing:
            run_py("--steps", "1", "2", "3", "4", "--audio", small_speech, "--video", small_target)
    return run_py.workspace


@pytest.fixture(scope="session")
def small_pass(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a small pass was trained; one for all, who copy it to change it."""
    folder = shared_folder(tmp_path_factory) / "small pass"
    run_py = CommandLine(folder / "workspace")
    with made_once(folder) as missing:
        if missing:
            write_corpus(run_py.workspace)
            run_py(*TRAIN, *SIZE)
    return run_py.workspace


@pytest.fixture(scope="session")
def stage(
    tmp_path_factory: pytest.TempPathFactory, small_speech: Path, small_target: Path
) -> Stage:
    """Steps 1 to 4, which faults begin from and are compared with; one for all test processes."""
    from fault_runs import PIPELINE, make_stage  # it needs this module

    folder = shared_folder(tmp_path_factory) / "stage"
    kept = folder / "stage.pickle"
    with made_once(folder) as missing:
        if missing:
            made = make_stage(folder, small_speech, small_target, PIPELINE)
            kept.write_bytes(pickle.dumps(made))
    stage: Stage = pickle.loads(kept.read_bytes())
    return stage


@pytest.fixture(scope="session")
def all_steps(
    tmp_path_factory: pytest.TempPathFactory, small_speech: Path, small_target: Path
) -> Stage:
    """Step 0, training and evaluation as well."""
    from fault_runs import JOBS, make_stage  # it needs this module

    return make_stage(tmp_path_factory.mktemp("all"), small_speech, small_target, JOBS)
