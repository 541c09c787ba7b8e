"""What the tests of faults share: all steps as jobs, each beginning where the one before it ended.

A job is run undisturbed once; every fault is then compared with that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
from conftest import ROOT, content_hash
from waiting import ended

from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.provenance.verification import verify
from audio2video.storage.files import file_hash
from audio2video.storage.npy import load_array, load_arrays
from tools.presenter.presenter import render_frames

RESULT = "output/words-painted/words-painted.mp4"
IDS = ("--inp_id", "words", "--tar_id", "painted")
TRAINING = (
    *("--steps", "1", "--train", "True", "--predict", "False", "--pass_id", "small"),
    *("--nepochs", "6", "--dim_hidden", "8", "--batch_size", "2", "--e_savef", "1"),
)
PIPELINE = ("1 lipsync", "2 texture", "3 retiming", "4 composite")
CORPUS = ("0 dataset", "1 training")
JOBS = (*PIPELINE, "evaluate", *CORPUS)

LIMIT = 600.0
"""Seconds after which a process hangs."""


@dataclass(frozen=True)
class Media:
    """What the user brings; it must stay as it is."""

    speech: Path
    target: Path
    corpus: Path

    @classmethod
    def make(cls, folder: Path, speech: Path, target: Path) -> Media:
        """Add three short clips of one speaker, each with its own sound."""
        media = cls(folder / "words.wav", folder / "painted.mp4", folder / "corpus")
        media.corpus.mkdir(parents=True)
        shutil.copyfile(speech, media.speech)
        shutil.copyfile(target, media.target)
        samples = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
        for number in range(3):
            sound = folder / f"sound{number}.wav"
            write_wav(sound, samples[number * 24000 :][:24000], 16000)
            clip = media.corpus / f"clip{number}.mp4"
            with VideoWriter(clip, 256, 256, Fraction(25), audio=sound) as writer:
                for frame in render_frames(37, size=256, start=60 * number):
                    writer.write(frame)
        return media

    def hashes(self) -> dict[str, str]:
        files = (self.speech, self.target, *sorted(self.corpus.iterdir()))
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@dataclass(frozen=True)
class Undisturbed:
    """A job that nothing happened to."""

    before: Path
    seconds: float
    after: Mapping[str, str]


@dataclass
class Stage:
    """All jobs, run once in a row; each can be begun again anywhere."""

    folder: Path
    media: Media
    jobs: tuple[str, ...] = JOBS
    runs: dict[str, Undisturbed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        given = self.media.hashes()
        for first in (PIPELINE[0], CORPUS[0]):
            workspace = self.folder / f"whole {first}"
            workspace.mkdir()
            names = CORPUS if first in CORPUS else (*PIPELINE, "evaluate")
            for name in names:
                if name not in self.jobs:
                    continue
                if name == "3 retiming":
                    # Step 2 has made it already; taken away, there is something to do.
                    for path in (workspace / RESULT).parent.glob("retiming.*"):
                        path.unlink()
                before = self.folder / f"before {name}"
                shutil.copytree(workspace, before)
                began = time.perf_counter()
                done = self.run(name, workspace)
                seconds = time.perf_counter() - began
                assert done.returncode == 0, done.stderr
                self.runs[name] = Undisturbed(before, seconds, contents(workspace))
        assert self.media.hashes() == given

    def command(self, name: str, workspace: Path) -> list[str]:
        """The words of a job's command."""
        run = [sys.executable, str(ROOT / "run.py"), "--workspace", str(workspace)]
        if name == "0 dataset":
            return [*run, "--steps", "0", "--corpus", str(self.media.corpus), "--nthreads", "1"]
        if name == "1 training":
            return [*run, *TRAINING, "--nthreads", "1"]
        if name == "evaluate":
            words = ("evaluate", "output", *IDS, "--workspace", str(workspace))
            return [sys.executable, "-m", "audio2video", *words]
        files = ("--audio", str(self.media.speech), "--video", str(self.media.target))
        return [*run, "--steps", name.split()[0], *files, "--nthreads", "1"]

    def run(self, name: str, workspace: Path, **more: object) -> subprocess.CompletedProcess[str]:
        """Run a job to its end."""
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            self.command(name, workspace),
            **{
                "cwd": ROOT,
                "capture_output": True,
                "text": True,
                "errors": "replace",
                "timeout": LIMIT,
                **more,
            },
        )

    def fresh(self, name: str, workspace: Path) -> Path:
        """Bring a workspace to where the job begins."""
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(self.runs[name].before, workspace)
        return workspace

    def after(self, name: str) -> Path:
        """Give the workspace at the end of a job, or of one behind it."""
        names = CORPUS if name in CORPUS else (*PIPELINE, "evaluate")
        behind = names[names.index(name) + 1 :]
        found = next((self.runs[n].before for n in behind[:1] if n in self.runs), None)
        return found or self.folder / f"whole {names[0]}"

    def check_rerun(self, name: str, workspace: Path) -> None:
        """Run the job again without a fault: all must be as if nothing had happened."""
        given = self.media.hashes()
        done = self.run(name, workspace)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "changed by hand" not in done.stderr
        found = contents(workspace)
        wanted = self.runs[name].after
        assert [p for p in sorted({*found, *wanted}) if found.get(p) != wanted.get(p)] == []
        assert leftovers(workspace) == []
        assert self.media.hashes() == given
        if (workspace / RESULT).exists():
            assert verify(workspace / RESULT).state == "intact"


