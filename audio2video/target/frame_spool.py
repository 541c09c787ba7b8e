"""Parts of frames kept on disk between two passes over a video, so that it is decoded once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from ..media.colour import Matrix
from ..media.frame import Box, Frame


@dataclass(frozen=True)
class _Part:
    offset: int
    rows: int
    width: int
    matrix: Matrix
    origin: tuple[int, int]


class FrameSpool:
    """A temporary file of parts of frames; memory does not grow with their number.

    Reading is safe from several threads.

    Parameters
    ----------
    path : Path
        Is removed in the end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._end = 0
        self._parts: dict[Hashable, _Part] = {}

    def __enter__(self) -> FrameSpool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def put(self, key: Hashable, frame: Frame, box: Box) -> None:
        """Keep a part of a frame under a key, grown to even pixel coordinates."""
        part = frame.part(box)
        self._file.write(part.planes.data)
        rows, width = part.planes.shape
        origin = box[0] // 2 * 2, box[1] // 2 * 2
        self._parts[key] = _Part(self._end, rows, width, part.matrix, origin)
        self._end += part.planes.nbytes

    def finish(self) -> None:
        """Flush written parts so that they can be read."""
        self._file.flush()

    def get(self, key: Hashable) -> tuple[Frame, tuple[int, int]]:
        """Read a part again.

        Returns
        -------
        part : Frame
        origin : tuple of int
            Where in the frame its first pixel lies, (x, y).
        """
        part = self._parts[key]
        planes = np.fromfile(
            self._path, np.uint8, part.rows * part.width, offset=part.offset
        ).reshape(part.rows, part.width)
        return Frame(planes, part.matrix), part.origin
