"""The visible label of a synthetic video."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..config import MarkingConfig
from ..config.label_words import TERM, label_word
from ..media.figures import CAPITALS, font_file
from ..media.frame import Box, Frame

START_SECONDS = 3.0
"""How long the label of ``--label start`` is shown."""

HEIGHT = 1 / 14
"""Height of the plate as a share of the video's shorter side: on a telephone, letters of 2 mm."""

MIN_HEIGHT = 22
"""Letters on a plate of fewer pixels can't be read."""

TERM_HEIGHT, WORD_HEIGHT, PAD, GAP = 0.52, 0.40, 0.43, 0.32
"""Capitals of `TERM` and of the word, the space beside them and that between them, as shares of the
plate's height: the proportions of the icons that the European Commission published with the code
of practice on marking AI-generated content (2026)."""

PLATE = np.float32(0.65)
"""How much of the dark plate behind the letters covers the picture."""

BLACK, WHITE, GRAY = np.float32(16), np.float32(235), np.float32(128)
"""Levels of a video's luma, and of its chroma where there is no colour."""

FACE_GROWTH, FOREHEAD = 0.15, 0.4
"""A face reaches beyond its landmarks by these shares of their extent: around, and above."""

CORNERS = ("top right", "top left", "bottom right", "bottom left")
"""Where the label may lie, the first of equally good places first: the code of practice suggests
the top right, and players lay their controls over the bottom."""


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
    width: int,
    height: int,
    faces: NDArray[np.floating],
    frames: int,
    word: str,
    *,
    bar: bool = False,
) -> Label:
    """Make a label for a video, where it is farthest from hiding a face.

    Parameters
    ----------
    width, height : int
        Size of the video in pixels, both even.
    faces : ndarray, shape (F, 68, 2)
        Landmarks of every face that is shown, in pixels.
    frames : int
        How many frames are to show it, from the first one on.
    word : str
        What it says after `TERM`.
    bar : bool
        Whether it goes along the upper or lower edge; else it lies in a corner.

    Returns
    -------
    Label
    """
    letters = _letters(word, width, height)
    high, wide = letters.shape
    if bar:
        left = (width - wide) // 2
        letters = np.pad(letters, ((0, 0), (left, width - wide - left)))
        edges = {"top": (0, 0), "bottom": (0, height - high)}
        box = _freest(edges, width, high, faces)
        return Label(box, letters, (1 - letters) * PLATE, frames)
    box = _freest(_corners(wide, high, width, height), wide, high, faces)
    return Label(box, letters, (1 - letters) * PLATE * _rounded(high, wide), frames)


def chosen_label(
    marking: MarkingConfig,
    size: tuple[int, int],
    faces: NDArray[np.floating],
    frames: int,
    rate: float,
    *,
    painted: bool,
) -> Label:
    """Make the label that the options ask for.

    Parameters
    ----------
    marking : MarkingConfig
    size : (width, height)
        Of the video in pixels, both even.
    faces : ndarray, shape (F, 68, 2)
        Landmarks of every face that is shown, in pixels.
    frames : int
        Of the video.
    rate : float
        Frames per second.
    painted : bool
        Whether nobody was filmed.
    """
    shown = label_frames(marking.label, frames, rate)
    word = label_word(marking.label_language, painted=painted)
    return make_label(*size, faces, shown, word, bar=marking.label == "bar")


def label_frames(shown: str, frames: int, rate: float) -> int:
    """Tell how many frames show the label, from the first one on.

    Parameters
    ----------
    shown : str
        A value of ``--label``.
    frames : int
        Frames of the video.
    rate : float
        Frames per second.
    """
    return {"start": round(START_SECONDS * rate), "none": 0}.get(shown, frames)


def _letters(word: str, width: int, height: int) -> F32:
    """Render what the label says as pixel coverage, in a rectangle of even size."""
    # Imported here: only a composite draws.
    from PIL import Image, ImageDraw, ImageFont

    high = float(max(MIN_HEIGHT, round(min(width, height) * HEIGHT)))
    while True:
        parts = [(TERM, TERM_HEIGHT * high), (word, WORD_HEIGHT * high)]
        fonts = [ImageFont.truetype(font_file(bold=True), size / CAPITALS) for _, size in parts]
        lengths = [font.getlength(text) for font, (text, _) in zip(fonts, parts, strict=True)]
        wide = round(sum(lengths) + (2 * PAD + GAP) * high) & ~1
        # A very narrow video gets a label that fits, however small it is then.
        if wide + 2 * _margin(width, height) <= width or high <= 8:
            break
        high *= 0.9
    picture = Image.new("L", (min(wide, width), min(round(high) + 1 & ~1, height)))
    draw, x = ImageDraw.Draw(picture), PAD * high
    for font, length, (text, size) in zip(fonts, lengths, parts, strict=True):
        draw.text((x, (high + size) / 2), text, fill=255, font=font, anchor="ls")
        x += length + GAP * high
    return np.asarray(np.asarray(picture, np.float32) / np.float32(255))


def _rounded(height: int, width: int) -> F32:
    """Cover a plate with round ends; their edge is smooth."""
    radius = height / 2
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    beyond = np.maximum(np.abs(x - width / 2) - (width / 2 - radius), 0)
    return np.asarray(np.clip(radius + 0.5 - np.hypot(beyond, y - radius), 0, 1), np.float32)


def _margin(width: int, height: int) -> int:
    """Distance from the video's edges, even."""
    return int(min(width, height) * HEIGHT / 4) & ~1


def _corners(wide: int, high: int, width: int, height: int) -> dict[str, tuple[int, int]]:
    """Give the upper left point of a label in each corner."""
    margin = _margin(width, height)
    right, bottom = (width - wide - margin) & ~1, (height - high - margin) & ~1
    margin_x, margin_y = min(margin, max(right, 0)), min(margin, max(bottom, 0))
    across = {"left": margin_x, "right": max(right, margin_x)}
    down = {"top": margin_y, "bottom": max(bottom, margin_y)}
    return {corner: (across[corner.split()[1]], down[corner.split()[0]]) for corner in CORNERS}


def _freest(
    places: dict[str, tuple[int, int]], wide: int, high: int, faces: NDArray[np.floating]
) -> Box:
    """Choose the place at which the fewest faces are touched, and these the least."""
    low, top = faces.min(axis=1), faces.max(axis=1)
    extent = top - low
    low, top = low - extent * (FACE_GROWTH, FOREHEAD), top + extent * FACE_GROWTH
    size = np.array([wide, high])

    def hidden(place: str) -> tuple[int, float]:
        at = np.array(places[place])
        inner = np.minimum(top, at + size) - np.maximum(low, at)
        area = np.where((inner > 0).all(axis=1), inner.prod(axis=1), 0.0)
        return int((area > 0).sum()), float(area.sum())

    x, y = places[min(places, key=hidden)]
    return x, y, x + wide, y + high
