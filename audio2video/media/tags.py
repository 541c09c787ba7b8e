"""Text tags of a media file, as its container has them."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadFileError
from .formats import open_media


def read_tags(path: Path) -> dict[str, str] | None:
    """Read the tags of a file and of its streams.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict or None
        Names in lower case; None if it is no media file. A stream's tags are named
        'stream 0 title'.
    """
    try:
        with open_media(path) as container:
            tags = {name.lower(): text for name, text in container.metadata.items()}
            for stream in container.streams:
                for name, text in stream.metadata.items():
                    tags[f"stream {stream.index} {name.lower()}"] = text
            return tags
    except BadFileError:
        return None
