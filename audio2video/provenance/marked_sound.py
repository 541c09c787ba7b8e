"""A sound on its way into a result, with a mark laid into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .._typing import F32
from ..media.soundtrack import Sound
from ..media.source import AudioSource
from ..watermark.sound_embedding import SoundEmbedder


class MarkedSound:
    """Another sound with a mark that is not heard, as blocks of float samples.

    Parameters
    ----------
    source : Path or Sound
        It is closed with this one.
    key : bytes
    number : int
        What the mark says.

    Attributes
    ----------
    rate : int
        Samples per second, those of the source.
    layout : AudioLayout

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, or has no sound that can be decoded.
    """

    def __init__(self, source: Path | Sound, key: bytes, number: int) -> None:
        self._source: Sound = AudioSource(source) if isinstance(source, Path) else source
        self._key, self._number = key, number
        self.rate = self._source.rate
        self.layout = self._source.layout

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def blocks(self) -> Iterator[F32]:
        """Yield the samples, once: as many as the source has.

        Yields
        ------
        ndarray of float32, shape (channels, n)
            Consecutive samples in [-1, 1].
        """
        channels = self.layout.nb_channels
        embedder = SoundEmbedder(self._key, self._number, self.rate, channels)
        for block in self._source.blocks():
            marked = embedder.mark(block)
            if marked.shape[1]:
                yield np.clip(marked, -1, 1)
        yield np.clip(embedder.finish(), -1, 1)
