"""Which constant frame rate a video has, and which source frame each output frame shows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .._typing import I64

_WHOLE = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_NTSC = (12, 15, 24, 30, 48, 60, 120, 240)
STANDARD_RATES = tuple(
    sorted(
        [Fraction(n) for n in _WHOLE]
        + [Fraction(25, 2)]
        + [Fraction(n * 1000, 1001) for n in _NTSC]
    )
)
FALLBACK_RATE = Fraction(25)  # for one single picture without any claim
_NEAR = 0.02  # a rate within 2 % of the measured one may be meant
_FASTEST_RESAMPLED = Fraction(60)

SLOWEST, FASTEST = Fraction(1), Fraction(480)
"""Frames per second of anything that shows a person talking."""

LONGEST_STILL = 600
"""Seconds without anything new, in all: a clock that leaves out more is damaged."""

STILL = Fraction(1)
"""Seconds; a pause between frames from which on it counts as one."""


def constant_rate(ticks: I64, tick: Fraction, declared: Sequence[Fraction]) -> Fraction | None:
    """Find the constant rate that the frame times keep to.

    Parameters
    ----------
    ticks : np.ndarray [shape=(n,), dtype=int64]
        Times of the source frames, ascending, in units of ``tick``.
    tick : Fraction
        Seconds; times may be rounded to it (Matroska: 1/1000).
    declared : sequence of Fraction
        What the container claims, most trusted first; claims that don't fit are ignored.

    Returns
    -------
    Fraction or None
        Frames per second such that frame k is within half a frame of k / rate (counted from the
        first frame); None if there is no such rate.
    """
    if len(ticks) < 2:
        return next((rate for rate in declared if 1 <= rate <= 1000), FALLBACK_RATE)
    seconds = (ticks - ticks[0]) * float(tick)
    spacing = float(np.median(np.diff(seconds)))
    mean = Fraction(len(ticks) - 1) / (int(ticks[-1] - ticks[0]) * tick)
    count = np.arange(len(ticks))

    def near(rate: Fraction) -> bool:
        slack = float(tick) / spacing  # the median itself is only this good
        return abs(float(rate) * spacing - 1) <= _NEAR + slack

    def error(rate: Fraction) -> npt.NDArray[np.float64]:
        return np.asarray(seconds - count / float(rate), np.float64)

    claims = [rate for rate in declared if rate > 0 and near(rate)]
    standards = [rate for rate in STANDARD_RATES if near(rate)]
    standards.sort(key=lambda rate: (rate not in claims, float(np.abs(error(rate)).max())))
    measured = [mean.limit_denominator(1001), mean]

    # First a rate which explains every time to the container's own rounding, if that is fine.
    rounding = min(float(tick) * 1.001, spacing / 4)
    for rate in [*standards, *claims, *measured]:
        if rate > 0 and np.ptp(error(rate)) <= rounding:
            return rate
    # Then one which is right to half a frame.
    for rate in sorted({*standards, *claims}, key=lambda rate: float(np.abs(error(rate)).max())):
        if np.abs(error(rate)).max() <= 0.5 / float(rate):
            return rate
    # A clock that runs a little off, but evenly: no frame is missing or doubled.
    if np.abs(np.diff(seconds) - spacing).max() <= spacing / 2:
        for rate in measured:
            if rate > 0 and np.abs(error(rate)).max() <= 0.5 / float(rate):
                return rate
    return None


def typical_rate(ticks: I64, tick: Fraction, declared: Sequence[Fraction]) -> Fraction:
    """Choose the constant rate to which a video of variable rate is resampled.

    It is the rate of the most usual spacing, as the nearest claimed or standard rate, at most 60.
    Parameters are those of `constant_rate`.
    """
    spacing = int(max(np.median(np.diff(ticks)), 1)) * tick
    rate = 1 / spacing
    known = [r for r in (*declared, *STANDARD_RATES) if abs(r / rate - 1) <= _NEAR + tick / spacing]
    if known:
        rate = min(known, key=lambda r: (r not in STANDARD_RATES, abs(r - rate)))
    return min(rate, _FASTEST_RESAMPLED)


def rejoined(ticks: I64) -> I64:
    """Continue a clock that jumps back, with the usual spacing.

    Parameters
    ----------
    ticks : np.ndarray [shape=(n,), dtype=int64]
        Times of the source frames, in the order they are shown.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=int64]
        Ascending times; all steps forward are those of before.
    """
    steps = np.diff(ticks)
    forward = steps[steps > 0]
    usual = int(np.median(forward)) if len(forward) else 1
    return np.concatenate([ticks[:1], ticks[0] + np.cumsum(np.where(steps > 0, steps, usual))])


def resample_map(ticks: I64, tick: Fraction, rate: Fraction, tail: int) -> I64:
    """Decide which source frame each frame of a constant rate shows.

    Parameters
    ----------
    ticks : np.ndarray [shape=(n,), dtype=int64]
        Times of the source frames, ascending, in units of ``tick``.
    tick : Fraction
        Seconds.
    rate : Fraction
        Frames per second of the output.
    tail : int
        How long the last source frame is shown, ticks.

    Returns
    -------
    np.ndarray [shape=(frames,), dtype=int64]
        For output frame k the last source frame whose time is not after k / rate; a time later by
        up to one tick (but no more than a quarter of a frame) counts as rounded. The whole lasts as
        long as the source, to half a frame.
    """
    begin = ticks - ticks[0]
    frames = max(round((int(begin[-1]) + tail) * tick * rate), 1)
    per_frame = 1 / (rate * tick)  # ticks, exact
    slack = min(Fraction(1), per_frame / 4)
    temporal_window = [int(k * per_frame + slack) for k in range(frames)]
    return np.asarray(np.searchsorted(begin, temporal_window, side="right") - 1, np.int64)
