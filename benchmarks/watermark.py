"""``python -m benchmarks.watermark VIDEO...``: what a mark costs, and what it survives.

Each video, which bears no mark, is marked under a key of this program's own, encoded as a result
is, changed in many ways, and searched for the mark in 5 seconds from its middle.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from audio2video.media.video import Frame, VideoReader, VideoWriter
from audio2video.watermark.code import Payload
from audio2video.watermark.detection import Finding, search
from audio2video.watermark.embedding import Embedder
from audio2video.watermark.residual import Average, Seen

U8 = NDArray[np.uint8]
AREA = cv2.INTER_AREA
SECONDS = 5
KEYS = [bytes([k]) * 32 for k in range(1, 5)]
PAYLOAD = Payload(1, 0x5A3C0F1E2D4)


@dataclass(frozen=True)
class Pass:
    """One time through an encoder, after a change of each picture."""

    options: dict[str, str]
    codec: str = "libx264"
    kbit: int = 0
    side: float = 1.0
    """The shorter side: a factor, or pixels where it is above 8."""
    change: Callable[[U8], U8] | None = None
    """Of luma, chroma being grey where it is no mirror or crop; see `_changed`."""
    keep: float = 1.0
    """Share of width and height that a crop leaves."""
    mirror: bool = False
    canvas: Callable[[Frame], Frame] | None = None
    """Puts the picture into a larger one."""
    grey: bool = False
    rate: Fraction | None = None


def _x264(crf: int) -> dict[str, str]:
    return {"crf": str(crf), "preset": "veryfast"}


USUAL = _x264(23)
UPLOAD = {"preset": "veryfast"}


def _levels(function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Callable[[U8], U8]:
    table = np.clip(function(np.arange(256.0)) + 0.5, 0, 255).astype(np.uint8)
    return lambda y: table[y]


def _blurred(y: U8) -> U8:
    return np.asarray(cv2.GaussianBlur(y, (0, 0), 1.5 * min(y.shape) / 720))


def _sharpened(y: U8) -> U8:
    soft = cv2.GaussianBlur(y, (0, 0), 1.5 * min(y.shape) / 720)
    return np.asarray(cv2.addWeighted(y, 2.0, soft, -1.0, 0.0))


def _noisy(y: U8) -> U8:
    noise = np.random.default_rng(int(y[:8].sum())).normal(0.0, 8.0, y.shape)
    return np.clip(y + noise, 0, 255).astype(np.uint8)


def _letterboxed(frame: Frame) -> Frame:
    """Put an upright or square picture between bars of a wide one, and a wide one of an upright."""
    wide = frame.width > frame.height
    shape = Fraction(9, 16) if wide else Fraction(16, 9)
    width = frame.width if wide else round(frame.height * shape / 2) * 2
    height = round(frame.width / shape / 2) * 2 if wide else frame.height
    return _onto(np.full((height, width), 16, np.uint8), frame, 0.5, 0.5)


def _on_screen(frame: Frame) -> Frame:
    """Show a picture in a window, on a screen of 1920 x 1080 with things around it."""
    factor = min(0.7 * 1920 / frame.width, 0.7 * 1080 / frame.height)
    size = round(frame.width * factor / 2) * 2, round(frame.height * factor / 2) * 2
    y, u, v = (
        np.asarray(cv2.resize(plane, (size[0] // step, size[1] // step), interpolation=AREA))
        for plane, step in ((frame.y, 1), (frame.u, 2), (frame.v, 2))
    )
    small = Frame.from_planes(y, u, v, frame.matrix)
    rng = np.random.default_rng(5)
    desk = cv2.resize(rng.integers(40, 210, (18, 32)).astype(np.uint8), (1920, 1080))
    words = rng.integers(0, 2, (1080 // 8, 1920 // 4)).astype(np.uint8) * 60
    desk = cv2.subtract(desk, cv2.resize(words, (1920, 1080), interpolation=cv2.INTER_NEAREST))
    return _onto(np.asarray(desk, np.uint8), small, 0.3, 0.6)


def _onto(desk: U8, frame: Frame, across: float, down: float) -> Frame:
    height, width = desk.shape
    left = int((width - frame.width) * across) & ~1
    top = int((height - frame.height) * down) & ~1
    y = desk.copy()
    u, v = np.full((2, height // 2, width // 2), 128, np.uint8)
    for plane, part, step in ((y, frame.y, 1), (u, frame.u, 2), (v, frame.v, 2)):
        rows = slice(top // step, top // step + part.shape[0])
        plane[rows, left // step : left // step + part.shape[1]] = part
    return Frame.from_planes(y, u, v, frame.matrix)


ATTACKS: dict[str, list[Pass]] = {
    "as it is": [],
    "H.264, CRF 23": [Pass(_x264(23))],
    "H.264, CRF 28": [Pass(_x264(28))],
    "H.264, CRF 33": [Pass(_x264(33))],
    "H.264, CRF 38": [Pass(_x264(38))],
    "H.265, CRF 28": [
        Pass({"crf": "28", "preset": "veryfast", "x265-params": "log-level=error"}, "libx265")
    ],
    "AV1, CRF 35": [Pass({"crf": "35", "preset": "10"}, "libsvtav1")],
    "VP9, CRF 33": [Pass({"crf": "33", "deadline": "realtime", "cpu-used": "8"}, "libvpx-vp9")],
    "half the size": [Pass(USUAL, side=0.5)],
    "1.5 times the size": [Pass(USUAL, side=1.5)],
    "crop of 10 %": [Pass(USUAL, keep=0.9)],
    "crop of 25 %": [Pass(USUAL, keep=0.75)],
    "letterbox": [Pass(USUAL, canvas=_letterboxed)],
    "20 frames/s": [Pass(USUAL, rate=Fraction(20))],
    "screen recording, whole screen": [
        Pass(
            _x264(26), side=900, rate=Fraction(60), change=_levels(lambda y: 255 * (y / 255) ** 1.1)
        )
    ],
    "screen recording, window of 70 %": [Pass(_x264(26), canvas=_on_screen, rate=Fraction(60))],
    "screenshot, JPEG 80": [],
    "brightness +20": [Pass(USUAL, change=_levels(lambda y: y + 20))],
    "contrast x 0.7": [Pass(USUAL, change=_levels(lambda y: (y - 126) * 0.7 + 126))],
    "gamma 1.5": [Pass(USUAL, change=_levels(lambda y: 255 * (y / 255) ** 1.5))],
    "grey": [Pass(USUAL, grey=True)],
    "blur": [Pass(USUAL, change=_blurred)],
    "sharpened": [Pass(USUAL, change=_sharpened)],
    "noise of 8 levels": [Pass(USUAL, change=_noisy)],
    "mirror": [Pass(USUAL, mirror=True)],
    "720p, 2 Mbit/s": [Pass(UPLOAD, kbit=2000, side=720)],
    "720p, 2 Mbit/s, twice": [Pass(UPLOAD, kbit=2000, side=720)] * 2,
    "480p, 0.7 Mbit/s": [Pass(UPLOAD, kbit=700, side=480)],
    "480p, 0.7 Mbit/s, twice": [Pass(UPLOAD, kbit=700, side=480)] * 2,
}


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watermark", description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument("--tiles", type=Path, help="write differences, 8 times as strong, as PNG")
    parser.add_argument("--attacks", nargs="+", choices=list(ATTACKS), default=list(ATTACKS))
    asked = parser.parse_args(words)
    _survival(asked.videos, asked.attacks, asked.tiles)
    return 0


@dataclass
class _Row:
    found: int = 0
    traces: int = 0
    wrong: int = 0
    scores: list[float] = field(default_factory=list)
    belonging: list[float] = field(default_factory=list)
    """Of what was read."""

    def add(self, finding: Finding) -> None:
        self.found += finding.found
        self.traces += finding.traces
        self.wrong += finding.found and finding.payload != PAYLOAD
        self.scores.append(finding.score)
        if finding.payload == PAYLOAD:
            self.belonging.append(finding.belonging)


def _survival(videos: Sequence[Path], attacks: Sequence[str], tiles: Path | None) -> None:
    rows = {name: _Row() for name in attacks}
    print("| video | PSNR, mean and least | SSIM, mean and least |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        marked = [Path(folder, f"{k}.mp4") for k in range(len(videos))]
        for video, path in zip(videos, marked, strict=True):
            peaks, likes = _mark(video, path, tiles)
            print(
                f"| {video.stem} | {np.mean(peaks):.1f}, {min(peaks):.1f} dB "
                f"| {np.mean(likes):.4f}, {min(likes):.4f} |",
                flush=True,
            )
        print("\n| change | found | traces | least and median score | belonging of those read |")
        print("|---|---|---|---|---|")
        for name, row in rows.items():
            for path in marked:
                lumas = _screenshot(path) if "JPEG" in name else _attacked(path, ATTACKS[name])
                row.add(search(seen_in(lumas), KEYS[:1]))
            assert not row.wrong, f"{name}: another payload was read"
            print(
                f"| {name} | {row.found} of {len(videos)} | {row.traces} "
                f"| {min(row.scores):.1f}, {np.median(row.scores):.1f} | {_both(row.belonging)} |",
                flush=True,
            )


def _both(values: Sequence[float]) -> str:
    return f"{min(values):.2f}, {np.median(values):.2f}" if values else ""


def _mark(video: Path, path: Path, tiles: Path | None) -> tuple[list[float], list[float]]:
    """Mark a video and encode it; gives PSNR and SSIM before that, of every tenth frame."""
    peaks, likes = [], []
    with VideoReader(video) as reader:
        info = reader.info
        embedder = Embedder(KEYS[0], PAYLOAD, info.width, info.height)
        with VideoWriter(path, info.width, info.height, info.rate, like=info) as writer:
            for number, frame in enumerate(reader.read()):
                before = frame.y.copy()
                embedder.mark(frame.y)
                writer.write(frame)
                if number % 10 == 0:
                    peaks.append(psnr(before, frame.y))
                    likes.append(ssim(before, frame.y))
                if number == 50 and tiles is not None:
                    change = 128.0 + 8.0 * (frame.y.astype(float) - before)
                    sides = [before, frame.y, np.clip(change, 0, 255).astype(np.uint8)]
                    tiles.mkdir(parents=True, exist_ok=True)
                    cv2.imwrite(str(tiles / f"{video.stem}.png"), np.hstack(sides))
    return peaks, likes


def psnr(a: U8, b: U8) -> float:
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return 10 * math.log10(255**2 / max(error, 1e-9))


def ssim(a: U8, b: U8) -> float:
    """Structural similarity (Wang et al. 2004), with a Gaussian window of 1.5 pixels."""
    x, y = a.astype(np.float64), b.astype(np.float64)

    def smooth(image: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(image, (11, 11), 1.5))

    mx, my = smooth(x), smooth(y)
    vx, vy, both = smooth(x * x) - mx**2, smooth(y * y) - my**2, smooth(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    alike = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return float(alike.mean())


def _attacked(path: Path, passes: Sequence[Pass]) -> Iterator[U8]:
    """Decode 5 seconds from the middle of a video after some passes; gives luma."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = Fraction(stream.average_rate or 25)
        pictures = [one.to_ndarray() for one in container.decode(stream)]
    count = round(SECONDS * rate)
    start = max(0, (len(pictures) - count) // 2)
    pictures = pictures[start : start + count]
    for one in passes:
        pictures, rate = through(pictures, rate, one)
    for planes in pictures:
        yield planes[: planes.shape[0] * 2 // 3]


def _screenshot(path: Path) -> Iterator[U8]:
    """Give the frame in the middle of a video, saved as JPEG."""
    lumas = list(_attacked(path, []))
    saved = cv2.imencode(".jpg", lumas[len(lumas) // 2], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    yield np.asarray(cv2.imdecode(saved, cv2.IMREAD_GRAYSCALE), np.uint8)


def through(planes: Sequence[U8], rate: Fraction, one: Pass) -> tuple[list[U8], Fraction]:
    changed = [_changed(picture, one) for picture in planes]
    if one.rate is not None:
        count = int(len(changed) * one.rate / rate)
        changed = [changed[int(k * rate / one.rate)] for k in range(count)]
        rate = one.rate
    rows, width = changed[0].shape
    height = rows * 2 // 3
    factor = one.side if one.side <= 8 else one.side / min(width, height)
    size = round(width * factor / 2) * 2, round(height * factor / 2) * 2
    memory = io.BytesIO()
    with av.open(memory, "w", format="matroska") as container:
        stream = container.add_stream(one.codec, rate=rate, options=dict(one.options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if one.kbit:
            stream.bit_rate = one.kbit * 1000
        for picture in changed:
            frame = VideoFrame.from_ndarray(picture, format="yuv420p")
            if size != (width, height):
                frame = frame.reformat(*size, interpolation="BICUBIC")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory) as container:
        return [one.to_ndarray() for one in container.decode(video=0)], rate


def _changed(planes: U8, one: Pass) -> U8:
    frame = Frame(np.ascontiguousarray(planes), "bt709")
    if one.keep < 1:
        left, top = (round(n * (1 - one.keep) / 4) * 2 + 2 for n in (frame.width, frame.height))
        right, bottom = (round(n * one.keep / 2) * 2 for n in (frame.width, frame.height))
        frame = frame.part(
            (left, top, min(left + right, frame.width), min(top + bottom, frame.height))
        )
    if one.mirror:
        y, u, v = (plane[:, ::-1] for plane in (frame.y, frame.u, frame.v))
        frame = Frame.from_planes(y, u, v, frame.matrix)
    if one.canvas is not None:
        frame = one.canvas(frame)
    if one.change is not None:
        frame.y[:] = one.change(frame.y)
    if one.grey:
        frame.u[:] = frame.v[:] = 128
    return frame.planes


def encoded(lumas: Sequence[U8], options: dict[str, str]) -> list[U8]:
    """Encode luma with H.264, cut to even sides, and decode it."""
    height, width = (n & ~1 for n in lumas[0].shape)
    grey = np.full((height // 2, width), 128, np.uint8)
    planes = [np.concatenate([y[:height, :width], grey]) for y in lumas]
    pictures, _ = through(planes, Fraction(25), Pass(options))
    return [picture[: picture.shape[0] * 2 // 3] for picture in pictures]


def seen_in(lumas: Iterable[U8]) -> Seen:
    """Give what a detector looks at."""
    average = Average()
    for luma in lumas:
        average.add(luma)
    return average.seen()


if __name__ == "__main__":
    sys.exit(main())
