"""The sound of any file as blocks of samples, on the clock of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from .._typing import F32
from ..errors import BadFileError
from .clock import LONGEST_STILL
from .formats import CONVERT, audio_stream, demuxed, has_sound, keeps_time, open_media, reading
from .info import index_video
from .packets import first_picture
from .samples import arrays

_MIN_OFFSET = 0.0005  # seconds; containers that count in milliseconds are not more exact
_MIN_GAP = Fraction(1, 25)  # seconds; less is a rounded clock, and not seen: a frame of 25 fps
_RATES = (4000, 768_000)  # samples per second; below there is no speech, above no sound card
_SILENCE = 1 << 16  # samples of silence at a time


class AudioSource:
    """The sound of a file, as blocks of float samples at its own rate and channels.

    Of several audio streams it is the one marked as the usual one, or else the first. In a video
    the sound is padded or trimmed at its beginning, so that sample 0 and the first picture are at
    the same time. Where its clock leaves out 40 ms or more, there is silence; what overlaps by as
    much is left out.

    Parameters
    ----------
    path : Path or str
        Any file with sound.

    Attributes
    ----------
    path : Path
        The file.
    rate : int
        Samples per second.
    layout : AudioLayout
        The loudspeakers that the channels are for.
    codec : str
        Name of the audio codec.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._container = open_media(self.path)
        try:
            stream = audio_stream(self._container)
            if stream is None:
                if has_sound(self._container):
                    raise BadFileError(
                        "its sound is of a kind that is not known here",
                        path=self.path,
                        hint=CONVERT,
                    )
                raise BadFileError("it has no sound", path=self.path, hint="no audio stream in it")
            self._frames = self._decode(self._container, stream)
            first = next(self._frames, None)
            if first is None:
                raise self._empty()
            # The first frame knows better than the stream: AAC's header may state half the rate.
            self._require_rate(first)
            self._begin = first_picture(self.path)
        except BaseException:
            self._container.close()
            raise
        self._first: AudioFrame | None = first
        self._timed = keeps_time(self._container)
        self.rate = first.sample_rate
        self.layout: AudioLayout = first.layout
        self.codec = stream.codec_context.name

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def blocks(self) -> Iterator[F32]:
        """Yield the samples, once.

        Yields
        ------
        np.ndarray [shape=(channels, n), dtype=float32]
            Consecutive samples in [-1, 1]. What float formats hold beyond is clipped, and what is
            no number is silent.

        Raises
        ------
        BadFileError
            If it can't be decoded, or nothing is left of the sound when it is aligned with the
            pictures.
        """
        first, self._first = self._first, None
        if first is None:
            return
        offset = self._offset(first)
        if offset > LONGEST_STILL * self.rate:
            raise self._jump(Fraction(offset, self.rate), "before its beginning")
        yield from self._silence(offset)
        skip = max(-offset, 0)
        some = False
        with reading(self.path):
            for block in self._as_float(first):
                dropped = min(skip, block.shape[1])
                skip -= dropped
                if block.shape[1] > dropped:
                    some = True
                    yield _within_full_scale(block[:, dropped:])
        if not some:
            raise self._empty()

    def _decode(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        with reading(self.path):
            for packet in demuxed(container, stream):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    continue  # players pass over a damaged packet, too
                for frame in frames:
                    if frame.samples:
                        yield frame

    def _require_rate(self, frame: AudioFrame) -> None:
        least, most = _RATES
        if not least <= frame.sample_rate <= most:
            raise BadFileError(
                f"sound of {frame.sample_rate} samples per second",
                path=self.path,
                hint=f"convert it to between {least} and {most}; 16000 is enough for speech",
            )

    def _offset(self, first: AudioFrame) -> int:
        """Return how many samples later than the pictures the sound begins."""
        if self._begin is None or first.pts is None or first.time_base is None:
            return 0
        seconds = first.pts * Fraction(first.time_base) - self._begin
        return round(seconds * self.rate) if abs(seconds) >= _MIN_OFFSET else 0

    def _silence(self, samples: int) -> Iterator[F32]:
        for start in range(0, samples, _SILENCE):
            yield np.zeros((self.layout.nb_channels, min(_SILENCE, samples - start)), np.float32)

    def _empty(self) -> BadFileError:
        return BadFileError(
            "there is not one sample in its sound track", path=self.path, hint=CONVERT
        )

    def _jump(self, seconds: Fraction, where: str) -> BadFileError:
        return BadFileError(
            f"the sound's clock leaves out {float(seconds):.0f} s {where}",
            path=self.path,
            hint="its time stamps are damaged; convert it to WAV",
        )

    def _as_float(self, first: AudioFrame) -> Iterator[F32]:
        kind: tuple[str, str, int] | None = None
        resampler: AudioResampler | None = None
        frame: AudioFrame | None = first
        clock = _Clock(self.path, self.rate, self._begin is not None)
        left_out = surplus = 0
        while frame is not None:
            here = (frame.format.name, frame.layout.name, frame.sample_rate)
            late = clock.late(frame) if self._timed else 0
            gap, surplus = max(late, 0), surplus + max(-late, 0)
            if resampler is not None and (here != kind or gap):
                yield from arrays(resampler.resample(None))
                resampler = None
            left_out += gap
            if left_out > LONGEST_STILL * self.rate:
                seconds = float(frame.time or 0)
                raise self._jump(Fraction(left_out, self.rate), f"up to {seconds:.2f} s")
            yield from self._silence(gap)
            if resampler is None:  # some broadcasts change it in mid-stream
                self._require_rate(frame)
                resampler = AudioResampler("flt", self.layout, self.rate)
                kind = here
            frame.pts = None  # gaps are filled above, and only there
            for block in arrays(resampler.resample(frame)):
                dropped = min(surplus, block.shape[1])
                surplus -= dropped
                yield block[:, dropped:]
            frame = next(self._frames, None)
        if resampler is not None:
            yield from arrays(resampler.resample(None))


class _Clock:
    """Compares the time stamps of frames with the samples that came before them.

    A clock that jumps back starts again, as in files that were joined end to end. The sound
    then goes on where the pictures do, or without pictures where it was.
    """

    def __init__(self, path: Path, rate: int, pictures: bool) -> None:
        self._path, self._rate, self._pictures = path, rate, pictures
        self._expected: Fraction | None = None
        self._shift = Fraction(0)  # from the clock to one that never jumps back
        self._latest = Fraction(0)
        self._joins: list[Fraction] | None = None

    def late(self, frame: AudioFrame) -> int:
        """Return how many samples are missing before a frame, or less than 0: are too many."""
        length = Fraction(frame.samples, frame.sample_rate)
        if frame.pts is None or frame.time_base is None:
            if self._expected is not None:
                self._expected += length
            return 0
        own = frame.pts * Fraction(frame.time_base)
        before = own if self._expected is None else self._expected
        if self._expected is not None and own < self._latest - _MIN_GAP:
            self._shift = self._after_jump(before - own)
        self._latest = own
        late = own + self._shift - before
        # Small differences stay, so that they can't add up unseen.
        if abs(late) < _MIN_GAP or (late < 0 and not self._pictures):
            late = Fraction(0)
        self._expected = before + late + length
        return round(late * self._rate)

    def _after_jump(self, without_pictures: Fraction) -> Fraction:
        if not self._pictures:
            return without_pictures
        if self._joins is None:
            self._joins = list(index_video(self._path).joins)
        return self._joins.pop(0) if self._joins else self._shift


def _within_full_scale(block: F32) -> F32:
    if np.isnan(block).any():
        block = np.nan_to_num(block, nan=0)
    return np.clip(block, -1, 1)
