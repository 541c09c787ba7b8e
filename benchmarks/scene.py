"""The material that is measured: painted targets, footage where it is, and the demo's speech."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from audio2video.config import Config
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.pipeline.job import Job
from audio2video.progress import Progress
from audio2video.speech.units import SAMPLE_RATE
from audio2video.storage.workspace import Workspace, shipped
from audio2video.target.analysis import TargetAnalysis
from tools.presenter.presenter import SIZE, render_frames
from tools.presenter.script import FRAMES, RATE

ROOT = Path(__file__).resolve().parent.parent

WIDE, TALL = (1280, 720), (1080, 1920)
"""Width and height of the larger targets. In the wide one, brows to chin are 325 pixels."""

FOOTAGE = ("address_8s", "room_20s")
"""Targets of the shared folder: 512x512 at 25 frames/s, and 1080x1920 HEVC at 30."""

VOICE = 0.3
"""Seconds after which the demo's voice has set in: speech of half a second must hold some."""


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Parameters
    ----------
    frames : int
        Length of the painted target.
    size : int
        Its width and height, in pixels.
    large_frames : int
        Length of the larger painted targets; 0 leaves them, and footage, out.
    speech_seconds : float
        Length of the speech; the demo's, over and over.
    repetitions : int
        Times that each stage is measured.
    runs : int
        Times that the whole pipeline is run for a known target.
    lengths : tuple of float
        Seconds of output by which the pipeline's growth is measured.
    galleries : tuple of int
        Candidate frames by which the growth of choice and texture is measured.
    path : tuple of int
        Output and target frames of the synthetic retiming.
    """

    frames: int = FRAMES
    size: int = SIZE
    large_frames: int = 250
    speech_seconds: float = 60.0
    repetitions: int = 7
    runs: int = 3
    lengths: tuple[float, ...] = (10.0, 20.0, 40.0, 80.0, 160.0)
    galleries: tuple[int, ...] = (500, 1000, 2000, 5000, 10000, 20000, 50000, 100000)
    path: tuple[int, int] = (2000, 7000)


QUICK = Scale(
    frames=100,
    large_frames=0,
    speech_seconds=4.0,
    repetitions=3,
    runs=1,
    lengths=(2.0, 8.0),
    galleries=(500, 1000, 2000),
)
"""One or two minutes, with pictures of the demo's own size."""


@dataclass(frozen=True)
class Scene:
    """What the stages work on.

    Parameters
    ----------
    folder : Path
        For whatever is made on the way.
    scale : Scale
    video, speech : Path
        The painted target and the speech.
    workspace : Workspace
        A workspace that holds them as ``painted`` and ``words``, the target analysed.
    options : Config
    target : Target
    footage : Path
        Folder of real targets, where it is there.
    skipped : list of str
        What is not measured, and why.
    """

    folder: Path
    scale: Scale
    video: Path
    speech: Path
    workspace: Workspace
    options: Config
    target: TargetAnalysis
    footage: Path
    skipped: list[str] = field(default_factory=list)

    def words(self, seconds: float, name: str) -> Path:
        """Write speech of some length, the demo's over and over, from its first word on."""
        path = self.folder / f"{name}.wav"
        samples = read_audio(shipped() / "demo.mp3", SAMPLE_RATE)[round(VOICE * SAMPLE_RATE) :]
        write_wav(path, np.resize(samples, round(seconds * SAMPLE_RATE)), SAMPLE_RATE)
        return path

    def painted(self, width: int, height: int) -> Path | None:
        """Paint a larger target; None if the scale leaves it out."""
        path = self.folder / f"painted-{width}x{height}.mp4"
        if self.scale.large_frames and not path.exists():
            paint(path, width, height, self.scale.large_frames)
        return path if path.exists() else None

    def real(self, name: str) -> Path | None:
        """Give a target of the shared folder; None if it is not there."""
        path = self.footage / f"{name}.mp4"
        return path if self.scale.large_frames and path.is_file() else None


def make_scene(folder: Path, scale: Scale) -> Scene:
    """Paint the target, cut the speech and analyse the target.

    Parameters
    ----------
    folder : Path
        An empty folder.
    scale : Scale

    Returns
    -------
    Scene
    """
    video = folder / "painted.mp4"
    paint(video, scale.size, scale.size, scale.frames)
    workspace = Workspace(folder / "workspace")
    workspace.create()
    shutil.copy(video, workspace.root / "target" / "mp4")
    options = Config.from_flags(inp_id="words", tar_id=video.stem)
    target = Job(workspace, options, Progress()).target
    shared = Path(os.environ.get("AUDIO2VIDEO_SHARED", ROOT.parent / "shared"))
    footage = shared / "data" / "targets"
    scene = Scene(
        *(folder, scale, video, folder / "words.wav", workspace, options, target, footage)
    )
    scene.skipped.extend(_missing(scene))
    shutil.copy(scene.words(scale.speech_seconds, "words"), workspace.root / "input" / "mp3")
    return scene


def _missing(scene: Scene) -> list[str]:
    """Say what will not be measured, and why."""
    if not scene.scale.large_frames:
        return ["larger targets and footage: this is a quick run"]
    missing = ", ".join(name for name in FOOTAGE if scene.real(name) is None)
    if not missing:
        return []
    if not scene.footage.is_dir():
        return [f"{missing}: no {scene.footage.parent} (set AUDIO2VIDEO_SHARED)"]
    return [f"{missing}: not in {scene.footage}"]


def paint(path: Path, width: int, height: int, frames: int) -> None:
    """Paint the presenter in the middle of a picture; beside him his own background goes on."""
    side = min(width, height)
    across, down = (width - side) // 2, (height - side) // 2
    room = ((down, height - side - down), (across, width - side - across), (0, 0))
    with VideoWriter(path, width, height, RATE) as writer:
        for frame in render_frames(frames, size=side):
            writer.write(np.pad(frame, room, mode="edge"))
