"""Clips on one clock, split by clip, cut into sequences with delay."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.mouth.resampling import at_times
from audio2video.training.sequences import (
    BalancedDraw,
    Origin,
    TrainingClip,
    split_clips,
    training_batches,
)

RATES = st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(100), Fraction(24000, 1001)])


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-9, 9)),
    RATES,
    st.lists(st.floats(-1, 2), max_size=20),
)
def test_at_times_interpolates(
    values: NDArray[np.float64], rate: Fraction, times: list[float]
) -> None:
    found = at_times(values, rate, np.array(times))
    known = np.arange(len(values)) / float(rate)
    expected = np.stack([np.interp(times, known, column) for column in values.T], axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_at_times_of_its_own_clock_is_exact(rng: np.random.Generator) -> None:
    values = rng.normal(size=(50, 20, 2)).astype(np.float32)
    found = at_times(values, Fraction(25), np.arange(50) / 25)
    assert found.shape == values.shape
    np.testing.assert_allclose(found, values, atol=1e-6)


def test_at_times_of_a_single_series() -> None:
    found = at_times(np.array([0.0, 1.0, 4.0]), Fraction(10), np.array([-1, 0.05, 0.1, 0.15, 9]))
    np.testing.assert_allclose(found, [0, 0.5, 1, 2.5, 4])


IDS = st.lists(st.text("abcxyz0", min_size=1, max_size=6), max_size=40, unique=True)
SHARES = st.floats(0.0, 0.5)


def split_of(
    recordings: list[str], seed: int, validation: float, test: float
) -> dict[str, list[str]]:
    """Split recordings of one clip each."""
    return split_clips({name: name for name in recordings}, seed, validation, test)


@given(IDS, st.integers(0, 5), SHARES, SHARES)
def test_every_clip_is_in_one_list(
    ids: list[str], seed: int, validation: float, test: float
) -> None:
    split = split_of(ids, seed, validation, test)
    assert set(split) == {"training", "validation", "test"}
    together = [clip for part in split.values() for clip in part]
    assert sorted(together) == sorted(ids)
    assert all(part == sorted(part) for part in split.values())
    assert split == split_of(ids[::-1], seed, validation, test)
    if ids:
        assert split["training"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), unique=True), SHARES)
def test_no_recording_is_split(clips: list[tuple[str, int]], share: float) -> None:
    recordings = {f"{name}}}}}{number:02d}": name for name, number in clips}
    split = split_clips(recordings, 0, share, share)
    assert sorted(clip for part in split.values() for clip in part) == sorted(recordings)
    found = [{recordings[clip] for clip in part} for part in split.values()]
    assert sum(len(names) for names in found) == len(set(recordings.values()))


@given(IDS, st.integers(0, 5), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_the_shares_are_met(ids: list[str], seed: int, validation: float, test: float) -> None:
    assume(len(ids) >= 3)
    assume(round(validation * len(ids)) + round(test * len(ids)) < len(ids))
    split = split_of(ids, seed, validation, test)
    for name, share in (("validation", validation), ("test", test)):
        assert len(split[name]) >= 1
        assert abs(len(split[name]) - max(1, share * len(ids))) <= 0.5 + 1e-9


@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.5), (0.9, 0.5)])
def test_three_clips_are_enough_for_all_lists(validation: float, test: float) -> None:
    split = split_of(["a", "b", "c"], 0, validation, test)
    assert sorted(len(part) for part in split.values()) == [1, 1, 1]


def test_no_test_clips_when_none_are_wanted() -> None:
    split = split_of([str(k) for k in range(10)], 0, 0.2, 0.0)
    assert split["test"] == []
    assert len(split["validation"]) == 2


@given(IDS, st.text("uvw", min_size=1, max_size=4), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_a_new_clip_hardly_moves_the_others(
    ids: list[str], new: str, validation: float, test: float
) -> None:
    assume(len(ids) >= 3)
    before = split_of(ids, 3, validation, test)
    after = split_of([*ids, new], 3, validation, test)
    moved = [clip for name in before for clip in before[name] if clip not in after[name]]
    # One may pass each of the two borders as they shift, and one more as a list grows.
    assert len(moved) <= 3


def test_the_seed_changes_the_split() -> None:
    ids = [str(k) for k in range(40)]
    assert split_of(ids, 0, 0.2, 0.1) != split_of(ids, 1, 0.2, 0.1)


def clip_of(number: int, length: int) -> TrainingClip:
    """Every feature and target tells its clip and its step."""
    step = np.arange(length)
    features = np.stack([np.full(length, number), step], axis=-1)
    targets = np.stack([np.full(length, number), step, -step], axis=-1)
    return TrainingClip(features.astype(np.float32), targets.astype(np.float32))


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.integers(2, 25),
    st.integers(1, 7),
    st.integers(0, 30),
    st.integers(0, 99),
)
def test_every_target_is_learnt_once_and_at_its_time(
    lengths: list[int], length: int, batch_size: int, delay: int, seed: int
) -> None:
    clips = [clip_of(number, frames) for number, frames in enumerate(lengths)]
    batches = list(training_batches(clips, length, batch_size, delay, np.random.default_rng(seed)))
    assert all(len(batch.features) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1].features) <= batch_size
    learnt = []
    for batch in batches:
        rows = len(batch.features)
        assert batch.features.shape == (rows, length, 2)
        assert batch.targets.shape == (rows, length, 3)
        assert batch.weights.shape == (rows, length)
        assert set(np.unique(batch.weights)) <= {0.0, 1.0}
        assert not batch.targets[batch.weights == 0].any()
        known = batch.weights == 1
        clip, step, mirrored = batch.targets[known].T
        np.testing.assert_array_equal(mirrored, -step)
        # The features at this place are those of `delay` frames later, or the clip's last ones.
        last = np.array(lengths)[clip.astype(int)] - 1
        np.testing.assert_array_equal(batch.features[known][:, 0], clip)
        np.testing.assert_array_equal(batch.features[known][:, 1], np.minimum(step + delay, last))
        learnt += list(zip(clip.astype(int).tolist(), step.astype(int).tolist(), strict=True))
    assert sorted(learnt) == [(n, k) for n, frames in enumerate(lengths) for k in range(frames)]


def test_features_run_on_inside_a_sequence() -> None:
    for batch in training_batches([clip_of(0, 57)], 10, 3, 4, np.random.default_rng(0)):
        steps = batch.features[..., 1]
        moves = np.diff(steps, axis=1)
        inside = (steps[:, :-1] > 0) & (steps[:, 1:] < 56)
        assert (moves[inside] == 1).all()


@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 30), st.integers(0, 9))
def test_sound_around_the_targets_is_heard(
    before: int, targets: int, after: int, delay: int
) -> None:
    clip = clip_of(0, before + targets + after)
    part = TrainingClip(clip.features, clip.targets[before : before + targets], before)
    learnt = []
    for batch in training_batches([part], 10, 3, delay, np.random.default_rng(1)):
        known = batch.weights == 1
        heard = np.minimum(batch.targets[known][:, 1] + delay, len(clip.features) - 1)
        np.testing.assert_array_equal(batch.features[known][:, 1], heard)
        learnt += batch.targets[known][:, 1].tolist()
    assert sorted(learnt) == list(range(before, before + targets))


def test_clips_are_cut_anew_each_time_and_the_seed_decides() -> None:
    clips = [clip_of(0, 300), clip_of(1, 250)]

    def first(rng: np.random.Generator) -> NDArray[np.float32]:
        return next(training_batches(clips, 20, 100, 5, rng)).features

    np.testing.assert_array_equal(first(np.random.default_rng(1)), first(np.random.default_rng(1)))
    rng = np.random.default_rng(1)
    # Where the last frame of each sequence lies within its own: all cuts of a clip agree on it.
    cuts = {int(first(rng)[0, -1, 1]) % 20 for _ in range(30)}
    assert len(cuts) > 5


def counted(number: int, targets: int, before: int = 0, after: int = 0) -> TrainingClip:
    """Features and targets that say which clip they are of, and where in it."""
    frames = np.arange(before + targets + after, dtype=np.float32)
    features = np.stack([np.full_like(frames, number), frames], axis=1)
    return TrainingClip(features, features[before : before + targets].copy(), before)


def test_corpora_are_drawn_alike_and_speakers_by_the_root_of_their_length(
    rng: np.random.Generator,
) -> None:
    lengths = {("long", "a"): 4000, ("long", "b"): 1000, ("short", "c"): 100}
    clips, origins = [], []
    for (corpus, speaker), length in lengths.items():
        for _ in range(length // 100):
            clips.append(counted(len(clips), 100))
            origins.append(Origin(corpus, speaker))
    draw = BalancedDraw(origins, [len(clip.targets) for clip in clips])
    drawn: dict[str, int] = {}
    for _ in range(100):
        batch = draw.draw(clips, 20, 10, 0, rng)
        assert batch.weights.all()
        for number in batch.features[:, 0, 0].astype(int):
            drawn[origins[number].speaker] = drawn.get(origins[number].speaker, 0) + 1
    assert drawn["c"] == 500
    # Roots of 4000 and 1000 are as 2 to 1.
    assert drawn["a"] / drawn["b"] == pytest.approx(2, rel=0.25)
    # An epoch shows the smallest corpus, 100 frames, once: 100 * 2 corpora / (20 * 10).
    assert draw.batches(20, 10) == 1
    assert draw.batches(5, 10) == 4


@given(
    st.integers(2, 30), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9), st.integers(0, 6)
)
def test_drawn_sequences_are_cut_from_their_clips(
    length: int, targets: int, before: int, after: int, delay: int
) -> None:
    clips = [counted(0, targets, before, after), counted(1, 25)]
    draw = BalancedDraw([Origin("", "a", 0.25), Origin("", "b", 1.0)], [targets, 25])
    batch = draw.draw(clips, length, 8, delay, np.random.default_rng(0))
    assert batch.features.shape == (8, length, 2)
    assert batch.weights.any(axis=1).all() or delay >= length
    for row in range(8):
        number = int(batch.features[row, 0, 0])
        assert batch.mean_weights[row] == (0.25, 1.0)[number]
        known = batch.weights[row] > 0
        # The target of a step is that of `delay` frames before.
        heard, said = batch.features[row, known, 1], batch.targets[row, known, 1]
        inside = batch.inside[row, known] > 0
        np.testing.assert_array_equal(heard[inside] - delay, said[inside])
        assert (batch.targets[row, ~known] == 0).all()


def test_sequences_say_where_there_is_sound() -> None:
    clip = counted(0, 6, 2, 1)
    (batch,) = training_batches([clip], 40, 1, 0, np.random.default_rng(1), [0.5])
    assert batch.inside.sum() == 9
    assert batch.mean_weights == [0.5]
