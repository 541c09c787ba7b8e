"""What is timed of the target's analysis."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from audio2video.config import Config
from audio2video.face.layout import inter_ocular_distance
from audio2video.media.video import VideoReader
from audio2video.pipeline.job import Job
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from tools.presenter.presenter import SIZE

from . import plain_face
from .measure import Limit, Measurement
from .scene import TALL, Scene

PLAIN_FRAMES = 10
"""Frames that the plain analysis is timed with, spread over the video."""

FRAMES_A_SECOND, TALL_FRAMES_A_SECOND = 100, 40


def analysis(scene: Scene) -> list[Measurement]:
    """Time analysing targets: decoding, finding and following the face, rectified textures."""
    limits = [Limit("per_second", FRAMES_A_SECOND, least=True)]
    limits = limits if scene.scale.size == SIZE else []
    found = [_analyse(scene, scene.video, scene.scale.repetitions, limits)]
    tall = scene.real("room_20s") or scene.painted(*TALL)
    if tall is not None:
        limits = [Limit("per_second", TALL_FRAMES_A_SECOND, least=True)]
        found.append(_analyse(scene, tall, scene.scale.runs, limits))
    return found


def _analyse(scene: Scene, video: Path, repetitions: int, limits: list[Limit]) -> Measurement:
    workspace = Workspace(scene.folder / "analysed")
    workspace.create()
    shutil.copy(video, workspace.root / "target" / "mp4")
    options = Config.from_flags(tar_id=video.stem)
    target = Job(workspace, options, Progress()).target
    info, track = target.info, target.track
    result = Measurement(
        f"target analysis, {info.width}x{info.height}",
        "frame",
        len(track),
        rate=float(info.rate),
        limits=limits,
        facts={"video": video.stem, "width": info.width, "height": info.height},
    )
    for _ in range(repetitions):
        shutil.rmtree(workspace.analysis(options.inputs.tar_id, target.key))
        result.time(lambda: Job(workspace, options, Progress()).target)
    usable = np.flatnonzero(track.usable)
    picks = usable[np.linspace(0, len(usable) - 1, min(PLAIN_FRAMES, len(usable))).astype(int)]
    numbers = np.unique(picks).tolist()
    result.plain_count = len(numbers)
    with VideoReader(video) as reader:  # not timed: these frames lie far apart
        frames = list(reader.read(numbers))
    plainly = plain_face.Analysis(track.head, target.space)
    landmarks = result.time_plain(lambda: plainly.landmarks(frames))
    apart = np.linalg.norm(landmarks - track.landmarks[numbers], axis=2)
    unit = float(np.median(inter_ocular_distance(track.landmarks[numbers])))
    result.facts["landmarks_apart"] = round(float(np.nanmedian(apart)) / unit, 4)
    result.agreement = f"landmarks {100 * result.facts['landmarks_apart']:.1f} % of eye distance"
    return result
