"""Media that a page plays: files with ranges, single frames, and waveforms."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ..errors import Audio2VideoError
from ..media.audio import probe_audio, read_audio
from ..media.video import VideoReader
from .answers import RequestError

PEAKS = 1200
"""Values of a waveform, at most."""

WAVEFORM_RATE = 4000
"""Samples per second that a waveform is drawn from."""

MAX_WIDTH = 1280
"""Columns of a single frame, at most."""

TYPES = {".m4a": "audio/mp4", ".mkv": "video/x-matroska", ".mov": "video/mp4", ".opus": "audio/ogg"}
"""Types that browsers know better than the system does."""


def file_answer(request: Request, path: Path, name: str | None = None) -> Response:
    """Answer with a file, or the ranges of it that are asked for.

    Parameters
    ----------
    request : Request
        With ``?download=1``, the browser saves the file.
    path : Path
    name : str, optional
        Of the saved file.
    """
    if not path.is_file():
        raise RequestError(404, "this file is not there any more")
    kind = TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    saved = request.query_params.get("download") == "1"
    # What is shown in place is never a page: a file of the user's must not run as one.
    if kind is None or not kind.startswith(("video/", "audio/", "image/")) or "svg" in kind:
        kind = "application/json" if path.suffix == ".json" else "application/octet-stream"
    return FileResponse(
        path,
        media_type=kind,
        filename=name or path.name,
        content_disposition_type="attachment" if saved else "inline",
    )


def frame_picture(path: Path, at: float, width: int) -> bytes:
    """Give a frame of a video as JPEG.

    Parameters
    ----------
    path : Path
    at : float
        Second; the last frame after the end.
    width : int
        Columns, at most.
    """
    with VideoReader(path) as reader:
        info = reader.info
        number = min(max(0, int(at * info.rate)), info.frames - 1)
        rgb = next(reader.read([number])).rgb()
    scale = min(1.0, max(16, min(width, MAX_WIDTH)) / rgb.shape[1])
    if scale < 1:
        size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return as_image(rgb, ".jpg")


def as_image(rgb: np.ndarray[Any, np.dtype[np.uint8]], kind: str) -> bytes:
    """Encode a picture."""
    done, content = cv2.imencode(kind, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if not done:
        raise RequestError(500, "the picture can't be encoded")
    return content.tobytes()


def waveform(path: Path) -> dict[str, Any]:
    """Give the loudest sample of each of up to `PEAKS` parts of a sound, as JSON values.

    A video without sound has none.
    """
    try:
        seconds = float(probe_audio(path).duration)
    except Audio2VideoError:
        return {"seconds": None, "peaks": []}
    samples = np.abs(read_audio(path, WAVEFORM_RATE))
    parts = min(PEAKS, len(samples))
    starts = np.linspace(0, len(samples), parts, endpoint=False).astype(int)
    peaks = np.maximum.reduceat(samples, starts)
    return {"seconds": seconds, "peaks": np.round(peaks.astype(np.float64), 3).tolist()}
