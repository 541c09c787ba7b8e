"""Hair and ears: what frames the face."""

from __future__ import annotations

import cv2
import numpy as np

from .brush import FloatArray, Sheet, curve, mix
from .skin import SKIN

_HAIR = (70, 50, 39)
_SHEEN = (146, 114, 88)

_OUTER = [(-1.16, 0.06), (-1.215, -0.35), (-1.20, -0.80), (-1.08, -1.18), (-0.80, -1.48)]
_OUTER += [(-0.38, -1.66), (0.10, -1.71), (0.58, -1.62), (0.95, -1.38), (1.15, -1.02)]
_OUTER += [(1.215, -0.60), (1.20, -0.25), (1.16, 0.06)]
_HAIRLINE = [(1.085, 0.10), (1.055, -0.16), (0.99, -0.40), (0.97, -0.66), (0.80, -0.90)]
_HAIRLINE += [(0.45, -1.00), (0.05, -1.04), (-0.32, -1.02), (-0.62, -0.94), (-0.86, -0.80)]
_HAIRLINE += [(-0.98, -0.60), (-0.99, -0.40), (-1.055, -0.16), (-1.085, 0.10)]
_PARTING = (-0.58, -1.0)


def _strands(sheet: Sheet, rng: np.random.Generator) -> FloatArray:
    """Strand texture, about -1 to 1: streaks that leave the parting and follow the skull."""
    x, y = sheet.x, sheet.y
    around = np.arctan2(x + 0.25, -(y + 0.15))  # 0 at the top, along the strands
    radius = np.hypot((x + 0.05) / 0.95, (y + 0.15) * 1.0)
    turn = np.arctan2(_PARTING[0] + 0.25, -(_PARTING[1] + 0.15))
    # Strands start at the hairline and run outwards as they go around: a spiral from the parting.
    across = radius - 0.30 * np.sqrt((around - turn) ** 2 + 0.02)
    across = across + 0.012 * np.sin(9.0 * around + 5.0 * across)
    rows, columns = 1024, 256
    streaks = rng.standard_normal((rows, columns), dtype=np.float32)
    fine = cv2.GaussianBlur(streaks, (0, 0), sigmaX=14.0, sigmaY=0.9)
    coarse = cv2.GaussianBlur(streaks, (0, 0), sigmaX=22.0, sigmaY=6.0)
    pattern = 0.55 * fine / fine.std() + 0.65 * coarse / coarse.std()
    at_row = ((across + 1.0) / 3.2 * rows).astype(np.float32)
    at_column = ((around + np.pi) / (2 * np.pi) * (columns - 1)).astype(np.float32)
    return np.asarray(
        cv2.remap(
            pattern.astype(np.float32),
            at_column,
            at_row,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        ),
        np.float32,
    )


def paint_hair(sheet: Sheet, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Paint the hair: sRGB picture (H, W, 3), 0 to 255, and its coverage (H, W)."""
    x, y = sheet.x, sheet.y
    shape = np.vstack([curve(_OUTER, 200), curve(_HAIRLINE, 200)])
    body = sheet.fill(shape)
    strands = np.clip(_strands(sheet, rng), -1.7, 1.7)
    # Single hairs break the edges: the threshold of a blurred mask wanders with the strands.
    soft = sheet.blur(body, 0.035)
    ragged = np.clip((soft - 0.5 + 0.16 * strands) / 0.22 + 0.5, 0.0, 1.0)
    # Whiskers thin out downwards in front of the ears.
    cover = ragged * np.clip((0.10 - y) / 0.36 + 0.25 * strands * (y > -0.35), 0.0, 1.0)

    deep = sheet.blur(body, 0.11)
    volume = np.clip((deep - 0.35) / 0.5, 0.0, 1.0)
    light = 0.62 + 0.42 * volume - 0.22 * np.clip(x, -1.2, 1.2) * 0.7
    light = light * (1.0 + 0.24 * strands)
    part = np.exp(-(((x - _PARTING[0] - 0.10 * (y + 1.0)) / 0.03) ** 2)) * np.clip(
        (y + 1.45) / 0.2, 0.0, 1.0
    )
    light = light * (1.0 - 0.30 * part * (y < -0.9))
    band = np.exp(-(((np.hypot(x + 0.1, y + 0.15) - 1.22 - 0.05 * x) / 0.10) ** 2))
    band = band * np.exp(-(((x + 0.15) / 0.62) ** 2)) * (y < -0.7)
    colour = np.array(_HAIR, np.float32) * light[..., None]
    shine = np.clip(band * (0.42 + 0.34 * strands), 0.0, 0.75).astype(np.float32)
    return mix(np.asarray(colour, np.float32), _SHEEN, shine), np.asarray(cover, np.float32)


def paint_ears(sheet: Sheet) -> tuple[FloatArray, FloatArray]:
    """Paint both ears: sRGB picture (H, W, 3), 0 to 255, and their coverage (H, W)."""
    picture = np.zeros((*sheet.shape, 3), np.float32)
    cover = np.zeros(sheet.shape, np.float32)
    for side, lit in ((-1.0, 0.90), (1.0, 0.74)):
        flip = np.array([side, 1.0], np.float32)
        rim = [(1.06, -0.12), (1.19, -0.20), (1.275, -0.13), (1.285, 0.06), (1.235, 0.28)]
        rim += [(1.175, 0.47), (1.10, 0.50), (1.04, 0.40)]
        inner = [(1.12, -0.06), (1.205, -0.09), (1.225, 0.04), (1.185, 0.20), (1.13, 0.22)]
        shape = sheet.fill(curve(np.array(rim) * flip, 120, closed=True))
        hollow = sheet.fill(curve(np.array(inner) * flip, 80, closed=True), 0.022)
        fold = sheet.line(curve(np.array(rim[1:6]) * flip * [0.975, 1.0]), 0.02, 0.014)
        edge = np.clip(sheet.blur(shape, 0.05) * 1.9 - 0.75, 0.0, 1.0)
        light = lit * (0.70 + 0.30 * edge) * (1.0 - 0.30 * hollow) * (1.0 - 0.10 * fold)
        colour = np.array(SKIN, np.float32) * np.array([1.0, 0.92, 0.91], np.float32)
        picture = mix(picture, colour * light[..., None], shape)
        cover = np.maximum(cover, shape)
    # Away from the ears the colour doesn't matter, but it must not be black: edges are blended.
    picture[cover == 0.0] = np.array(SKIN, np.float32) * 0.6
    return picture, cover
