"""Measures of a rebuilt picture against the true one, around the mouth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32, U8

REGION_MARGIN = 0.25
"""How far the region that is measured goes beyond the lips, in inter-ocular distances."""

BORDER = (0.1, 0.9)
"""The mask's border is where it covers more than the one and less than the other."""

MIN_SIDE = 8
"""Pixels: structural similarity looks at windows of 7."""


@dataclass(frozen=True)
class PictureMeasures:
    """How like the truth one rebuilt frame is.

    Parameters
    ----------
    psnr : float
        Decibels, in the mouth region.
    ssim : float
        Structural similarity (Wang et al. 2004) there, mean of the channels.
    sharpness : float
        Variance of the Laplacian there over the true one's.
    seam : float
        Mean gradient along the mask's border over the true one's; NaN without a mask.
    teeth : float
        Mean absolute difference between the inner lips, 0 to 255; NaN where they are closed.
    """

    psnr: float
    ssim: float
    sharpness: float
    seam: float
    teeth: float


@dataclass(frozen=True)
class Measured:
    """All measures of one rebuilt frame.

    Parameters
    ----------
    pictures : PictureMeasures
    lips : float
        Mean distance of the re-detected lip points, in inter-ocular distances.
    changes : tuple of float, optional
        Change since the frame before, of the rebuilt picture and of the true one; None where there
        is no frame before.
    foreign : int
        Pixels under the mask that are not skin, lip, teeth or mouth.
    """

    pictures: PictureMeasures
    lips: float
    changes: tuple[float, float] | None
    foreign: int


def mouth_region(
    mouth: NDArray[np.floating], unit: float, width: int, height: int
) -> tuple[slice, slice]:
    """Rows and columns of the lips' bounding box, grown by `REGION_MARGIN`.

    Parameters
    ----------
    mouth : ndarray, shape (20, 2)
        Pixel (x, y).
    unit : float
        Inter-ocular distance, in pixels.
    width, height : int
        Of the picture.
    """
    low = np.floor(mouth.min(axis=0) - REGION_MARGIN * unit).astype(int)
    high = np.ceil(mouth.max(axis=0) + REGION_MARGIN * unit).astype(int) + 1
    x0, y0 = np.clip(low, 0, [max(width - MIN_SIDE, 0), max(height - MIN_SIDE, 0)])
    x1, y1 = np.clip(high, [x0 + MIN_SIDE, y0 + MIN_SIDE], [width, height])
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))


def compare_pictures(
    rebuilt: U8,
    true: U8,
    region: tuple[slice, slice],
    cover: NDArray[np.floating],
    inner_lip: NDArray[np.floating],
) -> PictureMeasures:
    """Measure one rebuilt frame.

    Parameters
    ----------
    rebuilt, true : ndarray of uint8, shape (H, W, 3)
    region : tuple of slice
        From `mouth_region`.
    cover : ndarray, shape (H, W)
        How much of each pixel was replaced, 0 to 1.
    inner_lip : ndarray, shape (8, 2)
        Outline of the mouth opening in the true frame, pixel (x, y).
    """
    a, b = rebuilt[region], true[region]
    error = float(((a.astype(np.float64) - b) ** 2).mean())
    inside = np.zeros(true.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(inner_lip).astype(np.int32)], 1)
    # A filled polygon holds its outline too, which is lip: closed lips leave nothing.
    opened = cv2.erode(inside, np.ones((3, 3), np.uint8)).astype(bool)
    apart = np.abs(rebuilt[opened].astype(np.float64) - true[opened])
    from skimage.metrics import structural_similarity

    return PictureMeasures(
        psnr=10 * float(np.log10(255**2 / max(error, 1e-3))),
        ssim=float(structural_similarity(a, b, channel_axis=2)),
        sharpness=laplacian_variance(a) / max(laplacian_variance(b), 1e-6),
        seam=seam_energy(rebuilt, true, cover),
        teeth=float(apart.mean()) if opened.any() else float("nan"),
    )


def laplacian_variance(picture: U8) -> float:
    """Variance of the Laplacian of a picture's luminance."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())


def seam_energy(rebuilt: U8, true: U8, cover: NDArray[np.floating]) -> float:
    """Mean gradient along the mask's border over the true picture's there.

    Parameters
    ----------
    rebuilt, true : ndarray of uint8, shape (H, W, 3)
    cover : ndarray, shape (H, W)
    """
    border = (cover > BORDER[0]) & (cover < BORDER[1])
    if not border.any():
        return float("nan")
    return float(gradient(rebuilt)[border].mean() / max(gradient(true)[border].mean(), 1e-6))


def gradient(picture: U8) -> F32:
    """Magnitude of the gradient of a picture's luminance, shape (H, W)."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(
        cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)),
        np.float32,
    )


def lip_distance(rebuilt: NDArray[np.floating], true: NDArray[np.floating], unit: float) -> float:
    """Mean distance of the lip points, in inter-ocular distances.

    Parameters
    ----------
    rebuilt, true : ndarray, shape (20, 2)
        Pixel (x, y).
    unit : float
        Inter-ocular distance, in pixels.
    """
    return float(np.linalg.norm(rebuilt - true, axis=-1).mean() / unit)


def change(picture: U8, before: U8) -> float:
    """Mean absolute difference between the same part of two successive frames, 0 to 255."""
    return float(np.abs(picture.astype(np.float32) - before).mean())


def summarise(rows: Sequence[Measured], rate: float) -> dict[str, Any]:
    """Put the measures of all frames together.

    Parameters
    ----------
    rows : sequence of Measured
        At least one.
    rate : float
        Frames per second.

    Returns
    -------
    dict
        JSON values. ``psnr``, ``ssim`` and ``teeth_error`` are means over the frames, and so is
        ``lmd``, the lips' distance; ratios to the true frames are medians; ``flicker_ratio`` is
        that of the summed changes. ``worst_second`` holds the worst mean over any second.
    """
    values = {
        name: np.array([getattr(row.pictures, name) for row in rows])
        for name in ("psnr", "ssim", "sharpness", "seam", "teeth")
    }
    lips = np.array([row.lips for row in rows])
    changes = np.array([row.changes for row in rows if row.changes is not None]).reshape(-1, 2)
    ours, true = changes.sum(axis=0)
    foreign = np.array([row.foreign for row in rows])
    return {
        "lmd": float(lips.mean()),
        "ssim": float(values["ssim"].mean()),
        "psnr": float(values["psnr"].mean()),
        "flicker_ratio": float(ours / true) if true > 0 else None,
        "sharpness_ratio": _median(values["sharpness"]),
        "seam_ratio": _median(values["seam"]),
        "teeth_error": _mean(values["teeth"]),
        "frames_with_foreign_pixels": float((foreign > 0).mean()),
        "worst_second": {
            "lmd": float(_running(lips, rate).max()),
            "ssim": float(_running(values["ssim"], rate).min()),
            "psnr": float(_running(values["psnr"], rate).min()),
        },
    }


def _running(values: NDArray[np.floating], rate: float) -> NDArray[np.floating]:
    """Means over every second, or over all if there is less."""
    span = min(len(values), max(1, round(rate)))
    return np.convolve(values, np.full(span, 1.0 / span), mode="valid")


def _median(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
