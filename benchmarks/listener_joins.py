"""What is seen in joins: ``python -m benchmarks.listener_joins WORKSPACE TARGET SPEECH...``.

Lays the frames of listeners, without making the videos. For each take: how much the picture changes
from frame to frame within joins, how strongly anything outside the mouth is seen in two places (the
mean, in a square of a thirtieth of the picture, of what two frames warped to meet differ by, times
the share of the less shown one, in grey levels), in how many frames by more than `SEEN_TWICE`, and
which nods come again within four seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from audio2video.api.listen import listener_id
from audio2video.config import Config
from audio2video.media.video import VideoReader
from audio2video.pipeline.job import Job
from audio2video.pipeline.listener import lay_listener, mouth_boxes
from audio2video.progress import Progress
from audio2video.retiming.interpolation import FLOW_SIDE, meeting_planes, planes_between
from audio2video.retiming.retime import Retiming
from audio2video.storage.workspace import Workspace

SEEN_TWICE = 6.0
"""Grey levels from which on a shadow can be seen."""

SQUARES = 30
"""Of the longer side."""


def reduced(video: Path) -> list[np.ndarray]:
    """Read the luma of a video, no larger than flow is found at."""
    found = []
    with VideoReader(video) as reader:
        for frame in reader.read():
            height, width = frame.y.shape
            scale = min(1.0, FLOW_SIDE / max(height, width))
            size = (round(width * scale), round(height * scale))
            found.append(cv2.resize(frame.y, size, interpolation=cv2.INTER_AREA))
    return found


def steps(frames: Iterable[np.ndarray]) -> np.ndarray:
    """Root mean square change from each frame to the next."""
    moves = (b.astype(np.float32) - a for a, b in pairwise(frames))
    return np.array([np.sqrt(np.mean(move**2)) for move in moves])


def seen_twice(
    a: np.ndarray, b: np.ndarray, share: float, boxes: np.ndarray, quickly: bool
) -> float:
    """How strongly something is seen in two places in the frame between two, but for the mouth."""
    ((one, other, part),) = meeting_planes([a], [b], share, quickly=quickly)
    less = np.minimum(part, 1 - np.asarray(part))
    apart = np.abs(one.astype(np.float32) - other) * less
    height, width = apart.shape
    for left, top, right, bottom in boxes * [width, height, width, height]:
        apart[max(0, int(top) - 4) : int(bottom) + 6, max(0, int(left) - 4) : int(right) + 4] = 0
    side = max(height, width) // SQUARES
    rows, columns = height // side, width // side
    squares = apart[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return float(squares.mean(axis=(1, 3)).max())


def told(timing: Retiming, frames: list[np.ndarray], boxes: np.ndarray, quickly: bool) -> str:
    """Describe the joins of a take."""
    main, other, shares = timing.frames, timing.neighbours, timing.fractions
    joined = np.zeros(len(main), bool) if timing.joined is None else timing.joined >= 0
    shown, twice = [], []
    for k, (a, b, share) in enumerate(zip(main, other, shares.tolist(), strict=True)):
        if b < 0:
            shown.append(frames[a])
            continue
        far = quickly and abs(int(b) - int(a)) > 1
        shown.append(planes_between([frames[a]], [frames[b]], share, quickly=far)[0])
        if joined[k]:
            twice.append(seen_twice(frames[a], frames[b], share, boxes[[a, b]], far))
    change = steps(shown)
    within = change[joined[1:] | joined[:-1]] if joined.any() else np.zeros(1)
    seen = int((np.array(twice) > SEEN_TWICE).sum())
    return (
        f"change in joins {np.median(within):5.2f}, worst {within.max():5.2f}; "
        f"twice: worst {max(twice, default=0.0):4.1f}, seen in {seen} of {len(twice)} frames"
    )


def main() -> None:
    """Print a line for each take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("tar_id")
    parser.add_argument("speeches", nargs="+")
    parser.add_argument("--takes", type=int, default=3)
    parser.add_argument("--slowly", action="store_true", help="mix all of the picture alike")
    args = parser.parse_args()
    base = Config().replace(listen=True, tar_id=args.tar_id)
    frames: list[np.ndarray] = []
    for speech in args.speeches:
        for take in range(1, args.takes + 1):
            config = base.replace(take=take, inp_id=listener_id(speech, take))
            job = Job(Workspace(args.workspace), config, Progress())
            job.folder.mkdir(parents=True, exist_ok=True)
            if not frames:
                frames = reduced(job.target.info.path)
                own = steps(frames)
                print(
                    f"{args.tar_id}: change {np.median(own):.2f}, 99 % {np.quantile(own, 0.99):.2f}"
                )
            timing, facts = lay_listener(job)
            said, boxes = facts["listener"], mouth_boxes(job.target)
            print(
                f"{speech} {take}: {told(timing, frames, boxes, not args.slowly)}; "
                f"nods asked {len(said['nods_asked'])}, given {said['nods_given']}, "
                f"again {len(said['nods_again'])}; joins {said['joins']}, turns {said['turns']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
