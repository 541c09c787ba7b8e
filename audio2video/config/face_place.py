"""Where a face is to be found in a video: the value of ``--face_at``."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OptionError

MAX_PLACE = 1e6
"""Pixels and seconds; more is a mistake."""


@dataclass(frozen=True)
class FacePlace:
    """A point of the picture and a moment.

    Parameters
    ----------
    x, y : float
        Pixels of the upright picture, from its left and upper edge.
    seconds : float, optional
        None for the first time that a face is there.
    """

    x: float
    y: float
    seconds: float | None = None

    def __str__(self) -> str:
        return ",".join(f"{v:g}" for v in (self.x, self.y, self.seconds) if v is not None)

    @classmethod
    def parse(cls, text: str) -> FacePlace:
        """Read ``X,Y`` or ``X,Y,SECONDS``.

        Raises
        ------
        OptionError
            It is neither.
        """
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError:
            values = []
        # NaN fails every comparison.
        if len(values) not in (2, 3) or not all(0 <= value <= MAX_PLACE for value in values):
            raise OptionError(
                f"--face_at {text[:40]!r} is no place",
                hint="use X,Y in pixels, or X,Y,SECONDS, as in --face_at 640,360,2.5",
            )
        return cls(*values)
