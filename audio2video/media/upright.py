"""From whatever a decoder gives to an upright `Frame`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from .._typing import U8
from .colour import Matrix
from .frame import Frame
from .interlace import deinterlaced

_SWS_CODES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # H.273 matrix -> libswscale's number
_SWS_MATRIX = {"bt601": 5, "bt709": 1}
_LIMITED, _FULL = 1, 2


@dataclass(frozen=True)
class Orientation:
    """How a stored picture becomes upright: transposed first, then mirrored."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise; a mirror image counts as its rotation alone."""
        if self.transpose:
            return 270 if self.mirror_y else 90
        return 180 if self.mirror_y else 0


def orientation_of(picture: VideoFrame) -> Orientation:
    """Read the display matrix of a decoded picture (layout: ``libavutil/display.h``)."""
    data = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Orientation()
    a, b, _, c, d = (float(n) for n in np.frombuffer(cast("bytes", data), np.int32)[:5])
    if math.hypot(b, c) > math.hypot(a, d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def decode_to_frame(picture: VideoFrame, turn: Orientation, matrix: Matrix) -> Frame:
    """Bring a decoded picture to limited-range 8-bit YUV 4:2:0, upright and of even size."""
    woven = picture.interlaced_frame  # which a converted one has forgotten
    space = _SWS_CODES.get(int(picture.colorspace), _SWS_MATRIX[matrix])
    full = picture.color_range == _FULL or picture.format.name.startswith("yuvj")
    if picture.format.name != "yuv420p" or full or space != _SWS_MATRIX[matrix]:
        picture = picture.reformat(
            format="yuv420p",
            src_colorspace=space,
            dst_colorspace=_SWS_MATRIX[matrix],
            src_color_range=_FULL if full or picture.format.is_rgb else _LIMITED,
            dst_color_range=_LIMITED,
        )
    y, u, v = (_pixels(plane) for plane in picture.planes)
    height, width = y.shape[0] & ~1, y.shape[1] & ~1
    y, u, v = y[:height, :width], u[: height // 2, : width // 2], v[: height // 2, : width // 2]
    if woven:
        y, u, v = deinterlaced(y), deinterlaced(u), deinterlaced(v)
    return Frame.from_planes(_turned(y, turn), _turned(u, turn), _turned(v, turn), matrix)


def _pixels(plane: VideoPlane) -> U8:
    # A plane is a buffer, which the type checker knows from Python 3.12 on only.
    rows = np.frombuffer(cast("bytes", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _turned(plane: U8, turn: Orientation) -> U8:
    if turn.transpose:
        plane = plane.T
    return plane[:: -1 if turn.mirror_y else 1, :: -1 if turn.mirror_x else 1]
