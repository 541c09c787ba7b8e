"""What two codebooks show: ``python -m benchmarks.listener_codebooks WORKSPACE TARGET SHEET.png``.

The motion of held-out clips of a known law is told by the pieces of either codebook, and played
with the footage of a target: how much of the nods is left, and a sheet of one clip.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from audio2video.config import Config
from audio2video.listening.codebook import CODES, METHODS, RATE, cut_pieces, make_codebook
from audio2video.listening.gestures import find_nods
from audio2video.listening.graph import Footage
from audio2video.listening.motion import PITCH, FaceMotion, face_motion
from audio2video.listening.playing import play
from audio2video.listening.predictor import WEIGHTS
from audio2video.listening.shown import shown_motion
from audio2video.listening.wish import ASPECTS, Wish
from audio2video.media.figures import new_figure
from audio2video.pipeline.composer import played_frames
from audio2video.pipeline.job import Job
from audio2video.pipeline.listener import listener_footage
from audio2video.progress import Progress
from audio2video.retiming.retime import Retiming
from audio2video.storage.workspace import Workspace
from benchmarks.listener_law import LawClip, law_clip

NEAR = 0.35
"""Seconds within which a nod is the one that was asked for."""

SECONDS = 8.0
TILES = 12


def asked(clip: LawClip, codebook_pieces: np.ndarray | None, rate: float) -> Wish:
    """Ask for the motion of a clip, as it is or in the pieces given, for `SECONDS`."""
    own = clip.clip.done if codebook_pieces is None else codebook_pieces
    places = np.arange(round(SECONDS * rate)) * (RATE / rate)
    aspects = np.column_stack([np.interp(places, np.arange(len(own)), one) for one in own.T])
    none = np.zeros(0)
    return Wish(aspects, np.tile(WEIGHTS, (len(places), 1)), none, none, none)


def early(clip: LawClip) -> list[float]:
    """Give the nods that are asked for within `SECONDS`."""
    return [float(time) for time in clip.nods if time < SECONDS - 0.6]


def shown(wish: Wish, footage: Footage, motion: FaceMotion) -> tuple[FaceMotion, Retiming]:
    """Play a wish."""
    playing = play(footage, wish)
    assert playing is not None
    timing = Retiming(playing.positions, playing.joined, playing.shares)
    return shown_motion(motion, playing), timing


def main() -> None:
    """Print a line for each codebook and draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("tar_id")
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--clips", type=int, default=8)
    args = parser.parse_args()
    pieces = np.concatenate([cut_pieces(law_clip(k).clip.done, 2) for k in range(120)])
    job = Job(Workspace(args.workspace), Config().replace(tar_id=args.tar_id), Progress())
    rate = float(job.target.rate)
    motion = face_motion(job.target.track, rate)
    footage = listener_footage(job, job.target, motion)
    clips = [law_clip(10_000 + k) for k in range(args.clips)]
    clips.sort(key=lambda clip: -len(early(clip)))  # the sheet is of the one that nods most
    figure = new_figure(12, 9)
    for row, name in enumerate(("as it is", *METHODS)):
        book = None if name == "as it is" else make_codebook(pieces, CODES, name)
        given = wanted = more = 0
        for k, clip in enumerate(clips):
            told = None
            if book is not None:
                codes = book.codes(cut_pieces(clip.clip.done))
                told = book.pieces[codes].reshape(-1, len(ASPECTS))
            wish = asked(clip, told, rate)
            made, timing = shown(wish, footage, motion)
            nods = [nod.first / rate for nod in find_nods(made)]
            true = early(clip)
            near = [any(abs(a - b) < NEAR for a in nods) for b in true]
            given, wanted, more = given + sum(near), wanted + len(true), more + len(nods)
            if k == 0:
                curve = figure.add_subplot(6, 1, 2 * row + 1)
                curve.plot(np.arange(len(made)) / rate, made.values[:, PITCH], color="k")
                curve.plot(np.arange(len(wish)) / rate, wish.aspects[:, 1] * 4, color="tab:red")
                curve.set_title(f"{name}: pitch (black, degrees), its speed asked for (red)")
                frames = list(played_frames(job.target, timing))
                at = np.linspace(0, len(frames) - 1, TILES).astype(int)
                tiles = [
                    cv2.resize(np.asarray(frames[one].rgb()), None, fx=0.15, fy=0.15) for one in at
                ]
                strip = figure.add_subplot(6, 1, 2 * row + 2)
                strip.imshow(np.hstack(tiles))
                strip.set_axis_off()
        print(f"{name:9s} nods asked {wanted}, given in time {given}, shown in all {more}")
    figure.savefig(args.sheet)


if __name__ == "__main__":
    main()
