"""Finding what is fixed in a target's picture in front of the face: microphones, text, logos."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from .._typing import U8, Mask
from ..face.fixed import choose_pairs
from ..face.occlusion import disc
from ..face.track import FaceTrack
from ..face.view import View, foreign
from ..progress import Progress
from ..runtime.threads import ordered_map, single_threaded_libraries
from .overlay_votes import Evidence, gather_evidence
from .overlays import Overlays
from .views import Views

PAIRS = 48
"""Frames that are compared with others."""

STILL = 0.32
"""Seconds for which a pixel must keep its colour to be part of something fixed: lips do not."""

STEADY = 14
"""Grey levels by which it may change meanwhile: the edges of letters mix with what is behind."""

MARGIN, CLOSED = 0.02, 0.02
"""Inter-ocular distances by which masks are grown, and half of the gaps that are closed."""

LEAST_PART = 0.004
"""Square inter-ocular distances; a smaller part of a mask is noise."""


def find_overlays(
    views: Views, track: FaceTrack, rate: float, workers: int, progress: Progress
) -> Overlays:
    """Find what is fixed in the picture in front of the moving face.

    Parameters
    ----------
    views : Views
    track : FaceTrack
    rate : float
        Frames per second.
    workers : int
        Threads.
    progress : Progress

    Returns
    -------
    Overlays
    """
    usable = np.flatnonzero(track.usable)
    pairs = choose_pairs(track.pose, track.mouth, track.usable, rate, PAIRS)
    with single_threaded_libraries():
        found = gather_evidence(views, pairs, workers)
        if found is None:
            return Overlays.none()
        wanted = progress.follow(
            _masks(views, track, found, rate, workers),
            "separating what is in front of the face",
            len(usable),
        )
        left, top = found.origin
        height, width = found.near.shape
        masks = np.zeros((len(track), height, -(-width // 8)), np.uint8)
        for frame, mask in wanted:
            masks[frame] = np.packbits(mask, axis=1)
    if not masks.any():
        return Overlays.none()
    return Overlays(masks, np.array([left, top, views.scale, width], np.float64))


@dataclass(frozen=True)
class _Look:
    """What a frame shows where something was found.

    Parameters
    ----------
    frame : int
    picture : ndarray of uint8, shape (h, w, 3)
    odd : ndarray of bool, shape (h, w)
        In no colour of a face.
    seen : ndarray of bool, shape (h, w)
        Inside what was kept of the frame.
    """

    frame: int
    picture: U8
    odd: Mask
    seen: Mask


def _masks(
    views: Views, track: FaceTrack, found: Evidence, rate: float, workers: int
) -> Iterator[tuple[int, U8]]:
    """Give the mask of each usable frame."""
    usable = np.flatnonzero(track.usable)
    runs = np.cumsum(track.starts, dtype=np.int64)
    lag = max(2, round(STILL * rate))

    def look(frame: np.int64) -> _Look:
        view = views[int(frame)]
        picture, odd, seen = _crop(view, found)
        return _Look(int(frame), picture, odd & seen, seen)

    around: deque[_Look] = deque()
    waiting: deque[int] = deque()

    def next_mask() -> tuple[int, U8]:
        frame = waiting.popleft()
        known = {one.frame: one for one in around if runs[one.frame] == runs[frame]}
        return frame, _mask(known, frame, found, lag)

    with closing(ordered_map(look, usable, workers)) as looked:
        for one in looked:
            around.append(one)
            waiting.append(one.frame)
            while one.frame >= waiting[0] + lag:
                yield next_mask()
            while around[0].frame < waiting[0] - lag:
                around.popleft()
    while waiting:
        yield next_mask()


def _mask(known: dict[int, _Look], frame: int, found: Evidence, lag: int) -> U8:
    """Mask what is odd and stays as it is, before or after, and what is always there."""
    own = known[frame]
    still = np.zeros(own.odd.shape, bool)
    for way in (-lag, lag):
        others = [known.get(frame + round(share * way)) for share in (0.34, 0.67, 1.0)]
        same = np.ones(own.odd.shape, bool)
        for other in others:
            if other is None:
                same[:] = False
                break
            same &= cv2.absdiff(own.picture, other.picture).max(axis=2) < STEADY
        still |= same
    mask = ((found.near & own.odd & still) | (found.always & own.seen)).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc(CLOSED * found.unit)), np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < LEAST_PART * found.unit**2)
    mask[np.isin(parts, small)] = 0
    return np.asarray(cv2.dilate(mask, disc(MARGIN * found.unit)), np.uint8)


def _crop(view: View, found: Evidence) -> tuple[U8, Mask, Mask]:
    """Give a view where something was found, what in it is foreign, and where it is seen."""
    height, width = found.near.shape
    picture = np.zeros((height, width, 3), np.uint8)
    odd, seen = np.zeros((2, height, width), bool)
    x, y = np.subtract(view.origin, found.origin)
    rows, columns = view.picture.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + columns, width), min(y + rows, height)
    if x0 < x1 and y0 < y1:
        own, part = np.s_[y0 - y : y1 - y, x0 - x : x1 - x], np.s_[y0:y1, x0:x1]
        picture[part], odd[part], seen[part] = view.picture[own], foreign(view)[own], True
    return picture, odd, seen
