"""The 64 bits that a mark carries, and the code that lets them be read through noise.

A convolutional code of rate 1/3 and constraint length 9 (generators 557, 663 and 711, octal), ended
by eight zeros, read by the algorithm of Viterbi (1967). Of the 64 bits the last 16 are a check sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .._typing import F64, I64, U8

VERSION = 1

VERSION_BITS, HASH_BITS, CHECK_BITS = 4, 44, 16
BITS = VERSION_BITS + HASH_BITS + CHECK_BITS

HASH_DIGITS = HASH_BITS // 4
"""Hexadecimal digits of the hash that a mark carries."""

_GENERATORS = (0o557, 0o663, 0o711)
_MEMORY = 8
_STATES = 1 << _MEMORY

CODED = (BITS + _MEMORY) * len(_GENERATORS)
"""Bits of a code word."""

_POLYNOMIAL = 0x1021
"""Check sum of 16 bits, as in X.25."""


@dataclass(frozen=True)
class Payload:
    """What a mark says.

    Parameters
    ----------
    version : int
        Of the mark, 0 to 15.
    digest : int
        First 44 bits of a hash.
    """

    version: int
    digest: int

    def __str__(self) -> str:
        """Hexadecimal digits of the hash."""
        return f"{self.digest:0{HASH_DIGITS}x}"


def payload_bits(payload: Payload) -> U8:
    """Give the 64 bits of a payload, its check sum at the end [shape=(64,)]."""
    if not (0 <= payload.version < 1 << VERSION_BITS and 0 <= payload.digest < 1 << HASH_BITS):
        raise ValueError(f"{payload} does not fit into a mark")
    said = _as_bits(payload.version << HASH_BITS | payload.digest, VERSION_BITS + HASH_BITS)
    return np.concatenate([said, _as_bits(_check_sum(said), CHECK_BITS)])


def read_payload(bits: U8) -> Payload | None:
    """Give the payload of 64 bits; None where the check sum is another."""
    said, check = bits[:-CHECK_BITS], bits[-CHECK_BITS:]
    if _check_sum(said) != _as_number(check):
        return None
    return Payload(_as_number(said[:VERSION_BITS]), _as_number(said[VERSION_BITS:]))


def encode(bits: U8) -> U8:
    """Give the code word of some bits.

    Parameters
    ----------
    bits : ndarray of uint8, shape (N,)
        Zeros and ones.

    Returns
    -------
    ndarray of uint8, shape (3 (N + 8),)
    """
    ended = np.concatenate([np.zeros(_MEMORY, np.uint8), bits, np.zeros(_MEMORY, np.uint8)])
    count = len(bits) + _MEMORY
    word = np.zeros((count, len(_GENERATORS)), np.uint8)
    for column, generator in enumerate(_GENERATORS):
        for delay in range(_MEMORY + 1):
            if generator >> (_MEMORY - delay) & 1:
                word[:, column] ^= ended[_MEMORY - delay :][:count]
    return word.ravel()


def decode(soft: F64) -> U8:
    """Find the bits whose code word fits best (Viterbi 1967).

    Parameters
    ----------
    soft : ndarray of float64, shape (3 (N + 8),)
        How much each bit of the word looks like a one, negative for a zero.

    Returns
    -------
    ndarray of uint8, shape (N,)
    """
    before, signs = _trellis()
    steps = soft.reshape(-1, len(_GENERATORS))
    score = np.full(_STATES, -np.inf)
    score[0] = 0.0
    chosen = np.empty((len(steps), _STATES), np.int64)
    rows = np.arange(_STATES)
    for step, three in enumerate(steps):
        reached = score[before] + signs @ three
        chosen[step] = reached.argmax(axis=1)
        score = reached[rows, chosen[step]]
    bits = np.empty(len(steps), np.uint8)
    state = 0
    for step in range(len(steps) - 1, -1, -1):
        bits[step] = state >> (_MEMORY - 1)
        state = int(before[state, chosen[step, state]])
    return bits[: len(steps) - _MEMORY]


@cache
def _trellis() -> tuple[I64, F64]:
    """Give the two states before each state, and the signs of the three bits sent on the way.

    A state is the last eight bits, the newest one the highest.
    """
    states = np.arange(_STATES)
    oldest = np.arange(2)
    before = (states[:, None] << 1 & (_STATES - 1)) | oldest
    register = states[:, None] << 1 | oldest  # nine bits, the newest one the highest
    signs = np.empty((_STATES, 2, len(_GENERATORS)))
    for column, generator in enumerate(_GENERATORS):
        # A generator's highest bit is the one of the newest bit.
        ones = np.array([[bin(int(r) & generator).count("1") for r in row] for row in register])
        signs[..., column] = ones % 2 * 2 - 1
    return before, signs


def _check_sum(bits: U8) -> int:
    register = 0xFFFF
    for bit in bits.tolist():
        top = register >> 15 ^ bit
        register = (register << 1 & 0xFFFF) ^ (_POLYNOMIAL if top else 0)
    return register


def _as_bits(number: int, count: int) -> U8:
    return np.array([number >> place & 1 for place in range(count - 1, -1, -1)], np.uint8)


def _as_number(bits: U8) -> int:
    return int("".join(map(str, bits.tolist())), 2)
