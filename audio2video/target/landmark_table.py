"""The landmarks of all people in a video: one row a frame and person."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, F64, I64, Mask
from ..errors import BadFileError
from ..face.detection import box_of
from ..face.layout import LANDMARKS
from ..media.video import VideoInfo
from ..storage.arrays import check_within, read_arrays
from .people import Person

MADE_BY = "audio2video landmarks"

FARTHEST = 1e6
"""Pixels from the corner of the picture beyond which no landmark is."""

SHAPES: dict[str, tuple[int, ...]] = {
    "frame": (),
    "time": (),
    "person": (),
    "confidence": (),
    "detected": (),
    "usable": (),
    "box": (4,),
    "pose": (6,),
    "points": (LANDMARKS, 2),
}
"""The arrays of a file, and the shape of a row in each."""

_KINDS: dict[str, Any] = {
    **dict.fromkeys(("frame", "person"), np.int64),
    **dict.fromkeys(("time", "pose"), np.float64),
    **dict.fromkeys(("confidence", "box", "points"), np.float32),
    **dict.fromkeys(("detected", "usable"), np.bool_),
}

_HEADING = (
    *("frame", "time", "person", "confidence", "detected", "usable"),
    *("left", "top", "right", "bottom"),
    *("yaw", "pitch", "roll", "scale", "position_x", "position_y"),
    *(f"{axis}{k}" for k in range(LANDMARKS) for axis in "xy"),
)


@dataclass(frozen=True)
class LandmarkTable:
    """The landmarks of all people in a video, in the order of frames, then of persons.

    Parameters
    ----------
    name : str
        Id of the video.
    frames : int
        Of the video; those without a face have no row.
    rate : Fraction
        Frames per second.
    size : tuple of int
        Width and height of the video, in pixels.
    frame, person : ndarray of int64, shape (N,)
        Frames count from 0; persons from 1, as `find_faces` numbers them.
    time : ndarray of float64, shape (N,)
        When the frame is shown, in seconds.
    confidence : ndarray of float32, shape (N,)
        0 to 1; see `audio2video.face.backend`.
    detected : ndarray of bool, shape (N,)
        The detector saw the face in this frame; in others it was followed.
    usable : ndarray of bool, shape (N,)
        The face is large and frontal enough for the pipeline to work with.
    box : ndarray of float32, shape (N, 4)
        Left, top, right and bottom of a square around the face, in pixels.
    pose : ndarray of float64, shape (N, 6)
        Yaw, pitch and roll in radians, pixels per inter-ocular distance, and pixel (x, y) of the
        point between the eyes; see `HeadPose`.
    points : ndarray of float32, shape (N, 68, 2)
        Pixel (x, y).
    """

    name: str
    frames: int
    rate: Fraction
    size: tuple[int, int]
    frame: I64
    person: I64
    time: F64
    confidence: F32
    detected: Mask
    usable: Mask
    box: F32
    pose: F64
    points: F32

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the persons."""
        return tuple(np.unique(self.person).tolist())

    @classmethod
    def of(
        cls,
        name: str,
        info: VideoInfo,
        people: Sequence[Person],
        confidence: dict[tuple[int, int], float],
    ) -> LandmarkTable:
        """Tabulate the people of a video; `confidence` is by (frame, track)."""
        rows = [
            (int(frame), number)
            for number, person in enumerate(people, start=1)
            for frame in np.flatnonzero(person.seen)
        ]
        rows.sort()
        seen = [(frame, people[number - 1]) for frame, number in rows]
        tracks = [person.track for _, person in seen]
        points = np.array([t.landmarks[k] for t, (k, _) in zip(tracks, seen, strict=True)])
        poses = {id(person): person.track.pose.as_array() for person in people}
        detected = {id(person): {frame for frame, _ in person.detected} for person in people}
        frame = np.array([k for k, _ in rows], np.int64)
        return cls(
            name,
            info.frames,
            info.rate,
            (info.width, info.height),
            frame,
            np.array([number for _, number in rows], np.int64),
            frame / float(info.rate),
            np.array([confidence[k, int(one.tracks[k])] for k, one in seen], np.float32),
            np.array([k in detected[id(one)] for k, one in seen], bool),
            np.array([t.usable[k] for t, (k, _) in zip(tracks, seen, strict=True)], bool),
            np.array([_corners(one) for one in points], np.float32).reshape(-1, 4),
            np.array([poses[id(one)][k] for k, one in seen], np.float64).reshape(-1, 6),
            points.astype(np.float32).reshape(-1, LANDMARKS, 2),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays."""
        return {
            "name": np.array(self.name),
            "frames": np.array(self.frames),
            "rate": np.array([self.rate.numerator, self.rate.denominator]),
            "size": np.array(self.size),
            **{name: getattr(self, name) for name in SHAPES},
        }

    def of_person(self, number: int) -> NDArray[np.intp]:
        """Give the rows of a person."""
        return np.flatnonzero(self.person == number)


def read_table(path: Path) -> LandmarkTable:
    """Read a table of landmarks.

    Raises
    ------
    MissingFileError, BadFileError
        It is not there, damaged, or another kind of file.
    """
    arrays = read_arrays(path, ("name", "frames", "rate", "size", *SHAPES), made_by=MADE_BY)
    count = arrays["frame"].shape[:1]
    for name, shape in SHAPES.items():
        if arrays[name].shape != (*count, *shape):
            raise BadFileError(
                f"its array '{name}' has shape {arrays[name].shape}, {(*count, *shape)} needed",
                path=path,
                hint=f"{MADE_BY} makes it",
            )
    for name in ("points", "box"):
        check_within(arrays[name], FARTHEST, path, f"{MADE_BY} makes it")
    try:
        above, below = (int(part) for part in arrays["rate"])
        width, height = (int(part) for part in arrays["size"])
        return LandmarkTable(
            str(arrays["name"]),
            int(arrays["frames"]),
            Fraction(above, below),
            (width, height),
            **{name: arrays[name].astype(kind) for name, kind in _KINDS.items()},
        )
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise BadFileError(
            "not a table of landmarks", path=path, hint=f"{MADE_BY} makes it"
        ) from error


def write_csv(table: LandmarkTable, path: Path) -> None:
    """Write a table as text, a line a row; numbers as far as they mean something."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADING)
        for k in range(len(table)):
            writer.writerow(
                [
                    table.frame[k],
                    f"{table.time[k]:.6f}",
                    table.person[k],
                    f"{table.confidence[k]:.4f}",
                    int(table.detected[k]),
                    int(table.usable[k]),
                    *(f"{edge:.2f}" for edge in table.box[k]),
                    *(f"{angle:.5f}" for angle in table.pose[k, :3]),
                    *(f"{number:.3f}" for number in table.pose[k, 3:]),
                    *(f"{number:.3f}" for number in table.points[k].ravel()),
                ]
            )


def _corners(points: NDArray[np.floating]) -> tuple[float, float, float, float]:
    box = box_of(points)
    half = box.side / 2
    return box.x - half, box.y - half, box.x + half, box.y + half
