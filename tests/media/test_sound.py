"""Sound of any length, written as 16-bit speech."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_maker import make_audio, make_video, speechlike
from scipy.io import wavfile

from audio2video.errors import BadFileError, MissingFileError
from audio2video.media.audio import read_audio
from audio2video.media.sound import extract_sound


@pytest.mark.parametrize(("rate", "layout"), [(16000, "mono"), (44100, "stereo"), (8000, "mono")])
def test_equals_read_audio(
    tmp_path: Path, rng: np.random.Generator, rate: int, layout: str
) -> None:
    channels = 2 if layout == "stereo" else 1
    samples = np.repeat(speechlike(2.3, rate, rng), channels, axis=0)
    source = make_audio(tmp_path / "a.wav", samples, rate, "pcm_s16le", layout)
    count = extract_sound(source, tmp_path / "out.wav")
    got_rate, got = wavfile.read(tmp_path / "out.wav", mmap=True)
    expected = read_audio(source)
    assert (got_rate, got.dtype, got.ndim, len(got)) == (16000, np.int16, 1, count)
    assert abs(len(got) - len(expected)) <= 1
    n = min(len(got), len(expected))
    np.testing.assert_allclose(got[:n] / 32767, expected[:n], atol=1e-4)


def test_is_on_the_clock_of_the_pictures(tmp_path: Path, rng: np.random.Generator) -> None:
    sound = speechlike(2.0, 44100, rng)
    path = make_video(
        tmp_path / "late.mkv", sound=sound, sound_start=Fraction(1, 4), sound_codec="pcm_s16le"
    )
    extract_sound(path, tmp_path / "out.wav")
    _, got = wavfile.read(tmp_path / "out.wav")
    assert not got[:3900].any()
    assert np.abs(got[4100:8000]).max() > 1000


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="no sound"):
        extract_sound(make_video(tmp_path / "mute.mp4", 5), tmp_path / "out.wav")
    with pytest.raises(MissingFileError):
        extract_sound(tmp_path / "nothing.mp4", tmp_path / "out.wav")
