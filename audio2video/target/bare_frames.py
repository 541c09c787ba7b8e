"""Frames in which the lips are seen, from which a face can be learned."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, Mask
from ..errors import NoFaceError
from ..face.bare_lips import foreign_lips
from ..face.lip_look import lip_look, no_lips
from ..face.track import FaceTrack
from ..runtime.threads import ordered_map, single_threaded_libraries
from .overlays import Overlays
from .views import Views

MORE_THAN_USUAL = 0.3
"""Share of the lips in another colour than those of the clearest frames, from which on something is
in front of them."""

CLEAREST = 0.05
"""Quantile of the frames that tells what is usual for this face, such as a moustache."""

MOST_FOREIGN = 0.8
"""Share of the lips from which on no face is seen there, however usual it is."""

LOOKS, LEAST_LOOKS = 8.0, 64
"""Times a second, and least times in all, that lips are looked at; in all frames where one of these
is covered."""

HIDDEN = 0.1
"""Share of a pixel from which on an overlay hides it."""

LEAST_BARE = 8
"""Fewer bare mouths can't be learned from; see `texture.candidates.MIN_CANDIDATES`."""

REMEDY = "choose a target, or a part of it, in which nothing is in front of the mouth"


@dataclass(frozen=True)
class BareFrames:
    """What is in front of the lips in T frames, by its colour.

    Parameters
    ----------
    foreign : ndarray of float32, shape (T,)
        Share of the lips that has not the colour of a face; 1 where something smooth covers them.
    bare : ndarray of bool, shape (T,)
        Usable frames that show the lips.
    """

    foreign: F32
    bare: Mask


def find_bare_frames(
    views: Views, track: FaceTrack, rate: float, overlays: Overlays, workers: int
) -> BareFrames:
    """Find the frames in which the lips are seen.

    Parameters
    ----------
    views : Views
    track : FaceTrack
    rate : float
        Frames per second.
    overlays : Overlays
        Known to be in front of the face: no colours are looked at there.
    workers : int
        Threads.

    Returns
    -------
    BareFrames
    """
    usable = np.flatnonzero(track.usable)

    foreign, looks = np.zeros(len(track), np.float32), np.zeros((len(track), 4), np.float32)

    def look(frame: np.int64) -> tuple[float, F32]:
        view = views[int(frame)]
        hidden = np.zeros(view.picture.shape[:2], bool)
        if overlays:
            hidden = overlays.front(int(frame), view.origin, hidden.shape, views.scale) > HIDDEN
        return foreign_lips(view, hidden), lip_look(view)

    def look_at(frames: NDArray[np.int64]) -> None:
        with single_threaded_libraries(), closing(ordered_map(look, frames, workers)) as looked:
            for frame, (share, one) in zip(frames, looked, strict=True):
                foreign[frame], looks[frame] = share, one

    some = usable[:: max(1, min(round(rate / LOOKS), len(usable) // LEAST_LOOKS))]
    look_at(some)
    if (foreign[some] >= MORE_THAN_USUAL).any() or no_lips(looks[some]).any():
        look_at(np.setdiff1d(usable, some))
        foreign[usable[no_lips(looks[usable])]] = 1
    return BareFrames(foreign, bare_frames(foreign, track.usable))


def bare_frames(foreign: NDArray[np.floating], usable: NDArray[np.bool_]) -> Mask:
    """Tell frames whose lips are seen by their colour.

    Parameters
    ----------
    foreign : ndarray, shape (T,)
        See `BareFrames`.
    usable : ndarray of bool, shape (T,)

    Returns
    -------
    ndarray of bool, shape (T,)
    """
    if not usable.any():
        return np.zeros(len(usable), bool)
    usual = float(np.quantile(foreign[usable], CLEAREST))
    return np.asarray(usable & (foreign < min(usual + MORE_THAN_USUAL, MOST_FOREIGN)))


def check_bare(frames: BareFrames, usable: NDArray[np.bool_], path: Path) -> None:
    """Refuse a target whose mouth is always covered.

    Raises
    ------
    NoFaceError
        Too few frames show the lips, and others do not.
    """
    seen, bare = int(usable.sum()), int(frames.bare.sum())
    if bare < min(LEAST_BARE, seen):
        raise NoFaceError(
            f"something is in front of the mouth in {seen - bare} of {seen} frames with a face",
            path=path,
            hint=REMEDY,
        )
