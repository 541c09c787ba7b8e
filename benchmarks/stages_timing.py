"""What is timed of the retiming."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from audio2video.media.audio import probe_audio, read_audio
from audio2video.pipeline.lengths import output_frames
from audio2video.retiming.activity import head_velocity, speech_gain
from audio2video.retiming.costs import TargetCosts, target_costs
from audio2video.retiming.path import best_path
from audio2video.retiming.retime import PLAY_SECONDS
from audio2video.speech.loudness import speech_activity

from . import plain
from .measure import Limit, Measurement, memory_of, same
from .scene import Scene

ROUNDS = 20
"""Times that the scene's own path is found in one repetition: once is too short to be timed."""

RATE = 25.0

ASKED, SECONDS, MEGABYTES = (2000, 7000), 0.1, 20.0
"""What a path of so many output and target frames may take."""

Arguments = tuple[NDArray[np.float32], TargetCosts, int]


def retiming(scene: Scene) -> list[Measurement]:
    """Time the dynamic programme, compiled, and row by row in NumPy."""
    track, rate = scene.target.track, scene.target.info.rate
    wanted = output_frames(probe_audio(scene.speech), rate)
    speech = speech_activity(read_audio(scene.speech), rate, wanted)
    velocity = head_velocity(track.landmarks, track.starts, track.usable)
    still = track.blink, track.usable, track.starts
    own = _measure(scene, "retiming", _arguments(speech, velocity, *still, float(rate)), ROUNDS)
    long = _measure(scene, "retiming, long", synthetic(*scene.scale.path), 1)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        long.peak_bytes = pool.submit(memory_of_path, *scene.scale.path).result()
    if scene.scale.path == ASKED:
        long.limits = [Limit("seconds", SECONDS), Limit("peak_mb", MEGABYTES)]
    return [own, long]


def synthetic(wanted: int, available: int) -> Arguments:
    """Make up a speech and a target of so many frames: words and pauses, nods and blinks."""
    rng = np.random.default_rng(0)
    speech = np.repeat(rng.random(-(-wanted // 20)) < 0.7, 20)[:wanted].astype(float)
    steps = rng.normal(0, 0.002, (available, 2))
    velocity = np.stack([np.convolve(s, np.ones(9) / 3, "same") for s in steps.T], axis=1)
    blink = np.repeat(rng.random(-(-available // 4)) < 0.03, 4)[:available]
    usable, starts = np.ones(available, bool), np.zeros(available, bool)
    starts[0] = True
    return _arguments(speech, velocity, blink, usable, starts, RATE)


def memory_of_path(wanted: int, available: int) -> int | None:
    """Bytes that finding a synthetic path takes, in a process that has done little else."""
    best_path(*synthetic(50, 200))  # loads the kernel
    arguments = synthetic(wanted, available)
    return memory_of(lambda: best_path(*arguments))


def _arguments(
    speech: NDArray[np.floating],
    velocity: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    starts: NDArray[np.bool_],
    rate: float,
) -> Arguments:
    return (
        speech_gain(speech, rate).astype(np.float32),
        target_costs(velocity, blink, usable, starts, rate),
        min(round(PLAY_SECONDS * rate), len(velocity) - 3),
    )


def _measure(scene: Scene, name: str, arguments: Arguments, rounds: int) -> Measurement:
    sizes = len(arguments[0]), len(arguments[1].motion)
    result = Measurement(
        f"{name}, {sizes[0]:,} x {sizes[1]:,}",
        "path",
        rounds,
        plain_count=1,
        rate=RATE / sizes[0],
        facts={"output_frames": sizes[0], "target_frames": sizes[1]},
    )
    best_path(*arguments)  # loads the kernel
    for _ in range(scene.scale.repetitions):
        found = result.time(lambda: [best_path(*arguments) for _ in range(rounds)])
        twin = result.time_plain(lambda: plain.best_path(*arguments))
    return result.beside(same(*zip(found[0], twin, strict=True)))
