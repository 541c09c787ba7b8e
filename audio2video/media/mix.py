"""Sounds put together on one clock: a target's own, and voices over all or parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.layout import AudioLayout

from .._typing import F32, I64
from .limiter import REACH_SECONDS, allowed_gain, limit_peaks
from .samples import LAYOUTS, resample
from .source import AudioSource

FADE_SECONDS = 0.02
"""Cross-fade at either end of a range, inside it."""

GOOD_RATE = 32_000
"""Samples per second from which on the target's own rate is kept, whatever the voices have."""

_BLOCK = 1 << 16  # samples

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Voice:
    """A sound that is laid over another.

    Parameters
    ----------
    path : Path
    begin : Fraction
        Second of the mix at which its first sample lies.
    ranges : tuple of (Fraction, Fraction), optional
        Seconds of the mix in which it is heard, from and to; by default all of it, without fades.
    """

    path: Path
    begin: Fraction = Fraction(0)
    ranges: tuple[Range, ...] | None = None


class Envelope:
    """Weights that are 1 inside ranges and exactly 0 outside, with ramps inside the ends.

    Parameters
    ----------
    ranges : iterable of (Fraction, Fraction), optional
        Seconds, from and to; those that touch are one. None is all of the time.
    rate : int
        Samples per second.

    Attributes
    ----------
    start, stop : int
        Samples before and from which on it is 0; `stop` is None for never.
    """

    start: int
    stop: int | None

    def __init__(self, ranges: Sequence[Range] | None, rate: int) -> None:
        ends: list[list[int]] = []
        for first, last in sorted((round(a * rate), round(b * rate)) for a, b in ranges or ()):
            if ends and first <= ends[-1][1]:
                ends[-1][1] = max(ends[-1][1], last)
            else:
                ends.append([first, last])
        table = np.array(ends, np.int64).reshape(-1, 2)
        self._starts: I64 = table[:, 0]
        self._stops: I64 = table[:, 1]
        self._fade = round(FADE_SECONDS * rate)
        self.start = int(self._starts.min()) if len(table) else 0
        self.stop = None if ranges is None else int(self._stops.max(initial=0))

    def weights(self, start: int, stop: int) -> F32 | None:
        """Give the weights of samples, or None if all are 0.

        Returns
        -------
        ndarray of float32, shape (stop - start,), or None
        """
        if self.stop is None:
            return np.ones(stop - start, np.float32)
        if start >= self.stop or stop <= self.start:  # soon, as there may be thousands of them
            return None
        if not ((self._starts < stop) & (self._stops > start)).any():
            return None
        places = np.arange(start, stop)
        which = np.maximum(np.searchsorted(self._starts, places, side="right") - 1, 0)
        inside = np.minimum(places - self._starts[which] + 1, self._stops[which] - places)
        return np.asarray(np.clip(inside / (self._fade + 1), 0, 1), np.float32)


