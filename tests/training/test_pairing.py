"""Networks of two encoders as members of one pass."""

from __future__ import annotations

import dataclasses

import numpy as np

from audio2video.models.encoder_files import encoder_named
from audio2video.models.pass_files import load_network
from audio2video.mouth.architecture import Architecture
from audio2video.mouth.predictor import Predictor
from audio2video.mouth.readout import Readout
from audio2video.storage.workspace import shipped
from audio2video.training.passes.pairing import hearing_alike


def network(name: str, rng: np.random.Generator, kind: str = "conv") -> Predictor:
    encoder = encoder_named(name)
    form = Architecture(kind, encoder.size, 20, 6, 2)
    kernel = rng.normal(0, 0.01, (3, encoder.size, 20)).astype(np.float32)
    own, other = form.initial(rng), form.initial(rng)
    return dataclasses.replace(
        load_network(shipped() / "passes" / "talkers"),
        architecture=form,
        weights=own,
        others=(other,),
        feature_mean=rng.normal(size=encoder.size).astype(np.float32),
        feature_std=rng.uniform(1, 2, encoder.size).astype(np.float32),
        encoder=encoder.note,
        readout=Readout(kernel, (-2, 0, 3), 0.2),
    )


def test_each_says_what_it_said_and_is_deaf_to_the_other(rng: np.random.Generator) -> None:
    tiny, base = network("whisper", rng), network("whisper_base", rng)
    states = rng.normal(size=(50, 1280)).astype(np.float32)
    heard = {id(tiny): states[:, :768], id(base): states[:, 768:]}
    for before in ((tiny, base), (base, tiny)):
        after = hearing_alike(before)
        for old, new in zip(before, after, strict=True):
            assert new.fits()
            assert new.encoder == encoder_named("whisper_pair").note
            np.testing.assert_allclose(
                new.coefficients(states), old.coefficients(heard[id(old)]), atol=1e-5
            )
        np.testing.assert_array_equal(after[0].feature_mean, after[1].feature_mean)


def test_a_network_of_other_scales_keeps_them(rng: np.random.Generator) -> None:
    tiny, base, other = (network(name, rng) for name in ("whisper", "whisper_base", "whisper"))
    after = hearing_alike([tiny, base, other])
    np.testing.assert_array_equal(after[0].feature_mean[:768], tiny.feature_mean)
    np.testing.assert_array_equal(after[2].feature_mean[:768], other.feature_mean)


def test_others_stay_as_they_are(rng: np.random.Generator) -> None:
    tiny, base = network("whisper", rng), network("whisper_base", rng)
    of_old = dataclasses.replace(base, encoder=dataclasses.replace(base.encoder, sha256="1" * 64))
    recurrent = network("whisper_base", rng, "lstm")
    for given in ([tiny, tiny], [tiny, of_old], [tiny, recurrent], [base]):
        found = hearing_alike(given)
        assert all(a is b for a, b in zip(found, given, strict=True))
