"""Conversion between 8-bit RGB and limited-range planar YUV 4:2:0.

The matrices are those of ITU-R BT.601 and BT.709. Chroma is spread to its 2x2 luma pixels as it is
and averaged over them on the way back, so that YUV -> RGB -> YUV returns the same bytes wherever
RGB did not have to be clipped (each RGB value is off by at most half a step, and each row of the
inverse matrix sums to less than one in absolute value).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from .._typing import U8

Matrix = Literal["bt601", "bt709"]

_LUMA = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}  # K_r, K_b
_BLACK, _LUMA_STEPS, _GREY, _CHROMA_STEPS = 16, 219, 128, 224
_HD_HEIGHT = 720  # what has no tag is BT.709 from here on

# Codes of ITU-T H.273.
_BT709, _UNSPECIFIED, _SMPTE170M = 1, 2, 6
_BT601_SPACES = (4, 5, _SMPTE170M)
_CONVERTIBLE = range(11)  # all up to BT.2020, without YCgCo
_YCGCO = 8


@dataclass(frozen=True)
class ColourTags:
    """How a stream says its colours are meant, as codes of ITU-T H.273; 2 is "unspecified"."""

    space: int = _UNSPECIFIED
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED

    @property
    def convertible(self) -> bool:
        """Whether the codec library can convert from this matrix (not YCgCo, ICtCp and rarer)."""
        return self.space in _CONVERTIBLE and self.space != _YCGCO

    def matrix(self, height: int) -> Matrix:
        """Choose the YUV matrix for a picture of ``height`` (pixels as stored in the file)."""
        if self.space in _BT601_SPACES:
            return "bt601"
        # RGB and untagged streams follow the custom of players; others are converted to BT.709.
        if self.space in (0, _UNSPECIFIED, 3):
            return "bt709" if height >= _HD_HEIGHT else "bt601"
        return "bt709"


def space_code(matrix: Matrix) -> int:
    """Return the H.273 code under which a stream of this matrix is tagged."""
    return _BT709 if matrix == "bt709" else _SMPTE170M


def _from_rgb(matrix: Matrix) -> npt.NDArray[np.float64]:
    """Return the (3, 4) affine map from R, G, B in 0..255 to limited-range Y, Cb, Cr."""
    red, blue = _LUMA[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    rows = np.stack(
        [
            luma * _LUMA_STEPS,
            (np.array([0, 0, 1]) - luma) * _CHROMA_STEPS / (2 * (1 - blue)),
            (np.array([1, 0, 0]) - luma) * _CHROMA_STEPS / (2 * (1 - red)),
        ]
    )
    return np.column_stack([rows / 255, [_BLACK, _GREY, _GREY]])


def _to_rgb(matrix: Matrix) -> npt.NDArray[np.float64]:
    forward = _from_rgb(matrix)
    inverse = np.linalg.inv(forward[:, :3])
    return np.column_stack([inverse, -inverse @ forward[:, 3]])


# OpenCV's 8-bit matrix product has coarse coefficients; its 16-bit one is exact enough and as fast.
# 257 fills the 16-bit range, so that saturation there is saturation at 255 here.
_FULL = 257.0


def yuv_to_rgb(y: U8, u: U8, v: U8, matrix: Matrix) -> U8:
    """Convert planes to RGB.

    Parameters
    ----------
    y : np.ndarray [shape=(H, W)]
        Luma, with even H and W.
    u, v : np.ndarray [shape=(H/2, W/2)]
        Chroma.
    matrix : {"bt601", "bt709"}
        The YUV matrix; the range is limited (16..235).

    Returns
    -------
    np.ndarray [shape=(H, W, 3), dtype=uint8]
    """
    size = (y.shape[1], y.shape[0])
    planes = [y, *(cv2.resize(c, size, interpolation=cv2.INTER_NEAREST) for c in (u, v))]
    wide = cv2.merge(planes).astype(np.uint16)
    rgb = cv2.transform(wide, _to_rgb(matrix) * _FULL)
    return np.asarray(cv2.convertScaleAbs(rgb, alpha=1 / _FULL), np.uint8)


def rgb_to_yuv(rgb: U8, matrix: Matrix) -> tuple[U8, U8, U8]:
    """Convert RGB to planes; the inverse of `yuv_to_rgb`.

    Parameters
    ----------
    rgb : np.ndarray [shape=(H, W, 3), dtype=uint8]
        A picture of even height and width.
    matrix : {"bt601", "bt709"}
        The YUV matrix; the range is limited (16..235).

    Returns
    -------
    tuple of np.ndarray
        Y (H, W), U and V (H/2, W/2), all uint8.
    """
    scale = 64.0  # leaves the mean of four pixels its fraction
    forward = _from_rgb(matrix) * _FULL
    forward[:, :3] /= scale
    wide = rgb.astype(np.uint16) * np.uint16(scale)
    size = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    half = np.asarray(cv2.resize(wide, size, interpolation=cv2.INTER_AREA), np.uint16)

    def channel(source: npt.NDArray[np.uint16], index: int) -> U8:
        plane = cv2.extractChannel(cv2.transform(source, forward), index)
        return np.asarray(cv2.convertScaleAbs(plane, alpha=1 / _FULL), np.uint8)

    return channel(wide, 0), channel(half, 1), channel(half, 2)


def full_range_luma(y: U8) -> U8:
    """Stretch limited-range luma (16..235) to 0..255."""
    steps = (np.arange(256) - _BLACK) * (255 / _LUMA_STEPS)
    return np.asarray(cv2.LUT(y, np.clip(np.rint(steps), 0, 255).astype(np.uint8)), np.uint8)
