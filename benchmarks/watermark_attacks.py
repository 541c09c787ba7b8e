"""``python -m benchmarks.watermark_attacks VIDEO...``: removing and forging marks, at what cost.

The attacker has the program, but not the key. Each video, which bears no mark, is marked; 5 seconds
from its middle are attacked, encoded with H.264 at CRF 23 and searched. Quality is that of the
attacked pictures against the unmarked ones. The last table lays marks onto the other videos.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from audio2video.media.video import VideoReader
from audio2video.watermark.code import Payload
from audio2video.watermark.detection import search
from audio2video.watermark.embedding import Embedder
from audio2video.watermark.pattern import ROWS
from audio2video.watermark.place import fold

from .watermark import KEYS, PAYLOAD, SECONDS, USUAL, encoded, psnr, seen_in, ssim

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
TOGETHER = 20
"""Results of one target that are averaged."""

Attack = Callable[[list[U8]], list[U8]]


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watermark_attacks", description=__doc__
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    plain = [_middle(path) for path in parser.parse_args(words).videos]
    marked = [_marked(lumas, PAYLOAD) for lumas in plain]
    count = len(plain)
    print("| removal | found | traces | least and median score | PSNR, median | SSIM, median |")
    print("|---|---|---|---|---|---|")
    for name, attack in REMOVALS.items():
        attacked = [attack(lumas) for lumas in marked]
        _tell(name, attacked, plain)
    averaged = [_averaged(lumas) for lumas in plain]
    _tell(f"average of {TOGETHER} results that differ in nothing else", averaged, plain)
    print("\n| forgery | found | copied | traces | highest score | PSNR, median |")
    print("|---|---|---|---|---|---|")
    for name, forge in FORGERIES.items():
        _tell_forged(name, [forge(plain[k], marked[k - 1]) for k in range(count)], plain)
    return 0


def _tell(name: str, attacked: Sequence[list[U8]], plain: Sequence[list[U8]]) -> None:
    findings = [search(seen_in(encoded(lumas, USUAL)), KEYS[:1]) for lumas in attacked]
    pairs = [
        (a, b)
        for some, others in zip(attacked, plain, strict=True)
        for a, b in zip(some[::25], others[::25], strict=True)
    ]
    scores = [one.score for one in findings]
    print(
        f"| {name} | {sum(one.found for one in findings)} of {len(findings)} "
        f"| {sum(one.traces for one in findings)} | {min(scores):.1f}, {np.median(scores):.1f} "
        f"| {np.median([psnr(b, a) for a, b in pairs]):.1f} dB "
        f"| {np.median([ssim(b, a) for a, b in pairs]):.4f} |",
        flush=True,
    )


def _tell_forged(name: str, forged: Sequence[list[U8]], plain: Sequence[list[U8]]) -> None:
    findings = [search(seen_in(encoded(lumas, USUAL)), KEYS[:1]) for lumas in forged]
    likes = [
        psnr(b, a)
        for some, others in zip(forged, plain, strict=True)
        for a, b in zip(some[::25], others[::25], strict=True)
    ]
    print(
        f"| {name} | {sum(one.found for one in findings)} of {len(findings)} "
        f"| {sum(one.traces and one.payload is not None for one in findings)} "
        f"| {sum(one.traces and one.payload is None for one in findings)} "
        f"| {max(one.score for one in findings):.1f} "
        f"| {np.median(likes):.1f} dB |",
        flush=True,
    )


def _middle(path: Path) -> list[U8]:
    with VideoReader(path) as reader:
        frames = reader.info.frames
        count = min(frames, round(SECONDS * reader.info.rate))
        start = (frames - count) // 2
        return [frame.y.copy() for frame in reader.read(range(start, start + count))]


def _marked(lumas: Sequence[U8], payload: Payload, key: bytes = KEYS[0]) -> list[U8]:
    height, width = lumas[0].shape
    embedder, made = Embedder(key, payload, width, height), []
    for luma in lumas:
        made.append(luma.copy())
        embedder.mark(made[-1])
    return made


def _each(change: Callable[[U8], NDArray[np.generic]]) -> Attack:
    return lambda lumas: [np.clip(change(luma), 0, 255).astype(np.uint8) for luma in lumas]


def _blur(radius: float) -> Attack:
    return _each(lambda y: np.asarray(cv2.GaussianBlur(y, (0, 0), radius * min(y.shape) / 720)))


def _noise(levels: float) -> Attack:
    rng = np.random.default_rng(3)
    return _each(lambda y: y + np.rint(rng.normal(0.0, levels, y.shape)))


def _again(crf: int) -> Attack:
    return lambda lumas: encoded(lumas, {"crf": str(crf), "preset": "veryfast"})


def _median(reach: int) -> Attack:
    """Give the median over so many frames before and after each."""

    def attack(lumas: list[U8]) -> list[U8]:
        every = np.array(lumas)
        return [
            np.median(every[max(0, k - reach) : k + reach + 1], axis=0).astype(np.uint8)
            for k in range(len(lumas))
        ]

    return attack


def _without_tile(lumas: list[U8]) -> list[U8]:
    """Estimate the tile from the video itself, and take it out."""
    return _with_pattern(lumas, _folded(lumas), -1.0)


def _without_average(lumas: list[U8]) -> list[U8]:
    """Take out what stands still, as the mark does."""
    return _with_pattern(lumas, seen_in(lumas).residual, -1.0)


def _folded(lumas: Sequence[U8]) -> F32:
    """Estimate the pattern by what repeats from tile to tile."""
    return np.tile(fold(seen_in(lumas).residual, 1.0), (8, 8))


def _with_pattern(lumas: Sequence[U8], estimate: F32, sign: float) -> list[U8]:
    """Add a pattern, at the scale of a mark, as strongly as a mark is added."""
    height, width = lumas[0].shape
    embedder, size = Embedder(KEYS[1], PAYLOAD, width, height), ROWS / min(width, height)
    rows, columns = round(height * size), round(width * size)
    whole = np.zeros((rows, columns), np.float32)
    part = estimate[:rows, :columns]
    whole[: part.shape[0], : part.shape[1]] = part
    pattern = cv2.resize(whole, (width, height), interpolation=cv2.INTER_CUBIC)
    pattern /= pattern.std()
    made = []
    for luma in lumas:
        strength = cv2.resize(embedder.gain(luma), (width, height))
        changed = luma + np.rint(sign * strength * pattern)
        made.append(np.clip(changed, 0, 255).astype(np.uint8))
    return made


def _averaged(lumas: Sequence[U8]) -> list[U8]:
    total = np.zeros((len(lumas), *lumas[0].shape), np.uint16)
    for k in range(TOGETHER):
        total += np.array(_marked(lumas, Payload(1, 7919 * (k + 1))))
    return list(((total + TOGETHER // 2) // TOGETHER).astype(np.uint8))


def _other_key(lumas: list[U8], _: list[U8]) -> list[U8]:
    return _marked(lumas, PAYLOAD, KEYS[2])


def _copied_tile(lumas: list[U8], source: list[U8]) -> list[U8]:
    return _with_pattern(lumas, _folded(source), 1.0)


def _copied_average(lumas: list[U8], source: list[U8]) -> list[U8]:
    return _with_pattern(lumas, seen_in(source).residual, 1.0)


FORGERIES = {
    "pattern of another key": _other_key,
    "tile estimated from a marked video": _copied_tile,
    "average over time of a marked video": _copied_average,
}

REMOVALS: dict[str, Attack] = {
    "none": lambda lumas: lumas,
    "blur, radius of 2 at 720 rows": _blur(2),
    "blur, radius of 4": _blur(4),
    "blur, radius of 6": _blur(6),
    "noise of 10 levels": _noise(10),
    "noise of 30 levels": _noise(30),
    "H.264 at CRF 38": _again(38),
    "H.264 at CRF 45": _again(45),
    "median over 5 frames": _median(2),
    "median over 25 frames": _median(12),
    "tile estimated from the video, subtracted": _without_tile,
    "average over time, subtracted": _without_average,
}


if __name__ == "__main__":
    sys.exit(main())
