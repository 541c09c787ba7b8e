"""Training: it learns, resumes exactly, and hands over the network it trained."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.config import TrainingConfig
from audio2video.mouth.architecture import NETWORKS, Architecture
from audio2video.training.sequences import TrainingBatch, TrainingClip
from audio2video.training.trainer import (
    GraphWriter,
    Normalisation,
    Trainer,
    import_tensorflow,
)

INPUTS, OUTPUTS, DELAY = 3, 2, 2
FORM = Architecture("lstm", INPUTS, OUTPUTS, 8, 1)
DEEP = Architecture("lstm", INPUTS, OUTPUTS, 8, 2)
PLAIN = TrainingConfig(keep_prob=1.0, seed=5)


def toy_batch(rng: np.random.Generator, rows: int = 12, length: int = 20) -> TrainingBatch:
    """Each output is a sum of two features, DELAY steps before."""
    features = rng.normal(size=(rows, length, INPUTS)).astype(np.float32)
    targets = np.zeros((rows, length, OUTPUTS), np.float32)
    targets[:, DELAY:] = features[:, :-DELAY, :2] * 0.5
    weights = np.ones((rows, length), np.float32)
    weights[:, :DELAY] = 0
    return TrainingBatch(
        features, targets, weights, np.ones_like(weights), np.ones(rows, "f4"), np.arange(rows)
    )


@pytest.fixture
def batch(rng: np.random.Generator) -> TrainingBatch:
    return toy_batch(rng)


def same(a: dict[str, NDArray[np.generic]], b: dict[str, NDArray[np.generic]]) -> bool:
    return set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("kind", ["lstm", "conv", pytest.param("bilstm", marks=pytest.mark.slow)])
def test_it_learns(rng: np.random.Generator, kind: str) -> None:
    batch = toy_batch(rng)
    trainer = Trainer(Architecture(kind, INPUTS, OUTPUTS, 8, 2), PLAIN, 1)
    before = trainer.loss(batch)
    for _ in range(150):
        trainer.train(batch, 0.02)
    after = trainer.loss(batch)
    assert after < 0.25 * before
    # The loss by hand.
    error = (np.asarray(trainer.predict(batch.features)) - batch.targets)[:, DELAY:]
    assert np.mean(error**2) == pytest.approx(after, rel=1e-3)


def test_weights_of_nought_do_not_count(batch: TrainingBatch) -> None:
    trainer = Trainer(FORM, PLAIN, 1)
    spoilt = batch.targets.copy()
    spoilt[batch.weights == 0] = 1e3
    assert trainer.loss(replace(batch, targets=spoilt)) == pytest.approx(trainer.loss(batch))
    nothing = replace(batch, weights=np.zeros_like(batch.weights))
    assert trainer.loss(nothing) == 0.0


def test_the_loss_is_that_before_the_step(batch: TrainingBatch) -> None:
    trainer = Trainer(FORM, PLAIN, 1)
    before = trainer.loss(batch)
    assert trainer.train(batch, 0.01) == pytest.approx(before, rel=1e-5)
    assert trainer.loss(batch) != before


def test_dropout_acts_in_training_alone(batch: TrainingBatch) -> None:
    trainer = Trainer(FORM, TrainingConfig(keep_prob=0.5, seed=5), 1)
    # The seed gives both the same weights: dropout is the only difference.
    assert trainer.loss(batch) == trainer.loss(batch)
    assert trainer.loss(batch) == pytest.approx(Trainer(FORM, PLAIN, 1).loss(batch))
    measured = trainer.loss(batch)
    # Without any learning, each step draws another mask.
    trained = [trainer.train(batch, 0.0) for _ in range(4)]
    assert len({*trained, measured}) == 5
    assert trainer.loss(batch) == measured


def test_a_checkpoint_goes_on_bit_for_bit(batch: TrainingBatch, tmp_path: Path) -> None:
    options = TrainingConfig(keep_prob=0.8, seed=5)
    whole = Trainer(DEEP, options, 1)
    for _ in range(3):
        whole.train(batch, 0.01)
    state = whole.state()
    np.savez(tmp_path / "state.npz", **state)  # type: ignore[arg-type]
    rest = [whole.train(batch, 0.01) for _ in range(3)]
    resumed = Trainer(DEEP, options, 1)
    assert not same(resumed.state(), state)
    with np.load(tmp_path / "state.npz") as file:
        resumed.restore(dict(file))
    assert same(resumed.state(), state)
    assert [resumed.train(batch, 0.01) for _ in range(3)] == rest
    assert same(resumed.state(), whole.state())


def test_the_seed_decides(batch: TrainingBatch) -> None:
    def run(seed: int) -> dict[str, NDArray[np.generic]]:
        trainer = Trainer(FORM, TrainingConfig(keep_prob=0.8, seed=seed), 1)
        trainer.train(batch, 0.01)
        return trainer.state()

    assert same(run(1), run(1))
    assert not same(run(1), run(2))


def test_one_step_is_adams(batch: TrainingBatch) -> None:
    # After one step of Adam with no clipping, each weight has moved by the rate against the sign of
    # its gradient (Kingma and Ba 2015, section 2.1), whatever the gradient's size.
    trainer = Trainer(FORM, PLAIN, 1)
    before = trainer.weights()
    rate = 1e-3
    trainer.train(batch, rate)
    after = trainer.weights()
    for name, weights in before.items():
        move = after[name] - weights
        assert np.abs(move).max() == pytest.approx(rate, rel=1e-3)
        assert np.median(np.abs(move)) == pytest.approx(rate, rel=1e-2)
        # Against the gradient, by a difference quotient at the weight that moved first.
        where = np.unravel_index(np.abs(move).argmax(), move.shape)
        losses = []
        for side in (-0.05, 0.05):
            weights[where] += side
            trainer.set_weights(before)
            losses.append(trainer.loss(batch))
            weights[where] -= side
        assert np.sign(move[where]) == -np.sign(losses[1] - losses[0]), name


def test_gradients_are_clipped_by_their_common_norm(batch: TrainingBatch) -> None:
    # Of a gradient g about as small as Adam's epsilon, the first step tells the size: it is the
    # rate times sqrt(0.001) g / (sqrt(0.001) g + 1e-8).
    norm, rate = 1e-6, 0.01
    trainer = Trainer(FORM, TrainingConfig(keep_prob=1.0, grad_clip=norm, seed=5), 1)
    before = trainer.weights()
    trainer.train(batch, rate)
    moves = [(after - before[name]).ravel() for name, after in trainer.weights().items()]
    share = np.abs(np.concatenate(moves)) / rate
    gradient = 1e-8 * share / (1 - share) / np.sqrt(0.001)
    assert np.linalg.norm(gradient) == pytest.approx(norm, rel=0.01)


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_computes_what_prediction_computes(rng: np.random.Generator, kind: str) -> None:
    form = Architecture(kind, INPUTS, OUTPUTS, 8, 3, dilations=(1, 3))
    trainer = Trainer(form, PLAIN, 1)
    trainer.set_weights(
        {
            name: rng.normal(0, 0.4, shape).astype(np.float32)
            for name, shape in form.shapes().items()
        }
    )
    batch = toy_batch(rng)
    weights = trainer.weights()
    assert {name: array.shape for name, array in weights.items()} == form.shapes()
    found = trainer.predict(batch.features)
    for row, features in zip(found, batch.features, strict=True):
        np.testing.assert_allclose(row, form.run(weights, features), atol=2e-5)


def test_import_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    import_tensorflow(1)
    os.write(2, b"heard\n")  # stderr is there again afterwards
    assert capfd.readouterr() == ("", "heard\n")


@pytest.mark.parametrize("each_output", [False, True])
def test_scales_are_those_of_the_clips(rng: np.random.Generator, each_output: bool) -> None:
    clips = [
        TrainingClip(
            (rng.normal(size=(n, 3)) * [1, 5, 0] + [0, 2, 7]).astype(np.float32),
            (rng.normal(size=(n, 2)) * [2, 0.1] - 1).astype(np.float32),
        )
        for n in (200, 300)
    ]
    scales = Normalisation.of(clips, each_output)
    features = np.concatenate([scales.features(clip.features) for clip in clips])
    targets = np.concatenate([scales.targets(clip.targets) for clip in clips])
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-2)
    # A feature that never changes must not be blown up.
    np.testing.assert_allclose(features.std(axis=0), [1, 1, 0], atol=1e-2)
    np.testing.assert_allclose(targets.mean(axis=0), 0, atol=1e-2)
    spread = [1, 1] if each_output else [1, 0.05]
    np.testing.assert_allclose(targets.std(axis=0), spread, atol=0.01)


def test_the_history_is_written(tmp_path: Path) -> None:
    writer = GraphWriter(tmp_path / "graph")
    writer.write(1, {"loss": 0.5})
    files = list((tmp_path / "graph").iterdir())
    assert len(files) == 1
    size = files[0].stat().st_size
    writer.write(2, {"loss": 0.25, "validation": 0.75})
    assert files[0].stat().st_size > size
