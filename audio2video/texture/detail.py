"""Fine detail that a median of many frames loses, brought back to the strength it has in life."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

SIGMA = 1.0
"""Scale of the detail, in pixels (Gaussian): the scale that resampling and the median weaken."""

MAX_GAIN = 1.25
"""More would show the codec's blocks and halos along the lips."""

SKIN_AIM, OPENING_AIM = 1.35, 1.0
"""Variance of the Laplacian that is aimed at, over that of the target's own textures, on skin and
lips and in the mouth opening. Each way of resampling, into the rectified space and back, takes 8 to
14 % of it (measured on five clips), and skin has that given back; in the opening, candidates show
different teeth and tongues, and more would sharpen their quarrel."""

LEAST_PIXELS = 20
"""A few pixels say nothing of sharpness."""

U8 = NDArray[np.uint8]


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
    added = (whole - cv2.GaussianBlur(whole, (0, 0), SIGMA)) * np.float32(gain)[..., None]
    return np.asarray(np.clip(np.round(whole + added), 0, 255), np.uint8)


def detail_gain(samples: Iterable[tuple[U8, U8, NDArray[np.bool_]]], aim: float) -> float:
    """Find the gain with which rebuilt pictures are as sharp as true ones.

    The variance of the Laplacian of ``x + g h``, with h the detail of x, is a quadratic in g, which
    is solved for each sample. The median of all is taken, since a frame blurred by motion says
    little of the others.

    Parameters
    ----------
    samples : iterable of (rebuilt, true, where)
        Pictures, uint8, shape (H, W, 3), and the pixels that count, bool, shape (H, W). Samples
        with fewer than `LEAST_PIXELS` of them are left out.
    aim : float
        Variance wanted, over the true one's.

    Returns
    -------
    float
        0 to `MAX_GAIN`; 0 without samples.
    """
    gains = []
    for rebuilt, true, where in samples:
        if where.sum() < LEAST_PIXELS:
            continue
        x = cv2.cvtColor(rebuilt, cv2.COLOR_RGB2GRAY).astype(np.float32)
        detail = x - cv2.GaussianBlur(x, (0, 0), SIGMA)
        own, fine = (cv2.Laplacian(part, cv2.CV_32F)[where] for part in (x, detail))
        gray = cv2.cvtColor(true, cv2.COLOR_RGB2GRAY)
        missing = aim * float(cv2.Laplacian(gray, cv2.CV_32F)[where].var()) - float(own.var())
        square = float(fine.var())
        mixed = float(((own - own.mean()) * (fine - fine.mean())).mean())
        if missing <= 0.0:
            gains.append(0.0)
        elif square > 0.0:
            gains.append((-mixed + np.sqrt(mixed**2 + square * missing)) / square)
    return float(np.clip(np.median(gains), 0.0, MAX_GAIN)) if gains else 0.0
