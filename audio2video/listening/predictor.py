"""What a listener will do next, learned from people who listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._typing import F64, I64
from .codebook import CODES, PIECE, RATE, Codebook, cut_pieces, make_codebook
from .network import Adam, Weights, new_weights, run, slopes, softmax
from .prosody import Prosody, prosody_features
from .wish import ASPECTS, Wish

BIN = 4
"""Frames that are heard as one: 0.16 s."""

BINS_BEFORE, BINS_AFTER = 13, 2
"""How much is heard: 2.1 s before a piece begins, and the piece itself."""

PAST = 3
"""Pieces of the listener's own that the next one follows from."""

HEARD_FEATURES = 5
FEATURES = HEARD_FEATURES + len(ASPECTS)
"""Prosody, and the speaker's motion; zeros where that is not known."""

HIDDEN, DECAY = 48, 0.02
BATCH = 128
EPOCHS, PATIENCE = 120, 12
HELD_OUT = 0.2

WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 2.0, 1.0]) * 4.0
"""Weights of the aspects in the wish that comes of a prediction."""


@dataclass(frozen=True)
class DyadicClip:
    """What one person heard and saw, and did, at `codebook.RATE`.

    Parameters
    ----------
    heard : ndarray of float64, shape (N, 5)
        See `prosody.prosody_features`.
    seen : ndarray of float64, shape (N, 8), or None
        Aspects of the speaker's motion.
    done : ndarray of float64, shape (N, 8)
        Aspects of the listener's motion.
    """

    heard: F64
    seen: F64 | None
    done: F64

    def features(self) -> F64:
        """Everything that is known of the speaker, shape (N, 13)."""
        return speaker_features(self.heard, self.seen)


def speaker_features(heard: F64, seen: F64 | None) -> F64:
    """Put together what is heard and seen of a speaker, shape (N, 13)."""
    shown = np.zeros((len(heard), len(ASPECTS))) if seen is None else seen
    return np.hstack([heard, shown])


