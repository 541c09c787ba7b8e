"""Fine detail that a median of many frames loses, brought back to the strength it has in life."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import U8

SIGMA = 1.0
"""Scale of the detail, in pixels (Gaussian): the scale that resampling and the median weaken."""

MAX_GAIN = 1.25
"""More would show the codec's blocks and halos along the lips."""

AIM = 1.05
"""Variance of the Laplacian that is aimed at, over the true one, for the texture back in the frame.
More than 1, as the composite's soft border and the merging of candidates take a little as well."""

SHIFT = 0.4
"""Pixels by which a picture is moved to see what resampling takes from it."""

MIN_KEPT = 0.7
"""Resampling takes no more of the variance than the rest of this; noise of small regions may."""

MIN_PIXELS = 20
"""A few pixels say nothing of sharpness."""

Sample = tuple[U8, U8, NDArray[np.bool_]]
"""A rebuilt picture, the true one, and which pixels count."""


def sharpen(texture: U8, gain: NDArray[np.floating]) -> U8:
    """Add a multiple of a picture's own detail.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    gain : ndarray, shape (H, W)
        Of each pixel; 0 leaves it as it is.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    whole = texture.astype(np.float32)
    added = cv2.subtract(whole, cv2.GaussianBlur(whole, (0, 0), SIGMA))
    added *= np.asarray(gain, np.float32)[..., None]
    # The sum is rounded and clipped in the same pass.
    return np.asarray(cv2.add(whole, added, dtype=cv2.CV_8U), np.uint8)


def detail_gain(samples: Iterable[Sample]) -> float:
    """Find the gain with which rebuilt pictures are as sharp as true ones.

    The variance of the Laplacian of ``x + g h``, with h the detail of x, is a quadratic in g, which
    is solved for each sample. The median of all is taken, since a frame blurred by motion says
    little of the others.

    Parameters
    ----------
    samples : iterable of (rebuilt, true, where)
        Pictures, uint8, shape (H, W, 3), and the pixels that count, bool, shape (H, W). Samples
        with fewer than `MIN_PIXELS` of them are left out.

    Returns
    -------
    float
        0 to `MAX_GAIN`; 0 without samples.
    """
    gains = []
    for rebuilt, true, where in samples:
        if where.sum() < MIN_PIXELS:
            continue
        x = cv2.cvtColor(rebuilt, cv2.COLOR_RGB2GRAY).astype(np.float32)
        detail = x - cv2.GaussianBlur(x, (0, 0), SIGMA)
        own, fine = (cv2.Laplacian(part, cv2.CV_32F)[where] for part in (x, detail))
        gray = cv2.cvtColor(true, cv2.COLOR_RGB2GRAY)
        kept = float(cv2.Laplacian(gray, cv2.CV_32F)[where].var())
        moved = float(cv2.Laplacian(_resampled(gray), cv2.CV_32F)[where].var())
        # The true texture was resampled once, and the rebuilt one will be once more.
        loss = np.clip(moved / max(kept, 1e-6), MIN_KEPT, 1.0)
        missing = AIM * kept / loss**2 - float(own.var())
        square = float(fine.var())
        mixed = float(((own - own.mean()) * (fine - fine.mean())).mean())
        if missing <= 0.0:
            gains.append(0.0)
        elif square > 0.0:
            gains.append((-mixed + np.sqrt(mixed**2 + square * missing)) / square)
    return float(np.clip(np.median(gains), 0.0, MAX_GAIN)) if gains else 0.0


def _resampled(picture: U8) -> U8:
    move = np.array([[1, 0, SHIFT], [0, 1, SHIFT]], np.float64)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(
        cv2.warpAffine(picture, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
