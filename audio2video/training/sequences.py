"""Training data: clips on one clock of 100 Hz, split by clip, cut into sequences with delay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONTEXT = 20
"""Feature frames of sound before the first target that are trained with, where there are any."""


@dataclass(frozen=True)
class TrainingClip:
    """One clip, ready for training.

    Parameters
    ----------
    features : ndarray of float32, shape (F, D)
        Speech features at 100 Hz.
    targets : ndarray of float32, shape (G, K)
        Shape coefficients on the same clock.
    first : int
        Feature frame that the first target belongs to; there may be sound before and after.
    """

    features: NDArray[np.float32]
    targets: NDArray[np.float32]
    first: int = 0


@dataclass(frozen=True)
class TrainingBatch:
    """Sequences trained on together.

    Parameters
    ----------
    features : ndarray of float32, shape (B, L, D)
    targets : ndarray of float32, shape (B, L, K)
        Already delayed: step t holds the target of step t - delay.
    weights : ndarray of float32, shape (B, L)
        0 where there is no target.
    """

    features: NDArray[np.float32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


def split_clips(
    recordings: Mapping[str, str], seed: int, validation: float, test: float
) -> dict[str, list[str]]:
    """Split clips into training, validation and test lists, never inside a recording.

    Each recording's place follows from its own name and the seed, so that adding some to a corpus
    hardly moves the others.

    Parameters
    ----------
    recordings : mapping of str to str
        The recording of each clip.
    seed : int
    validation, test : float
        Shares of all recordings; each gets at least one if there are three or more.

    Returns
    -------
    dict
        Lists of clips under 'training', 'validation' and 'test', each sorted.
    """
    order = sorted(
        set(recordings.values()), key=lambda r: hashlib.sha256(f"{seed}/{r}".encode()).digest()
    )
    least = 1 if len(order) >= 3 else 0
    tests = max(least, round(test * len(order))) if test > 0 else 0
    tests = min(tests, max(len(order) - 2, 0))
    checks = min(max(least, round(validation * len(order))), max(len(order) - tests - 1, 0))
    parts = {
        "test": set(order[:tests]),
        "validation": set(order[tests : tests + checks]),
        "training": set(order[tests + checks :]),
    }
    return {
        part: sorted(clip for clip, recording in recordings.items() if recording in members)
        for part, members in parts.items()
    }


def training_batches(
    clips: Sequence[TrainingClip],
    length: int,
    batch_size: int,
    delay: int,
    rng: np.random.Generator,
) -> Iterator[TrainingBatch]:
    """Cut all clips into sequences and hand them out in random order.

    Every clip is cut again at a random offset each time, so that the network sees a sound at any
    place in a sequence.

    Parameters
    ----------
    clips : sequence of TrainingClip
    length : int
        Feature frames a sequence.
    batch_size : int
    delay : int
        Feature frames by which the output lags (paper, section 3.1: "target delay").
    rng : numpy.random.Generator

    Yields
    ------
    TrainingBatch
        The last one may be smaller.
    """
    pieces = []
    for number, clip in enumerate(clips):
        end = clip.first + len(clip.targets) + delay
        begin = max(clip.first - CONTEXT, 0)
        begin -= int(rng.integers(0, min(length, max(end - begin - length, 1))))
        pieces += [(number, step) for step in range(begin, end, length)]
    order = rng.permutation(len(pieces))
    for first in range(0, len(order), batch_size):
        chosen = [pieces[i] for i in order[first : first + batch_size]]
        yield _gather(clips, chosen, length, delay)


def _gather(
    clips: Sequence[TrainingClip], pieces: Sequence[tuple[int, int]], length: int, delay: int
) -> TrainingBatch:
    dim, outputs = clips[0].features.shape[1], clips[0].targets.shape[1]
    features = np.empty((len(pieces), length, dim), np.float32)
    targets = np.zeros((len(pieces), length, outputs), np.float32)
    weights = np.zeros((len(pieces), length), np.float32)
    for row, (number, begin) in enumerate(pieces):
        clip = clips[number]
        steps = begin + np.arange(length)
        # Before a clip and behind it, sound goes on as its first and last frame do.
        features[row] = clip.features[np.clip(steps, 0, len(clip.features) - 1)]
        asked = steps - delay - clip.first
        known = (asked >= 0) & (asked < len(clip.targets))
        targets[row, known] = clip.targets[asked[known]]
        weights[row, known] = 1.0
    return TrainingBatch(features, targets, weights)
