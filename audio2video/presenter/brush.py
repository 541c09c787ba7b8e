"""Small painting tools: a sheet with coordinates, smooth curves, soft shapes, colours, noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

FloatArray = NDArray[np.float32]

_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Sheet:
    """A sheet to paint on: a rectangle of the picture plane, sampled at `scale` pixels per unit."""

    left: float
    top: float
    right: float
    bottom: float
    scale: float

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows = round((self.bottom - self.top) * self.scale)
        return rows, round((self.right - self.left) * self.scale)

    @cached_property
    def x(self) -> FloatArray:
        """Coordinate of each column's centre, shape (1, W)."""
        columns = np.arange(self.shape[1])[None, :]
        return np.asarray(self.left + columns / self.scale, np.float32)

    @cached_property
    def y(self) -> FloatArray:
        """Coordinate of each row's centre, shape (H, 1)."""
        rows = np.arange(self.shape[0])[:, None]
        return np.asarray(self.top + rows / self.scale, np.float32)

    def pixels(self, points: ArrayLike) -> FloatArray:
        """Turn places, shape (N, 2), into pixel positions."""
        offset = np.array([self.left, self.top], np.float32)
        places: FloatArray = (np.asarray(points, np.float32) - offset) * np.float32(self.scale)
        return places

    def fill(self, polygon: ArrayLike, soften: float = 0.0) -> FloatArray:
        """Coverage, shape (H, W), 0 to 1, of a polygon; its edge is blurred by `soften` units."""
        mask = np.zeros(self.shape, np.uint8)
        corners = np.round(self.pixels(polygon) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)
        return self.blur(mask.astype(np.float32) / np.float32(255.0), soften)

    def line(self, points: ArrayLike, width: float, soften: float = 0.0) -> FloatArray:
        """Coverage, shape (H, W), of a line `width` units thick."""
        mask = np.zeros(self.shape, np.uint8)
        places = np.round(self.pixels(points) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        thickness = max(round(width * self.scale), 1)
        cv2.polylines(
            mask, [places], False, 255, thickness, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS
        )
        return self.blur(mask.astype(np.float32) / np.float32(255.0), soften)

    def blur(self, image: FloatArray, sigma: float) -> FloatArray:
        """Gaussian blur of `sigma` units."""
        if sigma * self.scale < 0.2:
            return image
        return np.asarray(
            cv2.GaussianBlur(image, (0, 0), sigma * self.scale, borderType=cv2.BORDER_REPLICATE),
            np.float32,
        )

    def noise(self, rng: np.random.Generator, grain: float) -> FloatArray:
        """Smooth noise, shape (H, W), mean 0 and variance 1, with blobs of `grain` units."""
        white = rng.standard_normal(self.shape, dtype=np.float32)
        smooth = self.blur(white, grain)
        return np.asarray(smooth / max(float(smooth.std()), 1e-6), np.float32)


def curve(points: ArrayLike, samples: int = 64, *, closed: bool = False) -> FloatArray:
    """Smooth curve through points: a cubic spline over the chord length.

    Parameters
    ----------
    points : array_like, shape (N, 2)
        N >= 3 points, no two neighbours equal.
    samples : int
        Number of points on the curve.
    closed : bool
        Come back to the first point.

    Returns
    -------
    ndarray, shape (samples, 2), float32
    """
    knots = np.asarray(points, np.float64)
    if closed:
        knots = np.vstack([knots, knots[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
    spline = CubicSpline(length, knots, bc_type="periodic" if closed else "natural")
    return np.asarray(spline(np.linspace(0.0, length[-1], samples)), np.float32)


def srgb_to_linear(colour: ArrayLike) -> FloatArray:
    """Turn sRGB values 0-255 into linear light 0-1 (gamma 2.2)."""
    return np.asarray((np.asarray(colour, np.float32) / 255.0) ** 2.2, np.float32)


def linear_to_srgb(light: FloatArray) -> FloatArray:
    """Turn linear light 0-1 into sRGB values 0-255 (gamma 2.2)."""
    return np.asarray(255.0 * np.clip(light, 0.0, 1.0) ** (1.0 / 2.2), np.float32)


def mix(under: FloatArray, over: ArrayLike, cover: FloatArray) -> FloatArray:
    """Lay the colour or picture `over` on `under` with coverage (H, W) 0 to 1."""
    cover = cover[..., None]
    return np.asarray(under + cover * (np.asarray(over, np.float32) - under), np.float32)
