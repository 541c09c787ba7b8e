"""Everything but the head: a softly lit room, neck, shirt and jacket."""

from __future__ import annotations

import numpy as np

from .brush import FloatArray, Sheet, curve, linear_to_srgb, mix, srgb_to_linear
from .skin import SKIN

_JACKET = (52, 62, 82)
_SHIRT = (214, 222, 232)
_BOOKS = ((122, 82, 70), (88, 104, 110), (150, 132, 100), (96, 88, 104), (128, 116, 96))

_NECK = [(-0.71, 1.05), (-0.70, 1.72), (-0.74, 2.05), (-1.0, 2.62), (1.0, 2.62), (0.74, 2.05)]
_NECK += [(0.70, 1.72), (0.71, 1.05)]
_SHOULDERS = [
    (-2.75, 3.4),
    (-2.55, 2.86),
    (-2.05, 2.50),
    (-1.45, 2.30),
    (-0.92, 2.06),
    (-0.76, 1.94),
]
_COLLAR_EDGE = [(-0.76, 1.94), (-0.42, 2.30), (0.0, 2.62), (0.42, 2.30), (0.76, 1.94)]
_SHIRT_EDGE = [(-0.775, 1.965), (-0.74, 2.40), (-0.40, 3.0), (-0.16, 3.5)]


def _mirror(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(-x, y) for x, y in points[::-1]]


def paint_room(sheet: Sheet, rng: np.random.Generator) -> FloatArray:
    """Paint the room behind the presenter, out of focus: sRGB (H, W, 3), 0 to 255."""
    x, y = sheet.x, sheet.y
    glow = np.exp(-(((x + 1.3) / 2.6) ** 2) - (((y + 0.9) / 2.4) ** 2))
    wall = srgb_to_linear((142, 146, 144)) * (0.46 + 0.80 * glow)[..., None]
    picture = linear_to_srgb(np.asarray(wall, np.float32))
    # A shelf with books at the right, a lamp's light at the left.
    for top in (-2.0, -0.95, 0.10, 1.15):
        left = 1.15
        while left < 2.9:
            width, height = rng.uniform(0.09, 0.19), rng.uniform(0.55, 0.82)
            box = [(left, top + 0.88 - height), (left + width, top + 0.88 - height)]
            box += [(left + width, top + 0.88), (left, top + 0.88)]
            colour = np.array(_BOOKS[int(rng.integers(len(_BOOKS)))], np.float32)
            picture = mix(picture, colour * rng.uniform(0.5, 0.9), 0.62 * sheet.fill(box))
            left += width + 0.012
        board = [(1.05, top + 0.88), (3.0, top + 0.88), (3.0, top + 0.96), (1.05, top + 0.96)]
        picture = mix(picture, (92, 82, 72), 0.75 * sheet.fill(board))
    picture = sheet.blur(picture, 0.045)
    lamp = np.exp(-(((x + 2.15) / 0.42) ** 2) - (((y + 0.35) / 0.50) ** 2))
    picture = mix(picture, (246, 226, 186), np.asarray(0.62 * lamp, np.float32))
    return np.asarray(np.clip(picture, 0.0, 255.0), np.float32)


def _neck(sheet: Sheet) -> tuple[FloatArray, FloatArray]:
    x, y = sheet.x, sheet.y
    cover = sheet.fill(curve(_NECK, 200, closed=True), 0.006)
    across = np.clip(x / 0.74, -1.0, 1.0)
    light = 0.72 + 0.30 * np.sqrt(1.0 - 0.9 * across**2) - 0.22 * (x + 0.12)
    light = light * (1.0 - 0.42 / (1.0 + np.exp((y - 1.98 + 0.12 * x**2) / 0.10)))
    for side in (-1.0, 1.0):  # the muscles that run down to the pit of the throat
        muscle = curve([(side * 0.66, 1.6), (side * 0.42, 2.05), (side * 0.14, 2.40)])
        light = light + 0.07 * sheet.line(muscle, 0.07, 0.05)
        hollow = curve([(side * 0.52, 1.65), (side * 0.29, 2.08), (side * 0.07, 2.38)])
        light = light - 0.09 * sheet.line(hollow, 0.07, 0.05)
    apple = np.exp(-(((x - 0.02) / 0.12) ** 2) - (((y - 2.05) / 0.10) ** 2))
    light = light + 0.05 * apple
    skin = srgb_to_linear(SKIN) * np.array([0.92, 0.86, 0.84], np.float32)
    picture = linear_to_srgb(np.asarray(skin * light[..., None] * 0.86, np.float32))
    return picture, cover


