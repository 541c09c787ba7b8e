"""The prepared corpus: sound and mouth shapes of each clip, the speaker's range, the split."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio2video._typing import F32, F64
from audio2video.face.layout import mouth_opening
from audio2video.face.smoothing import unbroken_stretches
from audio2video.mouth.shapes import closed_mouth_reference, relative_shapes, without_drift
from audio2video.storage.npy import load_arrays, map_array

SPLIT = Path(__file__).with_name("split.json")

LEAST_SECONDS = 0.6
"""A clip whose face is not followed for so long is left out."""

LEAST_FURTHER = 1.0
"""Seconds: the least of a clip's second and later unbroken stretch."""

STATE_RATE = 50
"""Feature frames per second."""

PARTS = ("training", "validation", "test")


@dataclass(frozen=True)
class Clip:
    """An unbroken stretch of a recording.

    Parameters
    ----------
    name : str
        Of the recording; further stretches of it end in ``#1``, ``#2`` and so on.
    group, speaker : str
    part : str
        One of `PARTS`.
    rate : Fraction
        Frames per second.
    first : int
        The stretch's first frame in the recording.
    frames : int
        Frames of the whole recording.
    shapes : ndarray of float32, shape (T, 20, 2)
        Relative to the speaker's closed mouth, in its widths.
    spread : float
        Standard deviation of the speaker's opening, over all clips.
    """

    name: str
    group: str
    speaker: str
    part: str
    rate: Fraction
    first: int
    frames: int
    shapes: F32
    spread: float

    @property
    def recording(self) -> str:
        """Name of the recording, which its features go by."""
        return self.name.split("#")[0]


def clip_folder(work: Path) -> Path:
    """Where `prepare` writes and the others read."""
    return work / "clips"


def part_of(recording: str, speaker: str, split: dict[str, list[str]]) -> str:
    """Tell which part of the split a recording is in; what is not listed is for training."""
    for part in ("test", "validation"):
        if speaker in split[part] or recording in split[part]:
            return part
    return "training"


def load_corpus(work: Path, split_file: Path = SPLIT) -> list[Clip]:
    """Read all prepared clips and refer each speaker's shapes to one closed mouth.

    Parameters
    ----------
    work : Path
        Folder of `prepare`.
    split_file : Path
        JSON with the lists ``test`` and ``validation`` of speakers or recordings.

    Returns
    -------
    list of Clip
        By name. Recordings without a face are left out.
    """
    split = json.loads(split_file.read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str, Fraction, int, int, F32]]] = defaultdict(list)
    for path in sorted(clip_folder(work).glob("*.npz")):
        file = load_arrays(path)
        rate = Fraction(int(file["rate"][0]), int(file["rate"][1]))
        usable, mouth = file["usable"], file["mouth"]
        runs = unbroken_stretches(usable, file["starts"])
        speaker, group = str(file["speaker"]), str(file["group"])
        runs.sort(key=lambda run: run.start - run.stop)
        for number, run in enumerate(runs):
            seconds = (run.stop - run.start) / rate
            if seconds < (LEAST_FURTHER if number else LEAST_SECONDS):
                break
            name = f"{path.stem}#{number}" if number else path.stem
            found[speaker].append((name, group, rate, run.start, len(usable), mouth[run]))
    clips = []
    for speaker, stretches in found.items():
        centre = np.mean([m.mean(axis=(0, 1), dtype=np.float64) for *_, m in stretches], axis=0)
        steady = [without_drift(m, centre) for *_, m in stretches]
        reference = closed_mouth_reference(np.concatenate(steady))
        relative = [relative_shapes(m, reference) for m in steady]
        spread = float(np.sqrt(np.mean([mouth_opening(m).var() for m in relative])))
        for (name, group, rate, first, frames, _), shapes in zip(stretches, relative, strict=True):
            part = part_of(name.split("#")[0], speaker, split)
            shape = shapes.astype(np.float32)
            clips.append(Clip(name, group, speaker, part, rate, first, frames, shape, spread))
    return sorted(clips, key=lambda clip: clip.name)


def load_sound(work: Path, recording: str) -> F32:
    """Read the sound of a recording, mono at 16 kHz, full scale 1."""
    pcm = load_pcm(work, recording)
    return np.asarray(pcm / np.float32(32767), np.float32)


def load_pcm(work: Path, recording: str) -> NDArray[np.int16]:
    """Read the sound of a recording as 16-bit samples."""
    pcm: NDArray[np.int16] = load_arrays(clip_folder(work) / f"{recording}.npz")["pcm"]
    return pcm


def between(values: NDArray[np.floating], positions: F64) -> NDArray[np.floating]:
    """Interpolate rows at positions that need not be whole; held beyond the ends."""
    positions = np.clip(positions, 0, len(values) - 1)
    before = np.floor(positions).astype(int)
    after = np.minimum(before + 1, len(values) - 1)
    share = (positions - before).reshape(-1, *[1] * (values.ndim - 1)).astype(values.dtype)
    return np.asarray(values[before] * (1 - share) + values[after] * share)


class Features:
    """Encoder states that `features` wrote, by recording.

    Parameters
    ----------
    work : Path
    name : str
        As given to `features`.
    """

    def __init__(self, work: Path, name: str) -> None:
        folder = work / "features"
        index = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        self._rows = map_array(folder / f"{name}.npy")
        ends = np.cumsum(index["counts"])
        self._places = {
            recording: slice(int(end - count), int(end))
            for recording, end, count in zip(index["names"], ends, index["counts"], strict=True)
        }
        self.encoder_sha256 = str(index["encoder_sha256"])
        self.layers = tuple(int(layer) for layer in index["layers"])

    def __contains__(self, recording: str) -> bool:
        """Whether there are states of a recording."""
        return recording in self._places

    def __getitem__(self, recording: str) -> NDArray[np.float16]:
        """States of a recording, shape (N, D); a memory map."""
        return np.asarray(self._rows[self._places[recording]])
