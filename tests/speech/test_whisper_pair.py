"""Two encoders side by side, and kernels that are stored as bytes."""

from __future__ import annotations

import hashlib

import numpy as np

from audio2video.speech.whisper import FORMAT, Heard, WhisperEncoder, WhisperForm
from audio2video.speech.whisper_pair import WhisperPair, pair_hash
from tools.convert_whisper import Arrays, as_bytes


def arrays_of(rng: np.random.Generator, layers: int, width: int) -> Arrays:
    arrays: Arrays = {
        name: rng.normal(scale=0.3, size=shape).astype(np.float16)
        for name, shape in WhisperForm(layers, 2, width).shapes().items()
    }
    return {**arrays, "format": np.array(FORMAT), "form": np.array([layers, 2, width])}


def test_states_stand_side_by_side(rng: np.random.Generator) -> None:
    first = WhisperEncoder.from_arrays(arrays_of(rng, 3, 8), "ab")
    second = WhisperEncoder.from_arrays(
        arrays_of(rng, 2, 12), "cd", Heard("other", "other, layer 2", (2,))
    )
    pair = WhisperPair(first, second)
    pcm = (3000 * rng.normal(size=160_000)).astype(np.int16)
    whole = pair.encode(pcm)
    assert whole.dtype == np.float32
    assert whole.shape == (501, pair.size) == (501, 2 * 8 + 12)
    np.testing.assert_array_equal(whole[:, :16], first.encode(pcm))
    np.testing.assert_array_equal(whole[:, 16:], second.encode(pcm))
    lazy = pair.features(pcm)
    assert len(lazy) == 501
    np.testing.assert_array_equal(lazy[390:410], whole[390:410])
    assert pair.note.name == "whisper_pair"
    assert pair.note.version == "tiny.en, layers 2 and 3; other, layer 2"
    assert pair.note.sha256 == hashlib.sha256(b"abcd").hexdigest() == pair_hash("ab", "cd")


def test_kernels_as_bytes_are_within_half_a_step(rng: np.random.Generator) -> None:
    arrays = arrays_of(rng, 1, 8)
    arrays["0_up_kernel"][:, 3] = 0
    stored = as_bytes(arrays)
    weights = WhisperEncoder.from_arrays(stored, "").weights
    for name, array in arrays.items():
        if name.endswith("_kernel"):
            assert stored[name].dtype == np.int8
            wrong = np.abs(weights[name] - np.asarray(array, np.float32))
            assert (wrong <= 0.5001 * stored[f"{name}_scale"] + 1e-9).all()
        else:
            assert name in {"format", "form"} or stored[name] is array
