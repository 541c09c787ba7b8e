"""Reading sound: exact length, aligned, mixed, and clear errors."""

from __future__ import annotations

import wave
from fractions import Fraction

import numpy as np
import pytest
from media_maker import delay_seconds, make_audio, make_video, speechlike

from audio2video.errors import BadFileError, MissingFileError
from audio2video.media import audio
from audio2video.media.audio import probe_audio, read_audio, write_wav


def test_wav_round_trip(tmp_path, rng):
    samples = rng.uniform(-1, 1, 1234).astype(np.float32)
    write_wav(tmp_path / "a b é.wav", samples, 16000)
    back = read_audio(tmp_path / "a b é.wav")
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, samples, atol=1e-4)
    info = probe_audio(tmp_path / "a b é.wav")
    assert (info.rate, info.channels, info.codec) == (16000, 1, "pcm_s16le")
    assert info.duration == Fraction(1234, 16000)


def test_write_wav_clips_and_keeps_channels(tmp_path):
    write_wav(tmp_path / "a.wav", [[2.0, -2.0], [0.0, 0.5]], 8000)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 2)
        values = np.frombuffer(file.readframes(2), "<i2")
    assert values.tolist() == [32767, -32767, 0, 16384]


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("seconds", [0.01, 0.777, 2.0])
def test_resampling_keeps_length_and_time(tmp_path, rate, seconds):
    n = round(rate * seconds)
    t = np.arange(n) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    write_wav(tmp_path / "a.wav", tone, rate)
    heard = read_audio(tmp_path / "a.wav")
    assert abs(len(heard) - Fraction(n, rate) * 16000) <= 0.5
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(heard)) / 16000)
    inner = slice(40, -40)
    np.testing.assert_allclose(heard[inner], expected[inner], atol=0.01)


@pytest.mark.parametrize(
    ("codec", "suffix", "tolerance"),
    [("libmp3lame", "mp3", 0), ("aac", "m4a", 1024), ("flac", "flac", 0), ("libopus", "ogg", 0)],
)
def test_compressed_sound_is_not_shifted(tmp_path, rng, codec, suffix, tolerance):
    said = speechlike(2.5, 48000, rng)
    path = make_audio(tmp_path / f"a.{suffix}", said, 48000, codec)
    heard = read_audio(path, 48000)
    assert abs(delay_seconds(heard, said[0], 48000)) < 1e-3
    assert 0 <= len(heard) - said.shape[1] <= max(tolerance, 1152)
    assert probe_audio(path).duration == Fraction(len(heard), 48000)


def test_channels_are_mixed_without_clipping(tmp_path):
    tone = np.sin(np.arange(16000) * 0.1)
    write_wav(tmp_path / "same.wav", np.stack([tone, tone], 1), 16000)
    np.testing.assert_allclose(read_audio(tmp_path / "same.wav"), tone, atol=1e-3)
    write_wav(tmp_path / "left.wav", np.stack([tone, 0 * tone], 1), 16000)
    np.testing.assert_allclose(read_audio(tmp_path / "left.wav"), tone / 2, atol=1e-3)


def test_surround_is_mixed_to_its_centre(tmp_path):
    tone = np.sin(np.arange(48000) * 0.05).astype(np.float32)
    channels = np.zeros((6, 48000), np.float32)
    channels[3] = 1  # the low-frequency channel is left out
    channels[2] = tone
    path = make_audio(tmp_path / "a.flac", channels * 0.9, 48000, "flac", "5.1")
    heard = read_audio(path, 48000)
    share = 1 / (1 + 2 * 0.5**0.5 + 2 * 0.5)
    np.testing.assert_allclose(heard, 0.9 * tone * share, atol=2e-3)
    assert probe_audio(path).channels == 6


@pytest.mark.parametrize("start", [Fraction(0), Fraction(3, 10), Fraction(1)])
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_late_sound_of_a_video_stays_late(tmp_path, rng, start, suffix):
    said = speechlike(2, 44100, rng)
    codec = "pcm_s16le" if suffix == "mkv" else "aac"
    path = make_video(
        tmp_path / f"a.{suffix}", 75, sound=said, sound_codec=codec, sound_start=start
    )
    heard = read_audio(path, 44100)
    assert delay_seconds(heard, said[0], 44100) == pytest.approx(float(start), abs=1e-3)
    assert len(heard) / 44100 == pytest.approx(float(start) + 2, abs=0.03)
    assert probe_audio(path).duration == Fraction(len(heard), 44100)


def test_early_sound_of_a_video_is_trimmed(tmp_path, rng):
    said = speechlike(2, 44100, rng)
    times = [k * 40 + 500 for k in range(50)]
    path = make_video(
        tmp_path / "a.mkv", 50, times=times, tick=Fraction(1, 1000), sound=said,
        sound_codec="pcm_s16le",
    )  # fmt: skip
    heard = read_audio(path, 44100)
    assert delay_seconds(heard, said[0], 44100) == pytest.approx(-0.5, abs=1e-3)


def test_sound_that_ends_before_the_pictures_is_refused(tmp_path, rng):
    times = [k * 40 + 3000 for k in range(50)]
    path = make_video(
        tmp_path / "a.mkv", 50, times=times, tick=Fraction(1, 1000),
        sound=speechlike(1, 44100, rng), sound_codec="pcm_s16le",
    )  # fmt: skip
    with pytest.raises(BadFileError, match="not one sample"):
        read_audio(path)


def make_bad(kind, folder):
    path = folder / "a b.mp3"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("la la la " * 200)
    elif kind == "folder":
        path.mkdir()
    elif kind == "silent film":
        path = make_video(folder / "a.mp4", 5)
    elif kind == "no samples":
        path = folder / "a.wav"
        write_wav(path, np.zeros(0), 16000)
    return path


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", MissingFileError, "no such file"),
        ("empty", BadFileError, r"the file is empty \(0 bytes\)"),
        ("text", BadFileError, "not a video or audio file"),
        ("folder", BadFileError, "this is a folder"),
        ("silent film", BadFileError, "it has no sound"),
        ("no samples", BadFileError, "not one sample"),
    ],
)
@pytest.mark.parametrize("function", [read_audio, probe_audio])
def test_errors_name_file_and_reason(tmp_path, capfd, kind, error, message, function):
    path = make_bad(kind, tmp_path)
    with pytest.raises(error, match=message) as caught:
        function(path)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_sound_is_decoded_once_for_each_state_of_its_file(tmp_path, monkeypatch):
    opened = []

    class Counted(audio.AudioSource):
        def __init__(self, path):
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(audio, "AudioSource", Counted)
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros(1000), 16000)
    assert [probe_audio(path).duration for _ in range(3)] == [Fraction(1000, 16000)] * 3
    assert probe_audio(str(path)) == probe_audio(path)
    assert len(opened) == 1
    write_wav(path, np.zeros(1600), 16000)
    assert probe_audio(path).duration == Fraction(1, 10)
    assert len(opened) == 2
    path.unlink()
    with pytest.raises(MissingFileError):
        probe_audio(path)


def test_real_sound(shared_data):
    info = probe_audio(shared_data / "input" / "statement_9s.wav")
    assert (info.rate, info.duration) == (44100, Fraction(384111, 44100))
    assert len(read_audio(info.path)) == round(info.duration * 16000)
    clip = probe_audio(shared_data / "grid_s1" / "bbaf2n.mkv")
    assert abs(clip.duration - 3) < Fraction(1, 20)
