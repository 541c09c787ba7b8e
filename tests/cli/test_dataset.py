"""Step 0 through the real command, on painted clips that speak."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import ROOT, CommandLine
from dask_processes import scheduler_process, worker_process
from scipy.io import wavfile
from waiting import ended, wait_until

from audio2video.face.layout import mouth_opening
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from tools.presenter.presenter import render_frames

CLIPS = 5


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five clips of one speaker, and four that can't be used."""
    folder = tmp_path_factory.mktemp("corpus")
    samples = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000)
    for number in range(CLIPS):
        sound = folder / f"sound{number}.wav"
        write_wav(sound, samples[number * 24000 :][:24000], 16000)
        with VideoWriter(
            folder / f"clip{number}.mp4", 256, 256, Fraction(25), audio=sound
        ) as writer:
            for frame in render_frames(37, size=256, start=60 * number):
                writer.write(frame)
    with VideoWriter(folder / "silent.mp4", 256, 256, Fraction(25)) as writer:
        for frame in render_frames(20, size=256):
            writer.write(frame)
    with VideoWriter(
        folder / "faceless.mp4", 64, 64, Fraction(25), audio=folder / "sound0.wav"
    ) as writer:
        for _ in range(20):
            writer.write(np.full((64, 64, 3), 90, np.uint8))
    (folder / "broken.mp4").write_bytes((folder / "clip0.mp4").read_bytes()[:5000])
    (folder / "empty.avi").touch()
    (folder / "readme.txt").write_text("not a clip, not worth a word")
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> tuple[CommandLine, str]:
    """A workspace after step 0, and what the command printed."""
    run_py = CommandLine(tmp_path_factory.mktemp("prepared") / "workspace")
    return run_py, run_py("--steps", "0", "--corpus", corpus, "--nthreads", "2").stdout


def dataset_files(workspace: Path) -> dict[str, bytes]:
    return {
        path.relative_to(workspace).as_posix(): path.read_bytes()
        for folder in ("raw/mfcc", "raw/wav", "raw/fids", "raw/recordings", "reference")
        for path in sorted((workspace / folder).rglob("*"))
        if path.is_file()
    }


def test_clips_that_cannot_be_used_are_listed(prepared: tuple[CommandLine, str]) -> None:
    run_py, printed = prepared
    table = {line.split()[0]: line for line in printed.splitlines() if line}
    assert "no face" in table["faceless"]
    assert "sound" in table["silent"]
    assert "broken" in table
    assert "empty" in table["empty"]
    assert "readme" not in table
    index = json.loads((run_py.workspace / "reference" / "clips.json").read_text())
    assert sorted(index["clips"]) == [f"clip{n}}}}}00" for n in range(CLIPS)]
    assert index["clips"]["clip0}}00"] == {
        "corpus": "",
        "recording": "clip0",
        "seconds": 1.48,
        "speaker": index["clips"]["clip1}}00"]["speaker"],
    }
    assert index["features"] == "audio2video"


def test_formats(prepared: tuple[CommandLine, str]) -> None:
    raw = prepared[0].workspace / "raw"
    features, mouth = np.load(raw / "mfcc/clip0.npy"), np.load(raw / "fids/clip0}}00/mouth.npy")
    assert features.dtype == np.float32
    assert features.shape[1] == 28
    assert 151 <= len(features) <= 156  # 1.5 s and what the sound's encoder adds
    assert mouth.dtype == np.float32
    assert mouth.shape == (37, 20, 2)
    info = json.loads((raw / "fids/clip0}}00/clip.json").read_text())
    assert (info["rate"], info["first_frame"], info["frames"]) == ("25", 0, 37)
    assert (info["recording"], info["start"]) == ("clip0", 0.0)
    rate, sound = wavfile.read(raw / "wav/clip0.wav")
    assert (rate, sound.dtype, sound.ndim) == (16000, np.int16, 1)
    assert len(features) == len(sound) // 160 + 1
    with np.load(prepared[0].workspace / "reference" / "shapes.npz") as shapes:
        assert shapes["components"].shape == (20, 40)
        assert shapes["references"].shape == (1, 20, 2)
        # The presenter's mouth closes fully; the landmark model leaves a hair's breadth.
        assert mouth_opening(shapes["references"][0]) < 0.06


def test_second_run_skips_what_is_done(prepared: tuple[CommandLine, str], corpus: Path) -> None:
    run_py, _ = prepared
    before = dataset_files(run_py.workspace)
    stamps = {p: p.stat().st_mtime_ns for p in (run_py.workspace / "raw" / "mfcc").iterdir()}
    done = run_py("--steps", "0", "--corpus", corpus)
    assert "dataset: up to date" in done.stdout
    assert "faceless" in done.stdout, "the table is shown again"
    assert dataset_files(run_py.workspace) == before
    assert {
        p: p.stat().st_mtime_ns for p in (run_py.workspace / "raw" / "mfcc").iterdir()
    } == stamps


