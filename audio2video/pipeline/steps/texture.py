"""Step 2: a rectified lower-face texture for every output frame."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...face.rectify import RectifiedGrid
from ...mouth.prediction import MouthTrack
from ...runtime.threads import single_threaded_libraries
from ...storage.artifacts import build_if_stale
from ...storage.files import file_hash, replacing
from ...storage.npy import ArrayWriter
from ...target.analysis import TargetAnalysis
from ...target.teeth_proxies import Proxies, choose_proxies, proxy_files
from ...texture.candidates import candidate_count
from ..job import Job
from ..listener import listener_shares
from ..loaded_shapes import load_shapes, shapes_spread
from ..one_voice import refuse_two_voices
from ..plots import plot_proxies
from ..report import StepReport
from ..schedule import ensure_retiming
from ..shapes import read_shapes
from ..textures import carry_mouth, from_own_mouth, render_textures, texture_maker

NAME = "texture"
FORMAT = 4
"""Raised when the way textures are made changes."""

MOUTH_PICTURE = ((-0.6, 0.85), (0.6, 1.6))
"""Part of a frame that the proxies' sheet shows: corners, in inter-ocular distances."""


def run(job: Job) -> StepReport:
    """Analyse the target and make the textures, for each person who speaks.

    Writes ``texture.npy``, ``texture.npz`` (mouth and jaw lines) and ``teeth.png`` (the proxies)
    into the output folder.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    report = StepReport(NAME, "frame")
    refuse_two_voices(job)
    for one in job.speakers:
        _make(one, report)
    return report


def _make(job: Job, report: StepReport) -> None:
    target, config = job.target, job.config.texture
    if job.config.inputs.load_shapes is not None:
        load_shapes(job)
    shapes = read_shapes(job)[job.asked]
    timing, _ = ensure_retiming(job)
    network, product = job.predictor, job.textures_path

    @single_threaded_libraries()
    def build(path: Path) -> dict[str, Any]:
        proxies = choose_proxies(
            job.workspace, job.tar_id, target, config, job.config.analysis, job.progress
        )
        track = MouthTrack(shapes, job.rate, network.reference, shapes_spread(job))
        carried = carry_mouth(track, target, job.tar_id, job.config, job.progress)
        mouth, workers = carried.shapes, job.config.machine.nthreads
        if job.part is not None:
            mouth = from_own_mouth(mouth, target, timing, job.part.fades)
        elif job.config.listening.listen:
            mouth = from_own_mouth(mouth, target, timing, listener_shares(job, timing))
        maker = texture_maker(target, config, proxies, workers, generic=carried.generic)
        rendered = render_textures(maker, mouth, timing, config, workers)
        jaw = _write_textures(path, rendered, target.space, job)
        with replacing(product.with_suffix(".npz")) as temporary, temporary.open("wb") as file:
            np.savez(file, mouth=mouth, jaw=jaw)
        _plot_proxies(job.proxies_path, proxies, target)
        report.count += job.wanted
        return {
            "mouth_interior": "generic" if carried.generic else "target",
            "range_gain": round(carried.gain, 4),
            "detail_gain": round(maker.recipe.detail, 4),
            "opening_detail_gain": round(maker.recipe.opening_detail, 4),
            "upper_proxy_frame": None if proxies.upper is None else proxies.upper.frame,
            "lower_proxy_frame": None if proxies.lower is None else proxies.lower.frame,
        }

    build_if_stale(
        product,
        {
            "format": FORMAT,
            "target": target.key,
            "shapes": file_hash(job.shapes_path),
            "network": file_hash(job.network_path),
            "proxies": proxy_files(job.workspace, job.tar_id),
            "retiming": file_hash(job.retiming_path),
            **({"listener": FORMAT} if job.config.listening.listen else {}),
            "options": {**config.flags(), **job.config.mouth.flags()},
        },
        build,
        job.progress,
        force=job.config.machine.force,
        owner=job.owner,
        outputs=[product.with_suffix(".npz"), job.proxies_path],
    )
    usable = int(target.track.usable.sum())
    facts = {
        "target_frames": len(target.track),
        "usable_target_frames": usable,
        "candidates": candidate_count(config.ncandidates, usable),
        "pixels_per_inter_ocular_distance": round(target.space.resolution, 2),
    }
    report.facts.update(facts if job.part is None else {f"speaker_{target.speaker}": facts})


def _plot_proxies(path: Path, proxies: Proxies, target: TargetAnalysis) -> None:
    considered = [
        (one.frame, _mouth_picture(target, one.frame), one.upper, one.lower)
        for one in proxies.considered
    ]
    with replacing(path) as temporary:
        plot_proxies(proxies.upper, proxies.lower, considered, temporary)


def _mouth_picture(target: TargetAnalysis, frame: int) -> NDArray[np.uint8]:
    """Cut the mouth out of a frame's texture."""
    space = target.space
    low, high = (space.to_pixels(np.array(corner)).astype(int) for corner in MOUTH_PICTURE)
    return np.array(target.textures[frame, low[1] : high[1], low[0] : high[0]])


def _write_textures(
    path: Path,
    rendered: Generator[tuple[NDArray[np.uint8], NDArray[np.float64]], None, None],
    space: RectifiedGrid,
    job: Job,
) -> NDArray[np.float32]:
    """Write the textures one by one; returns the jaw lines that go with them."""
    wanted = job.wanted
    lines = np.empty((wanted, 17, 2), np.float32)
    with ArrayWriter(path, (wanted, space.height, space.width, 3)) as writer, closing(rendered):
        followed = job.progress.follow(rendered, "making textures", wanted)
        for index, (texture, line) in enumerate(followed):
            lines[index] = line
            writer.write(index, texture)
    return lines
