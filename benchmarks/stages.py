"""What is timed: each stage by itself, and the whole pipeline in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from audio2video.blend.compose import Mouthpiece, compose, working_box
from audio2video.blend.jaw import chin_drops
from audio2video.face.layout import JAW
from audio2video.face.rectify import to_rectified
from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.video import Frame, VideoReader, VideoWriter
from audio2video.progress import Progress
from audio2video.speech.loudness import speech_activity
from audio2video.steps.lipsync import output_frames
from audio2video.steps.target import analyse_target
from audio2video.texture.candidates import candidate_count, choose_candidates
from audio2video.texture.median import weighted_median
from audio2video.texture.warp import coarse_grid, displacement_grids
from audio2video.timing.activity import head_velocity, speech_gain
from audio2video.timing.costs import target_costs
from audio2video.timing.path import best_path
from audio2video.timing.retiming import PLAY_SECONDS

from . import plain
from .measure import Measurement, seconds_of
from .scene import Scene

ROOT = Path(__file__).resolve().parent.parent

TEXTURES = 8
"""Textures made in one repetition, spread over the target's own mouth shapes."""

ROUNDS = 20
"""Times that the retiming is found in one repetition: once is too short to be timed."""


def median(scene: Scene) -> list[Measurement]:
    """Time the weighted median of warped candidates: on all threads, on one, and by sorting."""
    target, options = scene.target, scene.options
    usable = np.flatnonzero(target.track.usable)
    count = candidate_count(options.ncandidates, len(usable))
    region = np.ones((target.space.height, target.space.width), bool)
    looks = target.gallery().looks
    wanted = []
    for frame in usable[np.linspace(0, len(usable) - 1, TEXTURES).astype(int)]:
        shape = target.track.mouth[frame].astype(np.float64)
        distances = looks.distance(looks[int(frame)], options.pose_weight, options.light_weight)
        # The frame itself would win alone: its neighbours must make up its mouth.
        others = usable[np.abs(usable - frame) > 2]
        chosen = choose_candidates(distances, others, count, options.alpha)
        own = target.track.mouth[chosen.frames]
        grids = displacement_grids(shape, own, coarse_grid(target.space), target.space.resolution)
        wanted.append((target.textures, chosen.frames, chosen.weights, grids, region))
    compiled = [weighted_median(*arguments) for arguments in wanted]  # compiles, and warms caches
    equal = all(
        np.array_equal(plain.weighted_median(*arguments), found)
        for arguments, found in zip(wanted, compiled, strict=True)
    )
    facts = {
        "candidates": int(np.median([len(frames) for _, frames, _, _, _ in wanted])),
        "width": target.space.width,
        "height": target.space.height,
    }
    available = numba.get_num_threads()
    threads = min(options.nthreads, available)
    many, one = (
        Measurement(name, "texture", TEXTURES, equal=equal, facts={**facts, "threads": n})
        for name, n in (("weighted median", threads), ("weighted median, one thread", 1))
    )
    for _ in range(scene.scale.repetitions):
        # In turn, so that what else the machine does falls on all alike.
        numba.set_num_threads(threads)
        many.seconds.append(seconds_of(lambda: [weighted_median(*a) for a in wanted]))
        numba.set_num_threads(1)
        one.seconds.append(seconds_of(lambda: [weighted_median(*a) for a in wanted]))
        one.plain_seconds.append(seconds_of(lambda: [plain.weighted_median(*a) for a in wanted]))
    numba.set_num_threads(available)
    many.plain_seconds = one.plain_seconds
    return [many, one]


def retiming(scene: Scene) -> list[Measurement]:
    """Time the retiming's dynamic programme: compiled, and row by row in NumPy."""
    track, rate = scene.target.track, scene.target.info.rate
    wanted = output_frames(probe_audio(scene.speech), rate)
    speech = speech_activity(read_audio(scene.speech), rate, wanted)
    velocity = head_velocity(track.landmarks, track.starts, track.usable)
    costs = target_costs(velocity, track.blink, track.usable, track.starts, float(rate))
    arguments = (
        speech_gain(speech, float(rate)).astype(np.float32),
        *(costs.motion, costs.show, costs.enter, costs.hold, costs.turn, costs.edge),
        min(round(PLAY_SECONDS * rate), len(track) - 3),
    )
    compiled, twin = best_path(*arguments), plain.best_path(*arguments)
    result = Measurement(
        "retiming",
        "path",
        ROUNDS,
        equal=all(np.array_equal(a, b) for a, b in zip(compiled, twin, strict=True)),
        facts={"output_frames": wanted, "target_frames": len(track)},
    )
    for _ in range(scene.scale.repetitions):
        result.seconds.append(seconds_of(lambda: [best_path(*arguments) for _ in range(ROUNDS)]))
        result.plain_seconds.append(
            seconds_of(lambda: [plain.best_path(*arguments) for _ in range(ROUNDS)])
        )
    return [result]


