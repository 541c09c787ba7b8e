"""Weights of the phone model from PocketSphinx's own files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from audio2video.speech.phone_posteriors import CEPSTRA, PHONES, STATES, STREAMS, PhoneEncoder
from tools.convert_pocketsphinx import phone_arrays, read_gaussians, read_shares

COUNT, EVERY = 4, 200
SHAPE = (len(PHONES), STREAMS, COUNT, CEPSTRA)


def gaussians(values: np.ndarray) -> bytes:
    phones, streams, count, size = values.shape
    numbers = (0x11223344, phones, streams, count, *[size] * streams, values.size)
    return (
        b"s3\nversion 1.0\nendhdr\n"
        + struct.pack("<8I", *numbers)
        + values.astype("<f4").tobytes()
        + b"sum!"
    )


def sendump(logs: np.ndarray) -> bytes:
    texts = [b"feature_count 3\0", b"!!!", b""]
    header = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return header + struct.pack("<2I", logs.shape[1], logs.shape[2]) + logs.tobytes()


@pytest.fixture
def model(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, np.ndarray, np.ndarray]:
    means, logs = rng.normal(size=SHAPE), rng.integers(0, 60, (STREAMS, COUNT, EVERY), np.uint8)
    (tmp_path / "means").write_bytes(gaussians(means))
    (tmp_path / "variances").write_bytes(gaussians(np.abs(means) + 1))
    (tmp_path / "sendump").write_bytes(sendump(logs))
    (tmp_path / "mdef").write_bytes(b"BMDF" + "\0".join(PHONES).encode() + b"\0")
    return tmp_path, means, logs


def test_the_model_is_read(model: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, means, logs = model
    arrays = phone_arrays(folder)
    np.testing.assert_allclose(arrays["means"][1, 7, 2], means[7, 1, 2], rtol=1e-3)
    np.testing.assert_allclose(arrays["variances"][2, 5, 3], abs(means[5, 2, 3]) + 1, rtol=1e-3)
    share = 1.0001 ** (-1024.0 * logs[1, 3, 7 * STATES + 2])
    assert arrays["shares"][1, 7, 3, 2] == pytest.approx(share, rel=1e-3, abs=1e-6)
    assert PhoneEncoder.from_arrays(arrays, "").size == len(PHONES)


def test_another_model_is_refused(model: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, means, logs = model
    with pytest.raises(ValueError, match="of these phones"):
        read_gaussians(gaussians(means[:5]))
    with pytest.raises(ValueError, match="of these features"):
        read_gaussians(gaussians(means[..., :7]))
    with pytest.raises(ValueError, match="no weights of these Gaussians"):
        read_shares(sendump(logs), COUNT + 1)
    with pytest.raises(ValueError, match="no weights of these Gaussians"):
        read_shares(sendump(logs)[:-1], COUNT)
    (folder / "mdef").write_bytes(b"BMDF AA")
    with pytest.raises(ValueError, match="a model of other phones"):
        phone_arrays(folder)
