"""Laying a mark into sound: block by block, under the threshold, and nothing into silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_sounds import KEY, NUMBER, RATE, marked, speech

from audio2video._typing import F32
from audio2video.watermark import sound_embedding
from audio2video.watermark.sound_embedding import MARGIN, STRONGEST, SoundEmbedder, strength
from audio2video.watermark.sound_masking import band_powers, thresholds


def in_blocks(samples: F32, cuts: list[int], rate: int) -> F32:
    embedder = SoundEmbedder(KEY, NUMBER, rate, len(samples))
    parts = [embedder.mark(block) for block in np.split(samples, sorted(cuts), axis=1)]
    return np.concatenate([*parts, embedder.finish()], axis=1)


@given(
    st.integers(0, 9000),
    st.lists(st.integers(0, 9000), max_size=5),
    st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000]),
    st.integers(1, 3),
)
def test_blocks_of_any_length_give_the_same_samples(
    length: int, cuts: list[int], rate: int, channels: int
) -> None:
    samples = np.random.default_rng(length).normal(0, 0.1, (channels, length)).astype(np.float32)
    whole = in_blocks(samples, [], rate)
    assert whole.shape == samples.shape
    assert whole.dtype == np.float32
    assert np.array_equal(in_blocks(samples, [min(cut, length) for cut in cuts], rate), whole)


def test_little_is_kept_back() -> None:
    embedder, given = SoundEmbedder(KEY, NUMBER, RATE, 1), 0
    for taken in range(1000, 3 * RATE, 1000):
        given += embedder.mark(np.zeros((1, 1000), np.float32)).shape[1]
        assert 0 <= taken - given < RATE / 2


def test_a_mark_of_no_strength_leaves_the_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_embedding, "STRONGEST", 0.0)
    assert np.abs(marked(speech()) - speech()).max() < 1e-6


def test_the_mark_follows_the_level_of_the_sound() -> None:
    change = marked(speech()) - speech()
    assert -24 < 20 * np.log10(change.std() / speech().std()) < -18
    quiet = marked(speech() * np.float32(2.0**-6)) - speech() * np.float32(2.0**-6)
    assert np.allclose(quiet, change / 64, atol=1e-6)


def test_silence_stays_silent() -> None:
    samples = speech().copy()
    samples[RATE : 2 * RATE] = 0
    after = marked(samples)
    frame = round(0.04 * RATE)
    assert (after[RATE + frame : 2 * RATE - frame] == 0).all()
    assert (marked(np.zeros(RATE, np.float32)) == 0).all()


def test_the_mark_lies_under_the_threshold() -> None:
    """In frames of another length than those that it was laid in by."""
    size = round(0.02 * RATE)
    lines = np.asarray(np.fft.rfftfreq(size, 1 / RATE), np.float64)

    def power(samples: F32) -> F32:
        frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
        return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2, np.float32)

    sound, change = power(speech()), power(marked(speech()) - speech())
    ratio = band_powers(change, lines) / (thresholds(sound, lines) + 1e-12)
    heard = sound.sum(axis=1) > 1e-7 * sound.sum(axis=1).max()
    inside = ratio[heard, 2:19]
    assert (inside < 1).mean() > 0.99
    assert 10 * np.log10(inside.mean()) < -6


def test_gains_are_small_and_within_the_band(rng: np.random.Generator) -> None:
    embedder = SoundEmbedder(KEY, NUMBER, RATE, 1)
    size = len(embedder._window)
    power = rng.exponential(1, (50, size // 2 + 1)).astype(np.float32)
    gains = np.concatenate([embedder.gains(power[:1]), embedder.gains(power[1:])])
    most = 10 ** (STRONGEST / 20)
    assert gains.max() <= most * 1.0001
    assert gains.min() >= 0.9999 / most
    lines = np.fft.rfftfreq(size, 1 / RATE)
    assert (gains[:, (lines < 150) | (lines > 6300)] == 1).all()
    assert (gains[:, (lines > 250) & (lines < 6100)] != 1).mean() > 0.9


def test_little_is_laid_before_an_onset() -> None:
    """The mark spreads over a frame that a sound begins in; there, the one before says how much."""
    samples = np.random.default_rng(3).normal(0, 1e-3, 2 * RATE).astype(np.float32)
    samples[RATE:] *= 100
    change = marked(samples) - samples
    before = slice(RATE - round(0.01 * RATE), RATE)
    assert np.std(change[before]) < np.std(samples[before])


def test_strength_is_what_the_threshold_allows(rng: np.random.Generator) -> None:
    lines = np.arange(257) * 31.25
    power = (rng.exponential(1, (9, 257)) ** 4).astype(np.float32)
    own, mask = band_powers(power, lines), thresholds(power, lines)
    found = strength(own, mask)
    assert found.max() <= STRONGEST
    # A change by so much adds a noise at the margin, where it is not limited.
    noise = own * (10 ** (found / 20) - 1) ** 2
    free = (found < STRONGEST - 1e-3) & (own > 0)
    assert free.any()
    assert np.allclose(10 * np.log10(mask[free] / noise[free]), MARGIN, atol=0.01)
    assert (noise[own > 0] <= mask[own > 0] * 10 ** (-MARGIN / 10) * 1.001).all()


def test_all_channels_change_alike() -> None:
    left = speech()[: 2 * RATE]
    both = in_blocks(np.stack([left, 0.5 * left]), [], RATE)
    assert np.allclose(both[1], 0.5 * both[0], atol=1e-6)
