"""One picture of a video, in the codec's own planes so that untouched pixels stay untouched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._typing import U8
from .colour import ColourTags, Matrix, full_range_luma, rgb_to_yuv, yuv_to_rgb

Box = tuple[int, int, int, int]


class Frame:
    """An upright picture of even size in 8-bit planar YUV 4:2:0, limited range.

    Parameters
    ----------
    planes : np.ndarray [shape=(H * 3 / 2, W), dtype=uint8]
        The Y plane's rows followed by the U and V planes' bytes (the layout called I420),
        C-contiguous. It is used, not copied.
    matrix : {"bt601", "bt709"}
        The YUV matrix of the planes.

    Attributes
    ----------
    planes : np.ndarray [shape=(H * 3 / 2, W), dtype=uint8]
        All three planes in one block.
    y : np.ndarray [shape=(H, W), dtype=uint8]
        Luma; a view of ``planes``, as ``u`` and ``v`` are.
    u, v : np.ndarray [shape=(H/2, W/2), dtype=uint8]
        Chroma.
    matrix : {"bt601", "bt709"}
        The YUV matrix.
    """

    def __init__(self, planes: U8, matrix: Matrix) -> None:
        rows, width = planes.shape
        height = rows * 2 // 3
        if rows % 3 or height % 2 or width % 2 or not planes.size:
            raise ValueError(f"planes of shape {planes.shape} don't hold a picture of even size")
        if planes.dtype != np.uint8 or not planes.flags.c_contiguous:
            raise ValueError("planes must be contiguous uint8")
        self.planes = planes
        self.matrix: Matrix = matrix
        chroma = planes[height:].reshape(2, height // 2, width // 2)
        self.y: U8 = planes[:height]
        self.u: U8 = chroma[0]
        self.v: U8 = chroma[1]

    @classmethod
    def from_planes(cls, y: U8, u: U8, v: U8, matrix: Matrix) -> Frame:
        """Copy three planes, of any strides, into a new frame."""
        height, width = y.shape
        frame = cls(np.empty((height + height // 2, width), np.uint8), matrix)
        frame.y[:], frame.u[:], frame.v[:] = y, u, v
        return frame

    @classmethod
    def from_rgb(cls, rgb: U8, like: Frame | None = None) -> Frame:
        """Make a frame of an RGB picture.

        Parameters
        ----------
        rgb : np.ndarray [shape=(H, W, 3), dtype=uint8]
            The picture, of even height and width.
        like : Frame, optional
            Take the YUV matrix from this frame; otherwise it follows from the height.

        Raises
        ------
        ValueError
            If the shape or type is another.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"an RGB picture is (H, W, 3) uint8, not {rgb.shape} {rgb.dtype}")
        if rgb.shape[0] % 2 or rgb.shape[1] % 2 or not rgb.size:
            raise ValueError(f"the picture's height and width must be even, not {rgb.shape[:2]}")
        matrix = like.matrix if like is not None else ColourTags().matrix(rgb.shape[0])
        return cls.from_planes(*rgb_to_yuv(rgb, matrix), matrix)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.y.shape[0])

    def copy(self) -> Frame:
        """Return a frame of its own memory."""
        return Frame(self.planes.copy(), self.matrix)

    def gray(self) -> U8:
        """Return the luma, stretched to 0..255 [shape=(H, W), dtype=uint8]."""
        return full_range_luma(self.y)

    def rgb(self, box: Box | None = None) -> U8:
        """Convert the picture, or a part of it, to RGB.

        Parameters
        ----------
        box : (x0, y0, x1, y1), optional
            The part, pixels from (x0, y0) up to but without (x1, y1). Only this part is converted.

        Returns
        -------
        np.ndarray [shape=(y1 - y0, x1 - x0, 3), dtype=uint8]
            Equal to the same part of the whole picture's conversion, but for a level here and
            there where a value lies half-way between two.

        Raises
        ------
        ValueError
            If the box is empty or not inside the picture.
        """
        x0, y0, x1, y1 = self._inside(box or (0, 0, self.width, self.height))
        even = _even(x0, y0, x1, y1)
        rgb = self._convert(even)
        return np.ascontiguousarray(
            rgb[y0 - even[1] : y1 - even[1], x0 - even[0] : x1 - even[0]]  # no copy when aligned
        )

    def part(self, box: Box) -> Frame:
        """Copy a part of the picture, grown to even pixel coordinates.

        Parameters
        ----------
        box : (x0, y0, x1, y1)
            The part, pixels from (x0, y0) up to but without (x1, y1).

        Raises
        ------
        ValueError
            If the box is empty or not inside the picture.
        """
        x0, y0, x1, y1 = _even(*self._inside(box))
        half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        return Frame.from_planes(self.y[y0:y1, x0:x1], self.u[half], self.v[half], self.matrix)

    def paste(self, x0: int, y0: int, rgb: U8, before: U8 | None = None) -> None:
        """Write an RGB patch into the picture.

        Pixels outside the patch, and those inside it that have the colour they had before, keep
        their exact luma; chroma changes only in the 2x2 blocks that hold a changed pixel.

        Parameters
        ----------
        x0, y0 : int
            The patch's left upper corner, pixels.
        rgb : np.ndarray [shape=(h, w, 3), dtype=uint8]
            The patch.
        before : np.ndarray [shape=(h, w, 3), dtype=uint8], optional
            What `rgb()` gave for this place before, to save converting it again.

        Raises
        ------
        ValueError
            If the patch is empty, of another type, or not inside the picture.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"an RGB patch is (h, w, 3) uint8, not {rgb.shape} {rgb.dtype}")
        box = self._inside((x0, y0, x0 + rgb.shape[1], y0 + rgb.shape[0]))
        left, top, right, bottom = _even(*box)
        whole = (left, top, right, bottom)
        block = self._convert(whole) if before is None or box != whole else before.copy()
        inner = block[y0 - top : box[3] - top, x0 - left : box[2] - left]
        changed = np.zeros(block.shape[:2], bool)
        changed[y0 - top : box[3] - top, x0 - left : box[2] - left] = _any_channel(inner != rgb)
        inner[:] = rgb
        y, u, v = rgb_to_yuv(block, self.matrix)
        np.copyto(self.y[top:bottom, left:right], y, where=changed)
        rows = changed[::2] | changed[1::2]
        blocks = rows[:, ::2] | rows[:, 1::2]
        for plane, value in ((self.u, u), (self.v, v)):
            half = plane[top // 2 : bottom // 2, left // 2 : right // 2]
            np.copyto(half, value, where=blocks)

    def _inside(self, box: Box) -> Box:
        x0, y0, x1, y1 = box
        if not (0 <= x0 < x1 <= self.width and 0 <= y0 < y1 <= self.height):
            raise ValueError(f"box {box} is not inside a picture of {self.width}x{self.height}")
        return box

    def _convert(self, even: Box) -> npt.NDArray[np.uint8]:
        x0, y0, x1, y1 = even
        half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        return yuv_to_rgb(self.y[y0:y1, x0:x1], self.u[half], self.v[half], self.matrix)


def _even(x0: int, y0: int, x1: int, y1: int) -> Box:
    """Grow a box to even coordinates; a frame's size is even, so that it stays inside."""
    return x0 & ~1, y0 & ~1, (x1 + 1) & ~1, (y1 + 1) & ~1


def _any_channel(differs: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    # Several times faster than any(axis=2).
    return differs[..., 0] | differs[..., 1] | differs[..., 2]
