"""How many pictures of which size fit a page."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from .shots import PictureSize

MAX_BYTES = 20_000_000
"""Bytes of a page, at most."""

PAGE_BYTES = 300_000
"""Of these, what is kept for the page itself."""

DATA_BYTES = MAX_BYTES - PAGE_BYTES

SOUND_BYTES = 2_000_000
THUMB_BYTES = 2_500_000

SAFETY = 1.1
"""Factor on what the pictures of a few moments tell of all others."""


def choose_size(
    moments: int, costs: Sequence[tuple[PictureSize, float]], room: float
) -> tuple[PictureSize, int]:
    """Choose the size of pictures, and how many moments have some.

    Parameters
    ----------
    moments : int
    costs : sequence of (PictureSize, float)
        Bytes of the pictures of a moment, the best size first.
    room : float
        Bytes.

    Returns
    -------
    size : PictureSize
        The best of which every moment can have pictures; else the last.
    step : int
        Each so-many-th moment has pictures.
    """
    for size, cost in costs:
        if SAFETY * cost * moments <= room:
            return size, 1
    size, cost = costs[-1]
    return size, max(1, ceil(SAFETY * cost * moments / max(room, 1.0)))


def halved(data: dict[str, Any]) -> dict[str, Any]:
    """Give a run with pictures of every other moment only."""
    layers = [
        {**layer, "shots": layer["shots"][::2], "step": 2 * layer["step"]}
        for layer in data["layers"]
    ]
    used = [
        {str(k) for shot in layer["shots"] for k in shot["candidates"][: layer["pictured"]]}
        for layer in layers
    ]
    for layer, kept in zip(layers, used, strict=True):
        layer["thumbs"] = {k: v for k, v in layer["thumbs"].items() if k in kept}
    return {**data, "layers": layers}