def make_stage(folder: Path, speech: Path, target: Path, jobs: tuple[str, ...]) -> Stage:
    """Run jobs undisturbed, for tests to begin from and to compare with."""
    media = Media.make(folder / "media", speech, target)
    return Stage(folder / "stage", media, jobs)


def contents(workspace: Path) -> dict[str, str]:
    """All files of a workspace by what they hold, but for logs, times, and what is hidden."""
    found = {}
    for path in sorted(workspace.rglob("*")):
        name = path.relative_to(workspace).as_posix()
        if path.is_file() and not is_hidden(path, workspace) and not name.startswith("log/"):
            if path.name in ("report.json", "run.json"):
                continue
            if path.suffix == ".json":
                record = json.loads(path.read_text())
                # What a product took the place of depends on what happened before.
                record.pop("replaces", None)
                if path.name.endswith(".mp4.made.json"):
                    record.pop("sha256", None)
                # What was measured says where it lies.
                found[name] = json.dumps(record, sort_keys=True).replace(str(workspace), "")
            else:
                found[name] = content_hash(path)
    return found


def is_hidden(path: Path, workspace: Path) -> bool:
    """Tell whether a file or a folder above it has a temporary name."""
    return any(part.startswith(".") for part in path.relative_to(workspace).parts)


def leftovers(workspace: Path) -> list[str]:
    """Temporary files and locks."""
    return [str(p.relative_to(workspace)) for p in workspace.rglob("*") if is_hidden(p, workspace)]


def check_whole(workspace: Path) -> None:
    """Nothing that has its name is damaged, and every record speaks of what is there."""
    for path in workspace.rglob("*"):
        if is_hidden(path, workspace) or not path.is_file():
            continue
        if path.suffix == ".npy":
            load_array(path)
        elif path.suffix == ".npz":
            load_arrays(path)
        elif path.suffix == ".json":
            content = json.loads(path.read_text())
            if path.name == "sha256.json":
                for name, known in content.items():
                    assert file_hash(path.parent / name) == known, path
            product = path.with_name(path.name.removesuffix(".made.json"))
            # What the user brought has a record of where it came from alone.
            if product != path and product.exists() and "brought_from" not in content:
                assert file_hash(product) in (content["sha256"], content["replaces"]), path
            if path.name == "run.json" and (path.parent / "network.npz").exists():
                known = (content["network_sha256"], content.get("network_replaces"))
                assert file_hash(path.parent / "network.npz") in known, path
    if (workspace / RESULT).exists():
        assert verify(workspace / RESULT).state == "intact"


@dataclass
class Struck:
    """A process that got a signal, and what it said."""

    code: int
    out: str
    err: str
    children: list[psutil.Process]
    alive: bool
    """It was at work when the signal came."""


def strike(
    command: list[str],
    number: signal.Signals,
    after: float,
    *,
    group: bool = True,
    twice: bool = False,
    env: Mapping[str, str] | None = None,
) -> Struck:
    """Start a command and send it, or all its processes, a signal so many seconds later."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        alive = process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True) if alive else []
        for _ in range(2 if twice else 1):
            if process.poll() is None:
                (os.killpg if group else os.kill)(process.pid, number)
                time.sleep(0.3 if twice else 0)
        out, err = process.communicate(timeout=LIMIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            ended(process)
    return Struck(process.returncode, out, err, children, alive)


def kill_at_random(stage: Stage, name: str, workspace: Path, rng: np.random.Generator) -> float:
    """Kill a job and all its processes somewhere in its time, check what is left, and run it again.

    Returns
    -------
    float
        Seconds after which it was killed.
    """
    while True:
        stage.fresh(name, workspace)
        moment = float(rng.uniform(0.0, stage.runs[name].seconds))
        struck = strike(stage.command(name, workspace), signal.SIGKILL, moment)
        if struck.code == -signal.SIGKILL:
            break
        assert struck.code == 0, struck.err  # it had ended before; another moment
    psutil.wait_procs(struck.children, timeout=30)
    check_whole(workspace)
    stage.check_rerun(name, workspace)
    return moment


def one_line(err: str) -> str:
    """Give the one line of an error; there must be no other but warnings and progress."""
    assert "Traceback" not in err, err
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    assert err.rstrip().endswith(lines[0]), err
    return lines[0]