@dataclass(frozen=True)
class ListenerModel:
    """A codebook, and a network that tells how likely each of its pieces is next.

    Parameters
    ----------
    codebook : Codebook
    weights : Weights
    mean, std : ndarray of float64, shape (13,)
        The speaker's features are normalised with these.
    """

    codebook: Codebook
    weights: Weights
    mean: F64
    std: F64

    def probabilities(self, features: F64, past: I64) -> F64:
        """Tell how likely each code is for each of S pieces, given those before; (S, K).

        Parameters
        ----------
        features : ndarray, shape (N, 13)
        past : ndarray of int, shape (S, PAST)
            Codes before each piece, the latest last; -1 for none.
        """
        heard = windows((features - self.mean) / self.std, len(past))
        logits, _ = run(self.weights, np.hstack([heard, _one_hot(past, len(self.codebook))]))
        return softmax(logits)

    def sample(self, features: F64, rng: np.random.Generator) -> I64:
        """Draw codes piece by piece, each following from those before; (S,).

        Parameters
        ----------
        features : ndarray, shape (N, 13)
        rng : numpy.random.Generator
        """
        count = -(-len(features) // PIECE)
        heard = windows((features - self.mean) / self.std, count)
        past = np.full((1, PAST), -1, np.int64)
        codes = np.empty(count, np.int64)
        for k in range(count):
            x = np.hstack([heard[k : k + 1], _one_hot(past, len(self.codebook))])
            chances = softmax(run(self.weights, x)[0])[0]
            codes[k] = rng.choice(len(chances), p=chances)
            past = np.concatenate([past[:, 1:], [[codes[k]]]], axis=1)
        return codes

    def wish(
        self,
        prosody: Prosody,
        seen: F64 | None,
        rate: float,
        frames: int,
        liveliness: float,
        rng: np.random.Generator,
    ) -> Wish:
        """Wish for what a listener may do, as one sample of many.

        Parameters
        ----------
        prosody : Prosody
        seen : ndarray, shape (N, 8), or None
            Aspects of the speaker's motion at `codebook.RATE`.
        rate : float
            Frames per second of the wish.
        frames : int
        liveliness : float
            Factor on the motion.
        rng : numpy.random.Generator
        """
        count = int(np.ceil(frames * RATE / rate)) + 1
        heard = prosody_features(prosody, RATE, count)
        shown = None if seen is None else _of_length(seen, count)
        codes = self.sample(speaker_features(heard, shown), rng)
        own = self.codebook.pieces[codes].reshape(-1, len(ASPECTS)).copy()
        own[:, :5] *= liveliness
        places = np.arange(frames) * (RATE / rate)
        steps = np.arange(len(own))
        aspects = np.column_stack([np.interp(places, steps, column) for column in own.T])
        weights = np.tile(WEIGHTS, (frames, 1))
        return Wish(aspects, weights, np.zeros(0), np.zeros(0), np.zeros(0))


def windows(features: F64, count: int) -> F64:
    """Give what is heard and seen around each piece, in bins, (count, bins * D)."""
    before, after = BINS_BEFORE * BIN, BINS_AFTER * BIN
    missing = max(count * PIECE - len(features), 0) + after
    padded = np.pad(features, ((before, missing), (0, 0)), mode="edge")
    bins = (before + after) // BIN
    rows = [
        padded[k * PIECE : k * PIECE + before + after].reshape(bins, BIN, -1).mean(axis=1).ravel()
        for k in range(count)
    ]
    return np.stack(rows)


def _one_hot(past: I64, codes: int) -> F64:
    table = np.vstack([np.eye(codes), np.zeros((1, codes))])
    return table[past].reshape(len(past), -1)


def _of_length(values: F64, count: int) -> F64:
    """Cut, or go on with the last row."""
    missing = max(count - len(values), 0)
    return np.pad(values, ((0, missing), (0, 0)), mode="edge")[:count]


def past_codes(codes: I64) -> I64:
    """Give the codes before each piece, shape (S, PAST); -1 for none."""
    padded = np.concatenate([np.full(PAST, -1, np.int64), codes])
    return np.stack([padded[k : k + PAST] for k in range(len(codes))])


@dataclass(frozen=True)
class ListenerTraining:
    """How a training went.

    Parameters
    ----------
    epochs : int
    loss, held_loss : float
        Nats per piece, on the clips that were learned from and on those held out.
    unigram_loss : float
        Of the held-out pieces if only their frequencies are known.
    spread_left : float
        Share of the held-out variance that the codebook does not tell.
    """

    epochs: int
    loss: float
    held_loss: float
    unigram_loss: float
    spread_left: float


def train_listener(
    clips: Sequence[DyadicClip], codes: int = CODES, seed: int = 0, method: str = "kmeans"
) -> tuple[ListenerModel, ListenerTraining]:
    """Learn a codebook, and which of its pieces follow from what is heard and seen.

    Parameters
    ----------
    clips : sequence of DyadicClip
        Some are held out, whole, to stop in time; the last part of a single one.
    codes : int
    seed : int
    method : str
        Of the codebook, see `codebook.make_codebook`.

    Returns
    -------
    ListenerModel
    ListenerTraining

    Raises
    ------
    ValueError
        There is too little to learn from.
    """
    rng = np.random.default_rng(seed)
    learned, held = _split(clips, rng)
    book = make_codebook(
        np.concatenate([cut_pieces(clip.done, 2) for clip in learned]), codes, method, seed
    )
    features = np.concatenate([clip.features() for clip in learned])
    mean, std = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3)
    x, y = _examples(learned, book, mean, std)
    held_x, held_y = _examples(held, book, mean, std)
    weights, adam = new_weights(rng, x.shape[1], HIDDEN, len(book)), Adam(DECAY)
    best, best_loss, best_epoch, loss = weights, np.inf, 0, np.inf
    epoch = 0
    for epoch in range(1, EPOCHS + 1):
        order = rng.permutation(len(x))
        for first in range(0, len(x), BATCH):
            rows = order[first : first + BATCH]
            logits, hidden = run(weights, x[rows])
            wanted = softmax(logits)
            wanted[np.arange(len(rows)), y[rows]] -= 1
            by_weights, _ = slopes(weights, x[rows], hidden, wanted / len(rows))
            adam.step(weights, by_weights)
        held_loss = _loss(weights, held_x, held_y)
        if held_loss < best_loss:
            best = {name: array.copy() for name, array in weights.items()}
            best_loss, best_epoch, loss = held_loss, epoch, _loss(weights, x, y)
        elif epoch - best_epoch >= PATIENCE:
            break
    often = (np.bincount(y, minlength=len(book)) + 1.0) / (len(y) + len(book))
    pieces = np.concatenate([cut_pieces(clip.done) for clip in held])
    told = ListenerTraining(
        epoch,
        float(loss),
        float(best_loss),
        float(-np.log(often[held_y]).mean()),
        book.spread_left(pieces),
    )
    return ListenerModel(book, best, mean, std), told


def _split(
    clips: Sequence[DyadicClip], rng: np.random.Generator
) -> tuple[list[DyadicClip], list[DyadicClip]]:
    if len(clips) > 1:
        order = rng.permutation(len(clips))
        count = max(1, round(HELD_OUT * len(clips)))
        return [clips[k] for k in order[count:]], [clips[k] for k in order[:count]]
    if not clips or len(clips[0].done) < 20 * PIECE:
        raise ValueError("too little footage to learn from")
    only = clips[0]
    cut = round(len(only.done) * (1 - HELD_OUT))
    return [_part(only, 0, cut)], [_part(only, cut, len(only.done))]


def _part(clip: DyadicClip, first: int, last: int) -> DyadicClip:
    seen = None if clip.seen is None else clip.seen[first:last]
    return DyadicClip(clip.heard[first:last], seen, clip.done[first:last])


def _examples(clips: Sequence[DyadicClip], book: Codebook, mean: F64, std: F64) -> tuple[F64, I64]:
    """Give inputs and codes of all whole pieces."""
    inputs, codes = [], []
    for clip in clips:
        pieces = cut_pieces(clip.done)
        if not len(pieces):
            continue
        found = book.codes(pieces)
        heard = windows((clip.features() - mean) / std, len(found))
        inputs.append(np.hstack([heard, _one_hot(past_codes(found), len(book))]))
        codes.append(found)
    if not inputs:
        raise ValueError("too little footage to learn from")
    return np.concatenate(inputs), np.concatenate(codes)


def _loss(weights: Weights, x: F64, y: I64) -> float:
    chances = softmax(run(weights, x)[0])
    return float(-np.log(chances[np.arange(len(y)), y] + 1e-12).mean())
