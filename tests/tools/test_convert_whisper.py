"""Weights of the speech encoder from a published copy."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from audio2video.speech.whisper import WhisperEncoder
from tools.convert_whisper import HEAD_SIZE, encoder_arrays, read_variables

WIDTH = HEAD_SIZE


def variables(rng: np.random.Generator) -> dict[str, np.ndarray]:
    shapes = {
        "conv1/weight": (WIDTH, 80, 3),
        "conv1/bias": (WIDTH,),
        "conv2/weight": (WIDTH, WIDTH, 3),
        "conv2/bias": (WIDTH,),
        "position_encodings/encodings": (1500, WIDTH),
    }
    for block, up, down in (("self_attention", 3, 1), ("ffn", 4, 4)):
        prefix = f"layer_0/{block}"
        shapes[f"{prefix}/layer_norm/gamma"] = shapes[f"{prefix}/layer_norm/beta"] = (WIDTH,)
        shapes[f"{prefix}/linear_0/weight"] = (up * WIDTH, WIDTH)
        shapes[f"{prefix}/linear_0/bias"] = (up * WIDTH,)
        shapes[f"{prefix}/linear_1/weight"] = (WIDTH, down * WIDTH)
        shapes[f"{prefix}/linear_1/bias"] = (WIDTH,)
    return {
        f"encoder/{name}": rng.normal(size=shape).astype(np.float16)
        for name, shape in shapes.items()
    }


def packed(arrays: dict[str, np.ndarray], version: int = 6, name: bytes = b"WhisperSpec") -> bytes:
    def text(content: bytes) -> bytes:
        return struct.pack("<H", len(content) + 1) + content + b"\0"

    parts = [struct.pack("<I", version), text(name), struct.pack("<II", 3, len(arrays))]
    for key, array in arrays.items():
        parts += [text(key.encode()), struct.pack("<B", array.ndim)]
        parts += [struct.pack("<I", n) for n in array.shape]
        parts += [struct.pack("<BI", 4, array.nbytes), array.tobytes()]
    return b"".join(parts)


def test_what_is_converted_is_an_encoder(rng: np.random.Generator) -> None:
    given = variables(rng)
    read = read_variables(packed(given))
    assert set(read) == set(given)
    arrays = encoder_arrays(read, 1)
    encoder = WhisperEncoder.from_arrays(arrays, "")
    assert set(arrays) == {*encoder.form.shapes(), "format", "form"}
    conv = given["encoder/conv1/weight"]
    np.testing.assert_array_equal(arrays["conv1_kernel"].reshape(3, 80, WIDTH)[2, 5], conv[:, 5, 2])
    up = given["encoder/layer_0/ffn/linear_0/weight"]
    np.testing.assert_array_equal(arrays["0_up_kernel"], up.T)


def test_what_is_no_such_model(rng: np.random.Generator) -> None:
    content = packed(variables(rng))
    for bad in (b"", content[:-1], packed({}, version=3), packed({}, name=b"OtherSpec")):
        with pytest.raises(ValueError, match=r"ends too early|not a Whisper model"):
            read_variables(bad)
