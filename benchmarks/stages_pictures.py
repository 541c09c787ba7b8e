"""What is timed of step 4: composing, half-way frames, encoding, reading."""

from __future__ import annotations

import math
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio2video.compositing.composite import (
    CompositePatch,
    MouthPatch,
    Visibility,
    compose,
    working_box,
)
from audio2video.compositing.jaw import chin_offsets
from audio2video.face.occlusion import analysis_grid
from audio2video.media.video import Frame, VideoReader, VideoWriter
from audio2video.retiming.interpolation import planes_between

from . import plain_blend, plain_media
from .measure import Measurement, alike, same
from .scene import Scene

PLAIN_FRAMES = 8
"""Frames that slow twins are timed with."""

HALFWAY_FRAMES, PLAIN_HALFWAY = 20, 3


def _measurement(scene: Scene, name: str, count: int) -> Measurement:
    info = scene.target.info
    facts = {"width": info.width, "height": info.height}
    return Measurement(name, "frame", count, rate=float(info.rate), facts=facts)


def composite(scene: Scene) -> list[Measurement]:
    """Time composing frames, without decoding and encoding; each gets the mouth of another."""
    target, track = scene.target, scene.target.track
    usable = np.flatnonzero(track.usable)[: scene.scale.frames // 2]
    givers = np.roll(usable, -len(usable) // 2)
    jaws = track.rectified_jaw()
    drops = chin_offsets(jaws[givers], jaws[usable], np.ones(len(usable), bool))
    reduced = analysis_grid(target.space)
    with VideoReader(target.info.path) as reader:
        pictures = list(reader.read(usable.tolist()))
    shots = []
    for number, giver, drop, picture in zip(usable, givers, drops, pictures, strict=True):
        landmarks, pose = track.landmarks[number].astype(np.float64), track.pose[int(number)]
        box = working_box(landmarks, pose, picture.width, picture.height)
        mouth = track.mouth[giver].astype(np.float64)
        piece = MouthPatch(np.array(target.textures[giver]), mouth, float(drop))
        sight = Visibility(target.occlusions.maps[number], reduced)
        shots.append((picture, box, piece, landmarks, pose, sight))

    def work() -> None:
        for picture, box, piece, landmarks, pose, sight in shots:
            result, part = picture.copy(), picture.rgb(box)
            made = compose(part, box, piece, landmarks, pose, target.space, sight=sight)
            result.paste(box[0], box[1], made.picture, before=part)

    def work_plainly() -> None:
        for picture, box, piece, landmarks, pose, sight in shots[:PLAIN_FRAMES]:
            whole = picture.rgb()
            part = whole[box[1] : box[3], box[0] : box[2]]
            part[:] = plain_blend.compose(part, box, piece, landmarks, pose, target.space, sight)
            Frame.from_rgb(whole)

    def pair(shot: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        picture, box, piece, landmarks, pose, sight = shots[shot]
        arguments = picture.rgb(box), box, piece, landmarks, pose, target.space
        made: CompositePatch = compose(*arguments, sight=sight)
        return made.picture, plain_blend.compose(*arguments, sight)

    result = _measurement(scene, "compositing", len(shots))
    result.plain_count = len(shots[:PLAIN_FRAMES])
    result.beside(alike(*map(pair, range(result.plain_count))))
    for _ in range(scene.scale.repetitions):
        result.time(work)
        result.time_plain(work_plainly)
    return [result]


def halfway(scene: Scene) -> list[Measurement]:
    """Time half-way frames by optical flow."""
    with VideoReader(scene.video) as reader:
        frames = [(f.y, f.u, f.v) for f in reader.read(range(HALFWAY_FRAMES + 1))]
    pairs = list(pairwise(frames))
    few = pairs[:PLAIN_HALFWAY]
    result = _measurement(scene, "half-way frame", len(pairs))
    result.plain_count = len(few)
    for _ in range(scene.scale.repetitions):
        found = result.time(lambda: [planes_between(a, b, 0.5) for a, b in pairs])
    for _ in range(scene.scale.runs):
        twins = result.time_plain(lambda: [plain_blend.halfway(a, b) for a, b in few])
    compared = zip(chain(*found[: len(few)]), chain(*twins), strict=True)
    return [result.beside(alike(*compared))]


def encoding(scene: Scene) -> list[Measurement]:
    """Time encoding ready frames together with the sound."""
    with VideoReader(scene.video) as reader:
        pictures = list(reader.read())
    colours = [picture.rgb() for picture in pictures]
    info = scene.target.info
    product, plainly = scene.folder / "encoded.mp4", scene.folder / "plainly.mp4"

    def work() -> None:
        with VideoWriter(
            product, info.width, info.height, info.rate, audio=scene.speech, like=info
        ) as writer:
            for picture in pictures:
                writer.write(picture)

    result = _measurement(scene, "encoding", len(pictures))
    for _ in range(scene.scale.repetitions):
        result.time(work)
        result.time_plain(lambda: plain_media.encode(plainly, colours, info.rate))
    for name, path in (("psnr", product), ("plain_psnr", plainly)):
        result.facts[name] = _psnr(pictures, path)
    result.agreement = f"PSNR to source {result.facts['psnr']}, twin's {result.facts['plain_psnr']}"
    return [result]


def _psnr(pictures: list[Frame], path: Path) -> float:
    """Mean over luma of what was encoded, in dB."""
    with VideoReader(path) as reader:
        errors = [
            float(((a.y.astype(np.float32) - b.y) ** 2).mean())
            for a, b in zip(pictures, reader.read(), strict=True)
        ]
    return round(10 * math.log10(255**2 / max(sum(errors) / len(errors), 1e-9)), 1)


def reading(scene: Scene) -> list[Measurement]:
    """Time reading frames: from first to last, and there and back again."""
    frames = scene.target.info.frames
    forth = list(range(frames))
    back = forth + forth[::-1]
    few = [int(n) for n in np.linspace(frames - 1, 0, min(PLAIN_FRAMES, frames))]
    results = []
    for name, order, twin_order in (
        ("reading, forwards", forth, None),
        ("reading, to and fro", back, few),
    ):
        result = _measurement(scene, name, len(order))
        result.plain_count = len(twin_order or order)

        def work(order: list[int] = order) -> None:
            with VideoReader(scene.video) as reader:
                for _ in reader.read(order):
                    pass

        def work_plainly(order: list[int] | None = twin_order) -> list[NDArray[np.uint8]]:
            if order is None:
                return list(plain_media.frames(scene.video))
            return list(plain_media.frames_at(scene.video, order))

        with VideoReader(scene.video) as reader:
            found = [frame.planes for frame in reader.read(twin_order or order)]
        for _ in range(scene.scale.repetitions):
            result.time(work)
        for _ in range(scene.scale.runs):
            twins = result.time_plain(work_plainly)
        results.append(result.beside(same(*zip(found, twins, strict=True))))
    return results
