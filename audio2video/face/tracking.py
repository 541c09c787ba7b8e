"""The landmarks of one person through a video: detection now and then, tracking in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .detection import DETECTION_SIDE, FaceBox, box_of
from .flow import Motion, track_points
from .head import shape_plausibility
from .layout import inter_ocular_distance

DETECT_EVERY = 10
"""Frames between two looks of the detector while tracking goes well."""

MAX_MISSES = 3
"""Looks of the detector in a row that miss the tracked face, after which it counts as lost."""

MIN_PLAUSIBILITY = 0.5
"""Below this the landmarks are not those of a face (see `shape_plausibility`)."""

MIN_OVERLAP = 0.4
"""Least overlap (intersection over union) of tracked and detected box for the same face."""

RIVAL = 0.6
"""A second face with more than this share of the larger one's side is worth a warning."""


class Finder(Protocol):
    """The part of a `FaceFinder` that tracking uses."""

    def detect(
        self, gray: NDArray[np.uint8], least: float = 0.0, side: int = DETECTION_SIDE
    ) -> list[FaceBox]:
        """See `FaceFinder.detect`."""
        ...

    def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        """See `FaceFinder.landmarks`."""
        ...


@dataclass(frozen=True)
class TrackedFace:
    """The face in one frame, as tracking found it.

    Parameters
    ----------
    landmarks : ndarray of float64, shape (68, 2), or None
        Pixel (x, y); None where no usable face is seen.
    other_faces : int
        Further faces of comparable size that the detector saw in this frame.
    motion : Motion, optional
        How the landmarks of the frame before moved to this one; None where one of both has none.
    begins : bool
        Another track begins here: nothing links this frame to the one before.
    """

    landmarks: NDArray[np.float64] | None
    other_faces: int = 0
    motion: Motion | None = None
    begins: bool = False


def overlap(a: FaceBox, b: FaceBox) -> float:
    """Intersection over union of two boxes, their angles neglected."""
    width = min(a.x + a.side / 2, b.x + b.side / 2) - max(a.x - a.side / 2, b.x - b.side / 2)
    height = min(a.y + a.side / 2, b.y + b.side / 2) - max(a.y - a.side / 2, b.y - b.side / 2)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (a.side**2 + b.side**2 - shared)


def track_face(frames: Iterable[NDArray[np.uint8]], finder: Finder) -> Iterator[TrackedFace]:
    """Follow the main face through gray frames.

    The main face is the largest one where tracking starts. It is kept while the detector sees it
    now and then (a landmark model draws a face into anything); once it is lost, the largest is
    taken again. Each frame's box comes from the landmarks of the frame before, which is steadier
    than the detector's own; the detector confirms it every `DETECT_EVERY` frames, and finds it
    again when the landmarks stop looking like a face.

    Parameters
    ----------
    frames : iterable of ndarray of uint8, shape (H, W)
    finder : FaceFinder

    Yields
    ------
    TrackedFace
        One for each frame.
    """
    # The picture is followed in a thread of its own while the landmark model looks at it.
    with ThreadPoolExecutor(1) as pool:
        yield from _track(frames, finder, pool)


def _track(
    frames: Iterable[NDArray[np.uint8]], finder: Finder, pool: Executor
) -> Iterator[TrackedFace]:
    box: FaceBox | None = None
    before: tuple[NDArray[np.uint8], NDArray[np.float64]] | None = None
    since_detection = misses = 0
    for gray in frames:
        following: Future[Motion] | None = None
        if before is not None:
            old, points = before
            unit = float(inter_ocular_distance(points))
            following = pool.submit(track_points, old, gray, points, unit)
        other_faces = 0
        if box is None or since_detection >= DETECT_EVERY:
            found = finder.detect(gray, 0.0 if box is None else RIVAL * box.side)
            since_detection = 0
            other_faces = sum(other.side > RIVAL * found[0].side for other in found[1:])
            if box is not None and any(overlap(box, other) >= MIN_OVERLAP for other in found):
                misses = 0
            elif box is None or misses + 1 >= MAX_MISSES:
                box, misses = (found[0] if found else None), 0
            else:
                # Turned or half covered, a face is missed, and something else may be taken for
                # one: the tracked face is kept for a while.
                misses += 1
        landmarks = None if box is None else settle(gray, box, finder)
        if landmarks is None and box is not None and since_detection > 0:
            # Tracking broke off: look again in this very frame.
            landmarks = _look_again(gray, finder)
            since_detection = misses = 0
        box = None if landmarks is None else box_of(landmarks)
        since_detection += 1
        motion = None
        if following is not None and landmarks is not None:
            motion = following.result()
            if motion.is_cut:
                # The box is that of another shot: the landmark model fits a face into anything.
                landmarks = _look_again(gray, finder)
                box = None if landmarks is None else box_of(landmarks)
                since_detection, misses = 1, 0
        before = None if landmarks is None else (gray, landmarks)
        yield TrackedFace(landmarks, other_faces, motion)


def _look_again(gray: NDArray[np.uint8], finder: Finder) -> NDArray[np.float64] | None:
    """Landmarks of the largest face that the detector sees; None without one."""
    settled = (settle(gray, found, finder) for found in finder.detect(gray))
    return next((points for points in settled if points is not None), None)


def settle(gray: NDArray[np.uint8], box: FaceBox, finder: Finder) -> NDArray[np.float64] | None:
    """Place landmarks at a box; None where they form no face, or one outside the picture.

    Parameters
    ----------
    gray : ndarray of uint8, shape (H, W)
    box : FaceBox
    finder : FaceFinder

    Returns
    -------
    ndarray of float64, shape (68, 2), or None
    """
    landmarks = finder.landmarks(gray, box)
    if box.detected:
        # A box of the detector is coarse; one more round makes it as good as a tracked one.
        landmarks = finder.landmarks(gray, box_of(landmarks))
    centre = landmarks.mean(axis=0)
    height, width = gray.shape
    if not (0 <= centre[0] < width and 0 <= centre[1] < height):
        return None
    return landmarks if shape_plausibility(landmarks) >= MIN_PLAUSIBILITY else None
