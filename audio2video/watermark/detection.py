"""Finding a mark again, without the original."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .._typing import F32, F64, U8
from .code import (
    CHECK_BITS,
    CODED,
    VERSION,
    VERSION_BITS,
    Payload,
    decode,
    read_payload,
)
from .pattern import ROWS, TILE, Layout, band, layout

SMALLEST, LARGEST, STEP = 0.45, 1.7, 0.007
"""Scales that are tried: the size of the mark against that in an uncropped picture. An upright
video between bars in a wide one is at 0.56. Between two of them, it is off by a quarter of the
shortest period at the edge of a picture."""

_TINY = 1e-9

FALSE_ALARM = 1e-6
"""A mark counts as found where chance gives as much less often than this."""

_SMOOTH = 2.5
_CLIP = 2.0
_SPREAD = 4.0
_QUIET = 0.1
_POWER = 0.3
"""How a residual is made and weighed: what found most in four videos after strong compression."""

_Spectrum = NDArray[np.complexfloating]


@dataclass(frozen=True)
class Finding:
    """A search's best place.

    Parameters
    ----------
    score : float
        Correlation with the template, in standard deviations of what chance gives.
    tries : int
        Places, scales and keys that were tried.
    payload : Payload or None
        What it says; None where that can't be read.
    key : int
        Which of the keys.
    scale : float
        Size of the mark against that in an uncropped picture.
    mirrored : bool
    """

    score: float
    tries: int
    payload: Payload | None
    key: int
    scale: float
    mirrored: bool

    @property
    def chance(self) -> float:
        """Upper bound of the probability that chance gives such a score in any of the tries.

        A weighed sum of cosines of independent, uniform angles is at or above z of its standard
        deviations with a probability of at most ``exp(-z^2 / 2)`` (Chernoff 1952, with
        ``I0(t) <= exp(t^2 / 4)``). The angles are uniform for any picture at all, as the key's
        phases are. So are those of the code word, which are others: where there is no mark, all
        words are equally likely, and check sum and version fit one in ``2^20``.
        """
        bound = self.tries * math.exp(-(max(self.score, 0.0) ** 2) / 2)
        if self.payload is not None:
            bound /= 2.0 ** (CHECK_BITS + VERSION_BITS)
        return min(1.0, bound)

    @property
    def found(self) -> bool:
        """Whether that is no chance."""
        return self.chance < FALSE_ALARM


class Residual:
    """What is left of frames without their coarse content, averaged over time."""

    def __init__(self) -> None:
        self._total: F64 | None = None
        self.count = 0

    def add(self, luma: U8) -> None:
        """Take in a frame.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)
            The same size each time.
        """
        rest = fine(luma)
        if self._total is None:
            self._total = np.zeros(rest.shape)
        self._total += rest
        self.count += 1

    def whitened(self) -> F32:
        """Give the average, of like strength everywhere."""
        if self._total is None:
            raise ValueError("no frame was added")
        mean = self._total / self.count
        power = cv2.GaussianBlur(mean**2, (0, 0), _SPREAD)
        return np.asarray(mean / np.sqrt(power + _QUIET**2), np.float32)


def fine(luma: U8) -> F32:
    """Reduce a frame to the size that marks are defined in, and take its coarse content away."""
    height, width = luma.shape
    scale = ROWS / min(width, height)
    size = round(width * scale), round(height * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(luma, size, interpolation=how), np.float32)
    rest = np.clip(small - cv2.GaussianBlur(small, (0, 0), _SMOOTH), -_CLIP, _CLIP)
    return np.asarray(rest, np.float32)


def search(residual: F32, keys: list[bytes], pieces: int = 1) -> Finding:
    """Look for the mark of any of the keys, at any scale and shift, mirrored or not.

    Parameters
    ----------
    residual : ndarray of float32, shape (H, W)
    keys : list of bytes
        At least one.
    pieces : int
        How many searches the caller makes, for the probability of a false alarm in any of them.

    Returns
    -------
    Finding
    """
    plans = [layout(key) for key in keys]
    masks = _templates(plans)
    places = masks != 0
    steps = np.arange(math.floor(math.log(SMALLEST) / STEP), math.log(LARGEST) / STEP)
    best, place = -math.inf, (0, 0, 0, 1.0, False)
    for mirrored in (False, True):
        seen = residual[:, ::-1] if mirrored else residual
        for scale in np.exp(STEP * steps).tolist():
            spectrum = _weighed(seen, scale)
            squared = np.abs(spectrum) ** 2
            there = scipy.fft.irfft2(masks * spectrum, (TILE, TILE)) * (TILE**2 / 2)
            there /= np.sqrt((squared * places).sum(axis=(1, 2), keepdims=True) / 2 + _TINY)
            top = int(there.argmax())
            if there.flat[top] > best:
                best = float(there.flat[top])
                key, y, x = (int(n) for n in np.unravel_index(top, there.shape))
                place = key, y, x, scale, mirrored
    key, y, x, scale, mirrored = place
    seen = residual[:, ::-1] if mirrored else residual
    payload = _read(seen, plans[key], scale, (y, x))
    if payload is not None and payload.version != VERSION:
        payload = None
    tries = pieces * 2 * len(steps) * len(keys) * TILE**2
    return Finding(best, tries, payload, key, scale, mirrored)


def _templates(plans: list[Layout]) -> _Spectrum:
    masks = np.zeros((len(plans), TILE, TILE // 2 + 1), np.complex64)
    rows, columns = band()
    for mask, plan in zip(masks, plans, strict=True):
        at = rows[plan.template], columns[plan.template]
        mask[at] = np.exp(-1j * plan.phases[plan.template])
    return masks


def fold(residual: F32, scale: float) -> F32:
    """Lay all tiles of a picture over each other.

    Parameters
    ----------
    residual : ndarray of float32, shape (H, W)
    scale : float
        Size of the mark in it.

    Returns
    -------
    ndarray of float32, shape (128, 128)
    """
    height, width = residual.shape
    size = round(width / scale), round(height / scale)
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    drawn = cv2.resize(np.ascontiguousarray(residual), size, interpolation=how)
    rows, columns = -(-size[1] // TILE), -(-size[0] // TILE)
    whole = np.zeros((rows * TILE, columns * TILE), np.float32)
    whole[: size[1], : size[0]] = drawn
    return np.asarray(whole.reshape(rows, TILE, columns, TILE).sum(axis=(0, 2)))


def _weighed(residual: F32, scale: float) -> _Spectrum:
    """Give the spectrum of a picture's folded tile, its magnitudes brought near to each other.

    Phases alone would be the matching of Kalker et al. (1999).
    """
    spectrum = scipy.fft.rfft2(fold(residual, scale))
    return np.asarray(spectrum * (np.abs(spectrum) + _TINY) ** (_POWER - 1))


def _read(residual: F32, plan: Layout, scale: float, shift: tuple[int, int]) -> Payload | None:
    """Read the bits where the template was found, after trying places a little beside it."""
    rows, columns = band()
    best: tuple[float, F64] = (-math.inf, np.zeros(len(rows)))
    for nearby in scale * np.exp(np.linspace(-STEP, STEP, 5)):
        phases = _weighed(residual, nearby)[rows, columns] * np.exp(-1j * plan.phases)
        for y in np.arange(-1.0, 1.01, 0.25):
            for x in np.arange(-1.0, 1.01, 0.25):
                angle = 2 * np.pi / TILE * (rows * (shift[0] + y) + columns * (shift[1] + x))
                height = np.where(rows < TILE // 2, 0, -TILE)
                angle += 2 * np.pi / TILE * height * (shift[0] + y)
                agreement = (phases * np.exp(1j * angle)).real
                score = float(agreement[plan.template].sum())
                if score > best[0]:
                    best = score, agreement
    soft = np.bincount(plan.bits, best[1][plan.data], minlength=CODED)
    return read_payload(decode(np.asarray(soft, np.float64)))
