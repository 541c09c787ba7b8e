"""The material that is measured: a painted target and the demo's speech, in a folder of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from audio2video.demo.presenter import SIZE, render_frames
from audio2video.demo.script import FRAMES, RATE
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from audio2video.options import Options
from audio2video.progress import Progress
from audio2video.speech.units import SAMPLE_RATE
from audio2video.steps.target import Target, analyse_target
from audio2video.workspace import Workspace, shipped


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Parameters
    ----------
    frames : int
        Length of the painted target.
    size : int
        Its width and height, in pixels.
    speech_seconds : float
        Length of the speech, at most that of the demo's.
    repetitions : int
        Times that each stage is measured.
    runs : int
        Times that the whole pipeline is run.
    """

    frames: int = FRAMES
    size: int = SIZE
    speech_seconds: float = 60.0
    repetitions: int = 7
    runs: int = 3


QUICK = Scale(frames=100, speech_seconds=4.0, repetitions=3, runs=1)
"""About a minute, with pictures of the demo's own size."""


@dataclass(frozen=True)
class Scene:
    """What the stages work on.

    Parameters
    ----------
    scale : Scale
    video, speech : Path
        The painted target and the speech.
    workspace : Workspace
        A workspace that holds them as ``painted`` and ``words``, the target analysed.
    options : Options
    target : Target
    """

    scale: Scale
    video: Path
    speech: Path
    workspace: Workspace
    options: Options
    target: Target


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
    video, speech = folder / "painted.mp4", folder / "words.wav"
    with VideoWriter(video, scale.size, scale.size, RATE) as writer:
        for frame in render_frames(scale.frames, size=scale.size):
            writer.write(frame)
    samples = read_audio(shipped() / "input" / "mp3" / "demo.mp3", SAMPLE_RATE)
    write_wav(speech, samples[: round(scale.speech_seconds * SAMPLE_RATE)], SAMPLE_RATE)
    workspace = Workspace(folder / "workspace")
    workspace.create()
    for source, place in ((video, "target/mp4"), (speech, "input/mp3")):
        shutil.copy(source, workspace.root / place)
    options = Options(inp_id=speech.stem, tar_id=video.stem)
    target = analyse_target(workspace, options, Progress())
    return Scene(scale, video, speech, workspace, options, target)
