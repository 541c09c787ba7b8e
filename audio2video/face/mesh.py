"""Landmarks by MediaPipe's face mesh: a small network that places 468 points of a face.

Source: Kartynnik, Ablavatski, Grishchenko and Grundmann, "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs", 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chip import Chip
from .detection import FaceBox, FaceDetector, box_of

MESH_POINTS = 468

SIDE = 192
"""Side of the chip that the network sees, in pixels."""

CHIP_OVER_BOX = 1.8
"""Side of the chip over that of the face box. The mesh's makers cut out 1.5 times the extent of the
points: over eight clips that is 1.65 to 1.90 times the box, 1.79 in the mean."""

CHIP_DOWN = 0.05
"""How far the chip's centre lies below the box's, in box sides; from the same clips."""

POINTS, PRESENCE = "conv2d_21", "conv2d_31"
"""Layers of the network that give the points and whether a face is there."""

SAME_PLACE: tuple[tuple[int, ...], ...] = (
    # jaw, from the person's right ear
    *((127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,)),
    *((400,), (379,), (365,), (397, 288), (361,), (323,), (454,), (356,)),
    # brows: right, left
    *((70,), (63,), (105,), (66,), (107,)),
    *((336,), (296,), (334,), (293,), (300,)),
    # nose: bridge, nostrils
    *((168, 6), (197, 195), (5,), (4,)),
    *((75,), (97,), (2,), (326,), (305,)),
    # eyes: right, left
    *((33,), (160,), (158,), (133,), (153,), (144,)),
    *((362,), (385,), (387,), (263,), (373,), (380,)),
    # lips: outer, inner
    *((61,), (39,), (37,), (0,), (267,), (269,), (291,)),
    *((321,), (314,), (17,), (84,), (91,)),
    *((78,), (82,), (13,), (312,), (308,)),
    *((317,), (14,), (87,)),
)
"""For each of the 68 landmarks, the points of the mesh whose mean is the same place of a face."""


def as_landmarks(mesh: NDArray[np.floating]) -> NDArray[np.float64]:
    """Choose the 68 landmarks among the points of a mesh.

    Parameters
    ----------
    mesh : ndarray, shape (468, 2)

    Returns
    -------
    ndarray of float64, shape (68, 2)
    """
    return np.array([mesh[list(places)].mean(axis=0) for places in SAME_PLACE], np.float64)


class MeshFinder(FaceDetector):
    """Finds faces with dlib's detector, and their landmarks with the face mesh.

    Parameters
    ----------
    network : object
        OpenCV's network; see `audio2video.models.mesh_file.load_mesh`. Not for several threads.
    detector : object, optional
        A `frontal_detector`.
    """

    def __init__(self, network: Any, detector: Any = None) -> None:
        super().__init__(detector)
        self._network = network

    def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        """Place the 68 landmarks of the face in a box.

        Parameters
        ----------
        gray : ndarray of uint8, shape (H, W)
        box : FaceBox

        Returns
        -------
        ndarray of float64, shape (68, 2)
            Pixel (x, y).
        """
        chip = _chip_around(box)
        mesh = self._ask(gray, chip, POINTS).reshape(MESH_POINTS, 3)[:, :2]
        return chip.to_frame(as_landmarks(mesh))

    def confidence(self, gray: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float:
        """Give the network's probability that a face is where the landmarks are."""
        odds = float(self._ask(gray, _chip_around(box_of(landmarks)), PRESENCE)[0])
        return float(0.5 * (1.0 + np.tanh(odds / 2)))

    def _ask(self, gray: NDArray[np.uint8], chip: Chip, layer: str) -> NDArray[np.float64]:
        # Faces are followed in gray: the network gets the same in all three colours.
        plane = chip.cut(gray).astype(np.float32) / 255
        self._network.setInput(np.repeat(plane[None, None], 3, axis=1))
        return np.asarray(self._network.forward(layer), np.float64).ravel()


def _chip_around(box: FaceBox) -> Chip:
    zoom, down = SIDE / (CHIP_OVER_BOX * box.side), CHIP_DOWN * box.side
    x, y = box.x - np.sin(box.angle) * down, box.y + np.cos(box.angle) * down
    return Chip.around(float(x), float(y), box.angle, zoom, SIDE)
