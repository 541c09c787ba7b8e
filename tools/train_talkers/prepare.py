"""Follow the faces of a group of recordings: ``python -m tools.train_talkers.prepare``.

Each FOLDER holds the recordings of one speaker, whose name is the folder's; with ``--per_file``
every file is a speaker of its own. Recordings that are there already are skipped.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import wave
from pathlib import Path

import cv2
import numpy as np

from audio2video.errors import Audio2VideoError
from audio2video.face.detection import FaceFinder
from audio2video.face.track import build_track
from audio2video.face.tracking import track_face
from audio2video.media.sound import extract_sound
from audio2video.media.video import VideoReader
from audio2video.models.face_models import load_face_finder

from .corpus import clip_folder

SUFFIXES = {".mp4", ".mkv", ".mov", ".webm", ".avi", ".mpg"}


def prepare(source: Path, product: Path, group: str, speaker: str, finder: FaceFinder) -> int:
    """Write the mouth shapes and the sound of one recording.

    Parameters
    ----------
    source : Path
        A video with sound.
    product : Path
        The ``.npz`` file to write.
    group, speaker : str
    finder : FaceFinder

    Returns
    -------
    int
        Frames in which the face is usable.
    """
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        extract_sound(source, sound)
        with wave.open(str(sound)) as file:
            pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    with VideoReader(source) as reader:
        rate = reader.info.rate
        frames = (frame.gray() for frame in reader.read(range(reader.info.frames)))
        track = build_track(list(track_face(frames, finder)))
    hidden = product.with_name(f".{product.name}")
    np.savez(
        hidden,
        mouth=track.mouth,
        usable=track.usable,
        starts=track.starts,
        pcm=pcm,
        rate=np.array([rate.numerator, rate.denominator]),
        group=np.array(group),
        speaker=np.array(speaker),
    )
    hidden.replace(product)
    return int(track.usable.sum())


def main() -> None:
    """Prepare all recordings of the folders given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="folder of everything that is made on the way")
    parser.add_argument("group", help="group of speakers that are drawn and measured together")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--per_file", action="store_true", help="every file is another speaker")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    clip_folder(given.work).mkdir(parents=True, exist_ok=True)
    finder = load_face_finder()
    failed = 0
    for folder in given.folders:
        for source in sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
            product = clip_folder(given.work) / f"{source.stem}.npz"
            if product.exists():
                continue
            speaker = source.stem if given.per_file else folder.name
            try:
                seen = prepare(source, product, given.group, speaker, finder)
            except Audio2VideoError as error:
                failed += 1
                print(f"{source}: {error}", file=sys.stderr)
            else:
                print(f"{source.name}: {seen} frames")
    if failed:
        raise SystemExit(f"{failed} recordings could not be read")


if __name__ == "__main__":
    main()
