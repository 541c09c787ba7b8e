"""The visible label of a synthetic video."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..media.frame import Box, Frame

TEXT = "SYNTHETIC"

START_SECONDS = 3.0
"""How long the label of ``--label start`` is shown."""

HEIGHT = 1 / 34
"""Height of the letters as a share of the video's shorter side."""

MIN_HEIGHT = 9
"""Letters of fewer pixels can't be read."""

PLATE = np.float32(0.65)
"""How much of the dark plate behind the letters covers the picture."""

BLACK, WHITE, GRAY = np.float32(16), np.float32(235), np.float32(128)
"""Levels of a video's luma, and of its chroma where there is no colour."""

FACE_GROWTH, FOREHEAD = 0.15, 0.4
"""A face reaches beyond its landmarks by these shares of their extent: around, and above."""

CORNERS = ("bottom right", "bottom left", "top right", "top left")
"""Where the label may lie, the first of equally good places first."""


@dataclass(frozen=True)
class Label:
    """A label that is laid onto frames.

    Parameters
    ----------
    box : (x0, y0, x1, y1)
        Where it lies, in pixels, all even.
    letters, plate : ndarray of float32, shape (y1 - y0, x1 - x0)
        How much of each pixel is covered by white letters, and how much by the dark plate.
    frames : int
        How many frames show it, from the first one on.
    """

    box: Box
    letters: F32
    plate: F32
    frames: int

    def draw(self, frame: Frame, index: int) -> None:
        """Lay it onto output frame `index`, in place, if that is to show it."""
        if index >= self.frames:
            return
        x0, y0, x1, y1 = self.box
        for plane, (kept, added), step in zip(
            (frame.y, frame.u, frame.v), self._planes, (1, 2, 2), strict=True
        ):
            part = plane[y0 // step : y1 // step, x0 // step : x1 // step]
            part[:] = np.rint(part * kept + added)

    @cached_property
    def _planes(self) -> tuple[tuple[F32, F32], ...]:
        """What is kept of each plane, and what is added: black and white have no colour."""
        cover = self.letters + self.plate
        luma = 1 - cover, WHITE * self.letters + BLACK * self.plate
        high, wide = cover.shape
        halved = cover.reshape(high // 2, 2, wide // 2, 2).mean(axis=(1, 3))
        chroma = 1 - halved, GRAY * halved
        return luma, chroma, chroma


def make_label(
    width: int, height: int, faces: NDArray[np.floating], frames: int, text: str = TEXT
) -> Label:
    """Make a label for a video, in the corner that is farthest from hiding a face.

    Parameters
    ----------
    width, height : int
        Size of the video in pixels, both even.
    faces : ndarray, shape (F, 68, 2)
        Landmarks of every face that is shown, in pixels.
    frames : int
        How many frames are to show it, from the first one on.
    text : str
        What it says.

    Returns
    -------
    Label
    """
    shape = _plate(text, width, height)
    box = _place(shape.shape[1], shape.shape[0], width, height, faces)
    return Label(box, shape, (1 - shape) * PLATE * _rounded(*shape.shape), frames)


def _plate(text: str, width: int, height: int) -> F32:
    """Render the letters as pixel coverage, on a plate of even size."""
    # Imported here: only a composite draws.
    from PIL import Image, ImageDraw, ImageFont

    size = max(MIN_HEIGHT, round(min(width, height) * HEIGHT)) / 0.72  # capitals are less high
    while True:
        font = ImageFont.load_default(size=size)
        left, top, right, bottom = font.getbbox(text)
        pad = max(2, round(0.45 * (bottom - top)))
        wide, high = (round(n) + 2 * pad & ~1 for n in (right - left, bottom - top))
        # A very narrow video gets a label that fits, however small it is then.
        if wide + 2 * _margin(width, height) <= width or size <= 4:
            break
        size *= 0.9
    picture = Image.new("L", (min(wide, width), min(high, height)))
    ImageDraw.Draw(picture).text((pad - left, pad - top), text, fill=255, font=font)
    return np.asarray(np.asarray(picture, np.float32) / np.float32(255))


def _rounded(height: int, width: int) -> F32:
    """Cover a plate with round corners; their edge is smooth."""
    radius = height / 4
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    beyond_x = np.maximum(np.abs(x - width / 2) - (width / 2 - radius), 0)
    beyond_y = np.maximum(np.abs(y - height / 2) - (height / 2 - radius), 0)
    return np.asarray(np.clip(radius + 0.5 - np.hypot(beyond_x, beyond_y), 0, 1), np.float32)


def _margin(width: int, height: int) -> int:
    """Distance from the video's edges, even."""
    return int(min(width, height) * HEIGHT / 2) & ~1


def _place(wide: int, high: int, width: int, height: int, faces: NDArray[np.floating]) -> Box:
    """Choose the corner in which the fewest faces are touched, and these the least."""
    margin = _margin(width, height)
    right, bottom = (width - wide - margin) & ~1, (height - high - margin) & ~1
    margin_x, margin_y = min(margin, max(right, 0)), min(margin, max(bottom, 0))
    right, bottom = max(right, margin_x), max(bottom, margin_y)
    boxes = {
        "bottom right": (right, bottom),
        "bottom left": (margin_x, bottom),
        "top right": (right, margin_y),
        "top left": (margin_x, margin_y),
    }
    low, top = faces.min(axis=1), faces.max(axis=1)
    extent = top - low
    low, top = low - extent * (FACE_GROWTH, FOREHEAD), top + extent * FACE_GROWTH
    size = np.array([wide, high])

    def hidden(corner: str) -> tuple[int, float]:
        at = np.array(boxes[corner])
        inner = np.minimum(top, at + size) - np.maximum(low, at)
        area = np.where((inner > 0).all(axis=1), inner.prod(axis=1), 0.0)
        return int((area > 0).sum()), float(area.sum())

    x, y = boxes[min(CORNERS, key=hidden)] if len(faces) else boxes[CORNERS[0]]
    return x, y, x + wide, y + high
