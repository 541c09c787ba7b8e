"""Laying a mark into frames."""

from __future__ import annotations

import cv2
import numpy as np

from .._typing import F32, F64, U8
from ..runtime.kernels import kernel
from .code import Payload
from .content import Content
from .pattern import ROWS, Field

LOSS = 0.015
"""How much of the structural similarity of Wang et al. (2004) the mark costs at most in any place.
That is in texture: four videos lose 0.005 or less of it on the whole."""

_STABLE = (0.03 * 255) ** 2
"""The constant of that measure that stands beside the variances."""

_WINDOW = 1.5
"""Standard deviation of that measure's window, pixels."""

SMOOTH = 0.5
"""Standard deviation in levels that the mark has at most where there is no texture: with 0.9, a
plain wall looked a little grained."""

STRONGEST = 5.0
"""The same in the wildest texture."""

MOST = 1.35
"""Its root mean square over a frame is not above this: 45.5 dB."""

BLACK = 20
"""Levels up to here are left alone: in the bars around a letterboxed picture, which are nothing but
black, any pattern shows."""

BLOCKS = 80
"""Texture is measured in blocks, so many along the shorter side of a frame."""


class Embedder:
    """Adds one payload's pattern to the luma of frames of one size.

    The pattern stands still, so that encoders keep it and a detector may average over time; only
    where what a cell shows has changed, its signs change with it. How strong it is follows the
    texture of each frame: where a block and all its neighbours have variance v, that of the mark
    within a small window is ``LOSS (C + 2 v)``, which costs the same structural similarity
    everywhere, but less than that where there is no texture: smooth skin and sky get least, and so
    does the calm side of an edge.

    Parameters
    ----------
    key : bytes
    payload : Payload
    width, height : int
        Of the frames.
    """

    def __init__(self, key: bytes, payload: Payload, width: int, height: int) -> None:
        scale = ROWS / min(width, height)
        self._field = Field(key, payload, round(height * scale), round(width * scale))
        self._content = Content(key)
        self._pattern = sized(self._field.drawn(), width, height)
        coarse = cv2.GaussianBlur(self._pattern, (0, 0), _WINDOW)
        self._seen = 1.0 - float(np.mean(coarse**2))
        self._block = max(4, round(min(width, height) / BLOCKS))

    def mark(self, luma: U8) -> None:
        """Add the mark, in place.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)
        """
        turned = self._content.see(luma)
        if turned is not None:
            self._field.turn(turned)
            self._pattern = sized(self._field.drawn(), *luma.shape[::-1])
        strength = cv2.resize(self.gain(luma), luma.shape[::-1], interpolation=cv2.INTER_LINEAR)
        _add(luma, np.asarray(strength, np.float32), self._pattern)

    def gain(self, luma: U8) -> F32:
        """Tell how strong the mark may be in each block.

        Parameters
        ----------
        luma : ndarray of uint8, shape (H, W)

        Returns
        -------
        ndarray of float32, shape (ceil(H / block), ceil(W / block))
            Standard deviation in levels.
        """
        least = cv2.erode(np.asarray(_variances(luma, self._block)), np.ones((3, 3), np.uint8))
        loss = LOSS / self._seen
        squared = min(loss * _STABLE, SMOOTH**2) + 2.0 * loss * least
        squared = cv2.blur(np.minimum(squared, STRONGEST**2), (3, 3))
        share = min(1.0, MOST**2 / float(squared.mean()))
        return np.asarray(np.sqrt(squared * share), np.float32)


def sized(drawn: F32, width: int, height: int) -> F32:
    """Bring a pattern to the size of frames.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Of variance 1.
    """
    whole = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(whole / whole.std(), np.float32)


@kernel()
def _variances(luma: U8, block: int) -> F64:
    height, width = luma.shape
    rows, columns = (height + block - 1) // block, (width + block - 1) // block
    found = np.empty((rows, columns))
    # By columns first: neighbours are added at once by the processor.
    sums, squares = np.empty(width, np.int32), np.empty(width, np.int32)
    for i in range(rows):
        top, bottom = i * block, min(height, (i + 1) * block)
        sums[:] = 0
        squares[:] = 0
        for y in range(top, bottom):
            for x in range(width):
                value = np.int32(luma[y, x])
                sums[x] += value
                squares[x] += value * value
        for j in range(columns):
            left, right = j * block, min(width, (j + 1) * block)
            total, square = 0, 0
            for x in range(left, right):
                total += sums[x]
                square += squares[x]
            count = (bottom - top) * (right - left)
            mean = total / count
            found[i, j] = square / count - mean * mean
    return found


@kernel()
def _add(luma: U8, strength: F32, pattern: F32) -> None:
    height, width = luma.shape
    for y in range(height):
        for x in range(width):
            if luma[y, x] <= BLACK:
                continue
            marked = int(luma[y, x]) + round(strength[y, x] * pattern[y, x])
            # Limited range: whiter than white is left to who put it.
            if 16 <= marked <= 235:
                luma[y, x] = marked
