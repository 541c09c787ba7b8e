"""Pictures that the user brings, PNG files, and small pictures for a page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..storage.limits import MAX_PICTURE_BYTES, read_limited


def read_picture(path: Path, hint: str) -> NDArray[np.uint8]:
    """Read a picture file.

    Parameters
    ----------
    path : Path
    hint : str
        What to do if it can't be used, for the message.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB.

    Raises
    ------
    MissingFileError
        There is no such file.
    BadFileError
        It is not a picture, or too large.
    """
    coded = np.frombuffer(read_limited(path, MAX_PICTURE_BYTES, hint), np.uint8)
    try:
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR) if coded.size else None
    except (cv2.error, MemoryError):  # it says it has more pixels than OpenCV ever reads
        picture = None
    if picture is None:
        raise BadFileError("not a picture", path=path, hint=hint)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def write_picture(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write a picture as PNG.

    Parameters
    ----------
    path : Path
        Any name.
    rgb : ndarray of uint8, shape (H, W, 3)
    """
    # imencode and a file of our own: OpenCV can't write to every path on every system.
    _, coded = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    path.write_bytes(coded.tobytes())


def webp_bytes(picture: NDArray[np.uint8], quality: int) -> bytes:
    """Code a picture as WebP.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3) or (H, W)
        RGB, or grey.
    quality : int
        0 to 100.
    """
    bgr = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return coded.tobytes()
