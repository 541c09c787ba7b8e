"""Sound that goes into a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import BadFileError
from audio2video.media.audio import probe_audio, read_audio, write_wav
from audio2video.media.preview_sound import BIT_RATES, preview_sound


@pytest.fixture
def voice(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Two seconds of stereo, alike on both sides, with clicks to tell moments by."""
    path = tmp_path / "voice.wav"
    samples = 0.01 * rng.standard_normal(88200)
    samples[22050:22100] = 0.8
    samples[66150:66200] = -0.8
    write_wav(path, np.stack([samples, samples], axis=1), 44100)
    return path


def test_it_is_as_long_and_in_time(voice: Path, tmp_path: Path) -> None:
    coded = preview_sound(voice, 2.0, 1_000_000)
    assert coded is not None
    path = tmp_path / "preview.mp3"
    path.write_bytes(coded)
    info = probe_audio(path)
    assert (info.channels, info.codec) == (1, "mp3float")
    assert float(info.duration) == pytest.approx(2.0, abs=0.06)
    heard = read_audio(path)
    assert np.argmax(heard) / 16000 == pytest.approx(0.5, abs=0.003)
    assert np.argmin(heard) / 16000 == pytest.approx(1.5, abs=0.003)


def test_it_fits_or_there_is_none(voice: Path) -> None:
    sizes = []
    for bits in BIT_RATES:
        most = int(bits * 2.0 / 8 / 0.95) + 1
        coded = preview_sound(voice, 2.0, most + 1200)
        assert coded is not None
        sizes.append(len(coded))
        assert sizes[-1] <= most + 1200
    assert sizes == sorted(sizes, reverse=True)
    assert preview_sound(voice, 2.0, 3000) is None


def test_no_sound_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"nothing")
    with pytest.raises(BadFileError):
        preview_sound(path, 1.0, 1_000_000)
