"""What listener clips show: ``python -m benchmarks.listener_clips WORKSPACE TARGET RESULT...``.

For each result of a workspace (a folder in its ``output/``): how steadily pieces are joined, how
often a nod comes again within four seconds, how far the mouth opens, and how calm the head is
compared with the target.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import audio2video as a2v
from audio2video.face.layout import mouth_opening
from audio2video.listening.gestures import blink_starts, find_nods
from audio2video.listening.graph import slot_frames
from audio2video.listening.motion import FaceMotion, face_motion
from audio2video.listening.repeats import gesture_frames, shown_again
from audio2video.media.video import VideoReader
from audio2video.storage.npy import load_arrays

from .listener_joins import steps


def changes(video: Path) -> np.ndarray:
    """Root mean square change of the luma from each frame to the next, every fourth pixel."""
    with VideoReader(video) as reader:
        return steps(frame.y[::4, ::4].copy() for frame in reader.read())


def speed(motion: FaceMotion) -> float:
    """Mean speed of the head's angles in degrees per second."""
    moves = np.diff(motion.values[:, :3], axis=0) * motion.rate
    return float(np.linalg.norm(moves, axis=1).mean())


def nods_again(motion: FaceMotion, places: np.ndarray) -> int:
    """Count nods of the footage that are shown again within four seconds, in either direction."""
    return len(shown_again(gesture_frames(motion, slot_frames(motion.rate)), places, motion.rate))


def main() -> None:
    """Print a line for each result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("results", nargs="+")
    args = parser.parse_args()
    target = a2v.analyse_target(args.target, workspace=args.workspace)
    own = face_motion(target.track, float(target.rate))
    usual = changes(args.target)
    opening = mouth_opening(target.track.mouth[target.track.usable])
    print(f"target: change {np.median(usual):.2f}, 99 % {np.quantile(usual, 0.99):.2f}; ", end="")
    print(f"opening 50 % {np.median(opening):.3f}, 95 % {np.quantile(opening, 0.95):.3f}; ", end="")
    print(f"head {speed(own):.1f} degrees/s")
    print(
        f"{'':32s} in joins  worst  mouth 50%  95%   head  nods asked given seen  "
        "blinks/s  again joins turns"
    )
    for name in args.results:
        folder = args.workspace / "output" / name
        places = load_arrays(folder / "retiming.npz")
        facts = json.loads((folder / "retiming.npz.made.json").read_text())["listener"]
        result = folder / f"{name}.mp4"
        made = a2v.analyse_target(result, workspace=args.workspace / "checked")
        motion = face_motion(made.track, float(made.rate))
        change, on = changes(result), places["joined"] >= 0
        within = change[(on[1:] | on[:-1])[: len(change)]]
        lips = mouth_opening(made.track.mouth[made.track.usable])
        joins = (np.median(within), within.max()) if len(within) else (0.0, 0.0)
        seconds = len(motion) / motion.rate
        print(
            f"{name:32s} {joins[0]:8.2f} {joins[1]:6.2f} {np.median(lips):10.3f} "
            f"{np.quantile(lips, 0.95):5.3f} {speed(motion):5.1f}  {len(facts['nods_asked']):10d} "
            f"{facts['nods_given']:5d} {len(find_nods(motion, 2.5)):4d}  "
            f"{len(blink_starts(motion)) / seconds:8.2f} {nods_again(own, places['places']):6d} "
            f"{facts['joins']:5d} {facts['turns']:5d}"
        )


if __name__ == "__main__":
    main()
