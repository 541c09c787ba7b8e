"""The presenter speaking with given lips: head and eyes move by themselves, from a seed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..face.layout import mouth_opening, mouth_width
from ..runtime.threads import ordered_map
from .anatomy import LIPS, rest_landmarks
from .brush import FloatArray
from .presenter import Painter, Puppet
from .script import Motion, eyelids, glances, sway

JAW_SHARE = 0.85
"""How far the chin drops, as a share of the lower lip."""

NARROW, ROUND = 0.40, 0.29
"""Half widths of the mouth from which on, and at which, the lips are pushed forward."""

NOD, NOD_SECONDS = 6.0, 0.12
"""Degrees by which the head nods for an opening of one eye distance, and how slowly."""

FARTHEST = 0.4
"""How far the chin can drop, in eye distances."""


def presenter_mouth() -> FloatArray:
    """Give the presenter's closed mouth, shape (20, 2), in its own eye distances."""
    return np.asarray(rest_landmarks()[LIPS], np.float32)


def speaking_motion(lips: NDArray[np.floating], rate: float, seed: int) -> Motion:
    """Plan head, eyes and jaw for given lips.

    Parameters
    ----------
    lips : ndarray, shape (T, 20, 2)
        On the presenter's head at rest.
    rate : float
        Frames per second.
    seed : int
        Chooses where the head wanders and when the eyes blink.

    Returns
    -------
    Motion
        Of T frames. Equal frames for equal lips, rate and seed.
    """
    index = np.arange(len(lips), dtype=np.int64)
    time = (index / rate).astype(np.float32)
    end = len(lips) / rate + 10.0
    head, eyes = (np.random.default_rng([seed, 300 + k]) for k in range(2))
    rest = presenter_mouth()
    lower = lips[:, 18, 1] - rest[18, 1]
    half = mouth_width(lips) / 2
    nod = gaussian_filter1d(mouth_opening(lips), max(NOD_SECONDS * rate, 0.1), mode="nearest")
    mouth = {
        "jaw": np.clip(JAW_SHARE * lower, 0.0, FARTHEST),
        "half_width": half,
        "rounding": np.clip((NARROW - half) / (NARROW - ROUND), 0.0, 1.0),
        "tongue": np.zeros(len(lips)),
    }
    return Motion(
        mouth={name: np.asarray(track, np.float32) for name, track in mouth.items()},
        yaw=sway(time, head, 3.5, (5.3, 3.1, 7.9)),
        pitch=sway(time, head, 1.5, (4.1, 2.7)) + np.asarray(NOD * nod, np.float32),
        roll=sway(time, head, 1.5, (6.1, 3.7)),
        shift=np.stack(
            [sway(time, head, 0.04, (7.1, 4.3)), sway(time, head, 0.02, (5.9, 3.3))], axis=1
        ),
        eyelid=eyelids(time, eyes, end),
        brow=np.clip(sway(time, head, 0.05, (3.9, 2.3, 1.7)), 0.0, None),
        gaze=glances(time, eyes, end),
        index=index,
    )


class Speaker:
    """The presenter with given lips.

    Parameters
    ----------
    lips : ndarray, shape (T, 20, 2)
        On the presenter's head at rest; see `presenter_mouth`.
    rate : float
        Frames per second.
    size : int
        Width and height of the picture.
    seed : int
        Chooses motion, freckles and noise.
    """

    def __init__(self, lips: NDArray[np.floating], rate: float, size: int, seed: int) -> None:
        own = np.asarray(lips, np.float32)
        self._motion = speaking_motion(own, rate, seed)
        self._puppet = Puppet(self._motion, size, own)
        self._size, self._seed = size, seed

    def __len__(self) -> int:
        return len(self._motion)

    def landmarks(self, k: int) -> FloatArray:
        """Where its 68 landmarks are in frame `k`, in pixels, shape (68, 2)."""
        return self._puppet.pose(k).landmarks

    def frames(self, workers: int = 1) -> Generator[NDArray[np.uint8], None, None]:
        """Paint all frames, several at a time.

        Yields
        ------
        ndarray, shape (size, size, 3), uint8
            RGB.
        """
        painter = Painter(self._size, self._seed)
        puppet, motion = self._puppet, self._motion

        def paint(k: int) -> NDArray[np.uint8]:
            frame = painter.paint(motion, k, puppet.pose(k), puppet.surface, self._seed)
            frame += 0.5
            return np.clip(frame, 0.0, 255.0, out=frame).astype(np.uint8)

        with closing(ordered_map(paint, range(len(motion)), workers)) as made:
            yield from made
