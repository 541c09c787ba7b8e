"""Small synthetic films and sounds for the tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Planes = npt.NDArray[np.uint8]
MARK = 16  # side of a bit of the frame number, pixels
BITS = 10


def numbered(k: int, width: int = 192, height: int = 96) -> Planes:
    """Planes (H * 3 / 2, W) that hold their number in a row of black and white squares."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[MARK:height] = np.linspace(60, 180, width).astype(np.uint8)
    for bit in range(BITS):
        planes[:MARK, bit * MARK : (bit + 1) * MARK] = 220 if k >> bit & 1 else 30
    return planes


def number_of(y: Planes) -> int:
    """Read the number back from luma."""
    row = y[MARK // 2, MARK // 2 : BITS * MARK : MARK]
    return int(sum(1 << bit for bit in range(BITS) if row[bit] > 125))


def make_video(
    path: Path,
    frames: int = 50,
    *,
    rate: Fraction = Fraction(25),
    size: tuple[int, int] = (192, 96),
    times: Sequence[int] | None = None,
    tick: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    bframes: int = 2,
    sound: npt.NDArray[np.float32] | None = None,
    sound_rate: int = 44100,
    sound_codec: str = "aac",
    sound_start: Fraction = Fraction(0),
    colours: tuple[int, int, int, int] | None = None,
    format: str | None = None,
) -> Path:
    """Encode numbered frames; ``times`` are their pts in units of ``tick``."""
    width, height = size
    tick = tick or 1 / rate
    with av.open(str(path), "w", format=format) as container:
        video = container.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        video.codec_context.time_base = tick
        video.codec_context.gop_size = gop
        if codec == "libx264":
            video.options = {"crf": "12", "bf": str(bframes), "preset": "veryfast"}
        if colours is not None:
            context = video.codec_context
            context.color_range, context.colorspace = colours[:2]
            context.color_primaries, context.color_trc = colours[2:]
        audio = None
        if sound is not None:
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[0]]
            audio = container.add_stream(sound_codec, rate=sound_rate, layout=layout)
            block = av.AudioFrame.from_ndarray(sound, format="fltp", layout=layout)
            block.sample_rate = sound_rate
            block.pts = round(sound_start * sound_rate)
            block.time_base = Fraction(1, sound_rate)
            container.mux(audio.encode(block))
            container.mux(audio.encode(None))
        even = (width + width % 2, height + height % 2)
        for k in range(frames):
            picture = av.VideoFrame.from_ndarray(numbered(k, *even), format="yuv420p")
            if (pix_fmt, even) != ("yuv420p", size):
                rgb = picture.to_ndarray(format="rgb24")[:height, :width]
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
                full = bool(colours and colours[0] == 2)
                picture = picture.reformat(
                    format=pix_fmt, src_color_range=2, dst_color_range=2 if full else 1
                )
            picture.pts = k if times is None else times[k]
            picture.time_base = tick
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
    return path


def make_audio(
    path: Path, samples: npt.NDArray[np.float32], rate: int, codec: str, layout: str = "mono"
) -> Path:
    """Encode samples (channels, n)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        block = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        block.sample_rate = rate
        block.pts = 0
        block.time_base = Fraction(1, rate)
        container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a rotation into the first track header of an MP4 file."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    matrix = header + 40  # version 0: flags, times, ids, duration, layer, volume come first
    one = 1 << 16
    data[matrix : matrix + 36] = struct.pack(
        ">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30
    )
    path.write_bytes(bytes(data))
    return path


def speechlike(seconds: float, rate: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Noise whose loudness goes up and down, (1, n): it can be found again by correlation."""
    n = round(seconds * rate)
    noise = np.convolve(rng.standard_normal(n + 63), np.hanning(64), "valid")
    envelope = 0.55 + 0.45 * np.sin(np.arange(n) / rate * 9)
    sound = noise * envelope
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)[np.newaxis]


def delay_seconds(
    heard: npt.NDArray[np.float32], said: npt.NDArray[np.float32], rate: int
) -> float:
    """How much later ``heard`` is than ``said``, by cross-correlation (both 1-D)."""
    size = 1 << int(np.ceil(np.log2(len(heard) + len(said))))
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (peak - size if peak > size // 2 else peak) / rate
