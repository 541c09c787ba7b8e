"""Codes that tell a network in training who speaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audio2video.config import TrainingConfig
from audio2video.mouth.architecture import NETWORKS, Architecture
from audio2video.training.data import TrainingData
from audio2video.training.sequences import Origin, TrainingBatch, TrainingClip
from audio2video.training.speaker_codes import SpeakerCodes
from audio2video.training.trainer import Normalisation

INPUTS, OUTPUTS = 3, 2
ORIGINS = [Origin("a", "bea"), Origin("a", "abe"), Origin("b", "cyd"), Origin("b", "bea")]


def batch_of(rng: np.random.Generator, numbers: list[int], length: int = 12) -> TrainingBatch:
    rows = len(numbers)
    features = rng.normal(size=(rows, length, INPUTS)).astype(np.float32)
    ones = np.ones((rows, length), np.float32)
    targets = np.zeros((rows, length, OUTPUTS), np.float32)
    return TrainingBatch(features, targets, ones, ones, np.ones(rows, "f4"), np.array(numbers))


def test_each_speaker_has_an_input(rng: np.random.Generator) -> None:
    codes = SpeakerCodes.of(ORIGINS, 1.5)
    assert codes.speakers == ("abe", "bea", "cyd")
    batch = batch_of(rng, [3, 1, 2, 0])
    told = codes.told(batch, ORIGINS)
    np.testing.assert_array_equal(told[..., :INPUTS], batch.features)
    wanted = 1.5 * np.eye(3)[[1, 0, 2, 1]]
    np.testing.assert_array_equal(told[..., INPUTS:], np.repeat(wanted[:, None], 12, axis=1))
    untold = codes.untold(batch)
    np.testing.assert_array_equal(untold[..., :INPUTS], batch.features)
    assert untold.shape == told.shape
    assert not untold[..., INPUTS:].any()


def test_without_a_size_there_are_none(rng: np.random.Generator) -> None:
    codes = SpeakerCodes.of(ORIGINS, None)
    batch = batch_of(rng, [0, 2])
    assert codes.told(batch, ORIGINS) is batch.features
    assert codes.untold(batch) is batch.features
    form = Architecture("conv", INPUTS, OUTPUTS, 4, 2)
    assert codes.widened(form) == form


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_finished_network_is_the_trained_one_that_nobody_is_named_to(
    rng: np.random.Generator, kind: str
) -> None:
    codes = SpeakerCodes.of(ORIGINS, 1.0)
    form = Architecture(kind, INPUTS, OUTPUTS, 4, 2)
    wide = codes.widened(form)
    assert wide.inputs == INPUTS + 3
    trained = {name: w + 0.1 for name, w in wide.initial(rng).items()}
    finished = codes.deaf(form, trained)
    assert {name: w.shape for name, w in finished.items()} == form.shapes()
    batch = batch_of(rng, [1])
    np.testing.assert_allclose(
        form.run(finished, batch.features[0]),
        wide.run(trained, codes.untold(batch)[0]),
        atol=1e-5,
    )
    named = wide.run(trained, codes.told(batch, ORIGINS)[0])
    assert np.abs(named - form.run(finished, batch.features[0])).max() > 1e-3
    # And back: a network that starts to hear codes says what it said.
    again = codes.hearing(form, finished)
    np.testing.assert_allclose(
        wide.run(again, codes.told(batch, ORIGINS)[0]),
        form.run(finished, batch.features[0]),
        atol=1e-5,
    )


def test_training_names_speakers_and_validation_does_not(rng: np.random.Generator) -> None:
    clips = [
        [TrainingClip(np.full((30, INPUTS), k, np.float32), np.full((30, OUTPUTS), k, np.float32))]
        for k in range(4)
    ]
    scales = Normalisation(
        *(np.full(INPUTS, v, np.float32) for v in (0, 1)),
        *(np.full(OUTPUTS, v, np.float32) for v in (0, 1)),
    )
    data = TrainingData(
        clips, [clips[0][0]], ORIGINS, [ORIGINS[0]], scales, SpeakerCodes.of(ORIGINS, 1.0)
    )
    config = replace(TrainingConfig(), seq_len=10, batch_size=6)
    told = [batch for epoch in range(5) for batch in data.epoch(config, epoch)]
    seen = set()
    for batch in told:
        for row in batch.features:
            clip, code = int(row[0, 0]), row[:, INPUTS:]
            seen.add(clip)
            assert ORIGINS[clip].speaker == data.codes.speakers[int(code[0].argmax())]
            assert (code.sum(axis=1) == 1).all()
    assert seen == {0, 1, 2, 3}
    (checked,) = data.checks(config)
    assert not checked.features[..., INPUTS:].any()
