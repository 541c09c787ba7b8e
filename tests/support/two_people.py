"""Films of two people: the painted presenter, and the presenter with another colour of skin."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio2video.media.video import VideoWriter
from tools.presenter.presenter import render_frames

SIZE = 192
Picture = NDArray[np.uint8]


@cache
def first_person(frames: int) -> tuple[Picture, ...]:
    """The presenter, talking."""
    return tuple(render_frames(frames, size=SIZE, start=60))


@cache
def second_person(frames: int) -> tuple[Picture, ...]:
    """Red and blue swapped: nobody's skin is as blue as that."""
    return tuple(np.ascontiguousarray(p[..., ::-1]) for p in first_person(frames))


def slide(shade: int) -> Picture:
    """A picture without a face."""
    picture = np.full((SIZE, SIZE, 3), shade, np.uint8)
    picture[20:40, 20:120] = 90
    picture[60:70, 20:150] = 40
    return picture


def write_film(path: Path, pictures: Sequence[Picture]) -> Path:
    """Write pictures at 25 frames a second."""
    height, width = pictures[0].shape[:2]
    with VideoWriter(path, width, height, Fraction(25)) as writer:
        for picture in pictures:
            writer.write(np.ascontiguousarray(picture))
    return path
