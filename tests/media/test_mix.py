"""A target's own sound with voices over it: exact outside, in place, within full scale."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import MissingFileError
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.mix import FADE_SECONDS, Envelope, MixedSound, Voice
from audio2video.media.video import VideoWriter

RATE = 32000


@pytest.fixture
def own(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, np.ndarray]:
    """Three seconds of stereo noise."""
    samples = rng.uniform(-0.9, 0.9, (3 * RATE, 2))
    return write(tmp_path / "own.wav", samples)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> tuple[Path, np.ndarray]:
    """Write a file; returns its path and what is really in it [shape=(channels, n)]."""
    write_wav(path, samples, rate)
    exact = np.rint(np.clip(samples, -1, 1) * 32767) / 32768
    return path, np.atleast_2d(exact.T).astype(np.float32)


def heard(sound: MixedSound) -> np.ndarray:
    with closing(sound):
        return np.concatenate(list(sound.blocks()), axis=1)


def tone(seconds: float, rate: int = RATE) -> np.ndarray:
    return 0.3 * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 300 / rate)


@pytest.mark.parametrize("level", [None, -6.0])
def test_parts_are_replaced_and_all_else_is_exact(tmp_path, own, level):
    path, samples = own
    voice, said = write(tmp_path / "voice.wav", tone(0.5))
    ranges = ((Fraction(1), Fraction(3, 2)),)
    mix = heard(MixedSound(path, [Voice(voice, Fraction(1), ranges)], Fraction(3), level))
    first, last, fade = RATE, RATE * 3 // 2, round(FADE_SECONDS * RATE)
    np.testing.assert_array_equal(mix[:, :first], samples[:, :first])
    np.testing.assert_array_equal(mix[:, last:], samples[:, last:])
    kept = 0 if level is None else 10 ** (level / 20)
    inside = slice(first + fade, last - fade)
    expected = said[:, fade : len(said[0]) - fade] + kept * samples[:, inside]
    np.testing.assert_allclose(mix[:, inside], expected, atol=1e-5)


def test_everything_of_both_without_ranges(tmp_path, own):
    path, samples = own
    voice, said = write(tmp_path / "voice.wav", tone(1))
    mix = heard(MixedSound(path, [Voice(voice)], Fraction(4), -12))
    assert mix.shape == (2, 4 * RATE)
    expected = np.zeros((2, 4 * RATE), np.float32)
    expected[:, : 3 * RATE] += samples * np.float32(10 ** (-12 / 20))
    expected[:, :RATE] += said
    np.testing.assert_allclose(mix, expected, atol=1e-5)


def test_loud_sounds_together_stay_under_full_scale(tmp_path, own):
    path, _ = own
    voice, _ = write(tmp_path / "voice.wav", tone(3) * 3)
    mix = heard(MixedSound(path, [Voice(voice)], Fraction(3), 0))
    assert 0.85 < np.abs(mix).max() <= 0.9001
    assert np.abs(heard(MixedSound(path, [Voice(voice)], Fraction(3), 20))).max() <= 1


def test_a_track_on_the_mixs_clock_is_heard_in_its_ranges(tmp_path, own):
    path, samples = own
    track, said = write(tmp_path / "track.wav", np.linspace(-0.5, 0.5, 3 * RATE))
    ranges = tuple((Fraction(a), Fraction(b)) for a, b in ((0.25, 0.5), (0.5, 0.75), (2.75, 3)))
    mix = heard(MixedSound(path, [Voice(track, ranges=ranges)], Fraction(3)))
    first, last, fade = RATE // 4, RATE * 3 // 4, round(FADE_SECONDS * RATE)
    inside = slice(first + fade, last - fade)  # ranges that touch are one: no fade at 0.5 s
    np.testing.assert_allclose(mix[:, inside], np.repeat(said[:, inside], 2, axis=0), atol=1e-6)
    between = slice(last, RATE * 11 // 4)
    np.testing.assert_array_equal(mix[:, between], samples[:, between])


def test_voices_of_other_rates_and_channels_are_in_place(tmp_path, own):
    path, _ = own
    click = np.zeros((8000, 1))
    click[1600] = 0.8
    write_wav(tmp_path / "click.wav", np.repeat(click, 2, axis=1), 16000)
    voice = Voice(tmp_path / "click.wav", Fraction(7, 4), ((Fraction(7, 4), Fraction(9, 4)),))
    mix = heard(MixedSound(path, [voice], Fraction(3)))
    place = int(np.argmax(np.abs(mix[0, RATE * 7 // 4 + 700 : RATE * 2]))) + RATE * 7 // 4 + 700
    assert place == pytest.approx(RATE * 1.85, abs=1)


def test_rate_and_channels(tmp_path, own):
    low, _ = write(tmp_path / "low.wav", tone(1, 16000), 16000)
    high, _ = write(tmp_path / "high.wav", np.stack([tone(1, 48000)] * 2, axis=1), 48000)
    for base, voice, rate, channels in (
        (own[0], high, 32000, 2),
        (low, high, 48000, 2),
        (own[0], low, 32000, 2),
        (None, low, 16000, 1),
    ):
        sound = MixedSound(base, [Voice(voice)], Fraction(1), 0)
        assert (sound.rate, sound.layout.nb_channels) == (rate, channels)
        assert heard(sound).shape == (channels, rate)


def test_mono_becomes_two_equal_channels(tmp_path):
    mono, samples = write(tmp_path / "mono.wav", tone(1))
    stereo, _ = write(tmp_path / "stereo.wav", np.zeros((RATE, 2)))
    ranges = ((Fraction(1, 2), Fraction(1)),)
    mix = heard(MixedSound(mono, [Voice(stereo, ranges=ranges)], Fraction(1)))
    half = RATE // 2
    np.testing.assert_array_equal(mix[:, :half], np.repeat(samples[:, :half], 2, axis=0))


def test_it_is_written_as_any_sound(tmp_path, own):
    voice, _ = write(tmp_path / "voice.wav", tone(0.5))
    sound = MixedSound(own[0], [Voice(voice, ranges=((Fraction(0), Fraction(1)),))], Fraction(3))
    with VideoWriter(tmp_path / "a.mp4", 64, 64, Fraction(25), audio=sound) as writer:
        for _ in range(75):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    assert len(read_audio(tmp_path / "a.mp4", RATE)) == pytest.approx(3 * RATE, abs=1024)


def test_a_missing_file_is_an_error(tmp_path, own):
    with pytest.raises(MissingFileError, match="no such file"):
        MixedSound(own[0], [Voice(tmp_path / "gone.wav")], Fraction(1))


def test_an_envelope_is_zero_outside_and_one_inside(rng):
    ranges = [(Fraction(1), Fraction(2)), (Fraction(5, 2), Fraction(3))]
    envelope = Envelope(ranges, 1000)
    whole = envelope.weights(0, 4000)
    assert whole is not None
    np.testing.assert_array_equal(np.flatnonzero(whole), np.r_[1000:2000, 2500:3000])
    np.testing.assert_array_equal(whole[1020:1980], 1)
    np.testing.assert_allclose(whole[1000:1020], np.arange(1, 21) / 21, atol=1e-6)
    assert envelope.weights(2000, 2500) is None
    assert envelope.stop == 3000
    for start, stop in rng.integers(0, 4000, (50, 2)):
        part = envelope.weights(start, stop) if start < stop else None
        if part is not None:
            np.testing.assert_array_equal(part, whole[start:stop])
