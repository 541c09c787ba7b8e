"""The marks of a video that is being made."""

from __future__ import annotations

from pathlib import Path

from ..media.frame import Frame
from ..media.soundtrack import Sound
from ..watermark.embedding import Embedder
from ..watermark.sound_pattern import sound_number
from .manifest import Synthesis
from .marked_sound import MarkedSound
from .watermark_keys import key_name, marking_key


class Watermarking:
    """Lays into frames and sound the marks that a manifest asserts; nothing where it asserts none.

    Parameters
    ----------
    synthesis : Synthesis
    width, height : int
        Of the frames.

    Raises
    ------
    Audio2VideoError
        The key can't be used, or can't be kept.
    """

    def __init__(self, synthesis: Synthesis, width: int, height: int) -> None:
        marking = synthesis.marking
        asked = marking.watermark or marking.watermark_audio
        self._key = marking_key() if asked else None
        self._embedder: Embedder | None = None
        self._number: int | None = None
        if self._key is not None and marking.watermark:
            self._embedder = Embedder(self._key, synthesis.payload, width, height)
        if self._key is not None and marking.watermark_audio:
            self._number = sound_number(synthesis.payload)

    def mark(self, frame: Frame) -> None:
        """Lay it into a frame, in place."""
        if self._embedder is not None:
            self._embedder.mark(frame.y)

    def sound(self, source: Path | Sound | None) -> Path | Sound | None:
        """Give a sound with the mark in it; itself where no mark is asserted, or there is none.

        Raises
        ------
        MissingFileError, BadFileError
            The file is missing, or has no sound that can be decoded.
        """
        if self._key is None or self._number is None or source is None:
            return source
        return MarkedSound(source, self._key, self._number)

    def facts(self) -> dict[str, str]:
        """Tell what a result depends on beside the manifest, as JSON values."""
        return {} if self._key is None else {"watermark_key": key_name(self._key)}
