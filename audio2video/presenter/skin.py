"""The face without eyes and lips: skin, nose, brows, pores and freckles, lit by the relief."""

from __future__ import annotations

import cv2
import numpy as np

from .anatomy import rest_landmarks
from .brush import FloatArray, Sheet, curve, linear_to_srgb, mix, srgb_to_linear
from .relief import bell_pair, relief, shade

SKIN = (233, 186, 160)
_BLOOD = np.array([1.03, 0.86, 0.85], np.float32)
_BEARD = np.array([0.86, 0.88, 0.93], np.float32)
_BROW = (54, 36, 27)
_SKULL = [(1.135, -0.15), (1.13, -0.5), (1.04, -0.95), (0.8, -1.3), (0.42, -1.48), (0.0, -1.53)]


def outline() -> FloatArray:
    """Trace the closed outline of the face: the jaw's landmarks, then the skull under the hair."""
    jaw = rest_landmarks()[:17]
    skull = np.array(_SKULL, np.float32)
    mirrored = skull[-2::-1] * np.array([-1, 1], np.float32)
    return curve(np.vstack([jaw, skull, mirrored]), 400, closed=True)


def _spots(sheet: Sheet, rng: np.random.Generator) -> FloatArray:
    """Freckles: how much darker each place is, most over nose and cheeks."""
    mask = np.zeros(sheet.shape, np.float32)
    for _ in range(170):
        place = rng.normal((0.0, 0.42), (0.62, 0.42))
        radius, strength = rng.uniform(0.006, 0.016), rng.uniform(0.15, 0.75)
        x, y = sheet.pixels(place)
        dot = np.zeros_like(mask)
        centre = (round(float(x) * 16), round(float(y) * 16))
        cv2.circle(dot, centre, round(radius * sheet.scale * 16), strength, -1, cv2.LINE_8, 4)
        mask = np.maximum(mask, dot)
    return sheet.blur(mask, 0.006)


def _albedo(sheet: Sheet, rng: np.random.Generator) -> FloatArray:
    x, y = sheet.x, sheet.y
    colour = np.broadcast_to(srgb_to_linear(SKIN), (*sheet.shape, 3)).copy()
    blush = 0.60 * bell_pair(x, y, 0.66, 0.55, 0.26, 0.22) + 0.55 * bell_pair(
        x, y, 0.0, 0.52, 0.17, 0.13
    )
    blush += 0.5 * bell_pair(x, y, 0.17, 0.58, 0.10, 0.09)
    blush += 0.25 * bell_pair(x, y, 0.0, 1.7, 0.25, 0.12)
    blush += 0.12 * sheet.noise(rng, 0.10) + 0.08 * sheet.noise(rng, 0.035)
    colour *= 1.0 + (_BLOOD - 1.0) * np.clip(blush, -0.3, 1.2)[..., None]
    beard = 1.0 / (1.0 + np.exp(-(y - 0.85 - 0.2 * np.abs(x) + 0.1 * np.cos(4 * x)) / 0.09))
    beard = beard * (1.0 - 0.65 * bell_pair(x, y, 0.62, 0.85, 0.16, 0.2))
    colour *= 1.0 + (_BEARD - 1.0) * (0.9 * np.clip(beard, 0, 1))[..., None]
    lids = bell_pair(x, y, 0.5, 0.04, 0.24, 0.12)
    colour *= 1.0 + np.array([-0.10, -0.14, -0.10], np.float32) * np.clip(lids, 0, 1)[..., None]
    pores = 0.022 * sheet.noise(rng, 0.006) + 0.018 * sheet.noise(rng, 0.014)
    colour *= 1.0 + pores[..., None]
    freckle = np.array([0.16, 0.27, 0.32], np.float32)
    colour *= 1.0 - freckle * _spots(sheet, rng)[..., None]
    return np.asarray(colour, np.float32)


