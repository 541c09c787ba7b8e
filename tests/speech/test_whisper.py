"""The speech encoder against the plainest code, and windows against the whole."""

from __future__ import annotations

from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.speech import whisper
from audio2video.speech.encoder import MfccEncoder, NormalisedSound
from audio2video.speech.log_mel import log_mel, mel_filters
from audio2video.speech.recording import recording_features
from audio2video.speech.whisper import FORMAT, WhisperEncoder, WhisperForm

WIDTH, HEADS, LAYERS = 8, 2, 3


def arrays_of(rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Weights of a tiny encoder."""
    arrays: dict[str, NDArray[Any]] = {
        name: rng.normal(scale=0.3, size=shape).astype(np.float16)
        for name, shape in WhisperForm(LAYERS, HEADS, WIDTH).shapes().items()
    }
    return {**arrays, "format": np.array(FORMAT), "form": np.array([LAYERS, HEADS, WIDTH])}


@pytest.fixture
def tiny(rng: np.random.Generator) -> WhisperEncoder:
    return WhisperEncoder.from_arrays(arrays_of(rng), "0" * 64)


def sound(rng: np.random.Generator, seconds: float) -> NDArray[np.int16]:
    return (3000 * rng.normal(size=int(16000 * seconds))).astype(np.int16)


def gelu(x: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.vectorize(lambda v: 0.5 * v * (1 + erf(v / np.sqrt(2))))(x)


def norm(x: NDArray[np.floating], gain: Any, bias: Any) -> NDArray[np.float64]:
    rows = [(row - row.mean()) / np.sqrt(row.var() + 1e-5) * gain + bias for row in x]
    return np.array(rows)


def convolve(x: NDArray[np.floating], kernel: Any, bias: Any, stride: int) -> NDArray[np.float64]:
    taps = kernel.reshape(3, x.shape[1], -1)
    rows = []
    for t in range(0, len(x), stride):
        row = np.array(bias, np.float64)
        for k in range(3):
            if 0 <= t + k - 1 < len(x):
                row = row + x[t + k - 1] @ taps[k]
        rows.append(gelu(row))
    return np.array(rows)


def plain_states(w: dict[str, Any], mel: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    w = {name: np.asarray(array, np.float64) for name, array in w.items()}
    x = convolve(mel, w["conv1_kernel"], w["conv1_bias"], 1)
    x = convolve(x, w["conv2_kernel"], w["conv2_bias"], 2)
    half = WIDTH // 2
    for t in range(len(x)):
        for k in range(half):
            angle = t / 10000 ** (k / (half - 1))
            x[t, k] += np.sin(angle)
            x[t, half + k] += np.cos(angle)
    found = []
    for k in range(LAYERS):
        y = norm(x, w[f"{k}_norm1_gain"], w[f"{k}_norm1_bias"])
        q, key, v = np.split(y @ w[f"{k}_qkv_kernel"] + w[f"{k}_qkv_bias"], 3, axis=1)
        mixed = np.zeros_like(x)
        size = WIDTH // HEADS
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            for t in range(len(x)):
                score = np.array([q[t, part] @ row for row in key[:, part]]) / np.sqrt(size)
                weight = np.exp(score - score.max())
                mixed[t, part] = weight @ v[:, part] / weight.sum()
        x = x + mixed @ w[f"{k}_out_kernel"] + w[f"{k}_out_bias"]
        y = norm(x, w[f"{k}_norm2_gain"], w[f"{k}_norm2_bias"])
        y = gelu(y @ w[f"{k}_up_kernel"] + w[f"{k}_up_bias"])
        x = x + y @ w[f"{k}_down_kernel"] + w[f"{k}_down_bias"]
        found.append(x)
    return found


def test_gelu_is_within_5e_7(rng: np.random.Generator) -> None:
    x = np.concatenate([3 * rng.normal(size=(40, 30)), [[-90.0, -6, -1e-9, 0, 6, 90] * 5]])
    np.testing.assert_allclose(whisper._gelu(x.astype(np.float32)), gelu(x), rtol=3e-7, atol=5e-7)


@pytest.mark.parametrize("columns", [1, 2, 31, 60])
def test_states_equal_plain_loops(
    rng: np.random.Generator, tiny: WhisperEncoder, columns: int
) -> None:
    mel = rng.normal(size=(columns, 80)).astype(np.float32)
    found = tiny.states(mel)
    assert len(found) == LAYERS
    for ours, plain in zip(found, plain_states(dict(tiny.weights), mel), strict=True):
        np.testing.assert_allclose(ours, plain, atol=1e-4)


def test_the_spectrogram_equals_plain_sums(rng: np.random.Generator) -> None:
    samples = rng.normal(scale=0.1, size=1600).astype(np.float32)
    found = log_mel(samples, 0.9)
    assert found.shape == (10, 80)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    padded = np.pad(samples.astype(np.float64), 200, mode="reflect")
    for k in (0, 4, 9):
        part = padded[160 * k : 160 * k + 400] * window
        turn = np.exp(-2j * np.pi * np.outer(np.arange(201), np.arange(400)) / 400)
        power = np.abs(turn @ part) ** 2
        log = np.log10(np.maximum(mel_filters() @ power, 1e-10))
        np.testing.assert_allclose(found[k], (np.maximum(log, 0.9 - 8) + 4) / 4, atol=1e-4)
    silent = log_mel(np.zeros(1600, np.float32), 0.9)
    np.testing.assert_allclose(silent, (0.9 - 8 + 4) / 4, atol=1e-6)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5, 3.99, 8.0, 8.02, 19.3])
def test_there_is_a_state_for_every_moment(
    rng: np.random.Generator, tiny: WhisperEncoder, seconds: float
) -> None:
    pcm = sound(rng, seconds)
    states = tiny.encode(pcm)
    assert states.shape == (len(pcm) // 320 + 1, 2 * WIDTH)
    assert states.dtype == np.float32
    assert np.isfinite(states).all()


def test_a_slice_is_what_the_whole_has_there(
    rng: np.random.Generator, tiny: WhisperEncoder
) -> None:
    pcm = sound(rng, 25)
    whole, lazy = tiny.encode(pcm), tiny.features(pcm)
    assert len(lazy) == len(whole)
    for start, stop in ((0, 5), (390, 410), (399, 400), (400, 401), (700, 5000), (3, 3), (9, 2)):
        np.testing.assert_array_equal(lazy[start:stop], whole[start:stop])


def test_windows_hear_nearly_what_the_whole_is(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, tiny: WhisperEncoder
) -> None:
    pcm = sound(rng, 12)
    windows = tiny.encode(pcm)
    monkeypatch.setattr(whisper, "WINDOW", 1400)
    whole = tiny.encode(pcm)
    # Positions inside the window differ, so states can't be the same.
    assert np.corrcoef(windows.ravel(), whole.ravel())[0, 1] > 0.9


def test_from_a_memory_map_and_from_floats(
    rng: np.random.Generator, tmp_path: Path, tiny: WhisperEncoder
) -> None:
    pcm = sound(rng, 9)
    pcm.tofile(tmp_path / "a.raw")
    states = tiny.encode(pcm)
    np.testing.assert_array_equal(tiny.encode(np.memmap(tmp_path / "a.raw", np.int16, "r")), states)
    floats = (pcm / 32767).astype(np.float32)
    np.testing.assert_allclose(tiny.encode(floats), states, atol=1e-3)


def test_level_and_offset_do_not_matter(rng: np.random.Generator, tiny: WhisperEncoder) -> None:
    floats = rng.normal(scale=0.05, size=32000).astype(np.float32)
    states = tiny.encode(floats)
    np.testing.assert_allclose(tiny.encode(0.3 * floats + 0.1), states, atol=1e-2)
    part = NormalisedSound.of(floats).part(31990, 32010)
    assert part.shape == (20,)
    assert not part[10:].any()


def test_mfcc_takes_both_kinds_of_samples(rng: np.random.Generator) -> None:
    pcm = sound(rng, 1)
    encoder = MfccEncoder()
    found = encoder.encode(pcm)
    np.testing.assert_array_equal(found, recording_features(pcm))
    np.testing.assert_array_equal(encoder.features(pcm), found)
    assert found.shape[1] == encoder.size
    np.testing.assert_allclose(encoder.encode((pcm / 32767).astype(np.float32)), found, atol=2e-2)


def test_a_window_that_is_too_long(tiny: WhisperEncoder) -> None:
    with pytest.raises(ValueError, match="more than 30 s"):
        tiny.states(np.zeros((3002, 80), np.float32))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", np.array(9)),
        ("form", np.array([0, 2, 8])),
        ("form", np.array([10**9, 2, 8])),
        ("form", np.array([3, 3, 8])),
        ("conv1_bias", np.zeros(7)),
        ("0_qkv_kernel", np.full((8, 24), np.nan)),
    ],
)
def test_weights_that_do_not_fit(rng: np.random.Generator, name: str, value: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match=r"format|no such encoder|do not fit"):
        WhisperEncoder.from_arrays({**arrays_of(rng), name: value}, "")
