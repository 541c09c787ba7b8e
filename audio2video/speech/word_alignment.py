"""When each word of a sentence is said, by laying the words said alone along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .._typing import F32, F64
from .features import CEPSTRA, STATIC_FEATURES, static_features
from .units import FEATURE_RATE, HOP

QUIET_DB = 45.0
"""What is so far below the loudest frame is no part of a word."""

MOST_SKIPPED = 2
"""Frames of a word alone that may be left out at once: in a sentence it is said up to three times
as fast."""

SKIP_COST, STAY_COST = 0.4, 0.4
"""What leaving out, or holding, a frame of a word costs, in units of the distance of frames."""


def align_words(sentence: F32, words: Sequence[F32]) -> F64:
    """Find when the words of a sentence are said.

    Parameters
    ----------
    sentence : np.ndarray [shape=(n,)]
        Mono speech at 16 kHz, full scale 1.
    words : sequence of np.ndarray
        Each word said alone by the same voice, in the sentence's order.

    Returns
    -------
    np.ndarray [shape=(words, 2), dtype=float64]
        Second at which each begins and ends; never before the word in front of it.

    Notes
    -----
    Dynamic time warping of cepstra (Sakoe and Chiba 1978): each frame of the sentence is laid on
    one of the words' frames, in their order, with pauses between words where the sentence has some.
    """
    if not words:
        return np.empty((0, 2))
    found = static_features(np.asarray(sentence, np.float32))
    parts = [_spoken_part(static_features(np.asarray(word, np.float32))) for word in words]
    mean, spread = found.mean(axis=0), found.std(axis=0) + 1e-3

    def scaled(features: F32) -> F64:
        return np.asarray((features - mean) / spread / np.sqrt(STATIC_FEATURES), np.float64)

    pause = scaled(found[[int(np.argmin(found[:, CEPSTRA]))]])  # its quietest frame
    owner = [np.array([-1])]
    model = [pause]
    for number, part in enumerate(map(scaled, parts)):
        owner += [np.full(len(part), number), np.array([-1])]
        model += [part, pause]
    states = np.concatenate(owner)
    path = _best_path(scaled(found), np.concatenate(model), states < 0)
    times = _times(states[path], len(words))
    return np.minimum(times, len(sentence) / (HOP * FEATURE_RATE))


def _spoken_part(features: F32) -> F32:
    """Cut off the silence around a word; one frame stays of silence alone."""
    energy = features[:, CEPSTRA].astype(np.float64)
    loud = np.flatnonzero(energy > energy.max() - QUIET_DB * np.log(10) / 10)
    return features[loud[0] : loud[-1] + 1]


def _best_path(found: F64, model: F64, pauses: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Lay each frame that was found on a frame of the model; the sum of distances is the least.

    Parameters
    ----------
    found : np.ndarray [shape=(n, d)]
    model : np.ndarray [shape=(m, d)]
    pauses : np.ndarray of bool [shape=(m,)]
        Frames of the model that may be held for long, or left out.

    Returns
    -------
    np.ndarray of int [shape=(n,)]
        Never decreasing.
    """
    count = len(model)
    real = np.cumsum(~pauses, dtype=np.intp)
    steps = min(MOST_SKIPPED + 3, count)  # over a pause as well
    costs = np.full((steps, count), np.inf)
    costs[0] = np.where(pauses, 0.0, STAY_COST)
    for step in range(1, steps):
        skipped: npt.NDArray[np.intp] = real[step - 1 : count - 1] - real[: count - step]
        allowed = skipped <= MOST_SKIPPED
        costs[step, step:] = np.where(allowed, SKIP_COST * skipped, np.inf)
    squares = np.einsum("md,md->m", model, model)
    total = np.full(count, np.inf)
    total[: min(2, count)] = 0.0
    total += _distances(found[0], model, squares)
    came = np.zeros((len(found), count), np.int8)
    candidates = np.full((steps, count), np.inf)
    for k in range(1, len(found)):
        candidates[0] = total
        for step in range(1, steps):
            candidates[step, step:] = total[: count - step]
        ways = candidates + costs
        came[k] = np.argmin(ways, axis=0)
        total = np.take_along_axis(ways, came[k][None].astype(np.intp), 0)[0]
        total = total + _distances(found[k], model, squares)
    path = np.empty(len(found), np.intp)
    # Where the sentence is too short for all of its words, it ends as far on as it came.
    ends = total[-2:] if np.isfinite(total[-2:]).any() else total
    path[-1] = count - len(ends) + int(np.argmin(ends))
    for k in range(len(found) - 1, 0, -1):
        path[k - 1] = path[k] - came[k, path[k]]
    return path


def _distances(frame: F64, model: F64, squares: F64) -> F64:
    squared = squares - 2 * (model @ frame) + frame @ frame
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float64)


def _times(owner: npt.NDArray[np.intp], count: int) -> F64:
    """Give the ranges of the words from which word each frame belongs to, -1 for none."""
    times = np.empty((count, 2))
    last = 0.0
    for number in range(count):
        own = np.flatnonzero(owner == number)
        if len(own):
            # A frame stands for the time around it.
            last = max(last, (own[0] - 0.5) / FEATURE_RATE)
            times[number] = last, (own[-1] + 0.5) / FEATURE_RATE
            last = times[number, 1]
        else:
            times[number] = last
    return times
