"""Opening media files, and turning what the codec library says into one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from ..errors import BadFileError, MissingFileError

# Only these are opened. The codec library would also render a text file as a film of scrolling
# letters, follow a playlist to other files or to the network, and take a still picture for a video.
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,gif,h264,hevc,ivf,"
    "matroska,webm,m4v,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,"
    "tta,vob,w64,wav,wv,yuv4mpegpipe"
)

_NOT_MEDIA = "not a video or audio file that can be read: damaged, incomplete or of another kind"
_CONVERT = "play it to check it, or convert it to MP4 or WAV"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an error of the codec library inside the block into a `BadFileError` about ``path``."""
    try:
        yield
    except av.error.InvalidDataError as error:
        raise BadFileError(_NOT_MEDIA, path=path, hint=_CONVERT) from error
    except av.error.FFmpegError as error:
        raise BadFileError(f"can't be read ({error.strerror})", path=path, hint=_CONVERT) from error


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
            raise BadFileError("this is a folder, not a media file", path=path)
        if not path.exists():
            raise MissingFileError("no such file", path=path)
        if not path.is_file():
            raise BadFileError("this is not a regular file", path=path)
        if path.stat().st_size == 0:
            raise BadFileError("the file is empty (0 bytes)", path=path)
        with path.open("rb"):
            pass
        with reading(path):
            # An absolute name can't be read as "protocol:rest" or as an option.
            return av.open(
                str(path.absolute()),
                # The default decoder of names in tags raises on the first odd byte.
                metadata_errors="replace",
                options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
            )
    except OSError as error:
        raise BadFileError(f"can't be read ({error.strerror})", path=path) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """Return the first stream of moving pictures; cover art is passed over."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the first audio stream, or None when the file has no sound."""
    return next(iter(container.streams.audio), None)
