"""Things drawn in front of a real face, and what else may be wrong with footage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.uint8]

WORDS = "THE QUICK BROWN FOX JUMPS OVER LAZY DOGS AND FIVE BOXING WIZARDS PACK MY LIQUOR JUGS"
SUBTITLE_SECONDS = 0.8


@dataclass(frozen=True)
class Film:
    """A short clip of one face.

    Parameters
    ----------
    pictures : list of ndarray of uint8, shape (H, W, 3)
    landmarks : ndarray, shape (n, 68, 2)
    rate : float
    """

    pictures: list[Picture]
    landmarks: NDArray[np.float64]
    rate: float

    @property
    def unit(self) -> float:
        """Median inter-ocular distance in pixels."""
        eyes = self.landmarks[:, 36:42].mean(axis=1) - self.landmarks[:, 42:48].mean(axis=1)
        return float(np.median(np.linalg.norm(eyes, axis=1)))

    def usual(self, point: int) -> NDArray[np.float64]:
        """Median place of a landmark."""
        return np.asarray(np.median(self.landmarks[:, point], axis=0))


Change = Callable[[Film, int], tuple[Picture, Plane]]
"""Changes a frame of a film; gives it, and where something was drawn."""


def unchanged(film: Film, frame: int) -> tuple[Picture, Plane]:
    """Give the frame as it is."""
    return film.pictures[frame], _nothing(film)


def stand_microphone(size: float, tone: int = 35) -> Change:
    """A microphone on a stand, over chin and lower lip; its radius in inter-ocular distances."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        radius = size * film.unit
        x, y = film.usual(57) + np.array([0.1 * film.unit, 1.25 * radius - 0.06 * film.unit])
        return _microphone(film, frame, x, y, radius, tone, 0.0)

    return draw


def hand_microphone(size: float, *, with_head: bool) -> Change:
    """A microphone that sways before the chin."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        time, radius, unit = frame / film.rate, size * film.unit, film.unit
        x, y = film.landmarks[frame, 57] if with_head else film.usual(57)
        x += 0.15 * unit * np.sin(2 * np.pi * time / 2.3)
        y += 0.9 * radius + 0.1 * unit * np.sin(2 * np.pi * time / 1.7)
        return _microphone(film, frame, x, y, radius, 40, 0.35 + 0.1 * np.sin(time))

    return draw


def subtitles(
    height: float, opacity: float, colour: tuple[int, int, int] = (255, 255, 255)
) -> Change:
    """Words with a dark rim that change; their height in inter-ocular distances below the mouth."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        rng = np.random.default_rng(int(frame / film.rate / SUBTITLE_SECONDS))
        text = " ".join(rng.choice(WORDS.split(), 3))
        scale = 0.2 * film.unit / 21
        thick = max(1, round(2 * scale))
        font = cv2.FONT_HERSHEY_SIMPLEX
        (width, tall), _ = cv2.getTextSize(text, font, scale, thick)
        x, y = film.usual(66) + np.array([-width / 2, height * film.unit + tall / 2])
        rim, letters = _nothing(film), _nothing(film)
        cv2.putText(rim, text, (int(x), int(y)), font, scale, 1, 2 * thick + 1)
        cv2.putText(letters, text, (int(x), int(y)), font, scale, 1, thick)
        picture = _laid(film.pictures[frame], rim, (0, 0, 0), opacity)
        # What shines through changes with what is behind.
        return _laid(picture, letters, colour, opacity), rim * np.uint8(opacity == 1)

    return draw


def lower_third(film: Film, frame: int) -> tuple[Picture, Plane]:
    """A banner with a name over the chin."""
    unit, (x, y) = film.unit, film.usual(8)
    mask = _nothing(film)
    top, left = int(y - 0.28 * unit), int(max(0, x - 2.2 * unit))
    mask[top : int(top + 0.5 * unit), left : int(x + 2.2 * unit)] = 1
    picture = film.pictures[frame].copy()
    picture[mask > 0] = (20, 60, 140)
    place, font = (left + 4, int(top + 0.34 * unit)), cv2.FONT_HERSHEY_SIMPLEX
    thick = max(1, int(unit / 30))
    cv2.putText(picture, "JANE DOE  REPORTER", place, font, unit / 88, (255,) * 3, thick)
    return picture, mask