def _brow_hairs(sheet: Sheet, rng: np.random.Generator) -> FloatArray:
    """Coverage of both brows, hair by hair, around the landmarks 17-26."""
    marks = rest_landmarks()
    cover = np.zeros(sheet.shape, np.float32)
    for brow, side in ((marks[17:22], -1.0), (marks[26:21:-1], 1.0)):
        spine = curve(brow, 101)  # from the temple to the nose
        taper = np.sin(np.pi * np.clip(np.linspace(0.02, 0.80, 101), 0, 1)) ** 0.6
        body = np.vstack(
            [
                spine + np.stack([0 * taper, 0.035 - 0.045 * taper], 1),
                (spine + np.stack([0 * taper, 0.035 + 0.052 * taper], 1))[::-1],
            ]
        )
        cover = np.maximum(cover, 0.55 * sheet.fill(body, 0.022))
        for _ in range(260):
            t = rng.uniform(0.0, 1.0)
            base = spine[round(t * 100)] + np.array(
                [0.0, 0.035 + rng.uniform(-0.5, 1.0) * 0.05 * taper[round(t * 100)]]
            )
            lean = 1.45 - 1.35 * (1.0 - t) ** 0.6 + rng.normal(0.0, 0.16)
            length = rng.uniform(0.05, 0.10) * (0.55 + 0.45 * taper[round(t * 100)])
            tip = base + length * np.array([side * np.cos(lean), -np.sin(lean) * 0.75])
            hair = np.round(sheet.pixels([base, tip]) * 16).astype(np.int32)
            stroke = np.zeros(sheet.shape, np.uint8)
            cv2.line(stroke, hair[0].tolist(), hair[1].tolist(), 255, 1, cv2.LINE_AA, 4)
            cover = np.maximum(cover, stroke.astype(np.float32) * np.float32(0.8 / 255))
    return sheet.blur(cover, 0.004)


def _lines(sheet: Sheet) -> FloatArray:
    """Soft dark lines: lid creases, nostrils, wings of the nose, folds beside the mouth."""
    marks = rest_landmarks()
    lines = np.zeros(sheet.shape, np.float32)
    for side in (-1.0, 1.0):
        flip = np.array([side, 1.0], np.float32)
        rise = np.array([[0.03, -0.01], [0.0, -0.05], [0.0, -0.052], [-0.01, -0.03]])
        crease = curve((marks[[45, 44, 43, 42]] + rise) * flip)
        lines += 0.42 * sheet.line(crease, 0.012, 0.012)
        bag = curve(np.array([(0.33, 0.10), (0.45, 0.155), (0.60, 0.15)]) * flip)
        lines += 0.16 * sheet.line(bag, 0.02, 0.02)
        nostril = curve(
            np.array([(0.055, 0.667), (0.10, 0.640), (0.165, 0.640), (0.150, 0.665), (0.09, 0.678)])
            * flip,
            closed=True,
        )
        lines += 1.05 * sheet.fill(nostril, 0.010)
        wing = curve(np.array([(0.205, 0.47), (0.247, 0.545), (0.243, 0.62), (0.19, 0.662)]) * flip)
        lines += 0.34 * sheet.line(wing, 0.016, 0.014)
        fold = curve(np.array([(0.29, 0.62), (0.40, 0.78), (0.50, 0.97), (0.53, 1.08)]) * flip)
        lines += 0.15 * sheet.line(fold, 0.018, 0.022)
    lines += 0.30 * sheet.line(curve([(-0.10, 0.69), (0.0, 0.712), (0.10, 0.69)]), 0.02, 0.02)
    return np.asarray(np.clip(lines, 0.0, 1.0), np.float32)


def paint_face(sheet: Sheet, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Paint the face, eyes shut and without lips.

    Parameters
    ----------
    sheet : Sheet
        What to paint on.
    rng : numpy.random.Generator
        Source of pores, freckles and brow hairs.

    Returns
    -------
    picture : ndarray, shape (H, W, 3), float32
        sRGB, 0 to 255.
    cover : ndarray, shape (H, W), float32
        1 inside the face's outline, 0 outside.
    """
    cover = sheet.fill(outline())
    half_width = cover.sum(axis=1, keepdims=True) / np.float32(2.0 * sheet.scale)
    depth = sheet.blur(relief(sheet.x, sheet.y, half_width), 0.02)
    diffuse, gloss = shade(depth, sheet.scale)
    bump = sheet.blur(sheet.noise(rng, 0.008), 0.003)
    light = _albedo(sheet, rng) * diffuse + (gloss * (1.0 + 0.25 * bump))[..., None]
    light *= 1.0 - np.array([0.62, 0.80, 0.84], np.float32) * _lines(sheet)[..., None]
    picture = mix(linear_to_srgb(light), _BROW, 0.95 * _brow_hairs(sheet, rng))
    return picture, cover
