"""Training data: clips on the clock of their features, split, cut into sequences with delay."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, F64
from ..storage.rows import StoredRows

CONTEXT = 20
"""Feature frames of sound before the first target that are trained with, where there are any."""


@dataclass(frozen=True)
class TrainingClip:
    """One clip, ready for training.

    Parameters
    ----------
    features : ndarray of float or StoredRows, shape (F, D)
        Speech features.
    targets : ndarray of float32, shape (G, K)
        Shape coefficients on the same clock.
    first : int
        Feature frame that the first target belongs to; there may be sound before and after.
    """

    features: NDArray[np.floating[Any]] | StoredRows
    targets: F32
    first: int = 0


@dataclass(frozen=True)
class Origin:
    """Where a clip comes from.

    Parameters
    ----------
    corpus, speaker : str
    mean_weight : float
        How much the mean error of a clip counts, 0 to 1: little where the speaker's closed mouth is
        not well known.
    """

    corpus: str = ""
    speaker: str = ""
    mean_weight: float = 1.0


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
    inside : ndarray of float32, shape (B, L)
        0 where there is no sound: features are those of the nearest frame.
    mean_weights : ndarray of float32, shape (B,)
        See `Origin`.
    numbers : ndarray of int, shape (B,)
        Of the clips that the sequences are from.
    """

    features: F32
    targets: F32
    weights: F32
    inside: F32
    mean_weights: F32
    numbers: NDArray[np.intp]


def split_clips(
    recordings: Mapping[str, str], seed: int, validation: float, test: float
) -> dict[str, list[str]]:
    """Split clips into training, validation and test lists, never inside a recording.

    Each recording's place follows from its own name and the seed, so that adding some to a corpus
    hardly moves the others.

    Parameters
    ----------
    recordings : mapping of str to str
        The recording of each clip; or its speaker, to split by speakers.
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
    mean_weights: Sequence[float] | None = None,
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
    mean_weights : sequence of float, optional
        Of each clip; see `Origin`. 1 by default.

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
        numbers, begins = [n for n, _ in chosen], [b for _, b in chosen]
        weights = [1.0 if mean_weights is None else mean_weights[n] for n in numbers]
        yield _gather(clips, numbers, begins, length, delay, weights)


class BalancedDraw:
    """Draws sequences of many speakers: corpora alike, speakers by the root of their seconds.

    Drawn by their length alone, the longest corpus and the most talkative speaker would decide what
    a network learns.

    Parameters
    ----------
    origins : sequence of Origin
        Of each clip.
    targets : sequence of int
        Targets of each clip.
    """

    def __init__(self, origins: Sequence[Origin], targets: Sequence[int]) -> None:
        self._origins, self._targets = origins, np.asarray(targets, np.float64)
        corpora: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, origin in enumerate(origins):
            corpora[origin.corpus][origin.speaker].append(number)
        self._speakers = [
            [np.array(of[speaker]) for speaker in sorted(of)] for _, of in sorted(corpora.items())
        ]

    def batches(self, length: int, batch_size: int) -> int:
        """Batches that show each corpus about as often as the smallest one is long."""
        smallest = min(sum(self._total(own) for own in of) for of in self._speakers)
        return max(1, round(smallest * len(self._speakers) / (length * batch_size)))

    def draw(
        self,
        clips: Sequence[TrainingClip],
        length: int,
        batch_size: int,
        delay: int,
        rng: np.random.Generator,
    ) -> TrainingBatch:
        """Draw a batch.

        Parameters
        ----------
        clips : sequence of TrainingClip
            In the order of the origins; perhaps another version of each.
        length, batch_size, delay : int
            See `training_batches`.
        rng : numpy.random.Generator

        Returns
        -------
        TrainingBatch
        """
        chosen = [self._one(row % len(self._speakers), rng) for row in range(batch_size)]
        begins = []
        for number in chosen:
            clip = clips[number]
            spare = max(len(clip.targets) + delay - length, 0)
            begins.append(clip.first + int(rng.integers(0, spare + 1)))
        weights = [self._origins[number].mean_weight for number in chosen]
        return _gather(clips, chosen, begins, length, delay, weights)

    def _one(self, corpus: int, rng: np.random.Generator) -> int:
        speakers = self._speakers[corpus]
        own = speakers[_drawn(np.sqrt([self._total(of) for of in speakers]), rng)]
        return int(own[_drawn(self._targets[own], rng)])

    def _total(self, own: NDArray[np.int_]) -> float:
        return float(self._targets[own].sum())


def _drawn(weights: F64, rng: np.random.Generator) -> int:
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def _gather(
    clips: Sequence[TrainingClip],
    numbers: Sequence[int],
    begins: Sequence[int],
    length: int,
    delay: int,
    mean_weights: Sequence[float],
) -> TrainingBatch:
    dim, outputs, rows = clips[0].features.shape[1], clips[0].targets.shape[1], len(numbers)
    features = np.empty((rows, length, dim), np.float32)
    targets = np.zeros((rows, length, outputs), np.float32)
    weights, inside = (np.zeros((rows, length), np.float32) for _ in range(2))
    for row, (number, begin) in enumerate(zip(numbers, begins, strict=True)):
        clip = clips[number]
        steps = begin + np.arange(length)
        # Before a clip and behind it, sound goes on as its first and last frame do.
        features[row] = clip.features[np.clip(steps, 0, len(clip.features) - 1)]
        inside[row] = (steps >= 0) & (steps < len(clip.features))
        asked = steps - delay - clip.first
        known = (asked >= 0) & (asked < len(clip.targets))
        targets[row, known] = clip.targets[asked[known]]
        weights[row, known] = 1.0
    mean = np.array(mean_weights, np.float32)
    return TrainingBatch(features, targets, weights, inside, mean, np.array(numbers, np.intp))
