"""Step 2: a rectified lower-face texture for every output frame."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config.options import Options
from ..face.rectify import FaceSpace
from ..media.audio import probe_audio
from ..mouth.shapes import carry_shapes
from ..progress import Progress
from ..retiming.retime import Retiming
from ..runtime.report import StepReport
from ..runtime.threads import in_order, one_thread_each
from ..storage.arrays import check_shape, check_within, read_array, read_arrays
from ..storage.artifacts import make
from ..storage.files import file_hash, replacing
from ..storage.workspace import Workspace
from ..target.analysis import MADE_BY, Target, analyse_target
from ..target.teeth_proxies import Proxies, choose_proxies, proxy_files
from ..texture.candidates import Looks, candidate_count
from ..texture.synthesis import Recipe, TextureMaker
from .lipsync import MOST_FAR, output_frames, read_network, read_shapes, result_ids
from .plots import plot_proxies
from .retiming import make_retiming, retiming_path

NAME = "texture"
FORMAT = 3
"""Raised when the way textures are made changes."""

MOUTH_PICTURE = ((-0.6, 0.85), (0.6, 1.6))
"""What the proxies' sheet shows of a frame: corners, in inter-ocular distances."""

PICTURE_OPTIONS = (
    *("ncandidates", "alpha", "pose_weight", "light_weight", "coherence", "detail"),
    *("teeth", "lineU", "lineL"),
)
"""Options that a texture depends on."""


@dataclass(frozen=True)
class TextureSequence:
    """What step 2 hands on.

    Parameters
    ----------
    textures : ndarray of uint8, shape (N, H, W, 3)
        Memory-mapped.
    mouth : ndarray of float32, shape (N, 20, 2)
        Mouth shapes on the target's face, rectified.
    jaw : ndarray of float32, shape (N, 17, 2)
        Jaw lines that go with them, rectified.
    """

    textures: NDArray[np.uint8]
    mouth: NDArray[np.float32]
    jaw: NDArray[np.float32]


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
    timing, _ = make_retiming(workspace, options, target, progress)
    network, network_path = read_network(workspace, options.pass_id)
    report = StepReport(NAME, "frame")

    @one_thread_each()
    def build(path: Path) -> dict[str, Any]:
        proxies = choose_proxies(workspace, target, options, progress)
        maker = texture_maker(target, options, proxies)
        mouth = carry_shapes(shapes, network.reference, target.reference)
        jaw = _write_textures(path, target, mouth, maker, timing, options, progress)
        with replacing(path.parent / "texture.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, mouth=mouth, jaw=jaw)
        with replacing(path.parent / "teeth.png") as temporary:
            plot_proxies(
                proxies.upper,
                proxies.lower,
                [
                    (item.frame, _mouth_picture(target, item.frame), item.upper, item.lower)
                    for item in proxies.considered
                ],
                temporary,
            )
        report.count = frames
        return {
            "detail_gain": round(maker.recipe.detail, 4),
            "opening_detail_gain": round(maker.recipe.opening_detail, 4),
            "upper_proxy_frame": None if proxies.upper is None else proxies.upper.frame,
            "lower_proxy_frame": None if proxies.lower is None else proxies.lower.frame,
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
            "retiming": file_hash(retiming_path(workspace, options)),
            "options": {name: getattr(options, name) for name in PICTURE_OPTIONS},
        },
        build,
        progress,
        force=options.force,
        made_for=result_ids(options),
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
    shape = (None, space.height, space.width, 3)
    textures = read_array(path, shape, made_by=MADE_BY, mmap=True, dtype=np.uint8)
    beside = path.with_suffix(".npz")
    lines = read_arrays(beside, ("mouth", "jaw"), made_by=MADE_BY)
    for name, points in (("mouth", 20), ("jaw", 17)):
        again = f"{MADE_BY} makes it again with --force True"
        check_shape(lines[name], (len(textures), points, 2), beside, again)
        check_within(lines[name], MOST_FAR, beside, again)
    mouth, jaw = (lines[name].astype(np.float32) for name in ("mouth", "jaw"))
    return TextureSequence(textures, mouth, jaw)


def texture_maker(target: Target, options: Options, proxies: Proxies) -> TextureMaker:
    """Prepare to make textures of a target."""
    gallery = target.gallery()
    recipe = Recipe(
        candidate_count(options.ncandidates, len(gallery.usable)),
        options.alpha,
        options.pose_weight,
        options.light_weight,
        upper=proxies.upper,
        lower=proxies.lower,
    )
    maker = TextureMaker(gallery, recipe)
    return maker.calibrated(options.nthreads) if options.detail else maker


def _mouth_picture(target: Target, frame: int) -> NDArray[np.uint8]:
    """Cut the mouth out of a frame's texture."""
    space = target.space
    low, high = (space.to_pixels(np.array(corner)).astype(int) for corner in MOUTH_PICTURE)
    return np.array(target.textures[frame, low[1] : high[1], low[0] : high[0]])


def _write_textures(
    path: Path,
    target: Target,
    mouth: NDArray[np.float64],
    maker: TextureMaker,
    timing: Retiming,
    options: Options,
    progress: Progress,
) -> NDArray[np.float32]:
    """Write the textures one by one; returns the jaw lines that go with them."""
    space, looks = target.space, maker.gallery.looks
    lines = np.empty((len(mouth), 17, 2), np.float32)
    wanted = Looks(mouth, looks.turn[timing.frames], looks.light[timing.frames])
    choices = maker.choose(wanted, coherent=options.coherence)
    jobs = zip(mouth, choices, strict=True)
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
        "fortran_order": False,
        "shape": (len(mouth), space.height, space.width, 3),
    }
    with (
        # Written like any file: pages of a memory map would count as memory of this process.
        path.open("wb") as file,
        closing(in_order(lambda job: maker.render(*job), jobs, options.nthreads)) as made,
    ):
        np.lib.format.write_array_header_1_0(file, header)
        followed = progress.follow(made, "making textures", len(mouth))
        for index, (texture, line) in enumerate(followed):
            lines[index] = line
            file.write(texture.data)
    return lines
