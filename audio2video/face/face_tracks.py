"""The landmarks of every person in view: tracks that end at cuts and where persons cross."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .detection import FaceBox, box_of
from .flow import Motion, track_points
from .layout import inter_ocular_distance
from .shots import ShotDetector
from .tracking import (
    DETECT_EVERY,
    MAX_MISSES,
    MIN_OVERLAP,
    RIVAL,
    Finder,
    overlap,
    settle,
)

CROSSING = 0.3
"""Overlap of two tracked faces from which on nobody knows which landmarks are whose."""

APART = 0.1
"""Overlap with a tracked face up to which a detection is another face."""

SMALL_SHARE = 0.35
"""A face below this share of the largest one's side has no track."""

WIDE_SIDE = 1280
"""Longer side to which frames are reduced before the detector looks for small faces beside others,
in pixels: at 640, of two faces in a wide shot it might see the larger one only."""

WIDE_EVERY = 10
"""Every so many looks at a single face, the detector looks for others as well; also where it is
first seen, and always while there are several."""

LEAST_SHARE = 0.9
"""The detector looks for faces down to this share of the smallest tracked one."""


@dataclass(frozen=True)
class Sighting:
    """A face in one frame.

    Parameters
    ----------
    track : int
        Number of its track: within one, it is the same person's face.
    landmarks : ndarray of float64, shape (68, 2)
        Pixel (x, y).
    motion : Motion, optional
        How the landmarks of the frame before moved to this one; None in a track's first frame.
    is_detected : bool
        The detector saw it in this frame, upright and frontal.
    replaces : int, optional
        In a track's first frame: the track that went astray, and lost this face some time ago.
    """

    track: int
    landmarks: NDArray[np.float64]
    motion: Motion | None
    is_detected: bool
    replaces: int | None = None


