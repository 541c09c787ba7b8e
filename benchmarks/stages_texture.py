"""What is timed of step 2 besides the median: candidate choice, and whole textures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from audio2video.pipeline.textures import texture_maker
from audio2video.progress import Progress
from audio2video.runtime.threads import ordered_map, single_threaded_libraries
from audio2video.target.teeth_proxies import Proxies, choose_proxies
from audio2video.texture.candidates import Candidates, FrameFeatures, search_candidates
from audio2video.texture.synthesis import (
    CandidateSet,
    SynthesisConfig,
    TextureMaker,
    visible_region,
)

from . import plain_texture
from .growth import Curve
from .measure import Measurement, alike
from .scene import Scene

CANDIDATES = 100
"""Of galleries of at least twice as many frames."""

TEMPORAL_WEIGHTS = 64
"""Successive moments that candidates are chosen for in one repetition."""

TEXTURES = 16
"""Textures made in one repetition."""

PLAIN_MOMENTS, PLAIN_TEXTURES = 4, 2

LARGEST = 20000
"""Frames of the largest gallery that textures are made of."""

BETWEEN = 7
"""Mouths that are asked for lie half-way between those of frames so far apart: none is there."""

NOISE = 0.01
"""What mouths of a gallery differ by from the target's own, in inter-ocular distances."""


def wanted_looks(looks: FrameFeatures, count: int) -> FrameFeatures:
    """Successive looks that a target almost has; it is gone through again where it ends."""
    numbers = np.arange(count) % (len(looks.mouths) - BETWEEN)
    here, there = looks[numbers.tolist()], looks[(numbers + BETWEEN).tolist()]
    return FrameFeatures((here.mouths + there.mouths) / 2, here.turn, here.light)


def texture(scene: Scene) -> list[Measurement]:
    """Time whole textures: candidates, warp, median, crisp lips, detail, teeth."""
    target, options = scene.target, scene.options
    with single_threaded_libraries():
        proxies = _proxies(scene)
        maker = texture_maker(target, options.texture, proxies, options.machine.nthreads)
        wanted = wanted_looks(maker.gallery.looks, TEXTURES)
        region = visible_region(maker.gallery.jaws[maker.gallery.usable].mean(axis=0), target.space)
        few = [wanted[[k - 1, k, k + 1]] for k in range(1, 1 + PLAIN_TEXTURES)]
        made = [maker.make(looks)[0] for looks in few]

        def make_plainly() -> list[NDArray[np.uint8]]:
            return [plain_texture.make_texture(maker, looks, region) for looks in few]

        facts = {
            "candidates": maker.recipe.candidates,
            "width": target.space.width,
            "height": target.space.height,
        }
        many, one = (
            Measurement(
                *(name, "texture", TEXTURES),
                rate=float(target.info.rate),
                facts={**facts, "threads": threads},
            )
            for name, threads in (
                ("whole texture", options.machine.nthreads),
                ("whole texture, one thread", 1),
            )
        )
        for _ in range(scene.scale.repetitions):
            for result in (many, one):
                result.time(partial(make_textures, maker, wanted, result.facts["threads"]))
        one.plain_count = PLAIN_TEXTURES
        for _ in range(scene.scale.runs):
            twins = one.time_plain(make_plainly)
    many.shares_twin(one)
    return [m.beside(alike(*zip(made, twins, strict=True))) for m in (many, one)]


def make_textures(
    maker: TextureMaker, wanted: FrameFeatures, threads: int
) -> list[NDArray[np.uint8]]:
    """Make textures for successive moments, as step 2 does."""
    jobs = zip(wanted.mouths, maker.choose(wanted, coherent=True), strict=True)
    return [texture for texture, _ in ordered_map(lambda job: maker.render(*job), jobs, threads)]


