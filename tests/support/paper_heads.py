"""A detector and a landmark model made of paper, for the following of faces."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio2video.face.detection import FaceBox, box_of
from audio2video.face.head import generic_head
from audio2video.face.tracking import overlap

HEIGHT, WIDTH = 400, 600


@dataclass(frozen=True)
class Head:
    """A head in the scene; `turned` heads have landmarks but no detection."""

    x: float
    y: float = 200.0
    unit: float = 30.0
    turned: bool = False

    def landmarks(self) -> NDArray[np.float64]:
        return np.asarray(generic_head()[:, :2] * self.unit + [self.x, self.y])

    def box(self) -> FaceBox:
        found = box_of(self.landmarks())
        # The real detector is coarse: a little off, and never turned.
        return FaceBox(found.x + 3, found.y - 2, found.side * 1.05, detected=True)


@dataclass
class PaperFinder:
    """Sees the heads of a script; frame k is a picture of the value k."""

    script: list[list[Head]]
    calls: list[str] = field(default_factory=list)

    def detect(self, gray: NDArray[np.uint8], least: float = 0.0, side: int = 640) -> list[FaceBox]:
        self.calls.append(f"detect {gray[0, 0]}")
        boxes = [head.box() for head in self.script[gray[0, 0]] if not head.turned]
        return sorted(boxes, key=lambda box: -box.side)

    def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        self.calls.append(f"{'coarse' if box.detected else 'fine'} {gray[0, 0]}")
        heads = self.script[gray[0, 0]]
        nearest = min(heads, key=lambda h: np.hypot(h.x - box.x, h.y - box.y), default=None)
        if nearest is None or overlap(box_of(nearest.landmarks()), box) < 0.2:
            # Without a face in its box, the real model scatters points over whatever is there.
            scatter = np.random.default_rng(0).uniform(-0.5, 0.5, (68, 2))
            return np.asarray(scatter * box.side + [box.x, box.y])
        return np.asarray(nearest.landmarks())