def _has_finished(workspace: Path, count: int, process: subprocess.Popen[bytes]) -> bool:
    records = workspace / "raw" / "recordings"

    def finished() -> bool:
        return records.is_dir() and len(list(records.glob("*.json"))) >= count

    wait_until(lambda: finished() or process.poll() is not None, f"{count} recordings are prepared")
    return process.poll() is None


def _start(run_py: CommandLine, corpus: Path, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        run_py.command("--steps", "0", "--corpus", corpus, *args),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_an_interrupted_step_0_says_so_in_one_line(
    run_py: CommandLine, corpus: Path, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        run_py.command("--steps", "0", "--corpus", corpus, "--nthreads", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert _has_finished(run_py.workspace, 1, process), "step 0 ended before it could be stopped"
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().splitlines()[-1] == "error: interrupted; what is finished is kept"
    assert b"Traceback" not in err
    assert psutil.wait_procs(workers, timeout=10)[1] == [], "workers are left"
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
def test_killed_step_0_goes_on(
    prepared: tuple[CommandLine, str], run_py: CommandLine, corpus: Path
) -> None:
    process = subprocess.Popen(
        run_py.command("--steps", "0", "--corpus", corpus, "--nthreads", "1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert _has_finished(run_py.workspace, 2, process), "step 0 ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert not (run_py.workspace / "reference" / "clips.json").exists()
    run_py("--steps", "0", "--corpus", corpus)
    assert dataset_files(run_py.workspace) == dataset_files(prepared[0].workspace)
    assert list(run_py.workspace.rglob(".*.tmp-*")) == []


@pytest.mark.slow
def test_force_makes_everything_again(
    prepared: tuple[CommandLine, str], run_py: CommandLine, corpus: Path
) -> None:
    shutil.copytree(prepared[0].workspace, run_py.workspace)
    mouth = run_py.workspace / "raw/fids/clip0}}00/mouth.npy"
    mouth.write_bytes(b"damaged")
    done = run_py("--steps", "0", "--corpus", corpus, "--force", "True", "--nthreads", "2")
    assert "dataset: 9 recordings" in done.stdout
    assert dataset_files(run_py.workspace) == dataset_files(prepared[0].workspace)


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_costs_nothing(
    prepared: tuple[CommandLine, str],
    run_py: CommandLine,
    corpus: Path,
    tmp_path: Path,
) -> None:
    with (
        scheduler_process(tmp_path) as scheduler,
        worker_process(tmp_path, scheduler, "one") as victim,
        worker_process(tmp_path, scheduler, "two"),
    ):
        process = _start(run_py, corpus, "--scheduler", scheduler)
        assert _has_finished(run_py.workspace, 1, process), "ended before a worker was killed"
        victim.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    assert b"9 recordings" in out
    assert b"distributed" not in err
    assert dataset_files(run_py.workspace) == dataset_files(prepared[0].workspace)


@pytest.mark.slow
def test_a_killed_worker_of_this_machine_costs_nothing(
    prepared: tuple[CommandLine, str], run_py: CommandLine, corpus: Path
) -> None:
    process = _start(run_py, corpus, "--nthreads", "2")
    assert _has_finished(run_py.workspace, 1, process), "ended before a worker was killed"
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if any("spawn_main" in word for word in child.cmdline())
    ]
    workers[0].kill()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    assert b"9 recordings" in out
    assert err.count(b"\n") <= 3, f"progress alone: {err.decode()}"
    assert dataset_files(run_py.workspace) == dataset_files(prepared[0].workspace)
    assert not (run_py.workspace / "raw" / "unfinished").exists()
    assert sorted(p.name for p in run_py.workspace.parent.iterdir()) == ["workspace"]


def test_it_can_be_trained_on(prepared: tuple[CommandLine, str]) -> None:
    run_py, _ = prepared
    run_py(
        *("--steps", "1", "--train", "True", "--predict", "False", "--pass_id", "small"),
        *("--nepochs", "2", "--dim_hidden", "8", "--noise_snr", "10"),
    )
    folder = run_py.workspace / "train" / "small"
    assert (folder / "network.npz").is_file()
    split = json.loads((folder / "split.json").read_text())
    assert sorted(clip for part in split.values() for clip in part) == [
        f"clip{n}}}}}00" for n in range(CLIPS)
    ]
