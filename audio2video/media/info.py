"""Properties of a video file, measured from its packets instead of its header."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .._typing import I64
from ..errors import BadFileError
from .clock import (
    FASTEST,
    LONGEST_STILL,
    SLOWEST,
    STILL,
    constant_rate,
    rejoined,
    resample_map,
    typical_rate,
)
from .colour import ColourTags, Matrix
from .formats import (
    CONVERT,
    MAX_PIXELS,
    audio_stream,
    demuxed,
    has_sound,
    moving_pictures,
    open_media,
    reading,
    video_stream,
)
from .packets import PacketTable, refuse_cut_off
from .upright import Orientation, decode_to_frame, orientation_of


@dataclass(frozen=True)
class VideoInfo:
    """Properties of a video, known before decoding.

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
    """A `VideoInfo` with the index for finding frames.

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
    joins : tuple of Fraction
        For each time that the file's clock jumps back: seconds from it to the clock of ``ticks``.
    """

    info: VideoInfo
    ticks: I64
    keys: I64
    shown: I64
    stored_size: tuple[int, int]
    timed: bool
    orientation: Orientation
    joins: tuple[Fraction, ...] = ()


def index_video(path: Path) -> VideoIndex:
    """Read all packets of a video and decide which source frame each output frame shows."""
    with closing(open_media(path)) as container:
        stream = _require_video(container, path)
        tick = stream.time_base or Fraction(1, 1000)
        packets = PacketTable(stream)
        with reading(path):
            for packet in demuxed(container, stream):
                packets.add(packet)
        # AVI numbers its packets in the order of decoding, whatever the order they are shown in.
        clocked = not packets.untimed and container.format.name != "avi"
        timed = clocked and not packets.backward
        if timed:
            ticks, keys = packets.displayed()
            refuse_cut_off(path, stream, packets, ticks)
    with closing(open_media(path)) as container:
        stream = _require_video(container, path)
        frames = _decoded(container, stream, path)
        first = next(frames, None)
        if first is None:
            raise BadFileError("not one frame of the video can be decoded", path=path, hint=CONVERT)
        joins: tuple[Fraction, ...] = ()
        if not timed:
            times = [first.pts, *(frame.pts for frame in frames)]
            ticks, tick = _counted(times, tick, _declared(stream), clocked)
            keys = np.zeros(1, np.int64)
            if packets.backward:
                joins = _joins(times, ticks, tick)
        index = _finish(path, container, stream, first, ticks, keys, tick, packets.tail, timed)
        return replace(index, joins=joins)


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
        _refuse_long_stills(path, ticks, tick, tail)
        shown = resample_map(ticks, tick, rate, tail)
    else:
        shown = np.arange(len(ticks), dtype=np.int64)
    if not SLOWEST <= rate <= FASTEST:
        raise BadFileError(
            f"its frame times make {float(rate):.6g} frames per second",
            path=path,
            hint=f"convert it to a constant rate between {SLOWEST} and {FASTEST}",
        )
    turn = orientation_of(first)
    width, height = first.width & ~1, first.height & ~1
    if not (width and height):
        raise BadFileError(
            f"pictures of {first.width}x{first.height} are too small",
            path=path,
            hint="a face must be seen",
        )
    aspect = stream.sample_aspect_ratio or Fraction(1)
    context = stream.codec_context
    colour = ColourTags(int(first.colorspace), context.color_primaries, context.color_trc)
    if not colour.convertible:
        raise BadFileError(
            f"colours by a rare matrix (code {colour.space} of H.273)",
            path=path,
            hint="convert it to BT.709",
        )
    matrix = colour.matrix(first.height)
    with reading(path):
        decode_to_frame(first, turn, matrix)  # tells now what can't be converted
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
        matrix=matrix,
        colour=colour,
        sample_aspect=1 / aspect if turn.transpose else aspect,
    )
    return VideoIndex(info, ticks, keys, shown, (first.width, first.height), timed, turn)


def _require_video(container: InputContainer, path: Path) -> VideoStream:
    stream = video_stream(container)
    if stream is None:
        if moving_pictures(container):
            raise BadFileError(
                "its pictures are of a kind that is not known here", path=path, hint=CONVERT
            )
        sound = " (only sound)" if has_sound(container) else ""
        raise BadFileError(
            f"there are no moving pictures in it{sound}", path=path, hint="give a video"
        )
    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise BadFileError(
            f"pictures of {context.width}x{context.height} are too large",
            path=path,
            hint="the file is damaged, or scale it down",
        )
    return stream


def _refuse_long_stills(path: Path, ticks: I64, tick: Fraction, tail: int) -> None:
    lasting = np.append(np.diff(ticks), tail)
    stills = lasting[lasting > int(STILL / tick)]
    seconds = int(stills.sum()) * tick
    if seconds > LONGEST_STILL:
        raise BadFileError(
            f"its clock stands still or leaves out {float(seconds):.0f} s, most of it after "
            f"frame {int(lasting.argmax())}",
            path=path,
            hint="its time stamps are damaged, or cut it; convert it to a constant frame rate",
        )


def _declared(stream: VideoStream) -> list[Fraction]:
    claims = (stream.guessed_rate, stream.base_rate, stream.average_rate)
    return [claim for claim in claims if claim]


def _decoded(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    """Decode from the start, passing over packets that can't be decoded."""
    with reading(path):
        for packet in demuxed(container, stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                # Not needed for the types; subtitles can't come from a video stream.
                if isinstance(frame, VideoFrame):
                    yield frame


def _counted(
    times: list[int | None], tick: Fraction, declared: list[Fraction], clocked: bool
) -> tuple[I64, Fraction]:
    """Return ascending times for frames whose packets have none: the decoder's, if they are good.

    A clock that is there but jumps back is joined.
    """
    known = [time for time in times if time is not None]
    if len(known) == len(times) and (clocked or all(a < b for a, b in pairwise(known))):
        return rejoined(np.array(known, np.int64)), tick
    return np.arange(len(times), dtype=np.int64), 1 / (declared or [Fraction(25)])[0]


def _joins(times: list[int | None], ticks: I64, tick: Fraction) -> tuple[Fraction, ...]:
    return tuple(
        (int(joined) - now) * tick
        for (before, now), joined in zip(pairwise(times), ticks[1:], strict=True)
        if before is not None and now is not None and now < before
    )
