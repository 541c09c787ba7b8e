"""Occlusions in each frame of a target, as part of its analysis."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.colour_occlusion import colour_occlusions, redness
from ..face.occlusion import (
    analysis_grid,
    confirmed_occlusions,
    disc,
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
from .bare_frames import BareFrames
from .overlays import HiddenTexels


@dataclass(frozen=True)
class Occlusions:
    """Occlusions of the face in T frames.

    Parameters
    ----------
    maps : ndarray of uint8, shape (T, h, w)
        On the raster of `covers.analysis_grid`: 0, or from 128 on how surely it is not bare face.
    lips : ndarray of float32, shape (T,)
        Share of the lips that is covered.
    often : bool
        Something is in front of the face in many frames, so that textures must leave it out.
    """

    maps: NDArray[np.uint8]
    lips: NDArray[np.float32]
    often: bool = False


AROUND = 0.1
"""Inter-ocular distances around an overlay in which what is odd is taken to be its doing."""

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
    *,
    bare: BareFrames,
    overlays: HiddenTexels,
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
    bare : BareFrames
        The face is learned from these.
    overlays : HiddenTexels
        Known to be in front of the face: not looked for again.

    Returns
    -------
    Occlusions
        Nothing in frames that are not usable. Lips hidden by overlays count as covered; the maps
        do not show them.
    """
    # Many small products of matrices: threads within them would only wait for each other.
    with single_threaded_libraries():
        found = _find(textures, track, space, workers, progress, bare, overlays)
    often = found.often
    found = _without_brief(found, track, rate)
    lips = np.maximum(found.lips, np.where(bare.bare & (not often), 0, bare.foreign))
    return Occlusions(found.maps, np.maximum(lips, overlays.lips).astype(np.float32), often)


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
    bare: BareFrames,
    overlays: HiddenTexels,
) -> Occlusions:
    reduced = analysis_grid(space)
    usable = np.flatnonzero(track.usable)
    sample = sample_frames(bare.bare)
    places = np.zeros((len(track), 68, 2))
    places[usable] = to_rectified(track.landmarks[usable], track.pose[usable])
    model = learn_face(
        np.stack([reduce_texture(textures[frame], space, reduced) for frame in sample]),
        places[sample],
        reduced,
    )
    maps = np.zeros((len(track), reduced.height, reduced.width), np.uint8)

    red = np.ones(maps.shape, np.float32)

    def look(frames: NDArray[np.int64]) -> NDArray[np.uint8]:
        pictures = np.stack([reduce_texture(textures[frame], space, reduced) for frame in frames])
        red[frames] = redness(pictures, reduced)
        return occlusion_maps(model, pictures, places[frames])

    blocks = [usable[start : start + AT_ONCE] for start in range(0, len(usable), AT_ONCE)]
    with closing(ordered_map(look, blocks, workers)) as found:
        occlusions = chain.from_iterable(found)
        stage = "looking for what covers the face"
        for frame, cover in zip(
            usable, progress.follow(occlusions, stage, len(usable)), strict=True
        ):
            maps[frame] = _apart(cover, overlays, int(frame), reduced)
    maps = confirmed_occlusions(maps, track.starts, reduced)
    coloured = colour_occlusions(red[usable], places[usable], bare.bare[usable], reduced)
    for frame, cover in zip(usable, coloured, strict=True):
        if cover.any():
            maps[frame] |= _apart(cover, overlays, int(frame), reduced)
    lips = np.zeros(len(track), np.float32)
    for frame in usable:
        if maps[frame].any():
            lips[frame] = occluded_fraction(maps[frame], lip_region(track.mouth[frame], reduced))
    return Occlusions(maps, lips, bool(coloured.any()))


def _apart(
    cover: NDArray[np.uint8], overlays: HiddenTexels, frame: int, reduced: RectifiedGrid
) -> NDArray[np.uint8]:
    """Leave out what is known to be an overlay."""
    if not overlays:
        return cover
    around = cv2.dilate(overlays.on(frame, reduced), disc(AROUND * reduced.resolution))
    return np.where(around > 0, 0, cover).astype(np.uint8)
