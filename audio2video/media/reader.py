"""Frames of a video in any order, with memory that does not grow with its length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import BadFileError
from .formats import open_media, reading, video_stream
from .frame import Frame
from .info import VideoIndex, VideoInfo, index_video
from .upright import to_frame

_BUFFER_BYTES = 256 * 2**20
_FAR = 12  # decoding this many frames costs less than a seek


class VideoReader:
    """Decode a video.

    Parameters
    ----------
    path : Path or str
        The file.
    buffer_bytes : int, optional
        How much memory frames that are read backwards may take.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it is not a video, or damaged.

    Examples
    --------
    >>> with VideoReader("target.mp4") as video:  # doctest: +SKIP
    ...     for frame in video.read(range(video.info.frames - 1, -1, -1)):
    ...         image = frame.rgb()
    """

    def __init__(self, path: Path | str, *, buffer_bytes: int = _BUFFER_BYTES) -> None:
        self._index = index_video(Path(path))
        self._buffer_bytes = buffer_bytes
        self._source = _Source(self._index)

    @property
    def info(self) -> VideoInfo:
        """What the file holds."""
        return self._index.info

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def read(self, indices: Iterable[int] | None = None) -> Iterator[Frame]:
        """Yield frames in the order asked for.

        Ascending indices are decoded as a stream. Where the order goes back, as many frames as the
        buffer holds are decoded forwards, kept, and handed out in order.

        Parameters
        ----------
        indices : iterable of int, optional
            Frame numbers at the constant rate of ``info``, in any order, repeats allowed; all
            frames by default.

        Yields
        ------
        Frame
            A frame of its own memory: the caller may keep it and write to it.

        Raises
        ------
        IndexError
            If there is no such frame.
        BadFileError
            If the video can't be decoded up to a frame.
        """
        info = self.info
        order = np.arange(info.frames) if indices is None else np.array(list(indices), np.int64)
        if order.size and not (order.min() >= 0 and order.max() < info.frames):
            raise IndexError(f"frames {order.min()}..{order.max()} asked for, of {info.frames}")
        return self._read([int(source) for source in self._index.shown[order]])

    def _read(self, sources: list[int]) -> Iterator[Frame]:
        info = self.info
        room = max(self._buffer_bytes // (info.width * info.height * 3 // 2), 2)
        done = 0
        while done < len(sources):
            end = _ascending_end(sources, done)
            if end == len(sources) or len(set(sources[done:end])) > room:
                yield from self._stream(sources[done:end])
            else:
                end = _window_end(sources, done, room)
                yield from self._window(sources[done:end])
            done = end

    def _stream(self, sources: list[int]) -> Iterator[Frame]:
        spare: Frame | None = None
        for here, following in zip(sources, [*sources[1:], None], strict=True):
            frame = spare if spare is not None else self._source.fetch(here)
            spare = frame.copy() if here == following else None
            yield frame

    def _window(self, sources: list[int]) -> Iterator[Frame]:
        left = Counter(sources)
        kept = {source: self._source.fetch(source) for source in sorted(left)}
        for source in sources:
            left[source] -= 1
            yield kept[source].copy() if left[source] else kept.pop(source)


def _ascending_end(sources: list[int], start: int) -> int:
    end = start + 1
    while end < len(sources) and sources[end] >= sources[end - 1]:
        end += 1
    return end


def _window_end(sources: list[int], start: int, room: int) -> int:
    """Return the end of the longest stretch that has at most ``room`` distinct frames."""
    distinct: set[int] = set()
    for end in range(start, len(sources)):
        distinct.add(sources[end])
        if len(distinct) > room:
            return end
    return len(sources)


class _Source:
    """Source frames by number: one decoder that goes forward, and seeks when that helps."""

    def __init__(self, index: VideoIndex) -> None:
        self._index = index
        self._path = index.info.path
        self._number = {int(tick): i for i, tick in enumerate(index.ticks)}
        self._opened: tuple[InputContainer, VideoStream] | None = None
        self._frames: Iterator[tuple[int, VideoFrame]] = iter(())
        self._current: tuple[int, VideoFrame] | None = None
        self._before: tuple[int, VideoFrame] | None = None

    def close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()
        self._opened = None
        self._frames = iter(())
        self._current = self._before = None

    def fetch(self, wanted: int) -> Frame:
        """Decode source frame ``wanted``."""
        self._approach(wanted)
        while self._current is None or self._current[0] < wanted:
            following = next(self._frames, None)
            if following is None:
                raise self._broken(wanted)
            self._before, self._current = self._current, following
        number, picture = self._current
        if number > wanted:  # a damaged frame: the one before it stands in
            first = wanted if self._before is None else self._before[0] + 1
            if number - first > self._index.info.rate:
                raise self._broken(first)
            picture = picture if self._before is None else self._before[1]
        if (picture.width, picture.height) != self._index.stored_size:
            raise BadFileError(
                f"pictures change to {picture.width}x{picture.height} {self._at(wanted)}",
                path=self._path,
                hint="convert it to one size",
            )
        return to_frame(picture, self._index.orientation, self._index.info.matrix)

    def _at(self, source: int) -> str:
        index = self._index
        place = int(np.searchsorted(index.shown, source))
        return f"at frame {place} ({float(place / index.info.rate):.2f} s)"

    def _broken(self, source: int) -> BadFileError:
        return BadFileError(
            f"decoding fails {self._at(source)} of {self._index.info.frames} frames",
            path=self._path,
            hint="the file is damaged; copy or convert it again",
        )

    def _approach(self, wanted: int) -> None:
        """Put the decoder where going forward reaches ``wanted`` soon."""
        keys = self._index.keys
        key = int(keys[np.searchsorted(keys, wanted, side="right") - 1])
        if self._current is not None:
            here = self._current[0]
            before = here if self._before is None else self._before[0]
            if here == wanted or (before < wanted and key <= here + _FAR):
                return
        self._start(key)

    def _start(self, key: int) -> None:
        """Let decoding begin at source frame ``key``, or at one before it."""
        self._current = self._before = None
        fresh = self._opened is None
        container, stream = self._opened or self._open()
        if key:
            fresh = False
            with reading(self._path):
                container.seek(int(self._index.ticks[key]), stream=stream)
                packets = container.demux(stream)
                first = next(packets)  # there is always one: the decoder's order to flush
            # Some containers can't seek well; what they can always do is start over.
            if first.is_keyframe and first.pts is not None:
                landed = self._number.get(first.pts)
                if landed is not None and landed <= key:
                    self._frames = self._decode(chain([first], packets))
                    return
        if not fresh:
            container.close()
            container, stream = self._open()
        self._frames = self._decode(container.demux(stream))

    def _open(self) -> tuple[InputContainer, VideoStream]:
        container = open_media(self._path)
        stream = video_stream(container)
        if stream is None:
            container.close()
            raise BadFileError("there are no moving pictures in it any more", path=self._path)
        stream.thread_type = "AUTO"
        self._opened = container, stream
        return self._opened

    def _decode(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[tuple[int, VideoFrame]]:
        count = 0
        with reading(self._path):
            for packet in packets:
                try:
                    pictures = packet.decode()
                except av.error.InvalidDataError:
                    continue  # the frame will be missed in `fetch`
                for picture in pictures:
                    number = self._number.get(picture.pts or 0) if self._index.timed else count
                    count += 1
                    if number is not None:
                        yield number, picture
