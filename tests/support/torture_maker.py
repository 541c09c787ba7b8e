"""Tiny films and sounds of every odd kind, whose content is known and can be read back."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from media_maker import BITS, MARK

from audio2video.errors import Audio2VideoError

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

SIZE = (192, 96)
LEFT, RIGHT = (190, 50, 40), (50, 70, 190)  # colours below the number: they tell which way is up
BURSTS = (0.24, 0.8, 1.12, 1.6)  # seconds; uneven, so that no shift maps them onto themselves
BURST = 0.06
_SWS = {1: 1, 5: 5, 6: 5, 9: 9}  # H.273 matrix -> libswscale's number


def scene(k: int, size: tuple[int, int] = SIZE) -> U8:
    """Frame number in a row of squares on top, red at the left and blue at the right below."""
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = LEFT, RIGHT
    for bit in range(BITS):
        picture[:MARK, bit * MARK : (bit + 1) * MARK] = 230 if k >> bit & 1 else 25
    return picture


def corner_colours(rgb: U8) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Median colours at the left and the right, below the number."""
    height, width = rgb.shape[:2]
    rows = slice(height // 2, height - 8)
    left, right = rgb[rows, 8 : width // 2 - 8], rgb[rows, width // 2 + 8 : width - 8]
    return np.median(left, axis=(0, 1)), np.median(right, axis=(0, 1))


def bursts(seconds: float, rate: int, channels: int = 1, level: float = 0.5) -> F32:
    """Short tones at the times `BURSTS`, (channels, n)."""
    time = np.arange(round(seconds * rate)) / rate
    loud = np.zeros(len(time))
    for start in BURSTS:
        loud[(time >= start) & (time < start + BURST)] = level
    tone = loud * np.sin(2 * np.pi * 1000 * time)
    return np.repeat(tone[np.newaxis], channels, axis=0).astype(np.float32)


def onsets(samples: npt.NDArray[np.floating], rate: int = 16000) -> list[float]:
    """When tones begin, seconds."""
    level = float(np.abs(samples).max(initial=0))
    if not level > 0.01:
        return []
    loud = np.flatnonzero(np.abs(samples) > 0.35 * level)
    first = np.concatenate([[True], np.diff(loud) > 0.1 * rate])
    return [float(n / rate) for n in loud[first]]


@dataclass(frozen=True)
class Sound:
    """A sound track: samples (channels, n), and when it begins, in seconds."""

    samples: F32
    rate: int = 48000
    codec: str = "aac"
    start: Fraction = Fraction(0)
    layout: str | None = None
    jumps: Sequence[tuple[float, float]] = ()  # from this second on, the clock is so much further


_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def _encode_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, sound: Sound
) -> None:
    layout = sound.layout or _LAYOUTS[sound.samples.shape[0]]
    step = sound.rate // 25
    for begin in range(0, max(sound.samples.shape[1], 1), step):
        block = np.ascontiguousarray(sound.samples[:, begin : begin + step].T).reshape(1, -1)
        if not block.size:
            continue
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
        frame.sample_rate = sound.rate
        clock = sound.start + Fraction(begin, sound.rate)
        moved = sum(Fraction(str(by)) for at, by in sound.jumps if begin >= at * sound.rate)
        frame.pts = round((clock + moved) * sound.rate)
        frame.time_base = Fraction(1, sound.rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@contextmanager
def own_scheduling() -> Iterator[None]:
    """Restore the thread's scheduling policy after encoding.

    Run by root, SVT-AV1 makes the thread that opens it a real-time one of the highest priority
    (SCHED_FIFO 99) and leaves it so; every process started from it would inherit that. Two such
    processes on two cores starve all others, and each other: OpenBLAS's main thread spins until its
    helper thread has worked, which then never gets a core.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def film(
    path: Path,
    frames: int = 50,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    rate: Fraction = Fraction(25),
    times: Sequence[int] | None = None,
    tick: Fraction | None = None,
    gop: int = 12,
    options: dict[str, str] | None = None,
    colours: tuple[int, int, int, int] = (1, 6, 6, 6),
    aspect: Fraction | None = None,
    sounds: Iterable[Sound] = (),
    stored: Callable[[U8], U8] = lambda picture: picture,
    draw: Callable[[int], U8] | None = None,
    decoys: int = 0,
    data: bool = False,
    format: str | None = None,
    muxer: dict[str, str] | None = None,
) -> Path:
    """Encode the scene; ``times`` are pts in units of ``tick``, ``colours`` H.273 codes.

    ``decoys`` are further video streams, after the first, that show another picture.
    """
    drawn = draw or (lambda k: scene(k, size))
    shape = stored(drawn(0)).shape
    tick = tick or 1 / rate
    with (
        own_scheduling(),
        av.open(str(path), "w", format=format, options=muxer or {}) as container,
    ):
        streams = []
        for _ in range(1 + decoys):
            stream = container.add_stream(codec, rate=rate)
            context = stream.codec_context
            context.width, context.height, context.pix_fmt = shape[1], shape[0], pix_fmt
            context.time_base, context.gop_size = tick, gop
            context.color_range, context.colorspace = colours[:2]
            context.color_primaries, context.color_trc = colours[2:]
            if aspect is not None:
                context.sample_aspect_ratio = aspect
            context.options = (
                {"crf": "10", "preset": "veryfast"} if options is None and "264" in codec else {}
            ) | (options or {})
            streams.append(stream)
        tracks = [
            (
                container.add_stream(
                    sound.codec,
                    rate=sound.rate,
                    layout=sound.layout or _LAYOUTS[sound.samples.shape[0]],
                ),
                sound,
            )
            for sound in sounds
        ]
        if data:
            container.add_data_stream("bin_data")
        for stream, sound in tracks:
            _encode_sound(container, stream, sound)
        for k in range(frames):
            for number, stream in enumerate(streams):
                rgb = stored(drawn(k if number == 0 else 0))
                picture = _picture(rgb, pix_fmt, colours)
                picture.pts = k if times is None else times[k]
                picture.time_base = tick
                container.mux(stream.encode(picture))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def _picture(rgb: U8, pix_fmt: str, colours: tuple[int, int, int, int]) -> av.VideoFrame:
    kind = "rgba" if rgb.shape[2] == 4 else "rgb24"
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=kind)
    if pix_fmt == kind:
        return picture
    full = colours[0] == 2 or pix_fmt.startswith("gray")
    return picture.reformat(
        format=pix_fmt,
        dst_colorspace=_SWS.get(colours[1]),
        src_color_range=2,
        dst_color_range=2 if full else 1,
    )


def with_subtitles(source: Path, path: Path) -> Path:
    """Copy a film and put subtitles in before all else."""
    text = path.with_suffix(".srt")
    text.write_text("1\n00:00:00,100 --> 00:00:01,000\nhello\n")
    with (
        av.open(str(text)) as words,
        av.open(str(source)) as reading,
        av.open(str(path), "w") as container,
    ):
        outputs = {"words": container.add_stream_from_template(words.streams.subtitles[0])}
        for stream in reading.streams:
            outputs[str(stream.index)] = container.add_stream_from_template(stream)
        for packet in words.demux(subtitles=0):
            if packet.size:
                packet.stream = outputs["words"]
                container.mux(packet)
        for packet in reading.demux():
            if packet.size:
                packet.stream = outputs[str(packet.stream.index)]
                container.mux(packet)
    return path


def sound_file(path: Path, sound: Sound, *, format: str | None = None) -> Path:
    """Encode a sound without pictures."""
    layout = sound.layout or _LAYOUTS[sound.samples.shape[0]]
    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(sound.codec, rate=sound.rate, layout=layout)
        _encode_sound(container, stream, sound)
    return path


_WAV = {
    "u8": (1, 8),
    "s16": (1, 16),
    "s24": (1, 24),
    "s32": (1, 32),
    "f32": (3, 32),
    "f64": (3, 64),
}


def wav(path: Path, samples: npt.NDArray[np.floating], rate: int, kind: str = "s16") -> Path:
    """Write samples (channels, n) as a WAV file of any sample format, byte by byte."""
    code, bits = _WAV[kind]
    data = np.ascontiguousarray(np.asarray(samples, np.float64).T)
    if kind == "u8":
        body = np.rint(np.clip(data, -1, 1) * 127 + 128).astype(np.uint8).tobytes()
    elif code == 3:
        body = data.astype("<f4" if bits == 32 else "<f8").tobytes()
    else:
        whole = np.rint(np.clip(data, -1, 1) * (2 ** (bits - 1) - 1)).astype("<i4")
        quads = whole.reshape(-1, 1).view(np.uint8).reshape(-1, 4)
        body = np.ascontiguousarray(quads[:, : bits // 8]).tobytes()
    channels = samples.shape[0]
    align = channels * bits // 8
    header = struct.pack("<HHIIHH", code, channels, rate, rate * align, align, bits)
    chunks = (
        b"fmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", len(body)) + body
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def remuxed(source: Path, path: Path, *, skip: int = 0, cover: bool = False) -> Path:
    """Copy packets of the first video, and all sound; ``skip`` drops the first video packets.

    With ``cover`` a still picture comes before all as an attached one.
    """
    with av.open(str(source)) as reading, av.open(str(path), "w") as container:
        outputs = {}
        art = None
        if cover:
            art = container.add_stream("mjpeg", rate=25)
            art.width, art.height, art.pix_fmt = 64, 64, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic.value
        for stream in (*reading.streams.video[:1], *reading.streams.audio):
            outputs[stream.index] = container.add_stream_from_template(stream)
        if art is not None:
            gray = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, np.uint8), format="rgb24")
            gray = gray.reformat(format="yuvj420p")
            gray.pts, gray.time_base = 0, Fraction(1, 25)
            container.mux(art.encode(gray))
            container.mux(art.encode(None))
        for packet in reading.demux(*(reading.streams[index] for index in outputs)):
            if not packet.size:
                continue
            if packet.stream.type == "video" and skip:
                skip -= 1
                continue
            packet.stream = outputs[packet.stream.index]
            container.mux(packet)
    return path


def concatenated(path: Path, *parts: Path) -> Path:
    """Join files end to end, byte by byte, as people do with transport streams."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def replaced(source: Path, path: Path, old: bytes, new: bytes, times: int = -1) -> Path:
    """Copy a file with some bytes replaced by as many others."""
    data = source.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new, times))
    return path


