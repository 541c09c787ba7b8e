"""A small prepared corpus, written as step 0 leaves it: mouths that follow their sound exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from audio2video.mouth.basis import fit_basis
from audio2video.mouth.shapes import relative_shapes
from audio2video.speech.features import speech_features

RATE = 25


def closed_mouth() -> np.ndarray:
    """Twenty points of a closed mouth, one inter-ocular distance wide."""
    angle = np.pi + 2 * np.pi * np.arange(12) / 12
    outer = np.stack([0.5 * np.cos(angle), 1.1 + 0.12 * np.sin(angle)], axis=1)
    x = np.array([-0.4, -0.2, 0.0, 0.2, 0.4, 0.2, 0.0, -0.2])
    return np.concatenate([outer, np.stack([x, np.full(8, 1.1)], axis=1)])


def mouths_of(opening: np.ndarray) -> np.ndarray:
    """Mouths (T, 20, 2) whose inner lips are as far apart as asked; wider ones are narrower."""
    mouths = np.repeat(closed_mouth()[None], len(opening), axis=0)
    mouths[:, [13, 14, 15], 1] -= opening[:, None] / 2
    mouths[:, [17, 18, 19], 1] += opening[:, None] / 2
    mouths[:, 1:6, 1] -= opening[:, None] / 2
    mouths[:, 7:12, 1] += opening[:, None] / 2
    mouths[..., 0] *= (1 - 0.4 * opening)[:, None]
    return mouths


def write_corpus(
    workspace: Path,
    recordings: int = 6,
    fragments: int = 1,
    seconds: float = 2.0,
    speakers: Sequence[tuple[str, str]] = (("someone", ""),),
    late: Mapping[str, float] | None = None,
) -> list[str]:
    """Write ``raw/`` and ``reference/`` of a workspace; returns the names of the fragments.

    Recordings are by the speakers, each with a corpus, in turn. The sound of some is late, in
    seconds.
    """
    rng = np.random.default_rng(7)
    for folder in ("raw/mfcc", "raw/wav", "raw/fids", "reference"):
        (workspace / folder).mkdir(parents=True, exist_ok=True)
    reference = closed_mouth()
    clips: dict[str, dict[str, object]] = {}
    shapes = []
    for number in range(recordings):
        name = f"talk{number}"
        speaker, corpus = speakers[number % len(speakers)]
        delay = (late or {}).get(speaker, 0.0)
        total = seconds * fragments
        time = np.arange(round(16000 * total)) / 16000
        # Syllables: a voice whose loudness rises and falls, as the mouth opens and closes.
        phase = np.cumsum(rng.uniform(2, 4, 8)[(time * 8 / total).astype(int) % 8]) / 16000
        envelope = np.clip(np.sin(2 * np.pi * phase), 0, None)
        voice = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 12))
        sound = 0.08 * envelope * voice + 0.0005 * rng.standard_normal(len(time))
        samples = np.round(32767 * sound).astype(np.int16)
        wavfile.write(workspace / f"raw/wav/{name}.wav", 16000, samples)
        features = speech_features(samples.astype(np.float32) / np.float32(32767))
        np.save(workspace / f"raw/mfcc/{name}.npy", features)
        for part in range(fragments):
            clip_id = f"{name}}}}}{part:02d}"
            frames = round(seconds * RATE)
            at = part * seconds + np.arange(frames) / RATE
            mouth = mouths_of(0.2 * np.interp(at + delay, time, envelope)).astype(np.float32)
            folder = workspace / "raw/fids" / clip_id
            folder.mkdir(exist_ok=True)
            np.save(folder / "mouth.npy", mouth)
            info = {
                "recording": name,
                "speaker": speaker,
                "rate": str(RATE),
                "start": part * seconds,
            }
            (folder / "clip.json").write_text(json.dumps(info))
            clips[clip_id] = {
                "recording": name,
                "speaker": speaker,
                "corpus": corpus,
                "seconds": seconds,
            }
            shapes.append(relative_shapes(mouth, reference))
    names = sorted({speaker for speaker, _ in speakers})
    basis = fit_basis(np.concatenate(shapes))
    np.savez(
        workspace / "reference/shapes.npz",
        mean=basis.mean,
        components=basis.components,
        variance=basis.variance,
        speakers=np.array(names),
        references=np.repeat(reference[None], len(names), axis=0),
        centres=np.repeat(reference.mean(axis=0)[None], len(names), axis=0),
    )
    (workspace / "reference/clips.json").write_text(json.dumps({"clips": clips}))
    return sorted(clips)