def watermark(opacity: float) -> Change:
    """A small logo over a corner of the mouth."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        scale = 0.16 * film.unit / 21
        x, y = film.usual(54) + np.array([-0.2, 0.08]) * film.unit
        mask, font = _nothing(film), cv2.FONT_HERSHEY_SIMPLEX
        thick = max(1, round(2.2 * scale))
        cv2.putText(mask, "WMK", (int(x), int(y)), font, scale, 1, thick)
        return _laid(film.pictures[frame], mask, (255, 255, 255), opacity), _nothing(film)

    return draw


def medical_mask(colour: tuple[int, int, int]) -> Change:
    """A pleated mask from the nose to the chin."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        marks, unit = film.landmarks[frame], film.unit
        rim = np.concatenate([marks[2:15], marks[[28, 29]].mean(axis=0)[None]])
        mask = _nothing(film)
        cv2.fillPoly(mask, [cv2.convexHull(np.round(rim).astype(np.int32))], 1)
        y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float64)
        pleats = 9 * np.sin((y - marks[30, 1]) * 2 * np.pi / (0.22 * unit))
        shade = -25 * ((x - marks[30, 0]) / unit) ** 2
        look = np.array(colour) + (pleats + shade)[..., None]
        return _laid(film.pictures[frame], mask, look), mask

    return draw


def straw(*, with_head: bool) -> Change:
    """A green straw from the mouth down."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        begin = film.landmarks[frame, 62] if with_head else film.usual(62)
        end = begin + np.array([0.5, 1.4]) * film.unit
        mask = _nothing(film)
        first, last = (tuple(int(k) for k in point) for point in (begin, end))
        cv2.line(mask, first, last, 1, max(2, int(0.06 * film.unit)))
        return _laid(film.pictures[frame], mask, (30, 160, 60)), mask

    return draw


def cup(share: float, colour: tuple[int, int, int] = (225, 225, 230)) -> Change:
    """A cup held before the mouth for a share of the time."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        count, unit = len(film.pictures), film.unit
        begin = round((1 - share) * count / 2)
        since, left = frame - begin, begin + round(share * count) - 1 - frame
        mask = _nothing(film)
        if min(since, left) < 0:
            return film.pictures[frame], mask
        lifted = min(since, left, 6) / 6
        place = film.landmarks[frame, 62] + np.array([0.05, 2.5 * (1 - lifted) + 0.25]) * unit
        corners = np.array([[-0.45, -0.45], [0.45, -0.45], [0.36, 0.7], [-0.36, 0.7]]) * unit
        cv2.fillPoly(mask, [np.round(place + corners).astype(np.int32)], 1)
        x = np.arange(mask.shape[1])[None, :, None]
        look = np.array(colour) * (1 - 0.25 * ((x - place[0]) / (0.5 * unit)) ** 2)
        return _laid(film.pictures[frame], mask, look), mask

    return draw


def light(share: float) -> Change:
    """Less light, with the noise of a sensor: 8,000 electrons at white, 6 of read noise."""
    whole, read = 8000.0, 6.0

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        rng = np.random.default_rng(frame)
        value = film.pictures[frame] / 255.0
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        electrons = linear * share * whole
        noise = np.sqrt(electrons + read**2)
        seen = np.clip((electrons + rng.standard_normal(noise.shape) * noise) / whole, 0, 1)
        dark = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
        return np.round(255 * dark).astype(np.uint8), _nothing(film)

    return draw


def tinted(red: float, green: float, blue: float) -> Change:
    """Coloured light."""

    def draw(film: Film, frame: int) -> tuple[Picture, Plane]:
        lit = film.pictures[frame] * np.array([red, green, blue])
        return np.clip(lit, 0, 255).astype(np.uint8), _nothing(film)

    return draw


def black_and_white(film: Film, frame: int) -> tuple[Picture, Plane]:
    """No colours."""
    gray = cv2.cvtColor(film.pictures[frame], cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB).astype(np.uint8), _nothing(film)


def still(film: Film, frame: int) -> tuple[Picture, Plane]:
    """The first frame, all the time."""
    return film.pictures[0], _nothing(film)


def _nothing(film: Film) -> Plane:
    return np.zeros(film.pictures[0].shape[:2], np.uint8)


def _laid(
    picture: Picture,
    mask: Plane,
    colour: NDArray[np.floating] | tuple[int, int, int],
    opacity: float = 1.0,
) -> Picture:
    share = opacity * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)[..., None]
    mixed = picture * (1 - share) + np.asarray(colour) * share
    return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def _microphone(
    film: Film, frame: int, x: float, y: float, radius: float, tone: int, lean: float
) -> tuple[Picture, Plane]:
    mask = _nothing(film)
    end = (int(x + 10 * radius * np.sin(lean)), int(y + 10 * radius * np.cos(lean)))
    cv2.line(mask, (int(x), int(y)), end, 1, max(2, int(0.7 * radius)))
    axes = int(radius), int(1.25 * radius)
    cv2.ellipse(mask, (int(x), int(y)), axes, -np.degrees(lean), 0, 360, 1, -1)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    period = max(4, radius / 5)
    mesh = np.sin((columns - x) * 2 * np.pi / period) * np.sin((rows - y) * 2 * np.pi / period)
    away = np.hypot(columns - x + 0.3 * radius, rows - y + 0.4 * radius) / (0.5 * radius)
    look = tone + 18 * mesh + 30 * np.exp(-(away**2))
    return _laid(film.pictures[frame], mask, look[..., None]), mask
