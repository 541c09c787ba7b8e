"""Descriptors of the faces in a target, computed where they are needed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.detection import box_of
from ..face.layout import NOSE
from ..face.persons import TrackLook
from .frame_spool import FrameSpool
from .track_pieces import Piece, Sightings, sighting_of

if TYPE_CHECKING:
    from ..face.identity import FaceDescriber

SAMPLES = 4
"""Frames of a track that are described: more bring it no nearer to the person's other tracks."""

TWO_PEOPLE = 0.6
"""Distance of the descriptors of two frames of a track from which on it shows two people: the
model's own threshold."""


class Gallery:
    """Descriptors of faces, each computed once, in frames in which the detector saw them.

    Parameters
    ----------
    sightings : sequence of tuple of Sighting
        The faces of each frame.
    spool : FrameSpool
        Holds the whole face, by (frame, track), where the detector saw it.
    describer : FaceDescriber
    """

    def __init__(self, sightings: Sightings, spool: FrameSpool, describer: FaceDescriber) -> None:
        self._sightings, self._spool, self._describer = sightings, spool, describer
        self._known: dict[tuple[int, int], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def look(self, piece: Piece) -> TrackLook:
        """Give the mean of some of a piece's frames."""
        found = [self._describe(frame, piece.track) for frame in self._picked(piece)]
        descriptor, colour = (np.mean(parts, axis=0) for parts in zip(*found, strict=True))
        return TrackLook(piece.first, piece.last, descriptor, colour, float(len(found)))

    def divided(self, piece: Piece) -> list[Piece]:
        """Divide a piece where its face becomes another person's, as in a dissolve."""
        parts, first = [], piece.first
        for before, after in pairwise(self._picked(piece)):
            if self._distance(before, after, piece.track) > TWO_PEOPLE:
                change = self._change(before, after, piece.track)
                parts.append(Piece(piece.track, first, change - 1))
                first = change
        return [*parts, Piece(piece.track, first, piece.last)]

    def _change(self, before: int, after: int, track: int) -> int:
        """Find the frame from which on the face is more like the later of two."""
        between = [k for k in self._detected(Piece(track, before, after)) if before < k < after]
        while between:
            middle = between[len(between) // 2]
            earlier = self._distance(before, middle, track) < self._distance(middle, after, track)
            before, after = (middle, after) if earlier else (before, middle)
            between = [k for k in between if before < k < after]
        # The later frame is described, and so in the later piece.
        return (before + after + 1) // 2

    def _distance(self, a: int, b: int, track: int) -> float:
        one, other = (self._describe(frame, track)[0] for frame in (a, b))
        return float(np.linalg.norm(one - other))

    def _picked(self, piece: Piece) -> list[int]:
        detected = self._detected(piece)
        places = np.linspace(0, len(detected) - 1, SAMPLES).round().astype(int)
        return sorted({detected[place] for place in places})

    def _detected(self, piece: Piece) -> list[int]:
        frames = range(piece.first, piece.last + 1)
        return [k for k in frames if sighting_of(self._sightings, k, piece.track).is_detected]

    def _describe(self, frame: int, track: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the descriptor and the colour of a face."""
        if (frame, track) not in self._known:
            part, origin = self._spool.get((frame, track))
            rgb = part.rgb()
            landmarks = sighting_of(self._sightings, frame, track).landmarks - origin
            descriptor = self._describer.describe(rgb, landmarks)
            self._known[frame, track] = descriptor, skin_colour(rgb, landmarks)
        return self._known[frame, track]


def skin_colour(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colour of the skin of nose and cheeks, a and b of CIELAB."""
    nose = landmarks[NOSE]
    half = max(2.0, float(box_of(landmarks).side) / 6)
    x, y = nose.mean(axis=0)
    height, width = rgb.shape[:2]
    x0, x1 = (int(np.clip(edge, 0, width - 1)) for edge in (x - half, x + half))
    y0, y1 = (int(np.clip(edge, 0, height - 1)) for edge in (y - half / 2, y + half / 2))
    part = rgb[y0 : y1 + 1, x0 : x1 + 1].astype(np.float32) / 255
    lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)
    return np.asarray(np.median(lab[..., 1:].reshape(-1, 2), axis=0), np.float64)
