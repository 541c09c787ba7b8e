"""Opening of media files, with the codec library's errors as one clear line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ..errors import BadFileError, MissingFileError
from ..storage.parsing import DOWNLOAD, NO_FILE, is_address

# Only these are opened. The codec library would also render a text file as a film of scrolling
# letters, follow a playlist to other files or to the network, and take a still picture for a video.
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,gif,h264,hevc,ivf,"
    "matroska,webm,m4v,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,"
    "tta,vob,w64,wav,wv,yuv4mpegpipe"
)

# Their time stamps are written by whoever recorded; others are counted from bytes or samples.
_CLOCKED = frozenset({"mov", "matroska", "mpegts", "mpeg", "ogg", "flv", "asf", "nut", "mxf"})

MAX_PIXELS = 8192 * 8192
"""Pixels of a picture; a damaged header may ask for any amount of memory."""

AGAIN = "copy or download it again"
CONVERT = "play it to check it, or convert it to MP4 or WAV"
RECORD = "give a recording: a still made into a video shows no mouth that moves"
_NOT_MEDIA = "not a video or audio file that can be read: damaged, incomplete or of another kind"
_NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails

_S = TypeVar("_S", bound=Stream)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an error of the codec library inside the block into a `BadFileError` about ``path``."""
    try:
        yield
    except av.error.InvalidDataError as error:
        raise BadFileError(_NOT_MEDIA, path=path, hint=CONVERT) from error
    except av.error.FFmpegError as error:
        raise BadFileError(f"can't be read ({error.strerror})", path=path, hint=CONVERT) from error


def open_media(path: Path | str) -> InputContainer:
    """Open a local media file for reading.

    Parameters
    ----------
    path : Path or str
        Any name the file system allows; it is never taken for a URL or an option.

    Returns
    -------
    av.container.InputContainer
        The open container; the caller closes it.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it is a folder, empty, or nothing that can be decoded.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise BadFileError("this is a folder, not a media file", path=path, hint="name a file")
        if not path.exists():
            if is_address(str(path)):
                raise MissingFileError(NO_FILE, path=path, hint=DOWNLOAD)
            raise MissingFileError("no such file", path=path, hint="check its name")
        if not path.is_file():
            raise BadFileError("this is not a regular file", path=path, hint="copy it to one")
        if path.stat().st_size == 0:
            raise BadFileError("the file is empty (0 bytes)", path=path, hint=AGAIN)
        with path.open("rb"):
            pass
        with reading(path):
            return _open(path)
    except OSError as error:
        raise BadFileError(
            f"can't be read ({error.strerror})", path=path, hint="check the file's permissions"
        ) from error


def _open(path: Path) -> InputContainer:
    try:
        return av.open(
            # An absolute name can't be read as "protocol:rest" or as an option.
            str(path.absolute()),
            # The default decoder of names in tags raises on the first odd byte.
            metadata_errors="replace",
            options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
        )
    except av.error.ArgumentError as error:  # what a format outside the list is answered with
        raise BadFileError(
            "a picture, text or playlist, not a video or audio file", path=path, hint=RECORD
        ) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """Return the stream of moving pictures that can be decoded; cover art is passed over.

    Of several it is the one marked as the usual one, or else the first.
    """
    stream = _usual(moving_pictures(container))
    if stream is not None:
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream


def moving_pictures(container: InputContainer) -> list[VideoStream]:
    """Return all streams of moving pictures, of unknown codecs too."""
    return [s for s in container.streams.video if not s.disposition & _NOT_MOVING]


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the audio stream that can be decoded: the one marked as usual, or else the first."""
    return _usual(container.streams.audio)


def demuxed(container: InputContainer, stream: _S) -> Iterator[Packet[_S]]:
    """Yield the packets of a stream, and at the end the order to flush its decoder."""
    try:
        yield from cast("Iterator[Packet[_S]]", container.demux(stream))
    except IndexError:
        # PyAV wants to flush, last of all, streams that have turned up in mid-file, unknown to it.
        return


def has_sound(container: InputContainer) -> bool:
    """Tell whether there is an audio stream, of an unknown codec too."""
    return bool(container.streams.audio)


def keeps_time(container: InputContainer) -> bool:
    """Tell whether the time stamps of a file's sound say more than the number of its samples."""
    return not _CLOCKED.isdisjoint(container.format.name.split(","))


def _usual(streams: Iterable[_S]) -> _S | None:
    # PyAV leaves out the context of a codec that it has no decoder for, whatever its types say.
    known = [stream for stream in streams if stream.codec_context is not None]
    return next((s for s in known if s.disposition & Disposition.default), next(iter(known), None))
