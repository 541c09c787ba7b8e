"""Films of the painted presenter, whose sound swells as the mouth opens."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio2video.media.audio import write_wav
from audio2video.media.video import VideoWriter
from tools.presenter.presenter import demo_truth, render_frames

RATE = Fraction(25)
SIZE = 192
Picture = npt.NDArray[np.uint8]


def voice(
    openings: npt.NDArray[np.floating], rng: np.random.Generator, late: float = 0.0
) -> npt.NDArray[np.float32]:
    """Sound at 16 kHz that is the louder the wider the mouth is open, ``late`` seconds later."""
    n = round(len(openings) / RATE * 16000)
    wide = np.maximum(openings - np.percentile(openings, 10), 0) / np.ptp(openings)
    loud = np.interp(np.arange(n) / 16000 - late, np.arange(len(openings)) / float(RATE), wide)
    noise = np.convolve(rng.standard_normal(n + 15), np.hanning(16) / 8, "valid")
    return np.asarray(0.2 * noise * (0.003 + loud**1.5), np.float32)


def talking(
    frames: int, rng: np.random.Generator, *, start: int = 0, late: float = 0.0
) -> tuple[list[Picture], npt.NDArray[np.float32]]:
    """Pictures of the presenter speaking, and the sound that belongs to them."""
    pictures = list(render_frames(frames, size=SIZE, start=start))
    truth = demo_truth(frames, size=SIZE, start=start)
    return pictures, voice(truth.opening, rng, late)


def write_film(path: Path, pictures: list[Picture], sound: npt.NDArray[np.float32]) -> Path:
    """Encode pictures and sound."""
    wav = path.with_suffix(".sound.wav")
    write_wav(wav, sound, 16000)
    height, width = pictures[0].shape[:2]
    with VideoWriter(path, width, height, RATE, audio=wav) as writer:
        for picture in pictures:
            writer.write(picture)
    wav.unlink()
    return path
