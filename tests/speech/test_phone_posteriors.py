"""Posteriors of phones against plain references and the reference decoder's own scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from audio2video.models.encoder_files import encoder_named, phone_model_path
from audio2video.pipeline.speech_samples import read_speech
from audio2video.speech.features import speech_features
from audio2video.speech.phone_posteriors import (
    CEPSTRA,
    FORMAT,
    PHONES,
    SHARPNESS,
    STATES,
    STREAMS,
    PhoneEncoder,
    sphinx_cepstra,
    with_changes,
)
from audio2video.speech.recording import as_samples
from audio2video.speech.units import SAMPLE_RATE
from audio2video.storage.npy import load_arrays
from audio2video.storage.workspace import shipped

COUNT = 4
FORM = (STREAMS, len(PHONES), COUNT)


def arrays_of(rng: np.random.Generator) -> dict[str, Any]:
    shares = rng.uniform(0.1, 1, (*FORM, STATES))
    return {
        "format": np.array(FORMAT),
        "means": rng.normal(0, 5, (*FORM, CEPSTRA)),
        "variances": rng.uniform(1, 30, (*FORM, CEPSTRA)),
        "shares": shares / shares.sum(axis=2, keepdims=True),
    }


def shipped_encoder() -> PhoneEncoder:
    encoder = encoder_named("ppg")
    assert isinstance(encoder, PhoneEncoder)
    return encoder


def test_posteriors_are_those_of_the_mixtures(rng: np.random.Generator) -> None:
    arrays = arrays_of(rng)
    streams = rng.normal(0, 5, (STREAMS, 6, CEPSTRA)).astype(np.float32)
    encoder = PhoneEncoder.from_arrays(arrays, "")
    deviations = np.sqrt(arrays["variances"])
    expected = np.zeros((6, len(PHONES), STATES))
    for frame in range(6):
        for k in range(STREAMS):
            density = norm.pdf(streams[k, frame], arrays["means"][k], deviations[k]).prod(axis=-1)
            expected[frame] += np.log(np.einsum("pn,pns->ps", density, arrays["shares"][k]))
    np.testing.assert_allclose(encoder.state_scores(streams), expected, atol=1e-2, rtol=1e-4)
    likelihood = np.exp(expected - expected.max()).sum(axis=2) ** SHARPNESS
    share = likelihood / likelihood.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.posteriors(streams), share, atol=2e-3)


def test_cepstra_are_those_of_a_plain_reference(rng: np.random.Generator) -> None:
    sound = rng.normal(0, 0.1, 1 + 410 + 160).astype(np.float32)

    def mel(hertz: float) -> float:
        return float(2595 * np.log10(1 + hertz / 700))

    def hertz(mels: float) -> float:
        return float(700 * (10 ** (mels / 2595) - 1))

    width = (mel(6800) - mel(130)) / 26
    corners = [int(hertz(mel(130) + k * width) / 31.25 + 0.5) * 31.25 for k in range(27)]
    for number, found in enumerate(sphinx_cepstra(sound)):
        part = sound[160 * number :][:411].astype(np.float64) * 32768
        window = (part[1:] - 0.97 * part[:-1]) * np.hamming(410)
        power = np.abs(np.fft.fft(window, 512)[:257]) ** 2
        bands = []
        for left, top, right in zip(corners, corners[1:], corners[2:], strict=False):
            area = 0.0
            for place, value in enumerate(power):
                at = place * 31.25
                slope = (at - left) / (top - left) if at < top else (right - at) / (right - top)
                area += value * max(slope, 0.0) * 2 / (right - left)
            bands.append(np.log(area))
        for order in range(CEPSTRA):
            wave = np.cos(np.pi * order * (np.arange(25) + 0.5) / 25)
            plain = (wave @ bands) * np.sqrt((1 if order == 0 else 2) / 25)
            plain *= 1 + 11 * np.sin(np.pi * order / 22)
            assert found[order] == pytest.approx(plain, abs=1e-6)


def test_changes_are_differences_of_neighbours(rng: np.random.Generator) -> None:
    cepstra = rng.normal(size=(20, CEPSTRA)).astype(np.float32)
    plain = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")
    for frame, (own, change, bend) in enumerate(np.moveaxis(with_changes(cepstra, 0, 20), 0, 1)):
        p = plain[frame : frame + 7]
        np.testing.assert_array_equal(own, cepstra[frame])
        np.testing.assert_allclose(change, p[5] - p[1], atol=1e-6)
        np.testing.assert_allclose(bend, (p[6] - p[2]) - (p[4] - p[0]), atol=1e-6)
    np.testing.assert_array_equal(with_changes(cepstra, 4, 9), with_changes(cepstra, 0, 20)[:, 4:9])


@given(st.integers(0, 90), st.integers(0, 90))
def test_any_part_is_that_of_the_whole(start: int, stop: int) -> None:
    rng = np.random.default_rng(1)
    encoder = PhoneEncoder.from_arrays(arrays_of(rng), "")
    found = encoder.features(rng.normal(0, 0.1, 80 * 160).astype(np.float32))
    assert len(found) == 81
    np.testing.assert_allclose(found[start:stop], found[:][start:stop], atol=1e-4)


def test_a_frame_hears_its_own_moment() -> None:
    """Frame k is that of k / 100 s, and hears 43 ms to each side."""
    encoder = shipped_encoder()
    sound = 1e-3 * np.random.default_rng(2).normal(size=SAMPLE_RATE)
    # A second click keeps level and mean cepstrum the same where the first one is moved.
    sound[12000] = 0.5
    clicked = sound.copy()
    clicked[8000], clicked[12000] = 0.5, 0.5
    changed = np.abs(encoder.encode(clicked) - encoder.encode(sound)).max(axis=1)
    assert changed[45:56].max() > 10 * max(changed[:45].max(), changed[56:70].max())


def test_speech_is_told_from_silence() -> None:
    encoder = shipped_encoder()
    assert encoder.note.name == "ppg"
    assert (encoder.note.rate, encoder.size) == (100, 42)
    pcm = read_speech(shipped() / "demo.mp3")
    found = encoder.encode(pcm)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    power = speech_features(as_samples(pcm))[:, 13]
    silence = found[:, PHONES.index("SIL")]
    loud, quiet = power > np.percentile(power, 70), power < np.percentile(power, 8)
    assert silence[quiet].mean() > 3 * silence[loud].mean()


def test_silence_and_nothing(rng: np.random.Generator) -> None:
    encoder = PhoneEncoder.from_arrays(arrays_of(rng), "")
    for count in (0, 1, 160, 16000):
        found = encoder.encode(np.zeros(count, np.float32))
        assert found.shape == (count // 160 + 1, len(PHONES))
        assert np.isfinite(found).all()


def test_level_and_offset_do_not_matter(rng: np.random.Generator) -> None:
    encoder = PhoneEncoder.from_arrays(arrays_of(rng), "")
    sound = rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    other = (0.3 * sound + 0.05).astype(np.float32)
    np.testing.assert_allclose(encoder.encode(other), encoder.encode(sound), atol=2e-3)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("format", np.array(99), "another format"),
        ("means", np.zeros((3, 2, 4, 13)), "these phones"),
        ("means", np.full((*FORM, CEPSTRA), np.nan), "not finite"),
        ("variances", np.zeros((*FORM, 5)), "do not fit"),
        ("variances", np.full((*FORM, CEPSTRA), -1.0), "no variances"),
        ("shares", np.ones((3, 2)), "shares do not fit"),
        ("shares", np.zeros((*FORM, STATES)), "no variances or shares"),
    ],
)
def test_arrays_that_are_no_model(
    rng: np.random.Generator, name: str, value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        PhoneEncoder.from_arrays({**arrays_of(rng), name: value}, "")


def test_the_packaged_model_agrees_with_the_decoder(tmp_path: Path) -> None:
    """PocketSphinx scores the same states alike, as far as its few best Gaussians go."""
    sphinx = pytest.importorskip("pocketsphinx", reason="needs pip install pocketsphinx")
    folder = tmp_path / "model"
    folder.mkdir()
    for file in (Path(sphinx.get_model_path()) / "en-us" / "en-us").iterdir():
        # Its suppression of noise is left out here.
        content = file.read_bytes()
        if file.name == "feat.params":
            content = content.replace(b"-remove_noise yes", b"-remove_noise no")
        (folder / file.name).write_bytes(content)
    pcm = read_speech(shipped() / "demo.mp3")[: 4 * SAMPLE_RATE]
    pcm = pcm + np.random.default_rng(4).normal(0, 30, len(pcm)).astype(np.int16)  # of a room
    decoder = sphinx.Decoder(
        samprate=16000,
        loglevel="FATAL",
        lm=None,
        hmm=str(folder),
        allphone=str(Path(sphinx.get_model_path()) / "en-us" / "en-us-phone.lm.bin"),
        senlogdir=str(tmp_path),
        compallsen=True,
        topn=128,
        ds=1,
    )
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    (log,) = tmp_path.glob("*.sen")
    content = log.read_bytes()
    rows = np.frombuffer(content, "<i2", offset=content.index(b"endhdr\n") + 11).reshape(-1, 5127)
    scores = rows[:, 1 : 1 + 126].astype(np.float64) * -1024 * np.log(1.0001)
    sound = pcm.astype(np.float32) / 32768
    cepstra = sphinx_cepstra(np.concatenate([[0], sound]).astype(np.float32)).astype(np.float32)
    cepstra -= cepstra[cepstra[:, 0] > 0].mean(axis=0)
    encoder = PhoneEncoder.from_arrays(load_arrays(phone_model_path()), "")
    own = encoder.state_scores(with_changes(cepstra, 0, len(cepstra))).reshape(len(cepstra), -1)
    count = min(len(own), len(scores)) - 3
    ours, theirs = (x[:count] - x[:count].max(axis=1, keepdims=True) for x in (own, scores))
    # The decoder's end at some -20.
    assert np.median(np.abs(np.maximum(ours, -15) - np.maximum(theirs, -15))) < 0.5
    assert np.mean(ours.argmax(axis=1) == theirs.argmax(axis=1)) > 0.85
