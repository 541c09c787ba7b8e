"""Comparison of a result with the target frames under it, in one pass over the frames."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compositing.composite import working_box
from ..media.video import Box, Frame, VideoReader, VideoWriter
from ..retiming.retime import Retiming
from ..target.analysis import TargetAnalysis
from .output_blocks import (
    BLOCK,
    Blocks,
    ChangeCounts,
    block_change,
    luma_change,
    outside_box,
    outside_face,
    threshold_of,
)

CODEC_SECONDS = 1
"""Of target frames that are encoded again, to see what the codec does by itself."""


class Comparison:
    """Compares frames as they come; memory does not grow with their number.

    Parameters
    ----------
    target : TargetAnalysis
    timing : Retiming
    drops : ndarray, shape (N,)
        How much lower each output frame's chin is than its target frame's.
    thresholds : tuple of float
        Change of a block outside the box, and outside the face, that the codec does not make.
    label : (x0, y0, x1, y1), optional
        Where the visible label lies: it is to differ, and not compared.

    Attributes
    ----------
    box, face : ChangeCounts
        Blocks outside the working box, and outside the face.
    frames : int
        How many were compared.
    total, seen, changed : ndarray, shape (ceil(H / 8), ceil(W / 8))
        For each block: sum of its changes; in how many frames it lay outside the face; in how many
        of these it changed by more than the codec does.
    """

    def __init__(
        self,
        target: TargetAnalysis,
        timing: Retiming,
        drops: NDArray[np.floating],
        thresholds: tuple[float, float],
        label: Box | None = None,
    ) -> None:
        self._target, self._timing, self._drops = target, timing, drops
        self.thresholds = thresholds
        self.box, self.face = ChangeCounts(), ChangeCounts()
        self.frames = 0
        info = target.info
        shape = (-(-info.height // BLOCK), -(-info.width // BLOCK))
        self._compared = np.ones(shape, bool)
        if label is not None:
            self._compared = outside_box(label, info.width, info.height)
        self.total = np.zeros(shape)
        self.seen = np.zeros(shape, np.int64)
        self.changed = np.zeros(shape, np.int64)

    def working_box(self, index: int) -> Box:
        """Part of an output frame that may differ from its target frame; all of it if none may."""
        number, info, track = int(self._timing.frames[index]), self._target.info, self._target.track
        if not track.usable[number]:
            return 0, 0, info.width, info.height
        return working_box(track.landmarks[number], track.pose[number], info.width, info.height)

    def add(self, index: int, picture: Frame, under: Frame) -> None:
        """Compare output frame `index` with the target frame under it."""
        info = self._target.info
        change, squares = block_change(picture, under)
        beyond_box, beyond_face = self._outside(index, info.width, info.height)
        self.box.add(change[beyond_box], squares[beyond_box], index)
        self.face.add(change[beyond_face], squares[beyond_face], index)
        self.frames += 1
        self.total += change
        self.seen += beyond_face
        self.changed += beyond_face & (change >= self.thresholds[1])

    def _outside(self, index: int, width: int, height: int) -> tuple[Blocks, Blocks]:
        number, track = int(self._timing.frames[index]), self._target.track
        if not track.usable[number]:
            return self._compared, self._compared
        box = self.working_box(index)
        landmarks, unit = track.landmarks[number], float(track.pose.scale[number])
        face = outside_face(landmarks, float(self._drops[index]), unit, box, width, height)
        beyond = outside_box(box, width, height)
        return beyond & self._compared, (face | beyond) & self._compared


def codec_alone(
    target: TargetAnalysis, timing: Retiming, drops: NDArray[np.floating]
) -> Comparison:
    """Measure the codec's own changes on unmodified target frames.

    A second from the middle, in the order in which it plays in the result, is encoded as the result
    is, and compared.
    """
    info = target.info
    length = min(len(timing.frames), max(1, round(CODEC_SECONDS * info.rate)))
    first = (len(timing.frames) - length) // 2
    order = timing.frames[first : first + length].tolist()
    comparison = Comparison(target, timing, drops, (0.0, 0.0))
    with tempfile.TemporaryDirectory(prefix="audio2video-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "again.mp4"
        with (
            VideoReader(info.path) as reader,
            VideoWriter(path, info.width, info.height, info.rate, like=info) as writer,
        ):
            for frame in reader.read(order):
                writer.write(frame)
        with VideoReader(info.path) as reader, VideoReader(path) as again:
            pairs = zip(again.read(), reader.read(order), strict=True)
            for index, (after, before) in enumerate(pairs, first):
                comparison.add(index, after, before)
    return comparison


class ResultPass:
    """Goes through a result once.

    Parameters
    ----------
    path : Path
        The result.
    frames : int
        How many of its frames to look at.
    comparison : Comparison
    target : TargetAnalysis
    timing : Retiming

    Attributes
    ----------
    still, under : list of tuple of float
        What `luma_change` gives for each frame and the one before it: of the result, and of the
        target as it is retimed.
    picture : ndarray of uint8, shape (H, W, 3), or None
        A frame from the middle.
    """

    def __init__(
        self,
        path: Path,
        frames: int,
        comparison: Comparison,
        target: TargetAnalysis,
        timing: Retiming,
    ) -> None:
        self._path, self._frames = path, frames
        self._comparison, self._target, self._timing = comparison, target, timing
        self.still: list[tuple[float, float]] = []
        self.under: list[tuple[float, float]] = []
        self.picture: NDArray[np.uint8] | None = None

    def grays(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the result's frames for the landmark model, and measure each on its way."""
        nothing = (float("nan"), float("nan"))
        before: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None
        with VideoReader(self._path) as result:
            pairs = zip(result.read(range(self._frames)), self._beneath(), strict=True)
            for index, (picture, (frame, luma)) in enumerate(pairs):
                if frame is not None:
                    self._comparison.add(index, picture, frame)
                box = self._comparison.working_box(index)
                changes = (nothing, nothing)
                if before is not None:
                    changes = (
                        luma_change(before[0], picture.y, box),
                        luma_change(before[1], luma, box),
                    )
                self.still.append(changes[0])
                self.under.append(changes[1])
                before = picture.y, luma
                if index == self._frames // 2:
                    self.picture = picture.rgb()
                yield picture.gray()

    def _beneath(self) -> Iterator[tuple[Frame | None, NDArray[np.uint8]]]:
        """Yield the target frame under each output frame, None if between two, and its luma."""
        pairs = list(
            zip(
                self._timing.frames[: self._frames].tolist(),
                self._timing.neighbours[: self._frames].tolist(),
                strict=True,
            )
        )
        order = [number for pair in pairs for number in pair if number >= 0]
        with VideoReader(self._target.info.path) as reader:
            source = reader.read(order)
            for _, after in pairs:
                frame = next(source)
                if after < 0:
                    yield frame, frame.y
                else:
                    # Where things are in between does not matter here, only whether they move.
                    yield None, cv2.addWeighted(frame.y, 0.5, next(source).y, 0.5, 0.0)


def outside_summary(result: Comparison, codec: Comparison) -> dict[str, Any]:
    """Summarise changes outside the face beside those of the codec alone."""
    summary: dict[str, Any] = {"frames": result.frames, "block_pixels": BLOCK}
    for name, counts, alone in (
        ("outside_box", result.box, codec.box),
        ("outside_face", result.face, codec.face),
    ):
        threshold = threshold_of(alone)
        summary[name] = {
            "threshold": threshold,
            "result": counts.summary(threshold),
            "codec": alone.summary(threshold),
        }
    return summary
