"""Fit the detector of /p b m/: ``python -m tools.train_bilabials.train PHONES PRODUCT``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audio2video.models.encoder_files import encoder_named, whisper_path
from audio2video.pipeline.speech_samples import level_speech, read_speech
from audio2video.speech.bilabials import FORMAT
from audio2video.speech.encoder import SpeechEncoder
from audio2video.speech.recording import as_samples
from audio2video.storage.files import file_hash
from tools.train_detector.train import fit

BILABIALS = ("P", "B", "M")
OFFSETS = (-4, -2, -1, 0, 1, 2, 4)
EDGE = 0.01
"""Seconds at both ends of a phone that are not learned from: an aligner is not exacter."""

F32 = npt.NDArray[np.float32]


def labels(phones: list[list[Any]], states: int, rate: int) -> npt.NDArray[np.int8]:
    """Label states: 1 in /p b m/, 0 in other sounds and silence, -1 where it is not known."""
    found = np.full(states, -1, np.int8)
    times = np.arange(states) / rate
    for name, start, duration in phones:
        begin, end = start / 100 + EDGE, (start + duration) / 100 - EDGE
        found[(times >= begin) & (times < end)] = name in BILABIALS
    return found


def around(states: F32) -> F32:
    """Put the states at all `OFFSETS` beside each other."""
    places = np.arange(len(states))[:, None] + np.array(OFFSETS)
    return states[np.clip(places, 0, len(states) - 1)].reshape(len(states), -1)


def examples(
    aligned: dict[str, Any], encoder: SpeechEncoder
) -> dict[str, tuple[F32, npt.NDArray[np.int8]]]:
    """Encode all recordings as step 1 hears them; those without phones are left out."""
    found = {}
    for path, one in aligned.items():
        if one["phones"]:
            samples, _ = level_speech(read_speech(Path(path)))
            states = encoder.encode(as_samples(samples))
            found[path] = states, labels(one["phones"], len(states), encoder.note.rate)
    return found


def main() -> None:
    """Fit on all speakers but those held out, measure on these, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phones", type=Path, help="JSON of `align`")
    parser.add_argument("product", type=Path)
    parser.add_argument("--held_out", nargs="*", default=[], metavar="SPEAKER")
    given = parser.parse_args()
    encoder = encoder_named("whisper")
    aligned = json.loads(given.phones.read_text(encoding="utf-8"))
    made = examples(aligned, encoder)
    out = {path for path in made if aligned[path]["speaker"] in given.held_out}
    kept = [parts for path, parts in made.items() if path not in out]
    x = np.concatenate([around(states) for states, _ in kept])
    y = np.concatenate([said for _, said in kept])
    known = y >= 0
    weights, bias = fit(x[known], y[known] == 1)
    if out:
        evidence = np.concatenate([around(made[p][0]) @ weights + bias for p in sorted(out)])
        true = np.concatenate([made[p][1] for p in sorted(out)])
        for least in (-2, -1, 0, 1, 2):
            hit = np.mean(evidence[true == 1] > least)
            false = np.mean(evidence[true == 0] > least)
            print(f"log odds over {least}: {hit:.3f} of /p b m/, {false:.4f} of all else")
    np.savez(
        given.product,
        format=np.array(FORMAT),
        encoder=np.array(file_hash(whisper_path())),
        offsets=np.array(OFFSETS),
        weights=weights.reshape(len(OFFSETS), -1).astype(np.float32),
        bias=np.array(bias, np.float32),
    )


if __name__ == "__main__":
    main()
