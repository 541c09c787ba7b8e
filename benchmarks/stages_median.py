"""What is timed of the weighted median: as step 2 uses it, and alone beside reading once."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from audio2video.runtime.threads import ordered_map, single_threaded_libraries
from audio2video.texture.candidates import candidate_count, choose_candidates
from audio2video.texture.median import weighted_median
from audio2video.texture.warp import CELL, coarse_grid, displacement_grids, grid_shape
from tools.presenter.presenter import SIZE

from . import plain
from .measure import Limit, Measurement, same
from .scene import Scene

TEXTURES = 8
"""Textures made in one repetition, spread over the target's own mouth shapes."""

STILL_CANDIDATES, STILL_WIDTH, STILL_HEIGHT = 100, 500, 300
"""Candidates, and their size in pixels, of the median that nothing is moved for."""

STILL_SECONDS = {1: 0.020, 2: 0.012}
"""What it may take, by the number of threads, each of which makes textures of its own."""


def weighted_medians(scene: Scene) -> list[Measurement]:
    """Time the weighted median of warped candidates, and of those that nothing is moved for."""
    with single_threaded_libraries():
        return [*_warped(scene), *_still(scene)]


def _warped(scene: Scene) -> list[Measurement]:
    target, options = scene.target, scene.options
    usable = np.flatnonzero(target.track.usable)
    count = candidate_count(options.texture.ncandidates, len(usable))
    region = np.ones((target.space.height, target.space.width), bool)
    looks = target.gallery().looks
    wanted = []
    for frame in usable[np.linspace(0, len(usable) - 1, TEXTURES).astype(int)]:
        shape = target.track.mouth[frame].astype(np.float64)
        distances = looks.distance(
            looks[int(frame)], options.texture.pose_weight, options.texture.light_weight
        )
        # The frame itself would win alone: its neighbours must make up its mouth.
        others = usable[np.abs(usable - frame) > 2]
        chosen = choose_candidates(distances, others, count, options.texture.alpha)
        own = target.track.mouth[chosen.frames]
        grids = displacement_grids(shape, own, coarse_grid(target.space), target.space.resolution)
        wanted.append((target.textures, chosen.frames, chosen.weights, grids, region))
    compiled = [weighted_median(*arguments) for arguments in wanted]  # compiles, and warms caches
    twins = [plain.weighted_median(*arguments) for arguments in wanted]
    facts: dict[str, Any] = {
        "candidates": int(np.median([len(frames) for _, frames, _, _, _ in wanted])),
        "width": target.space.width,
        "height": target.space.height,
    }
    many, one = (
        Measurement(name, "texture", TEXTURES, facts={**facts, "threads": threads}).beside(
            same(*zip(compiled, twins, strict=True))
        )
        for name, threads in (
            ("weighted median", options.machine.nthreads),
            ("weighted median, one thread", 1),
        )
    )
    for _ in range(scene.scale.repetitions):
        # In turn, so that what else the machine does falls on all alike.
        for result in (many, one):
            result.time(partial(_medians, wanted, result.facts["threads"]))
        one.time_plain(lambda: [plain.weighted_median(*a) for a in wanted])
    many.shares_twin(one)
    return [many, one]


def _medians(wanted: list[Any], threads: int) -> None:
    list(ordered_map(lambda arguments: weighted_median(*arguments), wanted, threads))


def _still(scene: Scene) -> list[Measurement]:
    """Time the median alone, of noise in a mapped file: beside it, the reading of all bytes."""
    size = scene.scale.size
    height, width = STILL_HEIGHT * size // SIZE, STILL_WIDTH * size // SIZE
    rng = np.random.default_rng(0)
    path = scene.folder / "noise.npy"
    np.save(path, rng.integers(0, 256, (STILL_CANDIDATES, height, width, 3), dtype=np.uint8))
    textures = np.load(path, mmap_mode="r")
    frames, weights = np.arange(STILL_CANDIDATES), rng.integers(1, 1000, STILL_CANDIDATES)
    grids = np.zeros((STILL_CANDIDATES, 2, *grid_shape(height, width)), np.float32)
    region = np.ones((height, width), bool)
    found = weighted_median(textures, frames, weights, grids, region)
    twin = np.empty_like(found)

    def sort() -> None:
        # In strips: all of it at once would take gigabytes.
        for y in range(0, height, 4 * CELL):
            rows = slice(y, min(y + 4 * CELL, height))
            nodes = slice(0, grid_shape(rows.stop - y, width)[0])
            twin[rows] = plain.weighted_median(
                textures[:, rows], frames, weights, grids[:, :, nodes], region[rows]
            )

    words = textures.reshape(-1)[: textures.size // 8 * 8].view(np.uint64)
    reading = Measurement("reading once", "texture", 1)
    results = []
    for threads, limit in STILL_SECONDS.items():
        result = Measurement(
            f"weighted median, nothing moved, {threads} thread{'s' * (threads > 1)}",
            "texture",
            TEXTURES,
            limits=[Limit("seconds", limit)] if size >= SIZE else [],
            facts={"candidates": STILL_CANDIDATES, "width": width, "height": height},
        )
        result.facts["threads"] = threads
        results.append(result)
    one, two = results
    one.plain_count = 1
    one.time_plain(sort)
    two.shares_twin(one)
    wanted = [(textures, frames, weights, grids, region)] * TEXTURES
    for _ in range(scene.scale.repetitions):
        for result in results:
            result.time(partial(_medians, wanted, result.facts["threads"]))
        reading.time(words.sum)
    once = reading.quantities()["seconds"]
    for result in results:
        result.beside(same((found, twin)))
        result.facts["read_once_seconds"] = once
        result.facts["times_read_once"] = result.quantities()["seconds"] / once
    return results
