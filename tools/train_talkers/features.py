"""Encoder states of all recordings: ``python -m tools.train_talkers.features WORK NAME``."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio2video.models.encoder_files import load_whisper, whisper_path
from audio2video.speech.encoder import EncoderNote
from audio2video.speech.whisper import LAYERS, NAME, STATE_HOP, STATE_RATE, VERSION
from audio2video.storage.files import file_hash

from .corpus import PARTS, SPLIT, between, load_corpus, load_sound
from .sounds import CONDITIONS, changed

BABBLERS = 60
"""Training recordings that babble is mixed of."""


def wanted(
    work: Path, split: Path, parts: list[str], groups: list[str], thin: dict[str, int]
) -> tuple[list[str], list[str]]:
    """Name the recordings to work on, and those for training (of which babble is made)."""
    names: dict[str, list[str]] = defaultdict(list)
    training = []
    for clip in load_corpus(work, split):
        if clip.name != clip.recording:
            continue
        if clip.part == "training":
            training.append(clip.recording)
        if clip.part in parts and (not groups or clip.group in groups):
            names[clip.group].append(clip.recording)
    return sorted(n for g, ns in names.items() for n in ns[:: thin.get(g, 1)]), training


def seeded(recording: str, seed: int) -> np.random.Generator:
    """Make the random numbers of a recording: they do not depend on the others."""
    digest = hashlib.sha256(recording.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:4], "big")])


def main() -> None:
    """Write ``WORK/features/NAME.npy`` and its index."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("name", help="what `train` and `evaluate` call these features")
    parser.add_argument("--condition", choices=CONDITIONS, default="clean")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--groups", nargs="+", default=[], help="only these")
    parser.add_argument("--thin", nargs="+", default=[], metavar="GROUP=N", help="every Nth")
    parser.add_argument("--split", type=Path, default=SPLIT)
    given = parser.parse_args()
    encoder = load_whisper(EncoderNote(NAME, VERSION, file_hash(whisper_path()), STATE_RATE))
    thin = {group: int(n) for group, n in (pair.split("=") for pair in given.thin)}
    names, training = wanted(given.work, given.split, given.parts, given.groups, thin)
    voices = []
    if given.condition in ("augmented", "babble"):
        drawn = np.random.default_rng(99).permutation(len(training))[:BABBLERS]
        voices = [load_sound(given.work, training[k]) for k in drawn]
        voices = [voice for voice in voices if voice.any()]
    parts: list[NDArray[np.float16]] = []
    for number, recording in enumerate(names):
        samples = load_sound(given.work, recording)
        count = len(samples) // STATE_HOP + 1
        rng = seeded(recording, given.seed)
        samples, factor = changed(samples, given.condition, rng, voices)
        states = encoder.encode(samples)
        if factor != 1:
            states = np.asarray(between(states, np.arange(count) / factor), np.float32)
        parts.append(states.astype(np.float16))
        if number % 200 == 199:
            print(f"{number + 1} of {len(names)}", flush=True)
    folder = given.work / "features"
    folder.mkdir(exist_ok=True)
    np.save(folder / f"{given.name}.npy", np.concatenate(parts))
    index = {
        "names": names,
        "counts": [len(part) for part in parts],
        "layers": LAYERS,
        "encoder_sha256": encoder.sha256,
        "condition": given.condition,
        "seed": given.seed,
    }
    (folder / f"{given.name}.json").write_text(json.dumps(index), encoding="utf-8")
    print(f"{len(names)} recordings")


if __name__ == "__main__":
    main()
