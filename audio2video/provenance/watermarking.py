"""The mark of a video that is being made."""

from __future__ import annotations

from ..media.frame import Frame
from ..watermark.embedding import Embedder
from .manifest import Synthesis
from .watermark_keys import key_name, marking_key


class Watermarking:
    """Lays into frames the mark that a manifest asserts; nothing where it asserts none.

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
        self._embedder: Embedder | None = None
        self._key = marking_key() if synthesis.watermark else None
        if self._key is not None:
            self._embedder = Embedder(self._key, synthesis.payload, width, height)

    def mark(self, frame: Frame) -> None:
        """Lay it into a frame, in place."""
        if self._embedder is not None:
            self._embedder.mark(frame.y)

    def facts(self) -> dict[str, str]:
        """Tell what a result depends on beside the manifest, as JSON values."""
        return {} if self._key is None else {"watermark_key": key_name(self._key)}