class MixedSound:
    """A target's own sound with voices over it, as blocks of float samples.

    Where a voice is heard, the own sound is turned down to a level, or off; everywhere else its
    samples are left exactly as they are. Sounds together are kept within full scale by a limiter,
    see `audio2video.media.limiter`.

    The rate is that of the own sound, or the highest of all if that is under `GOOD_RATE`. There are
    as many channels as in the sound that has most; a mono sound is the same in two.

    Parameters
    ----------
    own : Path, optional
        File with the target's own sound; silence by default.
    voices : sequence of Voice
        At least one.
    seconds : Fraction
        Length of the whole: what is longer is cut, what is shorter is followed by silence.
    level : float, optional
        Level of the own sound under the voices, in dB relative to what it is; off by default.

    Attributes
    ----------
    rate : int
        Samples per second.
    layout : AudioLayout

    Raises
    ------
    MissingFileError, BadFileError
        A file is missing, or has no sound that can be decoded.
    """

    def __init__(
        self,
        own: Path | None,
        voices: Sequence[Voice],
        seconds: Fraction,
        level: float | None = None,
    ) -> None:
        paths = ([] if own is None else [own]) + [voice.path for voice in voices]
        forms = [_form(path) for path in dict.fromkeys(paths)]
        rates = [rate for rate, _ in forms]
        self.rate = rates[0] if own is not None and rates[0] >= GOOD_RATE else max(rates)
        self.layout = AudioLayout(LAYOUTS.get(max(count for _, count in forms), "stereo"))
        self._own = None if own is None else _Track(own, Fraction(0), self)
        self._voices = [
            (_Track(voice.path, voice.begin, self), Envelope(voice.ranges, self.rate))
            for voice in voices
        ]
        everywhere = any(voice.ranges is None for voice in voices)
        parts = [part for voice in voices for part in voice.ranges or ()]
        self._changed = Envelope(None if everywhere else parts, self.rate)
        self._samples = round(seconds * self.rate)
        self._level = np.float32(0 if level is None else 10 ** (level / 20))

    def close(self) -> None:
        """Close the files."""
        for track in [self._own, *(track for track, _ in self._voices)]:
            if track is not None:
                track.close()

    def blocks(self) -> Iterator[F32]:
        """Yield the samples, once.

        Yields
        ------
        ndarray of float32, shape (channels, n)
            Consecutive samples in [-1, 1].

        Raises
        ------
        BadFileError
            A file can't be decoded.
        """
        for block in limit_peaks(self._mixes(), round(REACH_SECONDS * self.rate)):
            yield np.clip(block, -1, 1)

    def _mixes(self) -> Iterator[tuple[F32, F32]]:
        for start in range(0, self._samples, _BLOCK):
            stop = min(start + _BLOCK, self._samples)
            parts = []
            if self._own is not None:
                own, changed = self._own.samples(start, stop), self._changed.weights(start, stop)
                if changed is not None:
                    own = own * (1 + changed * (self._level - 1))
                parts.append(own)
            for track, envelope in self._voices:
                weights = envelope.weights(start, stop)
                if weights is not None:
                    parts.append(track.samples(start, stop) * weights)
                if envelope.stop is not None and start < envelope.stop <= stop:
                    track.close()
            mix = np.zeros((self.layout.nb_channels, stop - start), np.float32)
            for part in parts:
                mix += part
            several = len(parts) > 1
            yield mix, allowed_gain(mix, parts) if several else np.ones(stop - start, np.float32)


class _Track:
    """A file's samples in the form of a mix, from any sample of the mix on, going forward."""

    def __init__(self, path: Path, begin: Fraction, mix: MixedSound) -> None:
        self._path, self._rate, self._layout = path, mix.rate, mix.layout
        self._begin = round(begin * mix.rate)
        self._source: AudioSource | None = None
        self._blocks: Iterator[F32] = iter(())
        self._kept = np.zeros((mix.layout.nb_channels, 0), np.float32)
        self._place = 0  # of the first sample kept, in the file

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._blocks = iter(())

    def samples(self, start: int, stop: int) -> F32:
        """Give samples of the mix [shape=(channels, n)]; silence where there are none."""
        if self._source is None:
            self._source = AudioSource(self._path)
            self._blocks = _converted(self._source, self._layout, self._rate)
        first, last = start - self._begin, stop - self._begin
        while self._place + self._kept.shape[1] < last:
            block = next(self._blocks, None)
            if block is None:
                break
            self._kept = np.concatenate([self._kept, block], axis=1)
            self._drop(first)
        self._drop(first)
        found = self._kept[:, max(first - self._place, 0) : max(last - self._place, 0)]
        before = min(max(self._place - first, 0), stop - start) if first < 0 else 0
        after = stop - start - before - found.shape[1]
        return np.pad(found, ((0, 0), (before, after)))

    def _drop(self, place: int) -> None:
        """Drop what lies before a sample of the file."""
        passed = min(max(place - self._place, 0), self._kept.shape[1])
        self._kept = self._kept[:, passed:]
        self._place += passed


def _form(path: Path) -> tuple[int, int]:
    """Give rate and channels of a sound."""
    with closing(AudioSource(path)) as source:
        return source.rate, source.layout.nb_channels


def _converted(source: AudioSource, layout: AudioLayout, rate: int) -> Iterator[F32]:
    """Yield a sound's samples in another layout and at another rate."""
    blocks, name = source.blocks(), source.layout.name
    if source.layout.nb_channels == 1:
        # The codec library takes 3 dB off a mono sound that becomes two channels.
        name = "stereo" if layout.nb_channels == 2 else "mono"
        blocks = (np.repeat(block, 2 if name == "stereo" else 1, axis=0) for block in blocks)
    if (name, source.rate) == (layout.name, rate):
        return blocks
    return resample(blocks, name, source.rate, layout.name, rate)
