"""What a video file holds: measured from its packets, not read from its claims."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import BadFileError
from .clock import I64, constant_rate, resample_map, typical_rate
from .colour import ColourTags, Matrix
from .formats import audio_stream, open_media, reading, video_stream
from .packets import PacketTable, refuse_cut_off
from .upright import Orientation, orientation_of


@dataclass(frozen=True)
class VideoInfo:
    """What there is to know of a video before decoding it.

    Attributes
    ----------
    path : Path
        The file.
    width, height : int
        Size of the upright picture in pixels; an odd size is one smaller here, because H.264 in
        YUV 4:2:0 needs even ones.
    rate : Fraction
        Frames per second, constant and exact.
    frames : int
        Number of frames at that rate.
    rotation : int
        Degrees clockwise by which the stored picture is turned to be upright: 0, 90, 180 or 270.
    variable_rate : bool
        Whether the file's own frame times are uneven, so that frames are repeated or left out.
    has_audio : bool
        Whether there is an audio stream.
    codec : str
        Name of the video codec.
    matrix : {"bt601", "bt709"}
        The YUV matrix of the frames that `VideoReader` yields.
    colour : ColourTags
        The stream's own colour tags.
    sample_aspect : Fraction
        Width of an upright pixel divided by its height; 1 for nearly all videos.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    frames: int
    rotation: int
    variable_rate: bool
    has_audio: bool
    codec: str
    matrix: Matrix = "bt709"
    colour: ColourTags = field(default_factory=ColourTags)
    sample_aspect: Fraction = Fraction(1)

    @property
    def duration(self) -> Fraction:
        """Seconds from the first frame's start to the last frame's end."""
        return self.frames / self.rate


def probe_video(path: Path | str) -> VideoInfo:
    """Find size, exact rate and exact number of frames of a video.

    Parameters
    ----------
    path : Path or str
        A video file. Its packets are all read; one frame is decoded.

    Returns
    -------
    VideoInfo

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it is not a video, or damaged.
    """
    return index_video(Path(path)).info


@dataclass(frozen=True)
class VideoIndex:
    """A `VideoInfo` with what is needed to find frames.

    Attributes
    ----------
    info : VideoInfo
        The public part.
    ticks : np.ndarray [shape=(sources,), dtype=int64]
        Time of each source frame in units of the stream's time base, ascending.
    keys : np.ndarray [shape=(k,), dtype=int64]
        Source frames where decoding can begin, ascending; the first is 0.
    shown : np.ndarray [shape=(info.frames,), dtype=int64]
        Source frame that each output frame shows.
    stored_size : tuple of int
        Width and height as the decoder gives them.
    timed : bool
        Whether decoded frames carry the times in ``ticks``. Otherwise they are counted, from the
        start of the file.
    orientation : Orientation
        How to turn the stored pictures.
    """

    info: VideoInfo
    ticks: I64
    keys: I64
    shown: I64
    stored_size: tuple[int, int]
    timed: bool
    orientation: Orientation


def index_video(path: Path) -> VideoIndex:
    """Read all packets of a video and decide which source frame each output frame shows."""
    with closing(open_media(path)) as container:
        stream = _require_video(container, path)
        tick = stream.time_base or Fraction(1, 1000)
        packets = PacketTable(stream)
        with reading(path):
            for packet in container.demux(stream):
                packets.add(packet)
        # AVI numbers its packets in the order of decoding, whatever the order they are shown in.
        timed = not packets.untimed and container.format.name != "avi"
        if timed:
            ticks, keys = packets.displayed()
            refuse_cut_off(path, stream, packets, ticks)
    with closing(open_media(path)) as container:
        stream = _require_video(container, path)
        frames = _decoded(container, stream, path)
        first = next(frames, None)
        if first is None:
            raise BadFileError("not one frame of the video can be decoded", path=path)
        if not timed:
            times = [first.pts, *(frame.pts for frame in frames)]
            ticks, tick = _counted(times, tick, _declared(stream))
            keys = np.zeros(1, np.int64)
        return _finish(path, container, stream, first, ticks, keys, tick, packets.tail, timed)


def _finish(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    first: VideoFrame,
    ticks: I64,
    keys: I64,
    tick: Fraction,
    tail: int,
    timed: bool,
) -> VideoIndex:
    declared = _declared(stream)
    rate = constant_rate(ticks, tick, declared)
    variable = rate is None
    if rate is None:
        rate = typical_rate(ticks, tick, declared)
        tail = tail or int(np.median(np.diff(ticks)))
        shown = resample_map(ticks, tick, rate, tail)
    else:
        shown = np.arange(len(ticks), dtype=np.int64)
    turn = orientation_of(first)
    width, height = first.width & ~1, first.height & ~1
    if not (width and height):
        raise BadFileError(f"pictures of {first.width}x{first.height} are too small", path=path)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    context = stream.codec_context
    colour = ColourTags(int(first.colorspace), context.color_primaries, context.color_trc)
    info = VideoInfo(
        path=path,
        width=height if turn.transpose else width,
        height=width if turn.transpose else height,
        rate=rate,
        frames=len(shown),
        rotation=turn.rotation,
        variable_rate=variable,
        has_audio=audio_stream(container) is not None,
        codec=context.name,
        matrix=colour.matrix(first.height),
        colour=colour,
        sample_aspect=1 / aspect if turn.transpose else aspect,
    )
    return VideoIndex(info, ticks, keys, shown, (first.width, first.height), timed, turn)


def _require_video(container: InputContainer, path: Path) -> VideoStream:
    stream = video_stream(container)
    if stream is None:
        sound = " (only sound)" if audio_stream(container) else ""
        raise BadFileError(f"there are no moving pictures in it{sound}", path=path)
    return stream


def _declared(stream: VideoStream) -> list[Fraction]:
    claims = (stream.guessed_rate, stream.base_rate, stream.average_rate)
    return [claim for claim in claims if claim]


def _decoded(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    """Decode from the start, passing over packets that can't be decoded."""
    with reading(path):
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                # Not needed for the types; subtitles can't come from a video stream.
                if isinstance(frame, VideoFrame):
                    yield frame


def _counted(
    times: list[int | None], tick: Fraction, declared: list[Fraction]
) -> tuple[I64, Fraction]:
    """Return times for frames whose packets have none: the decoder's where they ascend."""
    known = [time for time in times if time is not None]
    if len(known) == len(times) and all(a < b for a, b in pairwise(known)):
        return np.array(known, np.int64), tick
    return np.arange(len(times), dtype=np.int64), 1 / (declared or [Fraction(25)])[0]
