"""The weighted median of warped candidate textures, exact and compiled."""

from __future__ import annotations

import numpy as np

from .._typing import F32, I64, U8, U16, Mask
from ..runtime.kernels import kernel
from .warp import CELL, grid_shape

MAX_WEIGHT = 2**17 - 2
"""Sum of all weights: half of it must fit the 16-bit lanes that weights are added up in."""

MAX_MOVE = 2**14
"""Pixels of displacement. It keeps the compiled code, which sees no bounds, inside the textures."""

LANES = 16
"""Bytes of a cell's row that are computed at once: 4 pixels of 3, and what fills a register. The
next cell overwrites those beyond."""

CELL_BYTES = 3 * CELL
"""Bytes of a cell's row."""

MARGIN = -(-LANES // 3) + 2
"""Pixels of a row that are touched when `LANES` bytes are read up to two columns aside."""

SPARE = LANES - CELL_BYTES
"""Bytes behind a row of cells that may be written."""

BLOCK_BYTES = 1 << 18
"""Samples that are held at once: no more than a core's own cache keeps."""

_UNROLLED = 4
"""Candidates added up for each time that the sums are read and written."""

_SHARE = (np.arange(LANES) // 3 / CELL).astype(np.float32)
"""How far each byte's pixel lies between the nodes left and right of it."""

_ROUNDER = np.float32(1.5 * 2**15)
"""Added and taken away again, it rounds to 1/256 what is below `MAX_MOVE`: the sum has no more."""


def weighted_median(
    textures: U8, frames: I64, weights: I64, displacements: F32, region: Mask
) -> U8:
    """Blend candidate textures by the weighted median of each pixel and channel.

    The weighted median is the least value v for which the candidates with values up to v carry at
    least half of all weight.

    Parameters
    ----------
    textures : ndarray of uint8, shape (T, H, W, 3)
        C-contiguous. May be memory-mapped; only the chosen frames are read.
    frames : ndarray of int64, shape (n,)
        Rows of `textures`.
    weights : ndarray of int64, shape (n,)
        Positive; their sum at most `MAX_WEIGHT`.
    displacements : ndarray of float32, shape (n, 2, rows, columns)
        From `displacement_grids`: where each candidate is read, x and y, on a grid of `CELL` pixels
        that covers the texture.
    region : ndarray of bool, shape (H, W)
        Pixels to compute; the others stay 0.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Raises
    ------
    ValueError
        The arrays' shapes do not fit each other, or values are out of range.
    """
    _, height, width, channels = textures.shape
    rows, columns = grid_shape(height, width)
    if channels != 3 or region.shape != (height, width):
        raise ValueError("textures must be (T, H, W, 3) and the region (H, W)")
    if displacements.shape != (len(frames), 2, rows, columns) or len(weights) != len(frames):
        raise ValueError(f"displacements must be ({len(frames)}, 2, {rows}, {columns})")
    if len(frames) == 0 or int(weights.min()) <= 0:
        raise ValueError("at least one candidate is needed, and weights must be positive")
    total = sum(weights.tolist())
    if total > MAX_WEIGHT:
        raise ValueError(f"weights must have a sum of {MAX_WEIGHT} at most")
    if int(frames.min()) < 0 or int(frames.max()) >= len(textures):
        raise ValueError(f"frames must be 0 to {len(textures) - 1}")
    if not -MAX_MOVE < displacements.min(initial=0) <= displacements.max(initial=0) < MAX_MOVE:
        raise ValueError(f"displacements must be numbers within {MAX_MOVE} pixels")
    half = (total + 1) // 2
    # More than half decides like half, and candidates come in fours: those without weight fill up.
    padded = np.pad(np.minimum(weights, half), (0, -len(frames) % _UNROLLED)).astype(np.uint16)
    pixels = textures.reshape(-1).view()
    pixels.setflags(write=False)  # one compiled kernel for mapped and for other arrays
    short = np.uint16(2**16 - 1 - half)
    moves, mask = np.ascontiguousarray(displacements), np.ascontiguousarray(region)
    result = np.zeros((height, width, 3), np.uint8)
    _median_blocks(pixels, frames.astype(np.int64), padded, short, moves, mask, result)
    return result


@kernel(error_model="numpy")
def _median_blocks(
    pixels: U8, frames: I64, weights: U16, start: int, moves: F32, region: Mask, result: U8
) -> None:
    """Compute the cells that the region touches, a block of those side by side at a time."""
    height, width = region.shape
    most = max(1, BLOCK_BYTES // (len(weights) * CELL * CELL_BYTES))
    lanes = CELL * (most * CELL_BYTES + SPARE)
    samples = np.zeros((len(weights), lanes), np.uint8)
    lines = np.empty((CELL, 2, most + 1), np.float32)
    found, trial = np.empty(lanes, np.uint8), np.empty(lanes, np.uint8)
    carried = np.empty(lanes, np.uint16)
    for y in range(0, height, CELL):
        begin, end = _span(region, y)
        for x in range(begin, end, most * CELL):
            count = min(most, (end - x + CELL - 1) // CELL)
            stride = count * CELL_BYTES + SPARE
            for k in range(len(frames)):
                if _interpolate(moves[k], y // CELL, x // CELL, count, lines):
                    _sample(pixels, frames[k], height, width, y, x, count, lines, samples[k])
                else:
                    _copy(pixels, frames[k], height, width, y, x, count, samples[k])
            _search(samples, weights, start, CELL * stride, found, trial, carried)
            for i in range(min(CELL, height - y)):
                for j in range(min(count * CELL, width - x)):
                    if region[y + i, x + j]:
                        for channel in range(3):
                            result[y + i, x + j, channel] = found[i * stride + 3 * j + channel]


@kernel()
def _span(region: Mask, y: int) -> tuple[int, int]:
    """First column of the first cell, and end of the last one, that the region touches."""
    height, width = region.shape
    begin, end = width, 0
    for row in range(y, min(y + CELL, height)):
        for x in range(width):
            if region[row, x]:
                begin, end = min(begin, x), max(end, x + 1)
    return begin // CELL * CELL, end


@kernel(error_model="numpy")
def _interpolate(moves: F32, row: int, column: int, count: int, lines: F32) -> bool:
    """Displacements at the nodes' columns in each row of a block.

    Returns
    -------
    bool
        False if they all round to zero.
    """
    below = min(row + 1, moves.shape[1] - 1)
    most = np.float32(0)
    for axis in range(2):
        for c in range(count + 1):
            place = min(column + c, moves.shape[2] - 1)
            upper, lower = moves[axis, row, place], moves[axis, below, place]
            for i in range(CELL):
                lines[i, axis, c] = upper + np.float32(i / CELL) * (lower - upper)
            most = max(most, max(abs(upper), abs(lower)))
    return bool(most + _ROUNDER > _ROUNDER)


@kernel(error_model="numpy")
def _search(
    samples: U8, weights: U16, start: int, lanes: int, found: U8, trial: U8, carried: U16
) -> None:
    """Find weighted medians of bytes, bit by bit from the highest, for many of them side by side.

    Sums begin short of 2^16 - 1 by half of all weight and stop there: what gets there carries half.
    """
    full = np.uint16(0xFFFF)
    for j in range(lanes):
        found[j] = 0
    bit = np.uint8(128)
    while bit:
        # Is the median among the values whose higher bits agree and whose bit here is 0?
        for j in range(lanes):
            trial[j] = found[j] | bit
            carried[j] = start
        for k in range(0, len(weights), _UNROLLED):
            w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            v0, v1, v2, v3 = samples[k], samples[k + 1], samples[k + 2], samples[k + 3]
            for j in range(lanes):
                limit, before = trial[j], carried[j]
                after = np.uint16(before + (w0 if v0[j] < limit else np.uint16(0)))
                before = full if after < before else after
                after = np.uint16(before + (w1 if v1[j] < limit else np.uint16(0)))
                before = full if after < before else after
                after = np.uint16(before + (w2 if v2[j] < limit else np.uint16(0)))
                before = full if after < before else after
                after = np.uint16(before + (w3 if v3[j] < limit else np.uint16(0)))
                carried[j] = full if after < before else after
        for j in range(lanes):
            if carried[j] != full:
                found[j] = trial[j]
        bit = np.uint8(bit >> 1)


@kernel(error_model="numpy")
def _copy(pixels, frame, height, width, y, x, count, samples):  # type: ignore[no-untyped-def]
    """Read a block where it is."""
    stride = count * CELL_BYTES + SPARE
    size = min(count * CELL_BYTES, 3 * (width - x))
    for i in range(min(CELL, height - y)):
        at, to = np.uint64(((frame * height + y + i) * width + x) * 3), np.uint64(i * stride)
        for j in range(np.uint64(size)):
            samples[to + j] = pixels[at + j]


@kernel(error_model="numpy")
def _sample(  # type: ignore[no-untyped-def]
    pixels, frame, height, width, y, x, count, lines, samples
):
    """Read a block of a warped texture, bilinearly in fixed point (8 bits).

    Within a cell the displacement lies between those of its nodes. So their range tells what is
    read: mostly two or three neighbouring columns and rows for each pixel, which is computed for a
    whole row of a cell at once. What is left is read pixel by pixel.
    """
    row_bytes = np.uint64(3 * width)
    stride = count * CELL_BYTES + SPARE
    for c in range(count):
        left, right = _range(lines, 0, c)
        top, bottom = _range(lines, 1, c)
        x0, y0 = x + c * CELL + left, y + top
        inside = 0 <= x0 <= width - MARGIN and 0 <= y0 < height - CELL - 1
        near = inside and right <= left + 1 and bottom <= top + 1
        alike = right == left and bottom == top
        for i in range(CELL):
            to = np.uint64(i * stride + c * CELL_BYTES)
            at = np.uint64(((frame * height + y0 + i) * width + x0) * 3)
            line_x = lines[i, 0, c], lines[i, 0, c + 1] - lines[i, 0, c], np.float32(left)
            line_y = lines[i, 1, c], lines[i, 1, c + 1] - lines[i, 1, c], np.float32(top)
            if near and alike:
                _sample_two(pixels, at, row_bytes, line_x, line_y, samples, to)
            elif near:
                _sample_three(pixels, at, row_bytes, line_x, line_y, samples, to)
            elif y + i < height:
                place, size = (x + c * CELL, y + i), (width, height)
                _sample_far(pixels, frame, size, place, line_x, line_y, samples, to)


@kernel(error_model="numpy")
def _range(lines, axis, c):  # type: ignore[no-untyped-def]
    """Least and largest whole part of a displacement in a cell; it is bilinear in between."""
    a, b = lines[0, axis, c], lines[0, axis, c + 1]
    d, e = lines[CELL - 1, axis, c], lines[CELL - 1, axis, c + 1]
    low, high = min(min(a, b), min(d, e)), max(max(a, b), max(d, e))
    low, high = (low + _ROUNDER) - _ROUNDER, (high + _ROUNDER) - _ROUNDER
    return int(np.floor(low)), int(np.floor(high))


@kernel(error_model="numpy")
def _sample_two(pixels, at, row, line_x, line_y, samples, to):  # type: ignore[no-untyped-def]
    """Read a row of a cell from two rows and columns; all numbers fit 24 bits and are exact."""
    left_x, span_x, whole_x = line_x
    left_y, span_y, whole_y = line_y
    base_x, base_y = _ROUNDER + whole_x, _ROUNDER + whole_y
    below = at + row
    for j in range(np.uint64(LANES)):
        share_x = (left_x + _SHARE[j] * span_x + _ROUNDER) - base_x
        share_y = (left_y + _SHARE[j] * span_y + _ROUNDER) - base_y
        a, b = np.float32(pixels[at + j]), np.float32(pixels[at + j + np.uint64(3)])
        c, d = np.float32(pixels[below + j]), np.float32(pixels[below + j + np.uint64(3)])
        upper, lower = a + (b - a) * share_x, c + (d - c) * share_x
        mixed = upper + (lower - upper) * share_y + np.float32(0.5)
        samples[to + j] = np.uint8(np.int32(mixed))


@kernel(error_model="numpy")
def _sample_three(pixels, at, row, line_x, line_y, samples, to):  # type: ignore[no-untyped-def]
    """Like `_sample_two`; each pixel takes the first or the last two of three rows and columns."""
    left_x, span_x, whole_x = line_x
    left_y, span_y, whole_y = line_y
    base_x, base_y = _ROUNDER + whole_x, _ROUNDER + whole_y
    one, none = np.float32(1), np.float32(0)
    second = at + row
    third = second + row
    for j in range(np.uint64(LANES)):
        share_x = (left_x + _SHARE[j] * span_x + _ROUNDER) - base_x
        share_y = (left_y + _SHARE[j] * span_y + _ROUNDER) - base_y
        far_x, far_y = share_x >= one, share_y >= one
        share_x, share_y = share_x - (one if far_x else none), share_y - (one if far_y else none)
        a, b = pixels[at + j], pixels[at + j + np.uint64(3)]
        c = pixels[at + j + np.uint64(6)]
        d, e = pixels[second + j], pixels[second + j + np.uint64(3)]
        f = pixels[second + j + np.uint64(6)]
        g, h = pixels[third + j], pixels[third + j + np.uint64(3)]
        i = pixels[third + j + np.uint64(6)]
        # Which two rows; then which two columns of these.
        p, q, r = d if far_y else a, e if far_y else b, f if far_y else c
        s, t, u = g if far_y else d, h if far_y else e, i if far_y else f
        left, right = np.float32(q if far_x else p), np.float32(r if far_x else q)
        upper = left + (right - left) * share_x
        left, right = np.float32(t if far_x else s), np.float32(u if far_x else t)
        lower = left + (right - left) * share_x
        mixed = upper + (lower - upper) * share_y + np.float32(0.5)
        samples[to + j] = np.uint8(np.int32(mixed))


@kernel(error_model="numpy")
def _sample_far(  # type: ignore[no-untyped-def]
    pixels, frame, size, place, line_x, line_y, samples, to
):
    """Read a row of a cell anywhere; beyond the border the nearest pixel is repeated."""
    (width, height), (x, y) = size, place
    left_x, span_x, _ = line_x
    left_y, span_y, _ = line_y
    for j in range(min(CELL, width - x)):
        move_x = (left_x + _SHARE[3 * j] * span_x + _ROUNDER) - _ROUNDER
        move_y = (left_y + _SHARE[3 * j] * span_y + _ROUNDER) - _ROUNDER
        fixed_x = int(min(max(256.0 * (x + j + float(move_x)), 0.0), 256.0 * (width - 1)))
        fixed_y = int(min(max(256.0 * (y + float(move_y)), 0.0), 256.0 * (height - 1)))
        x0, y0 = fixed_x >> 8, fixed_y >> 8
        share_x, share_y = fixed_x & 255, fixed_y & 255
        x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
        upper, lower = 3 * width * (frame * height + y0), 3 * width * (frame * height + y1)
        for channel in range(3):
            left, right = 3 * x0 + channel, 3 * x1 + channel
            above = pixels[upper + left] * (256 - share_x) + pixels[upper + right] * share_x
            under = pixels[lower + left] * (256 - share_x) + pixels[lower + right] * share_x
            mixed = above * (256 - share_y) + under * share_y
            samples[to + np.uint64(3 * j + channel)] = (mixed + 32768) >> 16
