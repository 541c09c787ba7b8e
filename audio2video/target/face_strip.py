"""A picture of the people in a target: a row for each, with moments at which they are seen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .frame_spool import FrameSpool
from .people import Person

MOMENTS = 6
"""Pictures of a person, at most."""

CELL = 160
"""Side of a picture, in pixels."""

_TITLE = 24


def draw_strip(people: Sequence[Person], spool: FrameSpool, rate: float) -> NDArray[np.uint8]:
    """Draw the strip of all people.

    Parameters
    ----------
    people : sequence of Person
        From `find_people`.
    spool : FrameSpool
        The one they were found in.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    return np.concatenate([_row(n, one, spool, rate) for n, one in enumerate(people, start=1)])


def _row(number: int, person: Person, spool: FrameSpool, rate: float) -> NDArray[np.uint8]:
    row = np.full((_TITLE + CELL, MOMENTS * CELL, 3), 255, np.uint8)
    seconds = float(person.track.usable.sum()) / rate
    _write(row, f"face {number}: {seconds:.1f} s", 4)
    last = len(person.detected) - 1
    picked = sorted(set(np.linspace(0, last, MOMENTS).round().astype(int).tolist()))
    for k, place in enumerate(picked):
        frame, track = person.detected[place]
        part, _ = spool.get((frame, track))
        rgb = part.rgb()
        scale = CELL / max(rgb.shape[:2])
        size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        left = k * CELL + (CELL - size[0]) // 2
        row[_TITLE : _TITLE + size[1], left : left + size[0]] = small
        if k:
            _write(row, f"{frame / rate:.1f} s", k * CELL + 4)
    return row


def _write(row: NDArray[np.uint8], text: str, x: int) -> None:
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(row, text, (x, _TITLE - 8), font, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
