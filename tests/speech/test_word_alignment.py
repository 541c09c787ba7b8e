"""Words along their sentence: known answers, and a plain twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.speech.word_alignment import (
    MOST_SKIPPED,
    SKIP_COST,
    STAY_COST,
    _best_path,
    align_words,
)


def tones(seed: int, seconds: float) -> np.ndarray:
    """A sound that is like no other."""
    random = np.random.default_rng(seed)
    times = np.arange(round(16000 * seconds)) / 16000
    parts = np.sin(2 * np.pi * random.uniform(150, 4000, 6)[:, None] * times)
    return (0.05 * parts.sum(axis=0)).astype(np.float32)


def test_words_with_known_pauses_between() -> None:
    gap = np.zeros(1600, np.float32)
    words = [tones(1, 0.3), tones(2, 0.2), tones(3, 0.5)]
    sentence = np.concatenate([gap, words[0], gap, gap, words[1], words[2], gap])
    alone = [np.concatenate([gap, word, gap]) for word in words]
    found = align_words(sentence, alone)
    np.testing.assert_allclose(found, [[0.1, 0.4], [0.6, 0.8], [0.8, 1.3]], atol=0.021)


def test_words_that_are_said_faster_and_slower_than_alone() -> None:
    sentence = np.concatenate([tones(1, 0.2), tones(2, 0.4), tones(3, 0.3)])
    found = align_words(sentence, [tones(1, 0.4), tones(2, 0.2), tones(3, 0.3)])
    np.testing.assert_allclose(found, [[0, 0.2], [0.2, 0.6], [0.6, 0.9]], atol=0.021)


def test_the_same_word_twice() -> None:
    gap = np.zeros(1600, np.float32)
    word = tones(5, 0.2)
    found = align_words(np.concatenate([word, gap, word]), [word, word])
    np.testing.assert_allclose(found, [[0, 0.2], [0.3, 0.5]], atol=0.021)


def test_no_words_and_silent_words() -> None:
    assert align_words(tones(1, 0.3), []).shape == (0, 2)
    found = align_words(tones(1, 0.3), [np.zeros(1, np.float32), tones(1, 0.3)])
    assert found.shape == (2, 2)
    assert found[1, 1] <= 0.3


@given(
    lengths=st.lists(st.integers(1, 4000), min_size=1, max_size=6),
    length=st.integers(1, 8000),
    seed=st.integers(0, 99),
)
@settings(max_examples=40)
def test_words_are_in_order_and_within_the_sentence(
    lengths: list[int], length: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    sentence = random.normal(0, 0.1, length).astype(np.float32)
    words = [random.normal(0, 0.1, n).astype(np.float32) for n in lengths]
    found = align_words(sentence, words)
    assert np.isfinite(found).all()
    assert (np.diff(found.ravel()) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= length / 16000


def plain_cost(found: np.ndarray, model: np.ndarray, pauses: np.ndarray, path: list[int]) -> float:
    """What a path costs, step by step."""
    cost = 0.0
    for k, state in enumerate(path):
        cost += float(np.linalg.norm(found[k] - model[state]))
        if k == 0:
            continue
        before = path[k - 1]
        if state == before:
            cost += 0.0 if pauses[state] else STAY_COST
            continue
        skipped = int((~pauses[before + 1 : state]).sum())
        steps = state - before
        if not 0 < steps <= MOST_SKIPPED + 2 or skipped > MOST_SKIPPED:
            return np.inf
        cost += SKIP_COST * skipped
    return cost


@given(seed=st.integers(0, 10_000), count=st.integers(2, 6), size=st.integers(2, 5))
@settings(max_examples=60)
def test_no_other_path_is_better(seed: int, count: int, size: int) -> None:
    random = np.random.default_rng(seed)
    pauses = random.random(size) < 0.4
    found, model = random.normal(size=(count, 2)), random.normal(size=(size, 2))
    path = _best_path(found, model, pauses).tolist()
    every = [[]]
    for _ in range(count):
        every = [[*one, state] for one in every for state in range(one[-1] if one else 0, size)]
    every = [one for one in every if one[0] < 2]
    done = [one for one in every if one[-1] >= size - 2]
    best = min(plain_cost(found, model, pauses, one) for one in done)
    if np.isfinite(best):
        assert plain_cost(found, model, pauses, path) <= best + 1e-9
