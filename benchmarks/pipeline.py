"""The real command, in processes of its own: how long it takes, and how that grows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .growth import Curve
from .measure import MEGABYTE, Limit, Measurement
from .scene import FOOTAGE, ROOT, WIDE, Scene

PEAK_MB = 1500.0
SHORT = 0.5
"""Seconds of output: what a run takes for these is what it takes for any."""

LONG = 60.0
"""Seconds of output that limits are for: shorter ones are mostly start-up."""

REFERENCE = 20.0
"""Seconds of output whose peak memory the longest one's is compared with."""

MEMORY_GROWTH = 1.1
STARTUP_SECONDS = 0.3


@dataclass(frozen=True)
class Run:
    """What one run cost.

    Parameters
    ----------
    seconds : float
        Wall time, start-up included.
    cpu_seconds : float or None
        Of all cores together.
    peak_bytes : int or None
        Largest memory of the process; mapped files that are in memory count.
    """

    seconds: float
    cpu_seconds: float | None
    peak_bytes: int | None


def run_command(words: list[str], environment: dict[str, str]) -> Run:
    """Run a command in a process of its own.

    Raises
    ------
    subprocess.CalledProcessError
        It failed; what it said is on the terminal.
    """
    child = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py"))]
    done = subprocess.run(
        [*child, *words], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


class Bench:
    """A workspace, with kernels of its own, in which the command is run."""

    def __init__(self, scene: Scene) -> None:
        self._root = scene.folder / "runs"
        # Kernels of its own, so that the very first run compiles them. The other one, left in
        # place, would have every start compile the whole package.
        self.environment = {**os.environ, "NUMBA_CACHE_DIR": str(scene.folder / "kernels")}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, speech: Path, video: Path) -> tuple[Run, dict[str, float]]:
        """Run steps 1 to 4; returns what they cost, and the seconds of each."""
        words = [sys.executable, str(ROOT / "run.py"), "--steps", "1", "2", "3", "4", "--quiet"]
        words += ["--workspace", str(self._root), "--audio", str(speech), "--video", str(video)]
        cost = run_command(words, self.environment)
        output = self._root / "output" / f"{speech.stem}-{video.stem}"
        report = json.loads((output / "report.json").read_text(encoding="utf-8"))
        shutil.rmtree(output)  # textures of a minute are hundreds of megabytes
        return cost, {step: facts["seconds"] for step, facts in report["steps"].items()}


def startup(scene: Scene) -> list[Measurement]:
    """Time the command's start: printing its help."""
    result = Measurement("start-up, --help", "start", 1, limits=[Limit("seconds", STARTUP_SECONDS)])
    words = [sys.executable, str(ROOT / "run.py"), "--help"]
    environment = Bench(scene).environment
    run_command(words, environment)  # compiles the package
    for _ in range(scene.scale.repetitions):
        _put(result, run_command(words, environment))
    return [result]


def pipeline(scene: Scene) -> list[Measurement]:
    """Time steps 1 to 4 for targets that are new, and for targets analysed before."""
    bench, length = Bench(scene), scene.scale.speech_seconds
    first = Measurement("pipeline, very first run", "second of output", SHORT, rate=1.0)
    first.facts["video"] = scene.video.stem
    cost, first.facts["steps"] = bench.run(scene.words(SHORT, "first"), scene.video)
    _put(first, cost)
    results = [first]
    for name, video, limits in _cases(scene):
        # Kernels are compiled and files read by now; a target's first run analyses it.
        new, known = (
            Measurement(f"pipeline, {name}, {which}", "second of output", length, rate=1.0)
            for which in ("new target", "known target")
        )
        copy = scene.folder / f"case-{video.name}"
        shutil.copy(video, copy)
        known.limits = limits if length >= LONG else []
        for turn in range(1 + scene.scale.runs):
            speech = scene.words(length, f"words-{turn}")
            result = known if turn else new
            cost, steps = bench.run(speech, copy)
            _put(result, cost)
            for step, seconds in steps.items():
                result.facts.setdefault("steps", {}).setdefault(step, []).append(seconds)
        for result in (new, known):
            steps_taken: dict[str, list[float]] = result.facts["steps"]
            result.facts["steps"] = {step: median(s) for step, s in steps_taken.items()}
            result.facts["video"] = video.stem
        results += [new, known]
    return results


def _cases(scene: Scene) -> list[tuple[str, Path, list[Limit]]]:
    """Targets, and what wall time, and perhaps more, a second of output may take."""
    size = scene.scale.size
    peak = Limit("peak_mb", PEAK_MB)
    cases: list[tuple[str, Path | None, list[Limit]]] = [
        (f"presenter {size}x{size}", scene.video, [Limit("seconds", 0.5), peak]),
        (f"presenter {WIDE[0]}x{WIDE[1]}", scene.painted(*WIDE), [Limit("seconds", 0.8)]),
        (
            FOOTAGE[0],
            scene.real(FOOTAGE[0]),
            [Limit("seconds", 0.5), Limit("cpu_seconds", 1.0), peak],
        ),
        (FOOTAGE[1], scene.real(FOOTAGE[1]), [Limit("seconds", 1.0)]),
    ]
    return [(name, video, limits) for name, video, limits in cases if video is not None]


def growth(scene: Scene) -> list[Curve]:
    """Run the command for longer and longer speech; the target is known."""
    bench = Bench(scene)
    copy = scene.folder / "growth.mp4"
    shutil.copy(scene.video, copy)
    curve = Curve("length of output", "s of output", facts={"video": scene.video.stem})
    bench.run(scene.words(SHORT, "unknown"), copy)
    short = [
        _costs(bench.run(scene.words(SHORT, f"short-{turn}"), copy)[0])
        for turn in range(scene.scale.runs)
    ]
    curve.origin = SHORT
    for name in short[0]:
        # Memory does not add up: there is no part of it to be taken off.
        if name != "peak_MB":
            curve.constants[name.replace("_", " ")] = median(run[name] for run in short)
    for seconds in scene.scale.lengths:
        speech = scene.words(seconds, f"long-{seconds:g}")
        curve.add(seconds, **_costs(bench.run(speech, copy)[0]))
    peaks = dict(zip(curve.sizes, curve.series.get("peak MB", []), strict=False))
    if REFERENCE in peaks:
        longest = max(peaks)
        name = f"peak memory, {longest:g} s of output over {REFERENCE:g} s"
        grown = peaks[longest] / peaks[REFERENCE]
        curve.limits.append(Limit(name, MEMORY_GROWTH).against(grown))
    return [curve]


def _costs(cost: Run) -> dict[str, float]:
    found = {"wall_s": cost.seconds}
    if cost.cpu_seconds is not None and cost.peak_bytes is not None:
        found |= {"CPU_s": cost.cpu_seconds, "peak_MB": cost.peak_bytes / MEGABYTE}
    return found


def _put(result: Measurement, cost: Run) -> None:
    result.seconds.append(cost.seconds)
    if cost.cpu_seconds is not None and cost.peak_bytes is not None:
        result.cpu_seconds.append(cost.cpu_seconds)
        result.peak_bytes = max(cost.peak_bytes, result.peak_bytes or 0)
