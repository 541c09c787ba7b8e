"""What is laid over a target: the mouths of one person, or of several in ranges of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compositing.fading import covering_fade
from ..config import CompositingConfig
from ..errors import BadFileError
from ..media.video import Frame, VideoReader
from ..provenance.label import Label
from ..retiming.retime import Retiming
from ..runtime.threads import ordered_map
from ..storage.files import file_hash
from ..target.analysis import MADE_BY, TargetAnalysis
from .composer import Composer, FrameRequest
from .contact_sheet import ContactSheet
from .job import Job
from .listener import listener_shares
from .schedule import read_retiming
from .textures import TextureSequence, read_textures


@dataclass(frozen=True)
class Layer:
    """The mouths of one person, N of them.

    Parameters
    ----------
    target : TargetAnalysis
    sequence : TextureSequence
    timing : Retiming
        Target frame of each mouth.
    shown : ndarray, shape (N,)
        How much of each is shown, 0 to 1.
    facts : dict
        What the pictures depend on, as JSON values.
    own : ndarray of bool, shape (N,), optional
        Frames of a listener whose own mouth is closed, and stays.
    """

    target: TargetAnalysis
    sequence: TextureSequence
    timing: Retiming
    shown: NDArray[np.float64]
    facts: dict[str, Any]
    own: NDArray[np.bool_] | None = None


def read_layer(job: Job) -> Layer:
    """Read what steps 1 to 3 have made for one person.

    Raises
    ------
    Audio2VideoError
        A file is missing, damaged, or made for another speech.
    """
    target, sequence, timing = job.target, read_textures(job), read_retiming(job)
    if len(sequence.textures) != job.wanted:
        raise BadFileError(
            f"has {len(sequence.textures)} frames, the speech needs {job.wanted}",
            path=job.textures_path,
            hint=f"run {MADE_BY} again; --force True if it is your own file",
        )
    rate = target.info.rate
    own: NDArray[np.bool_] | None = None
    if job.part is None:
        shown = covering_fade(target.occlusions.lips[timing.frames], rate)
        if job.config.listening.listen:
            shares = listener_shares(job, timing)
            own, shown = shares == 0, np.minimum(shown, shares)
    else:
        shown = covering_fade(target.occlusions.lips, rate)[timing.frames]
        shown = np.minimum(shown, job.part.fades)
    facts = {
        "target": target.key,
        "textures": file_hash(job.textures_path),
        "lines": file_hash(job.textures_path.with_suffix(".npz")),
        "retiming": file_hash(job.retiming_path),
    }
    return Layer(target, sequence, timing, shown, facts, own)


def frames_since(asked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the frames since the beginning of a video, or of the last range, whichever is later.

    Parameters
    ----------
    asked : ndarray of bool, shape (T,)
        Frames in a range.

    Returns
    -------
    ndarray of int64, shape (T,)
    """
    numbers = np.arange(len(asked))
    begins = asked & ~np.concatenate([[False], asked[:-1]])
    return numbers - np.maximum.accumulate(np.where(begins, numbers, 0))


def composite_ranges(
    layers: Sequence[Layer],
    video: Path,
    frames: int,
    workers: int,
    sheet: ContactSheet,
    label: Label,
    config: CompositingConfig,
) -> Iterator[Frame]:
    """Lay mouths over the frames that they are for, and give all frames of a video in order.

    Parameters
    ----------
    layers : sequence of Layer
    video : Path
    frames : int
        Of the video.
    workers : int
        Threads.
    sheet : ContactSheet
    label : Label
        Begins with the video, and anew with each range.
    config : CompositingConfig

    Yields
    ------
    Frame
        Where no mouth is asked for, as it was decoded, but for the label.
    """
    composers = [
        Composer(one.target, one.sequence, one.timing, one.shown, None, config) for one in layers
    ]
    indices = np.full((frames, len(layers)), -1, np.int64)
    for column, one in enumerate(layers):
        indices[one.timing.frames, column] = np.arange(len(one.timing.frames))
    since = frames_since(np.asarray((indices >= 0).any(axis=1)))

    def composed(numbered: tuple[int, Frame]) -> tuple[Frame, Frame]:
        number, frame = numbered
        kept = frame.copy() if sheet.wants(number) else frame
        for composer, index in zip(composers, indices[number].tolist(), strict=True):
            if index >= 0:
                _, frame = composer.compose(FrameRequest(index, number, frame))
        return kept, frame

    with (
        VideoReader(video) as reader,
        closing(ordered_map(composed, enumerate(reader.read()), workers)) as made,
    ):
        for number, (before, after) in enumerate(made):
            sheet.before(number, before)
            label.draw(after, int(since[number]))
            sheet.after(number, after)
            yield after
