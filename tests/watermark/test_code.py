"""The bits of a mark: code words, reading them through errors, check sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video._typing import U8
from audio2video.watermark.code import (
    BITS,
    CODED,
    HASH_BITS,
    Payload,
    decode,
    encode,
    payload_bits,
    read_payload,
)

PAYLOADS = st.builds(
    Payload,
    st.integers(0, 15),
    st.integers(0, (1 << HASH_BITS) - 1),
)
BIT_LISTS = st.lists(st.integers(0, 1), min_size=1, max_size=70)


def plain_encode(bits: list[int]) -> list[int]:
    """The register of the code, bit by bit."""
    register, word = [0] * 9, []
    for bit in [*bits, *[0] * 8]:
        register = [bit, *register[:-1]]
        for taps in ("101101111", "110110011", "111001001"):
            word.append(sum(a for a, b in zip(register, taps, strict=True) if b == "1") % 2)
    return word


def soft(word: U8) -> np.ndarray:
    return word * 2.0 - 1.0


@given(BIT_LISTS)
def test_code_words_are_those_of_a_plain_register(bits: list[int]) -> None:
    assert encode(np.array(bits, np.uint8)).tolist() == plain_encode(bits)


@given(BIT_LISTS)
def test_a_word_without_errors_is_read(bits: list[int]) -> None:
    assert decode(soft(encode(np.array(bits, np.uint8)))).tolist() == bits


@given(st.integers(0, 2**32 - 1))
def test_the_most_likely_word_is_found(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=3 * (5 + 8))
    words = [np.array(bits, np.uint8) for bits in itertools.product((0, 1), repeat=5)]
    fits = [float(soft(encode(word)) @ noise) for word in words]
    assert decode(noise).tolist() == words[int(np.argmax(fits))].tolist()


@given(PAYLOADS, st.lists(st.integers(0, CODED // 24 - 1), unique=True, max_size=9))
def test_errors_far_apart_are_corrected(payload: Payload, places: list[int]) -> None:
    word = soft(encode(payload_bits(payload)))
    word[[24 * place + place % 7 for place in places]] *= -1
    assert read_payload(decode(word)) == payload


def test_a_payload_is_read_through_noise(rng: np.random.Generator) -> None:
    payload = Payload(1, 0x123456789AB)
    word = soft(encode(payload_bits(payload)))
    # Of hard bits, one in sixteen would be wrong.
    read = [read_payload(decode(word + rng.normal(0, 0.65, CODED))) for _ in range(20)]
    assert read == [payload] * 20


@given(PAYLOADS, st.integers(0, BITS - 1))
def test_a_wrong_bit_is_told_by_the_check_sum(payload: Payload, place: int) -> None:
    bits = payload_bits(payload)
    assert read_payload(bits) == payload
    bits[place] ^= 1
    assert read_payload(bits) is None


def test_a_payload_is_named_by_eleven_digits() -> None:
    assert str(Payload(1, 0xAB)) == "000000000ab"


@pytest.mark.parametrize("payload", [Payload(16, 0), Payload(1, 1 << HASH_BITS), Payload(-1, 0)])
def test_too_large_a_payload_is_refused(payload: Payload) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        payload_bits(payload)
