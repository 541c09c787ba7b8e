"""Frames of a video in any order, with memory that does not grow with its length."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..errors import BadFileError
from .formats import AGAIN, demuxed, open_media, reading, video_stream
from .frame import Frame
from .info import VideoIndex, VideoInfo, index_video
from .upright import decode_to_frame

_BUFFER_BYTES = 256 * 2**20
_FAR = 12  # decoding this many frames costs less than a seek


class VideoReader:
    """Decode a video.

    Parameters
    ----------
    path : Path or str
        The file.
    buffer_bytes : int, optional
        How much memory frames that are kept for later may take.

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
        """Properties of the video."""
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

        Ascending indices are decoded as a stream. Frames that will be asked for again, or that were
        passed on the way to an earlier one, are kept as far as the buffer reaches.

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
        order = np.arange(info.frames) if indices is None else np.fromiter(indices, np.int64)
        if order.size and not (order.min() >= 0 and order.max() < info.frames):
            raise IndexError(f"frames {order.min()}..{order.max()} asked for, of {info.frames}")
        return self._read(np.asarray(self._index.shown[order], np.int64))

    def _read(self, sources: NDArray[np.int64]) -> Iterator[Frame]:
        info = self.info
        room = max(self._buffer_bytes // (info.width * info.height * 3 // 2), 2)
        kept = _Kept(sources, room)
        for position in range(len(sources)):
            wanted = int(sources[position])
            kept.now = position
            picture = kept.take(wanted)
            if picture is None:
                picture = self._source.fetch(wanted, kept.offer)
            yield self._source.upright(picture, wanted)


class _Kept:
    """Decoded pictures that will be asked for again, the soonest first (Belady 1966).

    The order is known beforehand, so that what is decoded on the way to another picture can be
    kept for later: playing backwards, a stretch between two key frames is decoded once. The
    decoder's own pictures are kept, which costs no copy.
    """

    def __init__(self, sources: NDArray[np.int64], room: int) -> None:
        self.now = 0
        self._room = room
        # Positions of each source's uses, one source after the other: a run of two hours has many.
        self._uses = np.argsort(sources, kind="stable")
        numbers, begins = np.unique(sources[self._uses], return_index=True)
        ends = np.append(begins, len(sources))[1:]
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        self._ahead = dict(zip(numbers.tolist(), map(list, spans), strict=True))
        self._pictures: dict[int, VideoFrame] = {}
        self._latest: list[tuple[int, int]] = []  # (-next use, source), some of them outdated

    def take(self, source: int) -> VideoFrame | None:
        """Give a picture that is asked for now, if it is here."""
        picture = self._pictures.pop(source, None)
        if picture is not None:
            self.offer(source, picture)
        return picture

    def offer(self, source: int, picture: VideoFrame) -> None:
        """Keep a picture, if it will be wanted sooner than another one that is here."""
        use = self._next_use(source)
        if use is None or source in self._pictures:
            return
        if len(self._pictures) >= self._room and not self._drop_later_than(use):
            return
        self._pictures[source] = picture
        heapq.heappush(self._latest, (-use, source))

    def _next_use(self, source: int) -> int | None:
        span = self._ahead.get(source, [0, 0])
        while span[0] < span[1] and self._uses[span[0]] <= self.now:
            span[0] += 1
        return int(self._uses[span[0]]) if span[0] < span[1] else None

    def _drop_later_than(self, use: int) -> bool:
        while self._latest:
            latest, source = -self._latest[0][0], self._latest[0][1]
            if source in self._pictures and latest == self._next_use(source):
                if latest <= use:
                    return False
                del self._pictures[source]
            heapq.heappop(self._latest)
            if len(self._pictures) < self._room:
                return True
        return False


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

    def fetch(self, wanted: int, passed: Callable[[int, VideoFrame], None]) -> VideoFrame:
        """Decode source frame ``wanted``; all that is decoded on the way is passed on."""
        self._approach(wanted)
        while self._current is None or self._current[0] < wanted:
            following = next(self._frames, None)
            if following is None:
                raise self._broken(wanted)
            self._before, self._current = self._current, following
            passed(*following)
        number, picture = self._current
        if number > wanted:  # a damaged frame: the one before it stands in
            first = wanted if self._before is None else self._before[0] + 1
            if number - first > self._index.info.rate:
                raise self._broken(first)
            picture = picture if self._before is None else self._before[1]
        return picture

    def upright(self, picture: VideoFrame, wanted: int) -> Frame:
        """Convert the decoded source frame ``wanted`` into an upright frame of its own."""
        if (picture.width, picture.height) != self._index.stored_size:
            raise BadFileError(
                f"pictures change to {picture.width}x{picture.height} {self._at(wanted)}",
                path=self._path,
                hint="convert it to one size",
            )
        with reading(self._path):
            return decode_to_frame(picture, self._index.orientation, self._index.info.matrix)

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
                packets = demuxed(container, stream)
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
        self._frames = self._decode(demuxed(container, stream))

    def _open(self) -> tuple[InputContainer, VideoStream]:
        container = open_media(self._path)
        stream = video_stream(container)
        if stream is None:
            container.close()
            raise BadFileError(
                "there are no moving pictures in it any more", path=self._path, hint=AGAIN
            )
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
