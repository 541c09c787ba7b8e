"""Occlusions in each frame of a target, as part of its analysis."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..face.occlusion import (
    analysis_grid,
    confirmed_occlusions,
    lip_region,
    occluded_fraction,
    reduce_texture,
)
from ..face.rectify import RectifiedGrid, to_rectified
from ..face.smoothing import unbroken_stretches
from ..face.track import FaceTrack
from ..face.visibility import learn_face, occlusion_maps, sample_frames
from ..progress import Progress
from ..runtime.threads import ordered_map, single_threaded_libraries


@dataclass(frozen=True)
class Occlusions:
    """Occlusions of the face in T frames.

    Parameters
    ----------
    maps : ndarray of uint8, shape (T, h, w)
        On the raster of `covers.analysis_grid`: 0, or from 128 on how surely it is not bare face.
    lips : ndarray of float32, shape (T,)
        Share of the lips that is covered.
    """

    maps: NDArray[np.uint8]
    lips: NDArray[np.float32]


AT_ONCE = 16
"""Frames that are explained together; more are not faster."""

BRIEF = 0.15
"""Seconds: what seems to cover the lips for less is a mouth unlike all others, as beside a cut. A
hand stays longer, and a few frames of the old mouth would be worse than what it hides."""


def detect_occlusions(
    textures: NDArray[np.uint8],
    track: FaceTrack,
    space: RectifiedGrid,
    rate: float,
    workers: int,
    progress: Progress,
) -> Occlusions:
    """Detect occlusions against a learned model of the speaker's lower face.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
        Rectified lower faces; may be memory-mapped.
    track : FaceTrack
    space : RectifiedGrid
        Raster of the textures.
    rate : float
        Frames per second.
    workers : int
        Threads.
    progress : Progress

    Returns
    -------
    Occlusions
        Nothing in frames that are not usable.
    """
    # Many small products of matrices: threads within them would only wait for each other.
    with single_threaded_libraries():
        return _without_brief(_find(textures, track, space, workers, progress), track, rate)


def _without_brief(occlusions: Occlusions, track: FaceTrack, rate: float) -> Occlusions:
    maps, lips = occlusions.maps, occlusions.lips.copy()
    for run in unbroken_stretches(lips > 0, track.starts):
        if run.stop - run.start < BRIEF * rate:
            maps[run], lips[run] = 0, 0
    return Occlusions(maps, lips)


def _find(
    textures: NDArray[np.uint8],
    track: FaceTrack,
    space: RectifiedGrid,
    workers: int,
    progress: Progress,
) -> Occlusions:
    reduced = analysis_grid(space)
    usable = np.flatnonzero(track.usable)
    sample = sample_frames(track.usable)
    places = np.zeros((len(track), 68, 2))
    places[usable] = to_rectified(track.landmarks[usable], track.pose[usable])
    model = learn_face(
        np.stack([reduce_texture(textures[frame], space, reduced) for frame in sample]),
        places[sample],
        reduced,
    )
    maps = np.zeros((len(track), reduced.height, reduced.width), np.uint8)

    def look(frames: NDArray[np.int64]) -> NDArray[np.uint8]:
        pictures = [reduce_texture(textures[frame], space, reduced) for frame in frames]
        return occlusion_maps(model, np.stack(pictures), places[frames])

    blocks = [usable[start : start + AT_ONCE] for start in range(0, len(usable), AT_ONCE)]
    with closing(ordered_map(look, blocks, workers)) as found:
        occlusions = chain.from_iterable(found)
        stage = "looking for what covers the face"
        for frame, cover in zip(
            usable, progress.follow(occlusions, stage, len(usable)), strict=True
        ):
            maps[frame] = cover
    maps = confirmed_occlusions(maps, track.starts, reduced)
    lips = np.zeros(len(track), np.float32)
    for frame in usable:
        if maps[frame].any():
            lips[frame] = occluded_fraction(maps[frame], lip_region(track.mouth[frame], reduced))
    return Occlusions(maps, lips)
