"""Reading and encoding as the manual of PyAV does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from audio2video._typing import U8


def frames(path: Path) -> Iterator[U8]:
    """Decode all frames, one after the other, as planes (H * 3 / 2, W)."""
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            yield picture.to_ndarray(format="yuv420p")


def frames_at(path: Path, order: Iterable[int]) -> Iterator[U8]:
    """Give frames in any order: for each, seek to the key frame before it and decode up to it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate, base = Fraction(stream.average_rate or 0), Fraction(stream.time_base or 0)
        for number in order:
            wanted = round(number / (rate * base)) + (stream.start_time or 0)
            container.seek(wanted, stream=stream)
            for picture in container.decode(stream):
                if picture.pts is not None and picture.pts >= wanted:
                    yield picture.to_ndarray(format="yuv420p")
                    break


def encode(path: Path, pictures: Iterable[U8], rate: Fraction) -> None:
    """Encode RGB pictures with libx264 as it comes, without sound."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: VideoStream | None = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
        if stream is not None:
            container.mux(stream.encode())
