"""Samples of a sound on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import BadFileError
from audio2video.media.audio import read_audio, write_wav
from audio2video.pipeline.speech_samples import samples_of


@pytest.mark.parametrize("rate", [16000, 44100])
def test_samples_are_those_of_the_sound(
    rng: np.random.Generator, tmp_path: Path, rate: int
) -> None:
    audio, product = tmp_path / "a.wav", tmp_path / "made" / "a.npy"
    product.parent.mkdir()
    write_wav(audio, 0.5 * np.sin(np.arange(rate) / 9), rate)
    expected = read_audio(audio)
    with samples_of(audio, product) as pcm:
        assert pcm.dtype == np.int16
        length = min(len(pcm), len(expected))
        assert abs(len(pcm) - len(expected)) <= 1
        np.testing.assert_allclose(pcm[:length] / 32767, expected[:length], atol=2e-4)
        assert len(list(product.parent.iterdir())) == 1
    assert list(product.parent.iterdir()) == []


def test_nothing_is_left_of_a_sound_that_can_not_be_read(tmp_path: Path) -> None:
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF0000WAVE")
    with pytest.raises(BadFileError), samples_of(audio, tmp_path / "b.npy"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
