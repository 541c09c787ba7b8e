"""Writes the demo video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..media.video import VideoWriter
from .presenter import SIZE, render_frames
from .script import FRAMES, RATE

_METADATA = {
    "title": "The painted presenter",
    "comment": "Computer-drawn demonstration video of audio2video; it shows no real person.",
}


def make_demo_video(path: Path | str, progress: Callable[[int, int], None] | None = None) -> None:
    """Paint the 20 s demo video and write it as an MP4 file.

    Parameters
    ----------
    path : Path or str
        The file to write; its folder must exist.
    progress : callable, optional
        Called as ``progress(done, total)`` after each frame.

    Raises
    ------
    Audio2VideoError
        If the file can't be written.
    """
    with VideoWriter(path, SIZE, SIZE, RATE, metadata=_METADATA) as writer:
        for done, frame in enumerate(render_frames(FRAMES), start=1):
            writer.write(frame)
            if progress is not None:
                progress(done, FRAMES)
