"""The texture sequence between steps 2 and 4, and its synthesis."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..config import Config, TextureConfig
from ..mouth.prediction import MouthTrack
from ..mouth.shapes import carry_shapes, range_gain
from ..progress import Progress
from ..retiming.retime import Retiming
from ..runtime.threads import ordered_map
from ..storage.arrays import check_shape, check_within, read_array, read_arrays
from ..target.analysis import MADE_BY, TargetAnalysis
from ..target.teeth_proxies import Proxies
from ..texture.candidates import FrameFeatures, candidate_count
from ..texture.generic_mouth import GenericMouth, generic_mouth, never_opens
from ..texture.synthesis import SynthesisConfig, TextureMaker
from .job import Job
from .shapes import MAX_DISTANCE

SAMPLES = 9
"""Frames in which the colours of a generic mouth are measured."""


@dataclass(frozen=True)
class TextureSequence:
    """A texture for every frame of a result, and the lines that go with it.

    Parameters
    ----------
    textures : ndarray of uint8, shape (N, H, W, 3)
        Memory-mapped.
    mouth : ndarray of float32, shape (N, 20, 2)
        Mouth shapes on the target's face, rectified.
    jaw : ndarray of float32, shape (N, 17, 2)
        Jaw lines, rectified.
    """

    textures: NDArray[np.uint8]
    mouth: NDArray[np.float32]
    jaw: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.textures)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        texture: NDArray[np.uint8] = self.textures[index]
        return texture


def read_textures(job: Job) -> TextureSequence:
    """Read the texture sequence of a job.

    Raises
    ------
    MissingFileError, BadFileError
        A file is missing or damaged.
    """
    path, space = job.textures_path, job.target.space
    shape = (None, space.height, space.width, 3)
    textures = read_array(path, shape, made_by=MADE_BY, mmap=True, dtype=np.uint8)
    beside = path.with_suffix(".npz")
    lines = read_arrays(beside, ("mouth", "jaw"), made_by=MADE_BY)
    for name, points in (("mouth", 20), ("jaw", 17)):
        again = f"{MADE_BY} makes it again with --force True"
        check_shape(lines[name], (len(textures), points, 2), beside, again)
        check_within(lines[name], MAX_DISTANCE, beside, again)
    mouth, jaw = (lines[name].astype(np.float32) for name in ("mouth", "jaw"))
    return TextureSequence(textures, mouth, jaw)


def texture_maker(
    target: TargetAnalysis,
    config: TextureConfig,
    proxies: Proxies,
    workers: int,
    *,
    generic: bool = False,
) -> TextureMaker:
    """Prepare the synthesis of textures of a target.

    Parameters
    ----------
    target : TargetAnalysis
    config : TextureConfig
    proxies : Proxies
    workers : int
        Threads.
    generic : bool
        Paint a generic mouth interior instead of the target's own.
    """
    gallery = target.gallery()
    recipe = SynthesisConfig(
        candidate_count(config.ncandidates, len(gallery.usable)),
        config.alpha,
        config.pose_weight,
        config.light_weight,
        upper=proxies.upper,
        lower=proxies.lower,
        generic=_generic_mouth(target) if generic else None,
    )
    maker = TextureMaker(gallery, recipe)
    return maker.calibrated(workers) if config.detail else maker


def _generic_mouth(target: TargetAnalysis) -> GenericMouth:
    usable = np.flatnonzero(target.track.usable)
    some = usable[np.linspace(0, len(usable) - 1, min(SAMPLES, len(usable))).astype(int)]
    return generic_mouth(target.textures[some], target.track.mouth[some], target.space)


@dataclass(frozen=True)
class CarriedMouth:
    """Mouth shapes on a target's face.

    Parameters
    ----------
    shapes : ndarray of float64, shape (N, 20, 2)
        Rectified.
    gain : float
        Of the mouth's motion.
    generic : bool
        Whether the inside of the mouth is painted.
    """

    shapes: NDArray[np.float64]
    gain: float
    generic: bool


def carry_mouth(
    track: MouthTrack, target: TargetAnalysis, tar_id: str, config: Config, progress: Progress
) -> CarriedMouth:
    """Carry predicted mouth shapes onto a target's face, at the target's own range.

    A target that never opens its mouth has no range of its own: it gets the usual one, and a
    painted interior.

    Parameters
    ----------
    track : MouthTrack
        In the proportions of the pass's speaker.
    target : TargetAnalysis
    tar_id : str
    config : Config
        Its `texture` and `mouth` parts are used.
    progress : Progress
        Is warned of a target that never opens its mouth, unless it was asked for a painted one.
    """
    own = target.track.mouth[target.track.usable]
    usual = config.mouth.expressiveness
    shapes = carry_shapes(track.shapes, track.reference, target.reference, usual)
    asked = config.texture.mouth_interior
    closed = asked != "target" and never_opens(own, shapes, target.reference)
    if closed:
        if asked == "auto":
            progress.warn(
                f"target '{tar_id}' never opens its mouth: the inside of the mouth is painted, "
                "without detail; footage of the person talking looks far better"
            )
        return CarriedMouth(shapes, usual, generic=True)
    gain = range_gain(track.spread, own, target.reference, usual)
    shapes = carry_shapes(track.shapes, track.reference, target.reference, gain)
    return CarriedMouth(shapes, gain, generic=asked == "generic")


def from_own_mouth(
    mouth: NDArray[np.float64],
    target: TargetAnalysis,
    timing: Retiming,
    shares: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Let mouth shapes set out from the target's own, and return to them.

    Parameters
    ----------
    mouth : ndarray, shape (N, 20, 2)
        Mouth shapes on the target's face, rectified.
    target : TargetAnalysis
    timing : Retiming
        Of N frames.
    shares : ndarray, shape (N,)
        How far each is the new one; see `compositing.fading.edge_fade`.

    Returns
    -------
    ndarray of float64, shape (N, 20, 2)
        Where the target's own mouth is not seen, the new one.
    """
    frames = timing.frames
    share = np.where(target.track.usable[frames], shares, 1.0)[:, None, None]
    own = np.where(share < 1, target.track.mouth[frames], mouth)
    return np.asarray(own + share * (mouth - own), np.float64)


def render_textures(
    maker: TextureMaker,
    mouth: NDArray[np.floating],
    timing: Retiming,
    config: TextureConfig,
    workers: int,
) -> Generator[tuple[NDArray[np.uint8], NDArray[np.float64]], None, None]:
    """Synthesise the textures of successive output frames, several at a time.

    Parameters
    ----------
    maker : TextureMaker
    mouth : ndarray, shape (N, 20, 2)
        Mouth shapes on the target's face, rectified.
    timing : Retiming
        Of N frames: a texture is synthesised for the head pose and light that it is put onto.
    config : TextureConfig
    workers : int
        Threads.

    Yields
    ------
    texture : ndarray of uint8, shape (H, W, 3)
    jaw : ndarray of float64, shape (17, 2)
    """
    looks = maker.gallery.looks
    wanted = FrameFeatures(mouth, looks.turn[timing.frames], looks.light[timing.frames])
    choices = maker.choose(wanted, coherent=config.coherence)
    requests = zip(mouth, choices, strict=True)
    return ordered_map(lambda one: maker.render(*one), requests, workers)
