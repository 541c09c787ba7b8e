"""A peak limiter: where sounds add up to more than full scale, the gain dips smoothly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from .._typing import F32

CEILING = np.float32(10 ** (-1 / 20))
"""Peak that sounds together may reach: 1 dB under full scale, as a lossy codec adds some."""

REACH_SECONDS = 0.005
"""How long before and after a peak the gain is lower: shorter is heard as distortion."""


def allowed_gain(mix: F32, parts: Iterable[F32]) -> F32:
    """Tell the largest gain of each sample that keeps the mix within bounds.

    Parameters
    ----------
    mix : ndarray of float32, shape (channels, n)
        Sum of the parts.
    parts : iterable of ndarray of float32, shape (channels, n)
        What was loud by itself may stay so, up to full scale.

    Returns
    -------
    ndarray of float32, shape (n,)
        0 to 1; 1 wherever nothing is in the way.
    """
    bound = np.full_like(mix, CEILING)
    for part in parts:
        np.maximum(bound, np.abs(part), out=bound)
    bound = np.minimum(bound, np.float32(1))
    level = np.abs(mix)
    gain = np.where(level > bound, bound / np.maximum(level, CEILING), np.float32(1))
    return np.asarray(gain.min(axis=0), np.float32)


def limiting_gain(allowed: F32, reach: int) -> F32:
    """Smooth allowed gains without ever exceeding them.

    The least allowed gain within `reach` is averaged over `reach`: each of the values averaged is
    a minimum over a window that holds the sample itself.

    Parameters
    ----------
    allowed : ndarray of float32, shape (n,)
        From `allowed_gain`.
    reach : int
        Samples.

    Returns
    -------
    ndarray of float32, shape (n,)
        Exactly 1 from 2 `reach` samples on beside what is allowed less.
    """
    if not len(allowed) or allowed.min() == 1:
        return np.ones(len(allowed), np.float32)
    width = 2 * reach + 1
    least = minimum_filter1d(allowed.astype(np.float64), width, mode="constant", cval=1.0)
    smooth = uniform_filter1d(least, width, mode="constant", cval=1.0)
    # A running mean carries rounding on: where nothing is in the way, there must be none.
    near = minimum_filter1d(least, width, mode="constant", cval=1.0)
    return np.minimum(np.where(near == 1, 1.0, smooth), allowed).astype(np.float32)


def limit_peaks(mixes: Iterable[tuple[F32, F32]], reach: int) -> Iterator[F32]:
    """Limit consecutive blocks of a mix; how it is cut into blocks makes no difference.

    Parameters
    ----------
    mixes : iterable of (ndarray of float32, ndarray of float32)
        Blocks of shape (channels, n), and of each the allowed gains, shape (n,).
    reach : int
        Samples.

    Yields
    ------
    ndarray of float32, shape (channels, n)
        All samples, later by up to 2 `reach`.
    """
    around = 2 * reach
    waiting: F32 | None = None
    gains = np.ones(around, np.float32)  # beginning `around` samples before what is waiting
    for mix, allowed in mixes:
        waiting = mix if waiting is None else np.concatenate([waiting, mix], axis=1)
        gains = np.concatenate([gains, allowed])
        ready = waiting.shape[1] - around
        if ready > 0:
            gain = limiting_gain(gains, reach)[around : around + ready]
            yield waiting[:, :ready] * gain
            waiting, gains = waiting[:, ready:], gains[ready:]
    if waiting is not None and waiting.shape[1]:
        yield waiting * limiting_gain(gains, reach)[around:]
