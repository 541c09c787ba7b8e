"""Reading landmark models in the format of dlib's ``shape_predictor``.

An integer is a control byte (bits 0-3: how many bytes follow, bit 7: negative) and its absolute
value, least byte first. A real number is two integers: mantissa and exponent of two. A vector is
its length and its items; a matrix is its rows and columns, both negated, and its numbers row by
row. In the file lie: the version, 1; the mean shape, a matrix (2 N, 1); for each level of the
cascade and each tree the vector of splits (first pixel, second pixel, threshold) and that of
leaves, matrices (2 N, 1); for each level the landmarks that its pixels go with; for each level the
offsets of the pixels, x and y.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .._typing import F32, F64, I32, U8
from ..errors import BadFileError
from ..face.regression import LandmarkModel
from ..runtime.kernels import kernel

VERSION = 1

LARGEST = 1e6
"""No number in a model comes near it: they are box sides and gray levels."""

_INTEGER = 2
_REAL = 4
_MATRIX = 2 * _INTEGER
"""Bytes that one takes at least, a matrix without its numbers."""

_LOWEST = -256
_POWERS = 2.0 ** np.arange(_LOWEST, 129)
"""Exponents that single precision needs, whatever the mantissa is cut to."""

_BAD = -1
"""Place in the file from where nothing can be read any more."""


def read_landmark_model(path: Path) -> LandmarkModel:
    """Read a landmark model.

    Parameters
    ----------
    path : Path
        A file as dlib's ``shape_predictor`` is written, of any number of landmarks, levels, trees
        and pixels, all levels and trees of one size.

    Returns
    -------
    LandmarkModel

    Raises
    ------
    BadFileError
        It is none, or damaged.
    """
    try:
        return _read(np.memmap(path, np.uint8, "r"))
    except (OSError, ValueError) as error:
        raise BadFileError(
            "not a dlib shape predictor", path=path, hint="check --landmark_model"
        ) from error


def _read(data: U8) -> LandmarkModel:
    """Read a model; ValueError where the data end early, go on, or are none."""
    version, at = _integer(data, 0)
    rows, at = _integer(data, at)
    columns, at = _integer(data, at)
    if at == _BAD or version != VERSION or columns != -1 or rows > -2 or rows % 2:
        raise ValueError("no landmark model of this version")
    # No array is made before the file has been found large enough to fill it.
    _make_sure_of(data, at, -rows * _REAL)
    mean = np.empty((-rows // 2, 2), np.float32)
    at = _reals(data, at, mean.reshape(-1), _POWERS)

    levels, at = _integer(data, at)
    trees, first_tree = _integer(data, at)
    splits, _ = _integer(data, first_tree)
    tree_bytes = 2 * _INTEGER + splits * (2 * _INTEGER + _REAL)
    tree_bytes += (splits + 1) * (_MATRIX + mean.size * _REAL)
    if min(levels, trees, splits) < 1:
        raise ValueError("no trees")
    _make_sure_of(data, at, levels * (_INTEGER + trees * tree_bytes))
    pairs = np.empty((levels, trees, splits, 2), np.int32)
    thresholds = np.empty((levels, trees, splits), np.float32)
    leaves = np.empty((levels, trees, splits + 1, mean.size), np.float32)
    at = _forests(data, at, pairs, thresholds, leaves, _POWERS)

    if at == _BAD or _integer(data, at)[0] != levels:
        raise ValueError("damaged trees")
    _, at = _integer(data, at)
    pixels, _ = _integer(data, at)
    if pixels < 1:
        raise ValueError("no pixels")
    _make_sure_of(data, at, levels * (2 * _INTEGER + pixels * (_INTEGER + 2 * _REAL)) + _INTEGER)
    anchors = np.empty((levels, pixels), np.int32)
    deltas = np.empty((levels, pixels, 2), np.float32)
    at = _pixels(data, at, anchors, deltas, _POWERS)
    if at != len(data):
        raise ValueError("damaged pixels, or more data behind them")
    return LandmarkModel(mean, anchors, deltas, pairs, thresholds, leaves)


def _make_sure_of(data: U8, at: int, needed: int) -> None:
    if at == _BAD or needed > len(data) - at:
        raise ValueError("the file ends early")


@kernel()
def _integer(data: U8, at: int) -> tuple[int, int]:
    """Read an integer; gives it, and where the next item begins."""
    if at < 0 or at >= len(data):
        return 0, _BAD
    control = data[at]
    size = np.int64(control & 15)
    # Longer ones could not be held, and no control byte has other bits.
    if size == 0 or size > 7 or control & 0x70 or at + size >= len(data):
        return 0, _BAD
    value = np.int64(0)
    for k in range(size):
        value |= np.int64(data[at + 1 + k]) << (8 * k)
    return -value if control & 0x80 else value, at + 1 + size


@kernel()
def _reals(data: U8, at: int, numbers: F32, powers: F64) -> int:
    """Fill an array; gives where the next item begins."""
    for k in range(len(numbers)):
        if 0 <= at < len(data) - 6 and data[at] & 0x7F == 3 and data[at + 4] & 0x7F == 1:
            # As nearly all are: three bytes and one.
            mantissa = np.int64(data[at + 1]) | np.int64(data[at + 2]) << 8
            mantissa |= np.int64(data[at + 3]) << 16
            exponent = np.int64(data[at + 5])
            mantissa = -mantissa if data[at] & 0x80 else mantissa
            exponent = -exponent if data[at + 4] & 0x80 else exponent
            at += 6
        else:
            mantissa, at = _integer(data, at)
            exponent, at = _integer(data, at)
        # An infinity or what is not a number has an exponent of its own, far above.
        if at == _BAD or not 0 <= exponent - _LOWEST < len(powers):
            return _BAD
        number = mantissa * powers[exponent - _LOWEST]
        if abs(number) > LARGEST:
            return _BAD
        numbers[k] = number
    return at


@kernel()
def _indices(data: U8, at: int, numbers: I32) -> int:
    """Fill an array; gives where the next item begins."""
    for k in range(len(numbers)):
        number, at = _integer(data, at)
        if at == _BAD or not 0 <= number < 2**31:
            return _BAD
        numbers[k] = number
    return at


@kernel()
def _expect(data: U8, at: int, number: int) -> int:
    """Read an integer that must be this one; gives where the next item begins."""
    found, at = _integer(data, at)
    return at if found == number else _BAD


@kernel()
def _forests(data: U8, at: int, pairs: I32, thresholds: F32, leaves: F32, powers: F64) -> int:
    """Read all trees; gives where the next item begins."""
    levels, trees, splits = thresholds.shape
    for level in range(levels):
        at = _expect(data, at, trees)
        for tree in range(trees):
            at = _expect(data, at, splits)
            for split in range(splits):
                at = _indices(data, at, pairs[level, tree, split])
                at = _reals(data, at, thresholds[level, tree, split : split + 1], powers)
            at = _expect(data, at, splits + 1)
            for leaf in range(splits + 1):
                at = _expect(data, at, -leaves.shape[3])
                at = _expect(data, at, np.int64(-1))
                at = _reals(data, at, leaves[level, tree, leaf], powers)
            if at == _BAD:
                return _BAD
    return at


@kernel()
def _pixels(data: U8, at: int, anchors: I32, deltas: F32, powers: F64) -> int:
    """Read what each level looks at; gives where the next item begins."""
    levels, pixels = anchors.shape
    for level in range(levels):
        at = _expect(data, at, pixels)
        at = _indices(data, at, anchors[level])
    at = _expect(data, at, levels)
    for level in range(levels):
        at = _expect(data, at, pixels)
        at = _reals(data, at, deltas[level].reshape(-1), powers)
    return at
