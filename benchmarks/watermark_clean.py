"""``python -m benchmarks.watermark_clean FILE...``: false alarms in videos without a mark.

Videos of one folder are laid end to end and cut into pieces of 5 seconds, each of which is searched
as it is and after several changes, each time under another key. What is found is held against the
bound on what chance gives.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from audio2video.media.video import VideoReader
from audio2video.provenance.watermark import FRAMES
from audio2video.watermark.detection import Finding, search
from audio2video.watermark.residual import Seen

from .watermark import SECONDS, encoded, seen_in

U8 = NDArray[np.uint8]

Change = Callable[[list[U8]], list[U8]]


def main(words: Sequence[str] | None = None) -> int:
    """Search, and print a table after each folder."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watermark_clean", description=__doc__
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="FILE")
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in parser.parse_args(words).videos:
        folders[path.parent].append(path)
    findings: list[Finding] = []
    numbers, seconds = count(), 0.0
    for paths in folders.values():
        for lumas, rate in _pieces(paths):
            for change in CHANGES.values():
                key = next(numbers).to_bytes(32, "big")
                findings.append(search(_seen(change(lumas)), [key]))
                seconds += len(lumas) / float(rate)
        _tell(findings, seconds)
    return 0


def _tell(findings: Sequence[Finding], seconds: float) -> None:
    chances = [one.chance for one in findings]
    found, traces = sum(one.found for one in findings), sum(one.traces for one in findings)
    print(
        f"{seconds / 3600:.2f} hours, {len(findings)} searches: {found} found, {traces} with "
        f"traces; highest score {max(one.score for one in findings):.2f}"
    )
    print("| chance by the bound | searches at or below it | expected at most |\n|---|---|---|")
    for chance in (0.5, 0.1, 0.01, 0.001, 0.0001):
        below = sum(one <= chance for one in chances)
        print(f"| {chance:g} | {below} | {chance * len(chances):.1f} |", flush=True)


def _pieces(paths: Sequence[Path]) -> Iterator[tuple[list[U8], Fraction]]:
    """Give the luma of 5 seconds after 5 seconds; what is left of a video of another size ends."""
    lumas: list[U8] = []
    for path in paths:
        with VideoReader(path) as reader:
            rate = reader.info.rate
            for frame in reader.read():
                if lumas and lumas[0].shape != frame.y.shape:
                    lumas = []
                lumas.append(frame.y.copy())
                if len(lumas) >= SECONDS * rate:
                    yield lumas, rate
                    lumas = []


def _sized(factor: float) -> Change:
    return lambda lumas: [np.asarray(cv2.resize(y, None, fx=factor, fy=factor)) for y in lumas]


def _cropped(share: float) -> Change:
    def change(lumas: list[U8]) -> list[U8]:
        height, width = lumas[0].shape
        top, left = round(height * share / 2), round(width * share / 2)
        return [np.ascontiguousarray(y[top : height - top, left : width - left]) for y in lumas]

    return change


def _darker(lumas: list[U8]) -> list[U8]:
    table = (255 * (np.arange(256) / 255) ** 1.5).astype(np.uint8)
    return [table[y] for y in lumas]


CHANGES: dict[str, Change] = {
    "as it is": lambda lumas: lumas,
    "crop of 10 %": _cropped(0.1),
    "crop of 25 %": _cropped(0.25),
    "half the size": _sized(0.5),
    "1.5 times the size": _sized(1.5),
    "gamma 1.5": _darker,
    "H.264, CRF 30": lambda lumas: encoded(lumas, {"crf": "30", "preset": "ultrafast"}),
}


def _seen(lumas: Sequence[U8]) -> Seen:
    """Look at as many frames of a piece as `verify` does."""
    return seen_in(lumas[:: max(1, len(lumas) // FRAMES)])


if __name__ == "__main__":
    sys.exit(main())
