"""Coefficients that a network is to say: ranges, lags, basis."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from corpus_maker import closed_mouth, mouths_of

from audio2video.face.layout import mouth_opening
from audio2video.mouth.basis import fit_basis
from audio2video.mouth.shapes import relative_shapes
from audio2video.training.corpus import Clip, ShapeStatistics
from audio2video.training.shape_targets import (
    LEAST_SPREAD,
    USUAL_SPREAD,
    ShapeTargets,
    balanced_basis,
    speaker_ranges,
)

RATE = Fraction(25)


def clip(name: str, speaker: str, opening: np.ndarray, start: float = 0.2) -> Clip:
    mouth = mouths_of(opening).astype(np.float32)
    count = int((start + len(opening) / 25 + 0.5) * 100)
    return Clip(name, name, speaker, RATE, start, mouth, np.zeros((count, 28), np.float32), 0)


@pytest.fixture
def clips(rng: np.random.Generator) -> list[Clip]:
    wave = 0.5 + 0.5 * np.sin(np.arange(60) / 3)
    return [
        clip("a0", "a", 0.30 * wave),
        clip("a1", "a", 0.30 * wave[::-1]),
        clip("b0", "b", 0.10 * wave),
        clip("still", "still", 0.001 * wave),
    ]


@pytest.fixture
def statistics(clips: list[Clip]) -> ShapeStatistics:
    reference = closed_mouth()
    shapes = np.concatenate([relative_shapes(c.mouth, reference) for c in clips])
    speakers = ("a", "b", "still")
    centres = {
        s: np.mean([c.mouth.mean(axis=(0, 1)) for c in clips if c.speaker == s], axis=0)
        for s in speakers
    }
    return ShapeStatistics(fit_basis(shapes), dict.fromkeys(speakers, reference), centres)


def test_all_speakers_are_brought_to_one_range(
    clips: list[Clip], statistics: ShapeStatistics
) -> None:
    ranges = speaker_ranges(clips, statistics)
    targets = ShapeTargets(statistics, statistics.basis, ranges)
    for speaker in ("a", "b"):
        own = [mouth_opening(targets.shapes(c)) for c in clips if c.speaker == speaker]
        spread = np.sqrt(np.mean([opening.var() for opening in own]))
        assert spread == pytest.approx(USUAL_SPREAD, rel=1e-6)
    # One who hardly moves is not blown up.
    assert ranges["still"] == pytest.approx(USUAL_SPREAD / LEAST_SPREAD)


def test_targets_lie_on_the_features_clock(clips: list[Clip], statistics: ShapeStatistics) -> None:
    targets = ShapeTargets(statistics, statistics.basis)
    one = clips[0]
    made = targets.training_clip(one, 100)
    assert made.first == 20
    assert len(made.targets) == 59 * 4 + 1
    expected = statistics.basis.encode(targets.shapes(one))
    np.testing.assert_allclose(made.targets[::4], expected, atol=1e-5)


@pytest.mark.parametrize("lag", [-0.08, 0.04])
def test_a_lag_moves_targets_to_the_later_sound(
    clips: list[Clip], statistics: ShapeStatistics, lag: float
) -> None:
    plain = ShapeTargets(statistics, statistics.basis).training_clip(clips[0], 50)
    late = ShapeTargets(statistics, statistics.basis, lags={"a": lag}).training_clip(clips[0], 50)
    moved = round(lag * 50)
    assert late.first == plain.first + moved
    np.testing.assert_allclose(late.targets, plain.targets[: len(late.targets)], atol=1e-5)
    other = ShapeTargets(statistics, statistics.basis, lags={"b": lag}).training_clip(clips[0], 50)
    assert other.first == plain.first


def test_the_key_follows_ranges_lags_and_basis(statistics: ShapeStatistics) -> None:
    plain = ShapeTargets(statistics, statistics.basis)
    basis = replace(statistics.basis, mean=statistics.basis.mean + 1)
    keys = {
        plain.key(),
        replace(plain, ranges={"a": 2.0}).key(),
        replace(plain, lags={"a": 0.1}).key(),
        replace(plain, basis=basis).key(),
    }
    assert len(keys) == 4
    assert plain.key() == ShapeTargets(statistics, statistics.basis).key()


def test_each_corpus_gives_to_the_basis_alike(
    rng: np.random.Generator, statistics: ShapeStatistics
) -> None:
    # A corpus a hundred times as long moves otherwise: with equal say, both directions are found.
    closed = closed_mouth()
    directions = np.linalg.qr(rng.normal(size=(40, 2)))[0].T.reshape(2, 20, 2)

    def of(name: str, direction: np.ndarray, count: int) -> Clip:
        moves = rng.normal(0, 0.1, count)[:, None, None] * direction
        mouth = (closed + moves).astype(np.float32)
        return Clip(name, name, "a", RATE, 0.0, mouth, np.zeros((9, 28), np.float32), 0)

    clips = [of("long", directions[0], 5000), of("short", directions[1], 50)]
    targets = ShapeTargets(statistics, statistics.basis)
    basis = balanced_basis(clips, targets, {"long": "x", "short": "y"})
    flat = directions.reshape(2, 40)
    inside = flat @ basis.components[:2].T
    np.testing.assert_allclose((inside**2).sum(axis=1), 1, atol=0.02)
    assert basis.variance[1] > 0.5 * basis.variance[0]
    lopsided = balanced_basis(clips, targets, {})
    assert lopsided.variance[1] < 0.05 * lopsided.variance[0]