@dataclass
class _Active:
    """A track that goes on; `following` is on its way from the frame before."""

    seen: Sighting
    box: FaceBox
    misses: int = 0
    following: Future[Motion] | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the picture does not show that this is what was there before."""
        motion = self.seen.motion
        return not self.seen.is_detected and motion is not None and not motion.is_continuous


def track_faces(
    frames: Iterable[NDArray[np.uint8]], finder: Finder
) -> Iterator[tuple[Sighting, ...]]:
    """Follow all faces that are not much smaller than the largest through gray frames.

    Each track is followed as `tracking.track_face` follows the main face. It ends where the face
    is lost, at a cut, and where two faces come so close that they could be taken for each other:
    who is who after that is for descriptors to say.

    Parameters
    ----------
    frames : iterable of ndarray of uint8, shape (H, W)
    finder : FaceFinder

    Yields
    ------
    tuple of Sighting
        The faces of each frame.
    """
    # The picture is followed in a thread of its own while the landmark model looks at it.
    with ThreadPoolExecutor(1) as pool:
        tracker = _Tracker(finder, pool)
        for gray in frames:
            yield tracker.step(gray)


class _Tracker:
    def __init__(self, finder: Finder, pool: Executor) -> None:
        self._finder, self._pool = finder, pool
        self._shots = ShotDetector()
        self._active: list[_Active] = []
        self._before: NDArray[np.uint8] | None = None
        self._since_detection = 0
        self._looks = 0
        self._tracks = 0

    def step(self, gray: NDArray[np.uint8]) -> tuple[Sighting, ...]:
        """Take the next frame; give its faces."""
        for one in self._active:
            one.following = self._follow(one.seen.landmarks, gray)
        cut = self._shots.is_cut(gray)
        found: list[FaceBox] = []
        due = not self._active or self._since_detection >= DETECT_EVERY
        if due:
            found = self._look(gray)
        confirmed, astray = self._confirm(gray, found) if due else (set(), [])
        self._active = [
            one for one in self._active if one.misses < MAX_MISSES and one not in astray
        ]
        lost = self._advance(gray, cut, confirmed)
        if not lost and not due and any(one.is_doubtful for one in self._active):
            # Something in front of the face, or something else than a face: the detector tells.
            found, due = self._look(gray), True
            self._examine(found)
        if lost:
            # Looked for in this very frame: where tracking broke off, and in the next shot.
            found = self._look(gray, anew=True)
        if due or lost:
            self._begin(gray, found, lost, astray)
        self._since_detection += 1
        self._before = gray
        return tuple(one.seen for one in self._active)

    def _follow(self, points: NDArray[np.float64], gray: NDArray[np.uint8]) -> Future[Motion]:
        unit = float(inter_ocular_distance(points))
        assert self._before is not None
        return self._pool.submit(track_points, self._before, gray, points, unit)

    def _look(self, gray: NDArray[np.uint8], *, anew: bool = False) -> list[FaceBox]:
        """Detect faces: around those that are tracked, and now and then all others.

        With `anew`, tracking broke off: faces of any size may be there.
        """
        sides = [one.box.side for one in self._active]
        self._since_detection = 0
        if not sides or anew:
            found = self._finder.detect(gray)
            self._looks = 0
            if not found:
                return []
            wide = self._look_wide(gray, [*sides, *(box.side for box in found)])
            others = [box for box in wide if all(overlap(box, one) <= APART for one in found)]
            return sorted([*found, *others], key=lambda box: -box.side)
        self._looks += 1
        if len(sides) > 1 or self._looks % WIDE_EVERY == 0:
            return self._look_wide(gray, sides)
        return self._finder.detect(gray, RIVAL * sides[0])

    def _look_wide(self, gray: NDArray[np.uint8], sides: list[float]) -> list[FaceBox]:
        least = min(SMALL_SHARE * max(sides), LEAST_SHARE * min(sides))
        return self._finder.detect(gray, least, WIDE_SIDE)

    def _confirm(
        self, gray: NDArray[np.uint8], found: list[FaceBox]
    ) -> tuple[set[int], list[_Active]]:
        """Note which tracks the detector sees, and which it misses.

        Returns
        -------
        set of int
            Tracks that it sees.
        list of _Active
            Tracks whose face it sees somewhere else: they went astray, as in a dissolve.
        """
        confirmed, astray = set(), []
        for one in self._active:
            near = [box for box in found if overlap(one.box, box) > APART and not self._has(box)]
            if any(overlap(one.box, box) >= MIN_OVERLAP for box in found):
                one.misses = 0
                confirmed.add(one.seen.track)
            else:
                # Turned or half covered, a face is missed, and something else may be taken for
                # one: the tracked face is kept for a while.
                one.misses += 1
                # Beyond a cut there is another face, of which this says nothing.
                if near and one.following is not None and one.following.result().is_continuous:
                    landmarks = settle(gray, near[0], self._finder)
                    if landmarks is None:
                        continue
                    if overlap(box_of(landmarks), one.box) >= MIN_OVERLAP:
                        one.misses = 0
                        confirmed.add(one.seen.track)
                    else:
                        astray.append(one)
        return confirmed, astray

    def _has(self, box: FaceBox) -> bool:
        """Whether a detection is of a tracked face."""
        return any(overlap(one.box, box) >= MIN_OVERLAP for one in self._active)

    def _examine(self, found: list[FaceBox]) -> None:
        """Keep a doubtful track that the detector sees, or has not missed for long."""
        for one in self._active:
            if not one.is_doubtful:
                continue
            if any(overlap(one.box, box) >= MIN_OVERLAP for box in found):
                one.seen, one.misses = replace(one.seen, is_detected=True), 0
            else:
                one.misses += 1
        self._active = [one for one in self._active if one.misses < MAX_MISSES]

    def _advance(self, gray: NDArray[np.uint8], cut: bool, confirmed: set[int]) -> list[_Active]:
        """Place the landmarks of all tracks; gives those that broke off."""
        kept, lost = [], []
        for one in self._active:
            landmarks = settle(gray, one.box, self._finder)
            assert one.following is not None
            motion = one.following.result()
            if landmarks is None or motion.is_cut or (cut and not motion.is_continuous):
                lost.append(one)
                continue
            track = one.seen.track
            one.seen = Sighting(track, landmarks, motion, track in confirmed)
            one.box = box_of(landmarks)
            kept.append(one)
        crossing = [
            one
            for one in kept
            if any(other is not one and overlap(one.box, other.box) > CROSSING for other in kept)
        ]
        self._active = [one for one in kept if one not in crossing]
        return lost + crossing

    def _begin(
        self,
        gray: NDArray[np.uint8],
        found: list[FaceBox],
        lost: list[_Active],
        astray: list[_Active],
    ) -> None:
        """Begin tracks at what the detector sees beside the tracked faces."""
        boxes = [one.box for one in self._active]
        largest = max((box.side for box in (*boxes, *found)), default=0.0)
        for box in found:
            if box.side <= SMALL_SHARE * largest or any(
                overlap(box, one.box) > APART for one in self._active
            ):
                continue
            landmarks = settle(gray, box, self._finder)
            if landmarks is None:
                continue
            one = self._resumed(landmarks, box, lost)
            left = [old.seen.track for old in astray if overlap(old.box, box) > APART]
            if left:
                one.seen = replace(one.seen, replaces=left[0])
            self._active.append(one)

    def _resumed(
        self, landmarks: NDArray[np.float64], found: FaceBox, lost: list[_Active]
    ) -> _Active:
        """Go on with a track whose landmarks broke off though its face stayed; or begin one."""
        for one in lost:
            motion = one.following.result() if one.following is not None else None
            alone = len(lost) == 1 and not self._active
            stayed = motion is not None and motion.is_continuous and not motion.is_cut
            if alone and stayed and overlap(one.box, found) >= MIN_OVERLAP:
                seen = replace(one.seen, landmarks=landmarks, motion=motion, is_detected=True)
                return _Active(seen, box_of(landmarks))
        self._tracks += 1
        return _Active(Sighting(self._tracks, landmarks, None, True), box_of(landmarks))