def candidates(scene: Scene) -> list[Measurement | Curve]:
    """Time choosing candidates, and whole textures, from more and more frames."""
    proxies = _proxies(scene)
    recipe = texture_maker(
        scene.target, scene.options.texture, proxies, scene.options.machine.nthreads
    ).recipe
    wanted = wanted_looks(scene.target.gallery().looks, TEMPORAL_WEIGHTS)
    curve = Curve("candidate frames: choice", "candidate frames")
    textures = Curve("candidate frames: whole texture", "candidate frames")
    found: list[Measurement | Curve] = []
    with single_threaded_libraries():
        for frames in scene.scale.galleries:
            own = _similar(scene.target.gallery().looks, frames)
            recipe = replace(recipe, candidates=min(CANDIDATES, frames // 2))
            choice = _choice(scene, own, wanted, recipe)
            found.append(choice)
            _add(curve, frames, choice)
            if frames <= LARGEST:
                maker = TextureMaker(_gallery(scene, own), recipe)
                few = wanted[range(TEXTURES)]
                make_textures(maker, few, 1)  # brings pages into memory
                whole = Measurement("whole texture", "texture", TEXTURES)
                for _ in range(scene.scale.repetitions):
                    whole.time(partial(make_textures, maker, few, 1))
                _add(textures, frames, whole)
    return [*found, curve, textures]


def _choice(
    scene: Scene, own: FrameFeatures, wanted: FrameFeatures, recipe: SynthesisConfig
) -> Measurement:
    """Time choosing candidates for some looks."""
    features = own.features(recipe.pose_weight, recipe.light_weight)
    points = wanted.features(recipe.pose_weight, recipe.light_weight)
    frames = np.arange(len(features))
    few, count, alpha = points[:PLAIN_MOMENTS], recipe.candidates, recipe.alpha
    result = Measurement(
        f"candidate choice, {len(features):,} frames",
        "texture",
        len(points),
        rate=float(scene.target.info.rate),
        plain_count=len(few),
        facts={"frames": len(features), "candidates": count},
    )

    def search() -> list[Candidates]:
        return list(search_candidates(features, frames, points, count, alpha))

    def search_plainly() -> list[Candidates]:
        return [plain_texture.choose(features, point, count, alpha) for point in few]

    for _ in range(scene.scale.repetitions):
        found = result.time(search)
    for _ in range(scene.scale.runs):
        twins = result.time_plain(search_plainly)
    return result.beside(plain_texture.choice_agrees(found[: len(few)], twins))


def _add(curve: Curve, frames: int, result: Measurement) -> None:
    found = result.quantities()
    curve.add(frames, wall_ms=1000 * found["seconds"], CPU_ms=1000 * found["cpu_seconds"])


def _similar(looks: FrameFeatures, frames: int) -> FrameFeatures:
    """Make up as many looks as wanted, much like those of the target."""
    rng = np.random.default_rng(0)
    some = looks[rng.integers(0, len(looks.mouths), frames).tolist()]
    return replace(some, mouths=some.mouths + rng.normal(0, NOISE, some.mouths.shape))


def _gallery(scene: Scene, looks: FrameFeatures) -> CandidateSet:
    """Give frames of such looks a gallery; their textures are black.

    What a texture shows makes no difference to how long it takes. The file is sparse, as that many
    textures would fill the disk.
    """
    own, frames = scene.target.gallery(), len(looks.mouths)
    path = scene.folder / "gallery.npy"
    path.unlink(missing_ok=True)
    shape = (frames, own.space.height, own.space.width, 3)
    np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    jaws = np.broadcast_to(own.jaws[own.usable].mean(axis=0), (frames, 17, 2))
    textures = np.load(path, mmap_mode="r")
    return CandidateSet(textures, looks, jaws, np.arange(frames), own.space, own.rate)


def _proxies(scene: Scene) -> Proxies:
    options = scene.options
    return choose_proxies(
        scene.workspace,
        options.inputs.tar_id,
        scene.target,
        options.texture,
        options.analysis,
        Progress(),
    )
