"""Sound in: mono for analysis, or as it is for the result."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from ..errors import BadFileError
from .formats import audio_stream, open_media, reading, video_stream

F32 = npt.NDArray[np.float32]

# How loud a loudspeaker sounds in the mono mix (ITU-R BS.775 down-mix), before normalisation.
_MONO_WEIGHTS = {"FL": 0.5**0.5, "FR": 0.5**0.5, "FC": 1.0, "LFE": 0.0, "LFE2": 0.0}
_SURROUND_WEIGHT = 0.5
_MIN_OFFSET = 0.0005  # seconds; containers that count in milliseconds are not more exact


@dataclass(frozen=True)
class AudioInfo:
    """What there is to know of a sound.

    Attributes
    ----------
    path : Path
        The file.
    rate : int
        Samples per second.
    channels : int
        Number of channels.
    duration : Fraction
        Seconds, exact: decoded samples / rate.
    codec : str
        Name of the audio codec.
    """

    path: Path
    rate: int
    channels: int
    duration: Fraction
    codec: str


class AudioSource:
    """The first audio stream of a file, as blocks of float samples at its own rate and channels.

    In a video the sound is padded or trimmed at its beginning, so that sample 0 and the first
    picture are at the same time.

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
                raise BadFileError("it has no sound", path=self.path, hint="no audio stream in it")
            self._stream = stream
            self._frames = self._decode(self._container, stream)
            first = next(self._frames, None)
            if first is None:
                raise BadFileError("there is not one sample in its sound track", path=self.path)
        except BaseException:
            self._container.close()
            raise
        self._first: AudioFrame | None = first
        # The first frame knows better than the stream: AAC's header may state half the rate.
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
            Consecutive samples; full scale is 1.

        Raises
        ------
        BadFileError
            If nothing is left of the sound when it is aligned with the pictures.
        """
        first, self._first = self._first, None
        if first is None:
            return
        offset = self._offset(first)
        if offset > 0:
            yield np.zeros((self.layout.nb_channels, offset), np.float32)
        skip = max(-offset, 0)
        some = False
        with reading(self.path):
            for block in self._as_float(first):
                dropped = min(skip, block.shape[1])
                skip -= dropped
                if block.shape[1] > dropped:
                    some = True
                    yield block[:, dropped:]
        if not some:
            raise BadFileError("there is not one sample in its sound track", path=self.path)

    def _decode(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        with reading(self.path):
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    continue  # players pass over a damaged packet, too
                for frame in frames:
                    if frame.samples:
                        yield frame

    def _offset(self, first: AudioFrame) -> int:
        """Return how many samples later than the pictures the sound begins."""
        video = video_stream(self._container)
        if video is None or first.pts is None or first.time_base is None:
            return 0
        begin = (video.start_time or 0) * (video.time_base or Fraction(0))
        seconds = first.pts * Fraction(first.time_base) - begin
        return round(seconds * self.rate) if abs(seconds) >= _MIN_OFFSET else 0

    def _as_float(self, first: AudioFrame) -> Iterator[F32]:
        kind: tuple[str, str, int] | None = None
        resampler: AudioResampler | None = None
        frame: AudioFrame | None = first
        while frame is not None:
            here = (frame.format.name, frame.layout.name, frame.sample_rate)
            if here != kind:  # some broadcasts change it in mid-stream
                if resampler is not None:
                    yield from _arrays(resampler.resample(None))
                resampler = AudioResampler("flt", self.layout, self.rate)
                kind = here
            assert resampler is not None
            frame.pts = None  # gaps in the time stamps are not filled
            yield from _arrays(resampler.resample(frame))
            frame = next(self._frames, None)
        if resampler is not None:
            yield from _arrays(resampler.resample(None))


def _arrays(frames: list[AudioFrame]) -> Iterator[F32]:
    # Interleaved throughout: PyAV reads past the planes of a planar frame of eight channels.
    for frame in frames:
        if frame.samples:
            samples = np.asarray(frame.to_ndarray(), np.float32)
            yield np.ascontiguousarray(samples.reshape(frame.samples, -1).T)


def probe_audio(path: Path | str) -> AudioInfo:
    """Find rate, channels and exact duration of a sound; it is decoded whole, once.

    Parameters
    ----------
    path : Path or str
        Any file with sound, a video too.

    Returns
    -------
    AudioInfo

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    path = Path(path)
    try:
        stat = path.stat()
    except OSError:
        return _probe(path, None)  # which says what is wrong with it
    return _probe(path, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))


