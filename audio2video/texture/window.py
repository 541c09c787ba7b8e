"""Windows of a texture, for computations near the mouth only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..face.rectify import RectifiedGrid

Window = tuple[slice, slice]
"""Rows and columns of a texture."""

EVERYWHERE: Window = (slice(None), slice(None))


def window_around(points: NDArray[np.floating], margin: float, space: RectifiedGrid) -> Window:
    """Give the part of a texture around some points.

    Parameters
    ----------
    points : ndarray, shape (K, 2)
        Rectified.
    margin : float
        Pixels.
    space : RectifiedGrid

    Returns
    -------
    Window
        At least one pixel, inside the texture.
    """
    corners = space.to_pixels(points)
    x0, y0 = np.floor(corners.min(axis=0) - margin).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0) + margin).astype(int)
    left, top = min(max(int(x0), 0), space.width - 1), min(max(int(y0), 0), space.height - 1)
    return (
        slice(top, min(max(int(y1), top + 1), space.height)),
        slice(left, min(max(int(x1), left + 1), space.width)),
    )


def part_of(space: RectifiedGrid, window: Window) -> RectifiedGrid:
    """Give the raster of a part of a texture."""
    rows, columns = window
    return replace(
        space,
        left=space.left + columns.start / space.resolution,
        top=space.top + rows.start / space.resolution,
        width=columns.stop - columns.start,
        height=rows.stop - rows.start,
    )