def analysis(scene: Scene) -> list[Measurement]:
    """Time analysing the target: decoding, finding and tracking the face, rectified textures."""
    folder = scene.workspace.analysis(scene.options.tar_id, scene.target.key)
    result = Measurement("target analysis", "frame", len(scene.target.track), facts=_size(scene))
    for _ in range(scene.scale.repetitions):
        shutil.rmtree(folder)
        result.seconds.append(
            seconds_of(lambda: analyse_target(scene.workspace, scene.options, Progress()))
        )
    return [result]


def composite(scene: Scene) -> list[Measurement]:
    """Time composing frames, without decoding and encoding; each gets the mouth of another."""
    target, track = scene.target, scene.target.track
    usable = np.flatnonzero(track.usable)[: scene.scale.frames // 2]
    with VideoReader(target.info.path) as reader:
        pictures = list(reader.read(usable.tolist()))
    givers = np.roll(usable, -len(usable) // 2)
    jaws = to_rectified(track.landmarks[usable][:, JAW], track.pose[usable])
    drops = chin_drops(np.roll(jaws, -len(usable) // 2, axis=0), jaws, np.ones(len(usable), bool))
    pieces = [
        Mouthpiece(
            np.array(target.textures[giver]), track.mouth[giver].astype(np.float64), float(drop)
        )
        for giver, drop in zip(givers, drops, strict=True)
    ]

    def work() -> None:
        for frame, picture, piece in zip(usable, pictures, pieces, strict=True):
            result = picture.copy()
            landmarks, pose = track.landmarks[frame].astype(np.float64), track.pose[int(frame)]
            box = working_box(landmarks, pose, result.width, result.height)
            made = compose(result.rgb(box), box, piece, landmarks, pose, target.space)
            result.paste(box[0], box[1], made.picture)

    result = Measurement("compositing", "frame", len(usable), facts=_size(scene))
    result.seconds = [seconds_of(work) for _ in range(scene.scale.repetitions)]
    return [result]


def encoding(scene: Scene) -> list[Measurement]:
    """Time encoding ready frames together with the sound."""
    with VideoReader(scene.video) as reader:
        pictures: list[Frame] = list(reader.read())
    info = scene.target.info
    product = scene.workspace.root / "encoded.mp4"

    def work() -> None:
        with VideoWriter(
            product, info.width, info.height, info.rate, audio=scene.speech, like=info
        ) as writer:
            for picture in pictures:
                writer.write(picture)

    result = Measurement("encoding", "frame", len(pictures), facts=_size(scene))
    result.seconds = [seconds_of(work) for _ in range(scene.scale.repetitions)]
    return [result]


def pipeline(scene: Scene) -> list[Measurement]:
    """Time the real command, steps 1 to 4, for a new target and for one analysed before."""
    length = float(output_frames(probe_audio(scene.speech), scene.target.info.rate))
    length /= float(scene.target.info.rate)
    facts = {**_size(scene), "target_frames": len(scene.target.track)}
    first, fresh, known = (
        Measurement(name, "second of video", length, facts=dict(facts))
        for name in ("pipeline, very first run", "pipeline, new target", "pipeline, known target")
    )
    with tempfile.TemporaryDirectory() as folder:
        # Kernels are compiled in the very first run, and found ready in the others.
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder) / "kernels")}
        for run in range(scene.scale.runs + 1):
            root = Path(folder) / f"run-{run}"
            for result, speech in ((fresh if run else first, "words"), (known, "again")):
                if run == 0 and result is known:
                    continue
                sound = Path(folder) / f"{speech}.wav"
                shutil.copy(scene.speech, sound)
                seconds, peak = _run(root, sound, scene.video, environment)
                result.seconds.append(seconds)
                result.facts["peak_memory_mib"] = max(
                    peak, result.facts.get("peak_memory_mib", 0.0)
                )
            shutil.rmtree(root)
    return [first, fresh, known]


def _run(root: Path, speech: Path, video: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Run steps 1 to 4; returns wall seconds and the process's peak memory in MiB."""
    command = [sys.executable, str(ROOT / "run.py"), "--steps", "1", "2", "3", "4", "--quiet"]
    command += ["--workspace", str(root), "--audio", str(speech), "--video", str(video)]
    seconds = seconds_of(lambda: subprocess.run(command, check=True, env=environment))
    report = root / "output" / f"{speech.stem}-{video.stem}" / "report.json"
    # None on Windows, which does not tell.
    peak = json.loads(report.read_text(encoding="utf-8"))["peak_memory_mib"]
    return seconds, float(peak or 0.0)


def _size(scene: Scene) -> dict[str, int]:
    return {"width": scene.target.info.width, "height": scene.target.info.height}


STAGES: dict[str, Callable[[Scene], list[Measurement]]] = {
    "median": median,
    "retiming": retiming,
    "analysis": analysis,
    "composite": composite,
    "encoding": encoding,
    "pipeline": pipeline,
}
