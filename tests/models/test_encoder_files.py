"""The encoder that a pass hears with: found, checked, and refused where it is another."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import BadFileError, MissingFileError
from audio2video.models import encoder_files
from audio2video.models.encoder_files import (
    bilabials_hash,
    bilabials_path,
    encoder_named,
    load_bilabials,
    load_encoder,
    phone_model_path,
    whisper_base_path,
    whisper_path,
)
from audio2video.models.pass_files import load_network
from audio2video.mouth.predictor import Predictor
from audio2video.speech.encoder import MFCC
from audio2video.speech.whisper_pair import pair_hash
from audio2video.storage.files import file_hash
from audio2video.storage.workspace import shipped


def network_of(pass_id: str) -> Predictor:
    return load_network(shipped() / "passes" / pass_id)


@pytest.mark.parametrize("pass_id", ["grid_s1", "grid_s1_delayed"])
def test_older_passes_hear_with_mfcc(pass_id: str) -> None:
    network = network_of(pass_id)
    assert (network.encoder, network.others, network.spread) == (MFCC, (), None)
    assert load_encoder(network).size == 28


def test_the_delayed_pass_for_any_voice_hears_200_ms_ahead_with_mfcc() -> None:
    network = network_of("talkers_delayed")
    assert (network.encoder, network.kind, network.delay) == (MFCC, "lstm", 20)
    assert network.spread is not None
    assert load_encoder(network).size == 28


def test_talkers_hears_with_two_of_whispers_encoders() -> None:
    network = network_of("talkers")
    encoder = load_encoder(network)
    assert encoder.note == network.encoder
    assert (encoder.note.name, encoder.note.rate, encoder.size) == ("whisper_pair", 50, 1280)
    files = (whisper_path(), whisper_base_path())
    assert encoder.note.sha256 == pair_hash(*map(file_hash, files))
    pcm = np.zeros(16000, np.int16)
    assert network.coefficients(encoder.features(pcm)).shape == (51, 20)


def test_phone_posteriors_are_told_by_their_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    encoder = encoder_named("ppg")
    assert (encoder.note.name, encoder.note.rate, encoder.size) == ("ppg", 100, 42)
    assert encoder.note.sha256 == file_hash(phone_model_path())
    assert load_bilabials(encoder) is None
    path = tmp_path / "phones.npz"
    monkeypatch.setattr(encoder_files, "phone_model_path", lambda: path)
    with pytest.raises(MissingFileError, match=r"weights of the speech encoder not found; install"):
        encoder_named("ppg")
    path.write_bytes(b"nonsense")
    with pytest.raises(BadFileError, match="not the weights of a speech encoder, or damaged"):
        encoder_named("ppg")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the encoder's weights, taken for the packaged ones."""
    path = tmp_path / "encoder.npz"
    shutil.copy(whisper_base_path(), path)
    monkeypatch.setattr(encoder_files, "whisper_base_path", lambda: path)
    return path


def test_other_weights_are_refused(elsewhere: Path) -> None:
    content = bytearray(elsewhere.read_bytes())
    content[-1000] ^= 1
    elsewhere.write_bytes(content)
    with pytest.raises(BadFileError, match=r"encoder\.npz: not the speech encoder that the pass"):
        load_encoder(network_of("talkers"))


def test_missing_weights(elsewhere: Path) -> None:
    elsewhere.unlink()
    with pytest.raises(MissingFileError, match=r"weights of the speech encoder not found; install"):
        load_encoder(network_of("talkers"))


def test_weights_of_something_else(elsewhere: Path) -> None:
    elsewhere.write_bytes(b"nonsense")
    network = network_of("talkers")
    both = pair_hash(file_hash(whisper_path()), file_hash(elsewhere))
    note = dataclasses.replace(network.encoder, sha256=both)
    with pytest.raises(BadFileError, match="not the weights of a speech encoder, or damaged"):
        load_encoder(dataclasses.replace(network, encoder=note))


@pytest.mark.parametrize("change", [{"name": "ear"}, {"version": "tiny.en, layer 4"}, {"rate": 25}])
def test_an_encoder_that_is_not_known(change: dict[str, str]) -> None:
    network = network_of("talkers")
    other = dataclasses.replace(network.encoder, **change)
    with pytest.raises(BadFileError, match=r"x\.npz: hears with encoder '\w+' \(.*does not have"):
        load_encoder(dataclasses.replace(network, encoder=other), Path("x.npz"))


def test_a_network_for_other_features() -> None:
    network = dataclasses.replace(network_of("talkers"), encoder=MFCC)
    with pytest.raises(BadFileError, match="takes 1280 features, its encoder 'mfcc' gives 28"):
        load_encoder(network)


@pytest.mark.parametrize("name", ["whisper", "whisper_base"])
def test_one_encoder_alone(name: str) -> None:
    encoder, pair = encoder_named(name), encoder_named("whisper_pair")
    part = slice(0, 768) if name == "whisper" else slice(768, None)
    pcm = (3000 * np.random.default_rng(0).normal(size=20000)).astype(np.int16)
    np.testing.assert_array_equal(encoder.encode(pcm), pair.encode(pcm)[:, part])


@pytest.mark.parametrize("name", ["whisper", "whisper_base", "whisper_pair"])
def test_bilabials_are_found_in_what_whisper_hears(name: str) -> None:
    encoder = encoder_named(name)
    detector = load_bilabials(encoder)
    assert detector is not None
    assert detector.rate == encoder.note.rate
    # In silence there are none.
    silence = encoder.encode(np.zeros(32000, np.float32))
    assert (detector.evidence(silence) < 0).all()
    assert load_bilabials(encoder_named("mfcc")) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("whisper", "whisper"),
        ("whisper_base", "whisper_base"),
        ("whisper_pair", "whisper"),
        ("whisper_pair", "whisper_base"),
    ],
)
def test_weights_of_the_bilabial_detectors_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, part: str
) -> None:
    encoder, path = encoder_named(name), tmp_path / "bilabials.npz"
    shutil.copy(bilabials_path(part), path)
    there = encoder_files.bilabials_path
    monkeypatch.setattr(
        encoder_files, "bilabials_path", lambda heard: path if heard == part else there(heard)
    )
    content = path.read_bytes()
    for damaged in (b"nonsense", content[:-200]):
        path.write_bytes(damaged)
        with pytest.raises(BadFileError, match=r"not the weights of the detector of /p b m/"):
            load_bilabials(encoder)
    path.unlink()
    for use in (lambda: load_bilabials(encoder), lambda: bilabials_hash(name)):
        with pytest.raises(MissingFileError, match=r"detector of /p b m/ not found; install"):
            use()


def test_what_finds_bilabials_is_told_by_its_weights() -> None:
    tiny, base = (file_hash(bilabials_path(name)) for name in ("whisper", "whisper_base"))
    assert bilabials_hash("whisper") == tiny
    assert bilabials_hash("whisper_base") == base
    assert bilabials_hash("whisper_pair") == tiny + base
    assert bilabials_hash("ppg") is None
    assert bilabials_hash("mfcc") is None
