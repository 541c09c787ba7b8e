"""Fitting the linear read-out."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.mouth.readout import steps_at
from audio2video.training import readout
from audio2video.training.data import TrainingData
from audio2video.training.readout import fit_readout
from audio2video.training.sequences import Origin, TrainingClip
from audio2video.training.trainer import Normalisation

INPUTS, OUTPUTS, RATE = 3, 2, 50


def clip(rng: np.random.Generator, frames: int, kernel: np.ndarray | None = None) -> TrainingClip:
    features = rng.normal(size=(frames + 8, INPUTS)).astype(np.float32)
    targets = rng.normal(size=(frames, OUTPUTS)).astype(np.float32)
    if kernel is not None:
        rows = 4 + np.arange(frames)[:, None] + np.array(steps_at(RATE))
        around = features[np.clip(rows, 0, len(features) - 1)]
        targets = (around.reshape(frames, -1) @ kernel + rng.normal(size=OUTPUTS)).astype("f4")
    return TrainingClip(features, targets, 4)


def data(clips: list[list[TrainingClip]], corpora: list[str]) -> TrainingData:
    scales = Normalisation(
        *(np.full(size, value, np.float32) for size, value in ((INPUTS, 0.1), (INPUTS, 2.0))),
        *(np.full(size, value, np.float32) for size, value in ((OUTPUTS, 0.3), (OUTPUTS, 0.5))),
    )
    return TrainingData(clips, [], [Origin(corpus, "x") for corpus in corpora], [], scales)


def plain(given: TrainingData, penalty: float) -> np.ndarray:
    """Weighted ridge regression as one least-squares problem, clip by clip."""
    count = {o.corpus: 0 for o in given.origins}
    pieces = []
    for versions, origin in zip(given.training, given.origins, strict=True):
        for one in versions:
            x, y = [], []
            for k in range(0, len(one.targets), readout.EVERY):
                heard = [
                    one.features[min(max(one.first + k + step, 0), len(one.features) - 1)]
                    for step in steps_at(RATE)
                ]
                x.append(np.ravel((np.array(heard) - 0.1) / 2.0))
                y.append((one.targets[k] - 0.3) / 0.5)
            count[origin.corpus] += len(x)
            pieces.append((origin.corpus, x - np.mean(x, axis=0), y - np.mean(y, axis=0)))
    weights = [1 / np.sqrt(count[corpus] * len(count)) for corpus, _, _ in pieces]
    size = INPUTS * len(steps_at(RATE))
    rows = [w * x for w, (_, x, _) in zip(weights, pieces, strict=True)]
    wanted = [w * y for w, (_, _, y) in zip(weights, pieces, strict=True)]
    a = np.concatenate([*rows, np.sqrt(penalty) * np.eye(size)])
    b = np.concatenate([*wanted, np.zeros((size, OUTPUTS))])
    return np.linalg.lstsq(a, b, rcond=None)[0]


@pytest.mark.parametrize("batch", [1, 50, 4096])
def test_it_is_a_weighted_ridge_regression(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(readout, "BATCH", batch)
    clips = [[clip(rng, 60), clip(rng, 60)], [clip(rng, 33)], [clip(rng, 90)]]
    given = data(clips, ["a", "b", "b"])
    found = fit_readout(given, RATE, 0.25)
    assert (found.share, found.steps) == (0.25, steps_at(RATE))
    assert found.fits(INPUTS, OUTPUTS)
    np.testing.assert_allclose(
        found.kernel.reshape(-1, OUTPUTS), plain(given, readout.PENALTY), atol=1e-5
    )


def test_what_is_linear_is_found(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readout, "PENALTY", 1e-6)
    kernel = rng.normal(size=(INPUTS * len(steps_at(RATE)), OUTPUTS))
    given = data([[clip(rng, 120, kernel)] for _ in range(4)], list("aabb"))
    found = fit_readout(given, RATE, 0.2)
    # From normalised features to normalised targets.
    np.testing.assert_allclose(found.kernel.reshape(-1, OUTPUTS), kernel * 2.0 / 0.5, atol=1e-2)
