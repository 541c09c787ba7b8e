"""Say sentences with flite, predict the mouth, and take the mean lip shape of each viseme.

flite tells when it says which phone, so that no aligner is needed. Measured are its voices rms,
slt and awb; with kal16 and the sentences of every fourth line, which the means do not see, it is
counted how often the likeliest viseme is the one that is said.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

import audio2video as a2v
from audio2video._typing import F64
from audio2video.mouth.visemes import MARGIN, SHOWN, VISEMES, likelihoods, shown

RATE = 100
TAUGHT, ASKED = ("rms", "slt", "awb"), "kal16"
MIDDLE = 0.5
"""Share of a phone, around its middle, that is measured."""

PHONES = {
    "sil": "pau",
    "PP": "p b m",
    "FF": "f v",
    "TH": "th dh",
    "DD": "t d",
    "kk": "k g ng",
    "CH": "ch jh sh zh",
    "SS": "s z",
    "nn": "n l",
    "RR": "r er",
    "aa": "aa ah ae",
    "E": "eh ey",
    "I": "ih iy y",
    "O": "ao ow oy",
    "U": "uw uh w",
}
VISEME = {phone: name for name, phones in PHONES.items() for phone in phones.split()}


def spoken(line: str, voice: str, folder: Path) -> tuple[Path, list[tuple[str, float, float]]]:
    """Say a line; gives the sound, and its phones with their times."""
    (folder / "line.txt").write_text(line)
    words = ["flite", "-voice", voice, "-f", "line.txt", "-o", "line.wav", "-psdur"]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout
    phones, begin = [], 0.0
    for part in said.split():
        name, _, end = part.rpartition(":")
        phones.append((name, begin, float(end)))
        begin = float(end)
    return folder / "line.wav", phones


def measured(lines: list[str], voice: str, folder: Path) -> dict[str, list[F64]]:
    """Measure the lips in the middle of each phone, by viseme."""
    found: dict[str, list[F64]] = defaultdict(list)
    network = a2v.load_pass()
    for line in lines:
        sound, phones = spoken(line, voice, folder)
        mouth = a2v.predict_mouth(sound, Fraction(RATE), network=network)
        values = shown(mouth.shapes, mouth.reference)
        for name, begin, end in phones:
            half = MIDDLE * (end - begin) / 2
            first, last = ((begin + end) / 2 + sign * half for sign in (-1, 1))
            part = values[round(first * RATE) : max(round(last * RATE), round(first * RATE) + 1)]
            if name in VISEME and len(part):
                found[VISEME[name]].append(part.mean(axis=0))
    return found


def main() -> int:
    """Print the table, and what can be told apart."""
    argparse.ArgumentParser(prog="python -m tools.train_visemes", description=__doc__).parse_args()
    lines = (Path(__file__).parent / "sentences.txt").read_text().splitlines()
    taught = [line for k, line in enumerate(lines) if k % 4]
    asked = lines[::4]
    every: dict[str, list[F64]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for voice in TAUGHT:
            for name, values in measured(taught, voice, Path(folder)).items():
                every[name] += values
        held_out = measured(asked, ASKED, Path(folder))
    means = np.array([np.mean(every[name], axis=0) for name in VISEMES])
    apart = np.concatenate([np.array(every[n]) - means[k] for k, n in enumerate(VISEMES)])
    covariance = apart.T @ apart / len(apart)
    print(f"# {', '.join(SHOWN)}")
    for name, row in zip(VISEMES, means, strict=True):
        print(f'    "{name}": ({", ".join(f"{value:.4f}" for value in row)}),')
    covariance += MARGIN**2 * np.eye(len(SHOWN))
    print("covariance, times 1e4")
    for row in covariance * 1e4:
        print(f"        [{', '.join(f'{value:.3f}' for value in row)}],")
    print("said (rows, held out), taken for (columns), in percent")
    print(" " * 6 + "".join(f"{name:>5}" for name in VISEMES) + "   n")
    for name in VISEMES:
        weights = likelihoods(np.array(held_out[name]), means, covariance)
        likeliest = np.bincount(weights.argmax(axis=1), minlength=len(VISEMES))
        shares = 100 * likeliest / max(likeliest.sum(), 1)
        print(f"{name:>6}" + "".join(f"{s:5.0f}" for s in shares) + f"{len(weights):5}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
