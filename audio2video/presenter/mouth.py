"""The mouth, painted into every frame: lips through their 20 points, teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .brush import FloatArray, curve, mix
from .canvas import Window, between, over_columns
from .geometry import Camera

_UPPER_LIP = (168, 104, 94)
_LOWER_LIP = (194, 128, 114)
_SEAM = (84, 36, 36)
_INSIDE = (46, 14, 16)
_TONGUE = (168, 84, 82)
_GUM = (166, 92, 88)
_ENAMEL = (228, 219, 202)

# Gaps between neighbouring teeth, from the middle outwards.
_UPPER_GAPS = (0.0, 0.128, 0.222, 0.305, 0.372)
_LOWER_GAPS = (0.0, 0.080, 0.160, 0.240, 0.315)
_UPPER_EDGE = 1.128
_LOWER_EDGE = 1.112
_TEETH_DEPTH = 0.95


@dataclass(frozen=True)
class _Contours:
    """Heights of the four lip contours at each column of the window, shape (1, W) each."""

    upper_outer: FloatArray
    upper_inner: FloatArray
    lower_inner: FloatArray
    lower_outer: FloatArray
    within: FloatArray

    @classmethod
    def of(cls, lips: FloatArray, x: FloatArray) -> _Contours:
        left, right = lips[0], lips[6]
        # Between the outer and the inner corner the lips touch: both contours run along the seam.
        upper = np.vstack([left[None], curve(lips[12:17]), right[None]])
        lower = np.vstack([left[None], curve(lips[[12, 19, 18, 17, 16]]), right[None]])
        return cls(
            upper_outer=over_columns(curve(lips[0:7]), x),
            upper_inner=over_columns(upper, x),
            lower_inner=np.maximum(over_columns(lower, x), over_columns(upper, x)),
            lower_outer=over_columns(curve(lips[[0, 11, 10, 9, 8, 7, 6]]), x),
            within=between(x, left[:1, None], right[:1, None]),
        )


def _row_of_teeth(
    place: FloatArray, edge: float, gaps: tuple[float, ...], sign: float
) -> FloatArray:
    """Brightness, shape (H, W, 2): coverage and shade of a row of teeth that ends at `edge`.

    `sign` is 1 for the upper row, which hangs down to its edge, and -1 for the lower row.
    """
    across, y = np.abs(place[..., 0]), place[..., 1]
    borders = np.array([*gaps, gaps[-1] + 0.08])
    nearest = np.clip(np.searchsorted(borders, across) - 1, 0, len(gaps) - 1)
    start, stop = borders[nearest], borders[nearest + 1]
    local = (across - 0.5 * (start + stop)) / (0.5 * (stop - start))
    arch = 0.10 * across**2 + 0.014 * np.clip(np.abs(local), 0.0, 1.0) ** 5
    length = sign * (edge - sign * arch - y)
    cover = np.clip(length / 0.014 + 0.5, 0.0, 1.0)
    gap = np.exp(-((np.minimum(across - start, stop - across) / 0.0075) ** 2))
    shade = (1.0 - 0.9 * (across / 0.46) ** 2) * (1.0 - 0.30 * gap)
    shade = shade * (0.92 + 0.08 * np.clip(1.0 - local**2, 0.0, 1.0))
    shade = shade * (1.0 - 0.18 * np.exp(-np.clip(length, 0.0, None) / 0.016))
    cover = cover * np.clip((borders[-1] - across) / 0.02, 0.0, 1.0)
    return np.stack([cover, np.clip(shade, 0.05, 1.0), length], axis=-1).astype(np.float32)


def _inside(
    window: Window, lines: _Contours, view: Camera, jaw: float, tongue: float
) -> FloatArray:
    """Paint what the opening shows: the dark, the tongue, the two rows of teeth."""
    scale = np.float32(view.scale)
    pixels = np.stack(np.broadcast_arrays(window.x, window.y), axis=-1)
    place = view.unproject(pixels, _TEETH_DEPTH)
    x, y = place[..., 0], place[..., 1]
    picture = np.broadcast_to(np.array(_INSIDE, np.float32), (*x.shape, 3))

    back = 1.225 + 0.35 * jaw - 0.16 * tongue + 0.5 * x**2
    lit = np.clip(0.35 + (y - back) / 0.22, 0.0, 0.9) * (1.0 - 0.25 * np.exp(-((x / 0.02) ** 2)))
    meat = np.array(_TONGUE, np.float32) * lit[..., None]
    front = np.clip((y - back) / 0.05 + 0.5, 0.0, 1.0)
    sides = np.clip((0.30 - np.abs(x)) / 0.06, 0.0, 1.0)
    picture = mix(picture, meat, np.asarray(front * sides, np.float32))

    lower = _row_of_teeth(place, _LOWER_EDGE + jaw, _LOWER_GAPS, -1.0)
    dim = 0.72 * lower[..., 1:2] * (1.0 - 0.25 * np.clip(lower[..., 2:] / 0.15, 0.0, 1.0))
    picture = mix(picture, np.array(_ENAMEL, np.float32) * dim, lower[..., 0])
    if tongue > 0.0:
        tip = np.hypot(x / 0.17, (y - _UPPER_EDGE - 0.075) / 0.075)
        tip_cover = np.clip((1.0 - tip) / 0.15, 0.0, 1.0) * np.float32(min(tongue, 1.0))
        picture = mix(picture, np.array(_TONGUE, np.float32) * 0.85, tip_cover)
    upper = _row_of_teeth(place, _UPPER_EDGE, _UPPER_GAPS, 1.0)
    gum = np.clip((upper[..., 2] - 0.165) / 0.012, 0.0, 1.0)
    enamel = mix(np.broadcast_to(np.array(_ENAMEL, np.float32), picture.shape), _GUM, gum)
    # The upper teeth throw a shadow on what lies behind them.
    under = np.exp(-np.clip(-upper[..., 2], 0.0, None) / 0.035)
    picture = picture * (1.0 - 0.45 * under)[..., None]
    picture = mix(picture, enamel * upper[..., 1:2], upper[..., 0])

    below_lip = np.clip(window.y - lines.upper_inner, 0.0, None) / scale
    above_lip = np.clip(lines.lower_inner - window.y, 0.0, None) / scale
    occluded = (1.0 - 0.55 * np.exp(-below_lip / 0.028)) * (1.0 - 0.35 * np.exp(-above_lip / 0.02))
    return np.asarray(picture * occluded[..., None], np.float32)


def _lip_colour(v: FloatArray, u: FloatArray, crease: FloatArray, *, upper: bool) -> FloatArray:
    """Colour of a lip, (H, W, 3): `v` 0 at the seam to 1 at the outer edge, `u` -1 to 1 across."""
    v = np.clip(v, 0.0, 1.0)
    base = np.array(_UPPER_LIP if upper else _LOWER_LIP, np.float32)
    round_off = np.clip(np.abs(u), 0.0, 1.0) ** 3
    if upper:
        light = 0.80 + 0.26 * v - 0.10 * v**4 - 0.12 * np.exp(-v / 0.12)
        light = light * (1.0 - 0.16 * round_off)
        gloss = 0.05 * np.exp(-(((v - 0.62) / 0.22) ** 2)) * np.exp(-(((u + 0.2) / 0.35) ** 2))
    else:
        light = 0.86 + 0.22 * np.sin(np.pi * np.clip(v * 0.9 + 0.12, 0.0, 1.0)) - 0.28 * v**4
        light = light * (1.0 - 0.20 * round_off) * (1.0 - 0.22 * np.exp(-v / 0.10))
        shine = np.exp(-(((v - 0.40) / 0.17) ** 2))
        spots = np.exp(-(((u + 0.25) / 0.22) ** 2)) + 0.55 * np.exp(-(((u - 0.28) / 0.2) ** 2))
        gloss = 0.24 * shine * spots * (1.0 + 2.0 * crease)
    colour = base * (light * (1.0 + crease))[..., None]
    return np.asarray(colour + 255.0 * 0.8 * np.asarray(gloss, np.float32)[..., None], np.float32)


def paint_mouth(
    frame: FloatArray, lips: FloatArray, view: Camera, *, jaw: float, tongue: float
) -> None:
    """Paint the mouth into a frame, in place.

    Parameters
    ----------
    frame : ndarray, shape (H, W, 3), float32
        Picture, 0 to 255, with the skin painted.
    lips : ndarray, shape (20, 2), float32
        The lip landmarks 48-67 in pixels. The contours pass exactly through them.
    view : Camera
        Of the frame, for the teeth, which hang on the skull and on the jaw.
    jaw : float
        How far the jaw has dropped.
    tongue : float
        1 with the tip of the tongue at the upper teeth, 0 with the tongue down.
    """
    scale = view.scale
    window = Window.around(frame, lips, 0.22 * scale)
    x, y = window.x, window.y
    lines = _Contours.of(lips, x)
    half = np.float32(0.5 * (lips[6, 0] - lips[0, 0]))
    u = (x - np.float32(0.5 * (lips[6, 0] + lips[0, 0]))) / half

    # Shadow under the lower lip and a rim of light over the upper one model the flesh around.
    drop = (y - lines.lower_outer) / np.float32(scale)
    under = np.exp(-(((drop - 0.035) / 0.055) ** 2)) * (1.0 - np.clip(np.abs(u), 0.0, 1.0) ** 2)
    rise = (lines.upper_outer - y) / np.float32(scale)
    rim = np.exp(-(((rise - 0.018) / 0.016) ** 2)) * (1.0 - np.clip(np.abs(u), 0.0, 1.0) ** 4)
    skin = window.view * (1.0 - 0.20 * under + 0.045 * rim)[..., None]
    for corner in (lips[0], lips[6]):
        far = np.hypot((x - corner[0]) * 1.0, (y - corner[1]) * 1.3) / np.float32(scale)
        skin = skin * (1.0 - 0.30 * np.exp(-((far / 0.05) ** 2)))[..., None]

    crease = 0.035 * np.sin(u * 61.0 + 3.0 * np.sin(u * 17.0)) * np.cos(u * 23.0 + 1.0)
    upper_thick = np.maximum(lines.upper_inner - lines.upper_outer, 1e-3)
    lower_thick = np.maximum(lines.lower_outer - lines.lower_inner, 1e-3)
    upper = _lip_colour((lines.upper_inner - y) / upper_thick, u, crease, upper=True)
    lower = _lip_colour((y - lines.lower_inner) / lower_thick, u, crease, upper=False)
    middle = 0.5 * (lines.upper_inner + lines.lower_inner)
    flesh = np.where((y < middle)[..., None], upper, lower)
    soft = max(0.024 * scale, 1.0)
    # The red of the lips fades into the skin at the corners.
    fade = 1.0 - 0.75 * np.clip((np.abs(u) - 0.80) / 0.22, 0.0, 1.0) ** 1.5
    cover = between(y, lines.upper_outer, lines.lower_outer, soft) * lines.within * fade
    painted = mix(skin, flesh, np.asarray(cover, np.float32))
    seam = np.exp(-(((y - middle) / np.float32(max(0.011 * scale, 0.8))) ** 2)) * lines.within
    seam = seam * np.exp(-np.clip(lines.lower_inner - lines.upper_inner, 0.0, None) / 1.5)
    painted = mix(painted, _SEAM, np.asarray(0.85 * seam, np.float32))
    gap = between(y, lines.upper_inner, lines.lower_inner)
    if float(gap.max()) > 0.0:
        painted = mix(painted, _inside(window, lines, view, jaw, tongue), gap)
    window.view[:] = painted
