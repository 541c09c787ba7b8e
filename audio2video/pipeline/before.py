"""The target as it plays under a result: what a viewer compares the result with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..media.video import Frame, VideoReader, VideoWriter
from .composer import played_frames
from .job import Job
from .schedule import read_retiming

MAX_HEIGHT = 720
"""Rows of the picture, at most: it is there to be looked at beside the result."""

CRF, PRESET = 20.0, "veryfast"


def write_before(job: Job, product: Path) -> None:
    """Write the target's own frames in the order of a result, without sound.

    Parameters
    ----------
    job : Job
        Whose steps 1 to 4 have run.
    product : Path
        MP4 file.

    Raises
    ------
    Audio2VideoError
        An input is missing, or the file can't be written.
    """
    target = job.speakers[0].target
    info = target.info
    scale = min(1.0, MAX_HEIGHT / info.height)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (info.width, info.height))
    with VideoWriter(
        product, width, height, info.rate, crf=CRF, preset=PRESET, like=info
    ) as writer:
        frames = _frames(job)
        for frame in job.progress.follow(frames, "preparing the comparison", job.frames):
            writer.write(frame if scale == 1 else _smaller(frame, width, height))


def _frames(job: Job) -> Iterator[Frame]:
    target = job.speakers[0].target
    if job.plan is None:
        yield from played_frames(target, read_retiming(job))
        return
    with VideoReader(target.info.path) as reader:
        yield from reader.read()


def _smaller(frame: Frame, width: int, height: int) -> NDArray[np.uint8]:
    rgb = frame.rgb()
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
