"""Measure exported weights: ``python -m tools.train_talkers.evaluate WORK WEIGHTS PART``.

Prints for each group the mean over recordings: correlation of the opening at the file's own timing
and at each recording's constant lag, correlation of the width, spread of the opening over the true
one, and the correlation of the opening after the mouth's rest in pauses.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from audio2video.face.layout import mouth_opening
from audio2video.mouth.metrics import correlation, find_lag, opening_at_100hz, width_change
from audio2video.mouth.predictor import Predictor
from audio2video.mouth.rest import rest_in_silence
from audio2video.speech.recording import recording_activity
from tools.pack_talkers import talkers

from .corpus import PARTS, SPLIT, STATE_RATE, Clip, Features, between, load_corpus, load_pcm
from .sounds import TEMPO
from .train import SPREAD

COLUMNS = ("opening", "at own lag", "lag", "width", "spread", "after rest")


def measure(
    network: Predictor, clip: Clip, features: Features, work: Path, tempo: float
) -> tuple[float, ...]:
    """Measure one recording.

    Parameters
    ----------
    network : Predictor
    clip : Clip
    features : Features
    work : Path
    tempo : float
        What the sound of the features is faster by.

    Returns
    -------
    tuple of float
        As in `COLUMNS`; the lag is not a number where there is no motion, and the last one where
        the sound is faster.
    """
    coefficients = network.coefficients(np.asarray(features[clip.recording], np.float32))
    frames = clip.first + np.arange(len(clip.shapes))
    at_frames = between(coefficients, frames / float(clip.rate) * STATE_RATE / tempo)
    shapes = network.basis.decode(at_frames) * (clip.spread / SPREAD)
    true = clip.shapes.astype(np.float64)
    opening, true_opening = mouth_opening(shapes), mouth_opening(true)
    lag, fit = find_lag(opening_at_100hz(shapes, clip.rate), opening_at_100hz(true, clip.rate))
    rested = np.nan
    if tempo == 1:
        pcm = load_pcm(work, clip.recording)
        speech = recording_activity(pcm, clip.rate, clip.frames)[frames]
        still = rest_in_silence(shapes, speech, float(clip.rate), np.zeros((20, 2)))
        rested = correlation(mouth_opening(still), true_opening)
    return (
        correlation(opening, true_opening),
        fit,
        np.nan if lag is None else lag,
        correlation(width_change(shapes), width_change(true)),
        float(opening.std() / true_opening.std()),
        rested,
    )


def main() -> None:
    """Print a table of the groups, with ``--each`` of all recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--features", default="clean")
    parser.add_argument("--tempo", action="store_true", help=f"features of sound {TEMPO} as fast")
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--split", type=Path, default=SPLIT)
    given = parser.parse_args()
    network = talkers(given.weights)
    features = Features(given.work, given.features)
    if features.encoder_sha256 != network.encoder.sha256:
        raise SystemExit("the features are of another encoder than the network's")
    tempo = TEMPO if given.tempo else 1.0
    groups: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    print(f"{'':>24}" + "".join(f"{column:>12}" for column in COLUMNS))
    for clip in load_corpus(given.work, given.split):
        usable = clip.name == clip.recording and clip.recording in features
        if clip.part == given.part and usable:
            row = measure(network, clip, features, given.work, tempo)
            groups[clip.group].append(row)
            if given.each:
                print(f"{clip.name:>24}" + "".join(f"{value:12.3f}" for value in row))
    for group, rows in groups.items():
        means = np.mean(rows, axis=0)
        means[2] = np.nanmedian(np.array(rows)[:, 2])
        print(f"{group + f' ({len(rows)})':>24}" + "".join(f"{value:12.3f}" for value in means))


if __name__ == "__main__":
    main()