def moved_clusters(source: Path, path: Path, first: int, by: int) -> Path:
    """Copy a Matroska file; from cluster ``first`` on its clock is ``by`` milliseconds further."""
    data = bytearray(source.read_bytes())
    place, number = data.find(b"\x1f\x43\xb6\x75"), 0
    while place >= 0:
        clock = data.index(b"\xe7", place) + 1  # the cluster's time stamp: length, then number
        value = slice(clock + 1, clock + 1 + (data[clock] & 0x7F))
        if number >= first:
            time = int.from_bytes(data[value], "big") + by
            data[value] = time.to_bytes(data[clock] & 0x7F, "big")
        place, number = data.find(b"\x1f\x43\xb6\x75", place + 1), number + 1
    assert number > first
    path.write_bytes(bytes(data))
    return path


@dataclass(frozen=True)
class Case:
    """An odd file, what it holds, and what must become of it.

    ``what`` and ``note`` stand in the table of docs/reports/media.md. ``refused`` is the message of
    a refusal; without one the file must be read. Of pictures the numbers are checked in order
    (``numbers``, those of all output frames), of sound when the tones begin (``heard``, seconds)
    and how long it lasts.
    """

    what: str
    name: str
    make: Callable[[Path], Path | None]
    note: str = ""
    refused: str = ""
    numbers: Sequence[int] = tuple(range(50))
    rate: Fraction = Fraction(25)
    size: tuple[int, int] = SIZE
    colours: tuple[tuple[float, ...], tuple[float, ...]] = (LEFT, RIGHT)
    heard: Sequence[float] | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        return self.name

    def row(self) -> str:
        """Line of the table."""
        what = f"refused: `{self.refused}`" if self.refused else "works"
        note = f"; {self.note}" if self.note else ""
        return f"| {self.what} | {what}{note} |"


def built(case: Case, folder: Path) -> Path:
    """Make a case's file."""
    path = folder / case.name
    return case.make(path) or path


def refused_in_one_line(
    case: Case,
    path: Path,
    readers: Sequence[Callable[[Path], object]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Check that every reader refuses a case's file with its message, and nothing is printed."""
    capfd.readouterr()
    for read in readers:
        with pytest.raises(Audio2VideoError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: {case.refused}"
    assert capfd.readouterr() == ("", "")
