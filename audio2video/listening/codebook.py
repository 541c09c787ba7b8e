"""A codebook of short pieces of motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2, vq

from .._typing import F64, I64
from .network import Adam, new_weights, run, slopes

RATE = 25.0
"""Frames per second of the motions that a codebook is made of."""

PIECE = 8
"""Frames of a piece: 0.32 s."""

CODES = 32

METHODS = ("kmeans", "vq")

_HIDDEN, _LATENT = 64, 8
_COMMITMENT = 0.25
_AVERAGE = 0.99
_BATCH = 256


@dataclass(frozen=True)
class Codebook:
    """Pieces of motion that stand for all others.

    Parameters
    ----------
    pieces : ndarray of float64, shape (K, W, D)
        Aspects of W frames each, see `wish.ASPECTS`.
    scale : ndarray of float64, shape (D,)
        Spread of each aspect: differences count by these.
    """

    pieces: F64
    scale: F64

    def __len__(self) -> int:
        return len(self.pieces)

    def codes(self, pieces: F64) -> I64:
        """Give the nearest code of each piece, shape (n,)."""
        return _nearest(self._flat(pieces), self._flat(self.pieces))

    def spread_left(self, pieces: F64) -> float:
        """Share of the pieces' variance that their codes do not tell, 0 for a perfect codebook."""
        flat = self._flat(pieces)
        told = self._flat(self.pieces)[self.codes(pieces)]
        return float(((flat - told) ** 2).sum() / ((flat - flat.mean(axis=0)) ** 2).sum())

    def _flat(self, pieces: F64) -> F64:
        return (pieces / self.scale).reshape(len(pieces), -1)


def cut_pieces(aspects: F64, step: int = PIECE) -> F64:
    """Cut a motion into pieces that begin `step` frames apart, shape (n, PIECE, D)."""
    starts = range(0, len(aspects) - PIECE + 1, step)
    if not starts:
        return np.zeros((0, PIECE, aspects.shape[1]))
    return np.stack([aspects[k : k + PIECE] for k in starts])


def make_codebook(
    pieces: F64, codes: int = CODES, method: str = "kmeans", seed: int = 0, steps: int = 3000
) -> Codebook:
    """Learn a codebook.

    Parameters
    ----------
    pieces : ndarray, shape (n, W, D)
    codes : int
        At most n.
    method : {'kmeans', 'vq'}
        k-means, or a small autoencoder whose middle is quantised (van den Oord et al., "Neural
        Discrete Representation Learning", NeurIPS 2017), as Learning to Listen (Ng et al., CVPR
        2022) has it.
    seed : int
    steps : int
        Of the autoencoder.

    Returns
    -------
    Codebook

    Raises
    ------
    ValueError
        There is no such method, or there are too few pieces.
    """
    if method not in METHODS:
        raise ValueError(f"no such method: {method}")
    if len(pieces) < max(codes, 2):
        raise ValueError(f"{len(pieces)} pieces are too few for {codes} codes")
    scale = np.maximum(pieces.std(axis=(0, 1)), 1e-6)
    flat = (pieces / scale).reshape(len(pieces), -1)
    if method == "kmeans":
        found = kmeans2(flat, codes, iter=50, minit="++", seed=seed, missing="warn")[0]
    else:
        found = _autoencoded(flat, codes, seed, steps)
    return Codebook(found.reshape(-1, *pieces.shape[1:]) * scale, scale)


def _autoencoded(x: F64, codes: int, seed: int, steps: int) -> F64:
    """Train an autoencoder with a quantised middle; give what it makes of each code."""
    rng = np.random.default_rng(seed)
    encoder = new_weights(rng, x.shape[1], _HIDDEN, _LATENT)
    decoder = new_weights(rng, _LATENT, _HIDDEN, x.shape[1])
    down, up = Adam(), Adam()
    book = run(encoder, x[rng.choice(len(x), codes, replace=False)])[0]
    count, total = np.ones(codes), book.copy()
    for step in range(steps):
        batch = x[rng.integers(len(x), size=min(_BATCH, len(x)))]
        z, inside = run(encoder, batch)
        index = _nearest(z, book)
        q = book[index]
        y, hidden = run(decoder, q)
        by_decoder, by_q = slopes(decoder, q, hidden, 2 * (y - batch) / len(batch))
        # The slope goes straight through the quantisation.
        by_encoder, _ = slopes(
            encoder, batch, inside, by_q + 2 * _COMMITMENT * (z - q) / len(batch)
        )
        up.step(decoder, by_decoder)
        down.step(encoder, by_encoder)
        used = np.bincount(index, minlength=codes)
        count = _AVERAGE * count + (1 - _AVERAGE) * used
        total = _AVERAGE * total
        np.add.at(total, index, (1 - _AVERAGE) * z)
        book = total / np.maximum(count, 1e-6)[:, None]
        if step % 100 == 99:
            dead = count < 0.05
            if dead.any():  # a code that nobody uses begins anew where there is something
                book[dead] = z[rng.integers(len(z), size=int(dead.sum()))]
                count[dead], total[dead] = 1.0, book[dead]
    return run(decoder, book)[0]


def _nearest(points: F64, centres: F64) -> I64:
    return np.asarray(vq(points, centres)[0], np.int64)
