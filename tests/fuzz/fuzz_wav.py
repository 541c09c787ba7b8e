"""The sound of a corpus's recordings."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import Clip, read_sound, recording_sound

from .harness import Harness, main, refused

CLIP = Clip(
    *("a}}00", "a", "a", Fraction(25), 0.0),
    np.zeros((1, 20, 2), np.float32),
    np.zeros((3, 28), np.float32),
    1,
)


def check(data: bytes, folder: Path) -> None:
    """Read a file as the sound of a fragment."""
    path = recording_sound(Workspace(folder), "a")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with refused():
        sound = read_sound(Workspace(folder), CLIP)
        assert sound.shape == (320,)
        assert np.isfinite(sound).all()


def seeds() -> list[bytes]:
    """Sound of the right kind, of others, and cut off."""
    found = []
    for rate, samples in (
        (16000, np.zeros(600, np.int16)),
        (16000, np.zeros((600, 2), np.int16)),
        (8000, np.zeros(600, np.float32)),
        (16000, np.zeros(10, np.int16)),
    ):
        file = io.BytesIO()
        wavfile.write(file, rate, samples)
        found.append(file.getvalue())
    return [*found, found[0][:50], b"RIFF\xff\xff\xff\xffWAVEfmt ", b""]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
