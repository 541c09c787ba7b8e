"""The user's sound on its way into the result, encoded as AAC a little ahead of the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.layout import AudioLayout
from av.container import OutputContainer

from .._typing import F32
from .samples import LAYOUTS, audio_frame, resample

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_BITS = {1: 128_000, 2: 192_000}
_BITS_MORE = 80_000  # per channel
_BLOCK = 8 * 1024  # samples: eight frames of AAC at once take fewer calls than one by one
# At these bit rates no worse than the default search, which takes up to 2.5 times as long.
_OPTIONS = {"aac_coder": "fast"}


class Sound(Protocol):
    """Samples to be written: an `AudioSource`, or sounds put together."""

    rate: int
    layout: AudioLayout

    def blocks(self) -> Iterator[F32]:
        """Yield the samples, once [shape=(channels, n)]."""

    def close(self) -> None:
        """Close the files that they are from."""


class SoundTrack:
    """An AAC stream in a container that is being written.

    Parameters
    ----------
    container : OutputContainer
        Where to; nothing but streams has been added to it yet.
    source : Sound
        The sound. AAC's own rates and the usual layouts are kept; another rate becomes the next
        higher one, and another layout stereo.
    seconds : Fraction, optional
        Where it is cut; all of it by default.
    """

    def __init__(
        self, container: OutputContainer, source: Sound, seconds: Fraction | None = None
    ) -> None:
        self._source = source
        self._container = container
        channels = source.layout.nb_channels
        self._rate = min((rate for rate in _RATES if rate >= source.rate), default=_RATES[-1])
        self._layout = LAYOUTS.get(channels, "stereo")
        self._stream = container.add_stream(
            "aac", rate=self._rate, layout=self._layout, options=_OPTIONS
        )
        self._stream.codec_context.bit_rate = _BITS.get(channels, channels * _BITS_MORE)
        sound = self._encodable()
        if seconds is not None:
            sound = _cut(sound, round(seconds * self._rate))
        self._blocks = _regular(sound)
        self._sent = 0

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def advance(self, until: Fraction | None) -> None:
        """Encode up to a time in seconds, or all that is left."""
        while until is None or Fraction(self._sent, self._rate) <= until:
            block = next(self._blocks, None)
            if block is None:
                break
            frame = audio_frame(block, self._layout, self._rate)
            frame.pts = self._sent
            frame.time_base = Fraction(1, self._rate)
            self._sent += block.shape[1]
            self._container.mux(self._stream.encode(frame))
        if until is None:
            self._container.mux(self._stream.encode(None))

    def _encodable(self) -> Iterator[F32]:
        source = self._source
        layout = source.layout.name
        if (layout, source.rate) == (self._layout, self._rate):
            return source.blocks()
        return resample(source.blocks(), layout, source.rate, self._layout, self._rate)


def _cut(blocks: Iterator[F32], samples: int) -> Iterator[F32]:
    """Pass on so many samples."""
    for block in blocks:
        yield block[:, :samples]
        samples -= block.shape[1]
        if samples <= 0:
            return


def _regular(blocks: Iterator[F32]) -> Iterator[F32]:
    """Regroup blocks into whole frames of the codec; the last one may be shorter."""
    rest: F32 | None = None
    for block in blocks:
        rest = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = rest.shape[1] - rest.shape[1] % _BLOCK
        for start in range(0, whole, _BLOCK):
            yield rest[:, start : start + _BLOCK]
        rest = rest[:, whole:]
    if rest is not None and rest.shape[1]:
        yield rest
