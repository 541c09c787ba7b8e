"""Side-by-side video and blind test of a rebuilt target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8
from ..face.layout import inter_ocular_distance
from ..media.video import Box, Frame
from ..storage.files import write_json

PAIRS = 20
"""Frames in the blind test, each beside its true one."""

COLUMNS = 4
"""Pairs in a row of the blind test."""

GAP = 8
"""Pixels between two pairs."""

ROOM = 0.5
"""What is shown around the landmarks, in inter-ocular distances."""

AMPLIFIED = 4
"""Factor on the differences shown."""


def face_box(landmarks: NDArray[np.floating], width: int, height: int) -> Box:
    """Part of the picture, with even corners, that holds a face with some room around it.

    Parameters
    ----------
    landmarks : ndarray, shape (..., 68, 2)
        Pixel (x, y); of one frame, or of several that the box is to hold all.
    width, height : int
        Of the picture.
    """
    points = landmarks.reshape(-1, 2)
    room = ROOM * float(np.median(inter_ocular_distance(landmarks)))
    x0, y0 = np.maximum(np.floor(points.min(axis=0) - room).astype(int), 0) // 2 * 2
    x1, y1 = np.ceil(points.max(axis=0) + room).astype(int)
    return (
        min(int(x0), width - 2),
        min(int(y0), height - 2),
        min(max(int(x1), int(x0) + 2) // 2 * 2, width),
        min(max(int(y1), int(y0) + 2) // 2 * 2, height),
    )


class SideBySide:
    """Draws the true face, the rebuilt one, and their difference, at full size.

    Parameters
    ----------
    box : tuple of int
        Part of the frame that is shown.
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self.width, self.height = 3 * (box[2] - box[0]), box[3] - box[1]

    def draw(self, true: Frame, rebuilt: Frame) -> U8:
        """Draw one frame, shape (height, width, 3)."""
        a, b = true.rgb(self._box), rebuilt.rgb(self._box)
        apart = np.minimum(cv2.absdiff(a, b).astype(np.uint16) * AMPLIFIED, 255).astype(np.uint8)
        return np.concatenate([a, b, apart], axis=1)


class BlindTest:
    """Pairs of a true and a rebuilt face in random order, and the key to them.

    Parameters
    ----------
    frames : sequence of int
        Frames to choose from.
    seed : int or sequence of int
    """

    def __init__(self, frames: Sequence[int], seed: int | Sequence[int]) -> None:
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(frames), min(PAIRS, len(frames)), replace=False)
        # Mixed up: in the order of time, neighbours would give each other away.
        self._order = [int(frames[k]) for k in chosen]
        self._rebuilt_left = {frame: bool(rng.integers(2)) for frame in self._order}
        self._pairs: dict[int, U8] = {}

    def show(
        self, frame: int, true: Frame, rebuilt: Frame, landmarks: NDArray[np.floating]
    ) -> None:
        """Take a frame, if it is one of those chosen."""
        if frame in self._rebuilt_left:
            box = face_box(landmarks, true.width, true.height)
            faces = [true.rgb(box), rebuilt.rgb(box)]
            if self._rebuilt_left[frame]:
                faces.reverse()
            self._pairs[frame] = np.concatenate(faces, axis=1)

    def save(self, folder: Path) -> None:
        """Write ``blind.png`` and ``blind-key.json``."""
        shown = [self._pairs[frame] for frame in self._order]
        height = max(pair.shape[0] for pair in shown) + GAP
        width = max(pair.shape[1] for pair in shown) + GAP
        columns = min(COLUMNS, len(shown))
        sheet = np.full((-(-len(shown) // columns) * height, columns * width, 3), 255, np.uint8)
        for k, pair in enumerate(shown):
            y, x = k // columns * height, k % columns * width
            sheet[y : y + pair.shape[0], x : x + pair.shape[1]] = pair
        _, coded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
        (folder / "blind.png").write_bytes(coded.tobytes())
        key = [
            {"pair": k + 1, "frame": frame, "rebuilt": ("right", "left")[self._rebuilt_left[frame]]}
            for k, frame in enumerate(self._order)
        ]
        write_json(folder / "blind-key.json", {"columns": columns, "pairs": key})