def paint_body(sheet: Sheet, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Paint neck, shirt and jacket: sRGB picture (H, W, 3), 0 to 255, and coverage (H, W)."""
    x, y = sheet.x, sheet.y
    picture, cover = _neck(sheet)
    bottom = sheet.bottom + 0.3
    weave = 1.0 + 0.012 * sheet.noise(rng, 0.006) + 0.018 * sheet.noise(rng, 0.12)

    shoulders = curve(_SHOULDERS, 120)
    torso = np.vstack([[(-2.75, bottom)], shoulders, curve(_COLLAR_EDGE, 80)])
    torso = np.vstack([torso, curve(_mirror(_SHOULDERS), 120), [(2.75, bottom)]])
    shirt = sheet.fill(torso, 0.004)
    fall = 0.78 + 0.18 * np.clip((2.9 - y) / 0.9, 0.0, 1.0) - 0.10 * np.clip(x, -1, 1)
    shade = sheet.fill([(-0.05, 2.70), (0.05, 2.70), (0.03, bottom), (-0.03, bottom)], 0.02)
    cloth = np.array(_SHIRT, np.float32) * (fall * weave * (1.0 - 0.12 * shade))[..., None]
    picture = mix(picture, cloth, shirt)
    cover = np.maximum(cover, shirt)

    for side, lit in ((-1.0, 1.0), (1.0, 0.88)):
        flip = np.array([side, 1.0])
        leaf = np.array(
            [(0.70, 1.86), (0.83, 2.00), (0.62, 2.64), (0.40, 2.84), (0.02, 2.60), (0.40, 2.27)]
        )
        under = sheet.fill((leaf + np.array([0.0, 0.05])) * flip, 0.035)
        picture = mix(picture, (96, 104, 118), 0.45 * under * shirt)
        collar = sheet.fill(leaf * flip, 0.006)
        tone = np.array(_SHIRT, np.float32) * (lit * (1.0 - 0.05 * np.abs(x)) * weave)[..., None]
        picture = mix(picture, tone, collar)
        cover = np.maximum(cover, collar)

    for side, lit in ((-1.0, 1.18), (1.0, 0.86)):
        flip = np.array([side, 1.0])
        edge = curve(np.array(_SHIRT_EDGE) * [-1, 1] * flip, 60)
        outer = curve(np.array(_SHOULDERS)[::-1] * [-1, 1] * flip, 120)
        half = np.vstack([outer, [(side * 2.75, bottom), (side * 0.16, bottom)], edge[::-1]])
        jacket = sheet.fill(half, 0.004)
        under = sheet.blur(jacket, 0.05)
        picture = mix(picture, (60, 66, 78), 0.45 * under * (1.0 - jacket) * shirt)
        across = np.abs(x)
        light = lit * (1.10 - 0.18 * across) * (1.0 - 0.10 * np.clip(y - 2.4, 0.0, 1.0)) * weave
        tone = np.array(_JACKET, np.float32) * light[..., None]
        picture = mix(picture, tone, jacket)
        lapel = np.array([(0.775, 1.965), (1.20, 2.50), (1.28, 2.78), (0.98, 2.84), (1.06, 3.0)])
        lapel = np.vstack([lapel, [(0.5, bottom), (0.16, bottom)], -edge[::-1] * [-1, -1] * flip])
        patch = sheet.fill(lapel * flip, 0.006)
        picture = mix(picture, (18, 22, 32), 0.5 * sheet.blur(patch, 0.03) * jacket * (1 - patch))
        tone = np.array(_JACKET, np.float32) * (1.12 * light)[..., None]
        picture = mix(picture, tone, patch * jacket)
        cover = np.maximum(cover, jacket)
    return picture, cover
