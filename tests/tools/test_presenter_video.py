"""The demo video as a file, and the demo speech."""

from __future__ import annotations

import itertools
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import tools.presenter.video as demo_video
from audio2video.errors import Audio2VideoError
from audio2video.media.video import VideoReader, probe_video
from tools.presenter.presenter import render_frames

ASSETS = ROOT / "audio2video" / "assets"
SPEECH = ASSETS / "demo.mp3"


def check_video(folder: Path, count: int) -> None:
    path = folder / "demo.mp4"
    calls: list[tuple[int, int]] = []
    demo_video.make_demo_video(path, lambda done, total: calls.append((done, total)))
    assert calls == [(k, count) for k in range(1, count + 1)]
    info = probe_video(path)
    assert (info.width, info.height) == (512, 512)
    assert info.rate == Fraction(25)
    with VideoReader(path) as reader:
        pictures = [frame.rgb() if k == 0 else None for k, frame in enumerate(reader.read())]
    assert len(pictures) == count
    painted = next(render_frames(1)).astype(float)
    assert pictures[0] is not None
    assert np.abs(pictures[0] - painted).mean() < 3.0, "decoded frame 0 is the painted one"
    assert [p.name for p in folder.iterdir()] == ["demo.mp4"]


@pytest.mark.slow
def test_a_shortened_demo_video_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_video, "FRAMES", 20)
    check_video(tmp_path, 20)


def test_the_shipped_video_is_small_and_shows_the_painted_frames() -> None:
    path = ASSETS / "demo.mp4"
    assert path.stat().st_size < 2_000_000
    info = probe_video(path)
    assert (info.width, info.height, info.rate) == (512, 512, 25)
    painted = list(itertools.islice(render_frames(500), 26))
    errors = []
    with VideoReader(path) as reader:
        for k, frame in enumerate(reader.read()):
            if k < len(painted):
                difference = frame.rgb().astype(float) - painted[k]
                errors.append(np.square(difference).mean())
    assert k == 499
    assert 10 * np.log10(255**2 / np.mean(errors)) > 37, "dB of RGB"


def test_the_command_tells_a_missing_folder_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.presenter", str(tmp_path / "nowhere" / "demo.mp4")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_demo_video_has_500_frames_at_25_fps(tmp_path: Path) -> None:
    check_video(tmp_path, 500)


def test_cancelling_leaves_no_file(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        demo_video.make_demo_video(tmp_path / "demo.mp4", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Audio2VideoError) as error:
        demo_video.make_demo_video(tmp_path / "nowhere" / "demo.mp4")
    assert "\n" not in str(error.value)


def test_the_demo_speech_is_short_loud_and_has_pauses() -> None:
    av = pytest.importorskip("av")
    assert SPEECH.stat().st_size < 200_000
    with av.open(str(SPEECH)) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (24000, 1)
        sound = np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])
    assert 10.0 < len(sound) / 24000 < 14.0
    level = 20.0 * np.log10(np.sqrt(np.mean(sound**2)))
    assert -24.0 < level < -17.0, "dB of full scale"
    assert np.abs(sound).max() < 0.9
    power = np.convolve(sound**2, np.full(480, 1 / 480), "same")
    quiet = np.concatenate([[0], (power < 0.004**2).astype(int), [0]])
    edges = np.flatnonzero(np.diff(quiet))
    runs = (edges[1::2] - edges[::2]) / 24000
    assert (runs >= 0.4).sum() >= 4, "two pauses between sentences, and both ends"