@lru_cache(maxsize=64)
def _probe(path: Path, state: tuple[int, ...] | None) -> AudioInfo:
    """Decode a sound; once for each state of the file, as every step asks again."""
    with closing(AudioSource(path)) as source:
        samples = sum(block.shape[1] for block in source.blocks())
        return AudioInfo(
            path=source.path,
            rate=source.rate,
            channels=source.layout.nb_channels,
            duration=Fraction(samples, source.rate),
            codec=source.codec,
        )


def read_audio(path: Path | str, rate: int = 16000) -> F32:
    """Read a sound as mono.

    Parameters
    ----------
    path : Path or str
        Any file with sound. In a video, sample 0 is at the time of the first picture.
    rate : int, optional
        Samples per second of the result.

    Returns
    -------
    np.ndarray [shape=(round(duration * rate),), dtype=float32]
        Samples in [-1, 1]: all channels mixed such that none can exceed full scale.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadFileError
        If it can't be decoded or has no sound.
    """
    with closing(AudioSource(path)) as source:
        weights = mono_weights(source.layout)
        mono = (weights @ block for block in source.blocks())
        counted = _Counter(mono)
        pieces = list(resample((m[np.newaxis] for m in counted), "mono", source.rate, "mono", rate))
    samples = np.concatenate([piece[0] for piece in pieces])
    length = max(round(Fraction(counted.samples, source.rate) * rate), 1)
    # The resampler's last partial sample may or may not come out.
    samples = np.pad(samples[:length], (0, max(length - len(samples), 0)))
    return np.asarray(np.clip(samples, -1, 1), np.float32)


def resample(
    blocks: Iterator[F32], layout: str, rate: int, to_layout: str, to_rate: int
) -> Iterator[F32]:
    """Change layout and sample rate of consecutive blocks [shape=(channels, n)]."""
    resampler = AudioResampler("flt", to_layout, to_rate)
    for block in blocks:
        yield from _arrays(resampler.resample(audio_frame(block, layout, rate)))
    yield from _arrays(resampler.resample(None))


def audio_frame(block: F32, layout: str, rate: int) -> AudioFrame:
    """Wrap samples [shape=(channels, n)] for the codec library."""
    interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
    frame = AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
    frame.sample_rate = rate
    return frame


def mono_weights(layout: AudioLayout) -> F32:
    """Return how much of each channel goes into the mono mix [shape=(channels,)]; the sum is 1."""
    names = [channel.name for channel in layout.channels]
    if len(names) <= 1:
        return np.ones(1, np.float32)
    weights = np.array([_MONO_WEIGHTS.get(name, _SURROUND_WEIGHT) for name in names])
    return np.asarray(weights / weights.sum(), np.float32)


class _Counter:
    """Pass blocks on and count their samples."""

    def __init__(self, blocks: Iterator[F32]) -> None:
        self._blocks = blocks
        self.samples = 0

    def __iter__(self) -> Iterator[F32]:
        for block in self._blocks:
            self.samples += block.shape[-1]
            yield block


def write_wav(path: Path | str, samples: npt.ArrayLike, rate: int) -> None:
    """Write a 16-bit PCM WAV file.

    Parameters
    ----------
    path : Path or str
        Where to; an existing file is replaced.
    samples : array_like [shape=(n,) or (n, channels)]
        Samples; what exceeds [-1, 1] is clipped.
    rate : int
        Samples per second.
    """
    data = np.atleast_1d(np.asarray(samples, np.float64))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if data.ndim == 1 else data.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(np.clip(data, -1, 1) * 32767).astype("<i2").tobytes())
