"""Step 2: a rectified lower-face texture for every output frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import read_array, read_arrays
from ..face.rectify import FaceSpace
from ..files import file_hash, replacing
from ..media.audio import probe_audio
from ..mouth.shapes import carry_shapes
from ..options import Options
from ..progress import Progress
from ..records import make
from ..texture.candidates import candidate_count, choose_candidates
from ..texture.teeth import TeethProxy, enhance_teeth
from ..texture.warp import coarse_grid, displacement_grids
from ..workspace import Workspace
from .lipsync import output_frames, read_network, read_shapes
from .plots import plot_proxies
from .proxies import choose_proxies, proxy_files
from .report import StepReport
from .target import MADE_BY, Target, analyse_target

NAME = "texture"
FORMAT = 1
"""Raised when the way textures are made changes."""


@dataclass(frozen=True)
class TextureSequence:
    """What step 2 hands on.

    Parameters
    ----------
    textures : ndarray of uint8, shape (N, H, W, 3)
        Memory-mapped.
    mouth : ndarray of float64, shape (N, 20, 2)
        Mouth shapes on the target's face, rectified.
    jaw : ndarray of float64, shape (N, 17, 2)
        Jaw lines that go with them, rectified.
    """

    textures: NDArray[np.uint8]
    mouth: NDArray[np.float64]
    jaw: NDArray[np.float64]


def texture_path(workspace: Workspace, options: Options) -> Path:
    """File of the texture sequence."""
    return workspace.output(options.inp_id, options.tar_id) / "texture.npy"


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Analyse the target and make the textures.

    Writes ``texture.npy``, ``texture.npz`` (mouth and jaw lines) and ``teeth.png`` (the proxies)
    into the output folder.

    Raises
    ------
    Audio2VideoError
        Something needed is missing or can't be used.
    """
    target = analyse_target(workspace, options, progress)
    audio = probe_audio(workspace.input_audio(options.inp_id))
    frames = output_frames(audio, target.info.rate)
    shapes = read_shapes(workspace, options, frames, target.info.rate)
    network, network_path = read_network(workspace, options.pass_id)
    report = StepReport(NAME, "frame")

    def build(path: Path) -> dict[str, Any]:
        upper, lower = choose_proxies(workspace, target, options, progress)
        mouth = carry_shapes(shapes, network.reference, target.reference)
        jaw = _write_textures(path, target, mouth, (upper, lower), options, progress)
        with replacing(path.parent / "texture.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, mouth=mouth, jaw=jaw)
        with replacing(path.parent / "teeth.png") as temporary:
            plot_proxies(upper, lower, temporary)
        report.count = frames
        return {
            "upper_proxy_frame": None if upper is None else upper.frame,
            "lower_proxy_frame": None if lower is None else lower.frame,
        }

    product = texture_path(workspace, options)
    make(
        product,
        {
            "format": FORMAT,
            "target": target.key,
            "shapes": file_hash(workspace.shapes(options.pass_id, options.inp_id)),
            "network": file_hash(network_path),
            "proxies": proxy_files(workspace, options.tar_id),
            "options": [options.ncandidates, options.alpha, options.lineU, options.lineL],
        },
        build,
        progress,
        force=options.force,
        beside=[product.with_suffix(".npz"), product.with_name("teeth.png")],
    )
    usable = int(target.track.usable.sum())
    report.facts = {
        "target_frames": len(target.track),
        "usable_target_frames": usable,
        "candidates": candidate_count(options.ncandidates, usable),
        "pixels_per_inter_ocular_distance": round(target.space.resolution, 2),
    }
    return report


def read_textures(workspace: Workspace, options: Options, space: FaceSpace) -> TextureSequence:
    """Read what step 2 made.

    Raises
    ------
    MissingFileError, BadFileError
        A file is missing or damaged.
    """
    path = texture_path(workspace, options)
    textures = read_array(path, (None, space.height, space.width, 3), made_by=MADE_BY, mmap=True)
    lines = read_arrays(path.with_suffix(".npz"), ("mouth", "jaw"), made_by=MADE_BY)
    return TextureSequence(textures, lines["mouth"], lines["jaw"])


def _write_textures(
    path: Path,
    target: Target,
    mouth: NDArray[np.float64],
    proxies: tuple[TeethProxy | None, TeethProxy | None],
    options: Options,
    progress: Progress,
) -> NDArray[np.float64]:
    """Write the textures one by one; returns the jaw lines that go with them."""
    import numba

    from ..texture.median import weighted_median

    numba.set_num_threads(min(options.nthreads, numba.config.NUMBA_NUM_THREADS))
    space, track = target.space, target.track
    usable = np.flatnonzero(track.usable)
    count = candidate_count(options.ncandidates, len(usable))
    jaws = track.rectified_jaw()
    region = _region(jaws[usable].mean(axis=0), space)
    grid = coarse_grid(space)
    textures = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(len(mouth), space.height, space.width, 3)
    )
    lines = np.empty((len(mouth), 17, 2))
    for index, shape in enumerate(progress.follow(mouth, "making textures", len(mouth))):
        chosen = choose_candidates(shape, track.mouth, usable, count, options.alpha)
        grids = displacement_grids(shape, track.mouth[chosen.frames], grid, space.resolution)
        median = weighted_median(target.textures, chosen.frames, chosen.weights, grids, region)
        textures[index] = enhance_teeth(median, shape, space, *proxies)
        lines[index] = np.average(jaws[chosen.frames], axis=0, weights=chosen.weights)
    textures.flush()
    del textures
    return lines


def _region(jaw: NDArray[np.float64], space: FaceSpace) -> NDArray[np.bool_]:
    """Pixels that can come into view: inside a somewhat larger face than the speaker's."""
    centre = np.array([0.0, 1.1])
    outline = centre + (np.concatenate([jaw, [[0.0, 0.3]]]) - centre) * 1.15
    hull = cv2.convexHull(np.round(space.to_pixels(outline)).astype(np.int32))
    cover = np.zeros((space.height, space.width), np.uint8)
    cv2.fillConvexPoly(cover, hull, 1)
    return np.asarray(cover > 0)
