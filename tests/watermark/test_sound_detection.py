"""Finding a mark again in sound that was changed, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_sounds import KEY, NUMBER, OTHER, RATE, marked, speech

from audio2video._typing import F32
from audio2video.media.samples import resample
from audio2video.watermark.sound_detection import (
    SHIFTS,
    SoundFinding,
    fold,
    hadamard,
    read_cells,
    search_sound,
)
from audio2video.watermark.sound_pattern import (
    BANDS,
    BITS,
    PAIRS,
    SoundLayout,
    cells,
    sound_layout,
)


def at_rate(samples: F32, rate: int, to_rate: int) -> F32:
    blocks = resample(iter([samples[None]]), "mono", rate, "mono", to_rate)
    return np.concatenate([block[0] for block in blocks])


def noisy(samples: F32) -> F32:
    noise = np.random.default_rng(1).normal(0, 0.02 * samples.std(), len(samples))
    return (samples + noise).astype(np.float32)


@pytest.fixture(scope="module")
def sound() -> F32:
    return marked(speech())


CHANGES: dict[str, tuple[Callable[[F32], F32], float, float]] = {
    "none": (lambda x: x, 1.0, 1.0),
    "quieter": (lambda x: x * np.float32(0.25), 1.0, 1.0),
    "cut": (lambda x: x[23_456:], 1.0, 1.0),
    "telephone": (lambda x: at_rate(at_rate(x, RATE, 8000), 8000, RATE), 1.0, 1.0),
    "noise": (noisy, 1.0, 1.0),
    "16 bits": (lambda x: (np.rint(x * 32767) / 32767).astype(np.float32), 1.0, 1.0),
    "faster": (lambda x: at_rate(x, round(RATE * 1.05), RATE), 1.05, 1.05),
    "slower": (lambda x: at_rate(x, round(RATE * 0.95), RATE), 0.95, 0.95),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_mark_is_found_and_read(sound: F32, change: str) -> None:
    function, speed, pitch = CHANGES[change]
    found = search_sound(function(sound), [OTHER, KEY])
    assert found.found
    assert found.number == NUMBER
    assert found.key == 1
    assert found.speed == pytest.approx(speed, abs=0.005)
    assert found.pitch == pytest.approx(pitch, abs=0.005)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_sound_of_any_rate_bears_the_mark(rate: int) -> None:
    own = at_rate(speech()[: 4 * RATE], RATE, rate)
    found = search_sound(at_rate(marked(own, rate), rate, RATE), [KEY])
    assert found.found
    assert found.number == NUMBER


def test_another_key_finds_nothing(sound: F32) -> None:
    assert search_sound(sound, [OTHER]).chance > 1e-3


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert search_sound(speech(), [KEY, OTHER]).chance > 1e-3


@pytest.mark.parametrize("samples", [0, 1, 100, 20_000])
def test_silence_and_snippets_bear_no_mark(samples: int) -> None:
    assert search_sound(np.zeros(samples, np.float32), [KEY]).chance == 1.0


def test_a_tone_bears_no_mark() -> None:
    tone = np.sin(np.arange(3 * RATE) * 0.3).astype(np.float32)
    assert not search_sound(tone, [KEY]).found


def test_the_bound_follows_from_score_and_tries() -> None:
    def chance(score: float) -> float:
        return SoundFinding(score, 5000, 0, 0, 1.0, 1.0).chance

    assert chance(10.0) == pytest.approx(5000 * 2**20 * math.exp(-50))
    assert chance(5.0) == chance(-3.0) == 1.0
    assert not SoundFinding(8.4, 5000, 0, 0, 1.0, 1.0).found
    assert SoundFinding(8.6, 5000, 0, 0, 1.0, 1.0).found


@pytest.mark.parametrize("word", [0, NUMBER])
def test_scores_of_one_word_keep_to_the_bound(word: int, rng: np.random.Generator) -> None:
    """Over keys, for values as uneven as any: a few cells are all of the sum."""
    seen = (rng.standard_cauchy((PAIRS, BANDS))).astype(np.float32)
    length = float(np.linalg.norm(seen))
    scores = np.array(
        [float((cells(k.to_bytes(32, "big"), word) * seen).sum()) / length for k in range(1500)]
    )
    for z in (0.5, 1.0, 1.5, 2.0, 2.5):
        bound = math.exp(-(z**2) / 2)
        assert (scores >= z).mean() <= bound + 3 * math.sqrt(bound / len(scores))
    assert scores.std() == pytest.approx(1, abs=0.1)


def test_searches_under_random_keys_keep_to_the_bound() -> None:
    found = [search_sound(speech()[:RATE], [bytes([k]) * 32]) for k in range(8)]
    assert sum(one.chance < 0.25 for one in found) <= 2


@settings(max_examples=15)
@given(st.integers(0, (1 << BITS) - 1), st.integers(0, 2**32 - 1))
def test_a_word_is_read_through_noise(number: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 2.0, (PAIRS, BANDS))
    seen = (cells(KEY, number) + noise).astype(np.float32)
    score, word = read_cells(seen, sound_layout(KEY))
    assert word == number
    assert score == pytest.approx(
        float((cells(KEY, number) * seen).sum()) / float(np.linalg.norm(seen)), rel=1e-4
    )


def test_the_best_of_all_words_is_read(rng: np.random.Generator) -> None:
    """With a layout of few bits, all words are tried one by one."""
    signs = np.ones((PAIRS, BANDS), np.float32)
    chosen = rng.integers(0, 64, (PAIRS, BANDS)) << 14
    seen = rng.normal(0, 1, (PAIRS, BANDS)).astype(np.float32)
    _, word = read_cells(seen, SoundLayout(signs, chosen))
    fits = []
    for high in range(64):
        parity = np.array([bin(int(c) & (high << 14)).count("1") % 2 for c in chosen.ravel()])
        fits.append(float(((1 - 2 * parity) * seen.ravel()).sum()))
    assert word >> 14 == int(np.argmax(fits))


def test_the_transform_is_that_of_scipy(rng: np.random.Generator) -> None:
    values = rng.normal(0, 1, 1024).astype(np.float32)
    assert np.allclose(hadamard(values), scipy.linalg.hadamard(1024) @ values, atol=1e-3)


def test_folding_lays_periods_over_each_other() -> None:
    frames = 5 * 200  # five periods of 1.6 s, at 8 ms a frame
    place = np.arange(frames) * 0.008 % 1.6
    level = np.zeros((frames, BANDS), np.float32)
    level[(place >= 0.4) & (place < 0.44)] = 1.0  # the first chip of cell 5
    level[(place >= 0.44) & (place < 0.48)] = -1.0
    seen = fold(level, 1.0)
    assert seen.shape == (SHIFTS, BANDS)
    assert int(seen[:, 0].argmax()) in (39, 40, 41)
    assert seen.max() == pytest.approx(10)
