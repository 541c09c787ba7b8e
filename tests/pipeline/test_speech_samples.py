"""The speech of a file on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from audio2video.errors import BadFileError
from audio2video.media.audio import read_audio, write_wav
from audio2video.models.encoder_files import load_detector
from audio2video.pipeline.speech_samples import speech_of


@pytest.mark.parametrize("channels", [1, 2])
def test_speech_is_that_of_the_sound(tmp_path: Path, channels: int) -> None:
    audio, product = tmp_path / "a.wav", tmp_path / "made" / "a.npy"
    product.parent.mkdir()
    samples = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3")[:48000] * 0.2
    write_wav(audio, np.repeat(samples[:, np.newaxis], channels, axis=1), 16000)
    with speech_of(audio, product, load_detector) as (pcm, heard):
        assert pcm.dtype == np.int16
        assert len(pcm) == len(samples)
        assert np.corrcoef(pcm, samples)[0, 1] > 0.999
        assert heard.hearing.spoken_share > 0.8
        assert heard.mix.note is None
        first = np.array(pcm)
        assert len(list(product.parent.iterdir())) == 1
    assert list(product.parent.iterdir()) == []

    def not_asked() -> None:
        raise AssertionError("it is known already")

    with speech_of(audio, product, not_asked, heard) as (pcm, again):  # type: ignore[arg-type]
        np.testing.assert_array_equal(pcm, first)
        assert again is heard


def test_nothing_is_left_of_a_sound_that_can_not_be_read(tmp_path: Path) -> None:
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF0000WAVE")
    with pytest.raises(BadFileError), speech_of(audio, tmp_path / "b.npy", load_detector):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
