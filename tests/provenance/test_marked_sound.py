"""A sound on its way into a result, and the pieces of one that are searched."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from marked_sounds import KEY, NUMBER, RATE, marked, speech

from audio2video.errors import MissingFileError
from audio2video.media.audio import write_wav
from audio2video.media.source import AudioSource
from audio2video.provenance import sound_watermark
from audio2video.provenance.marked_sound import MarkedSound
from audio2video.provenance.sound_watermark import PIECES, SECONDS, spread_seconds


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.wav"
    write_wav(path, speech()[:RATE], RATE)
    return path


def test_it_has_as_many_samples_as_its_source(words: Path) -> None:
    with closing(MarkedSound(words, KEY, NUMBER)) as sound:
        assert (sound.rate, sound.layout.nb_channels) == (RATE, 1)
        found = np.concatenate(list(sound.blocks()), axis=1)
    with closing(AudioSource(words)) as source:
        before = np.concatenate(list(source.blocks()), axis=1)
    assert np.array_equal(found[0], np.clip(marked(before[0]), -1, 1))


def test_it_stays_within_full_scale(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "loud.wav"
    write_wav(path, np.sign(rng.normal(0, 1, RATE)), RATE)
    with closing(MarkedSound(AudioSource(path), KEY, NUMBER)) as sound:
        found = np.concatenate(list(sound.blocks()), axis=1)
    assert np.abs(found).max() == 1.0


def test_a_missing_sound_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        MarkedSound(tmp_path / "none.wav", KEY, NUMBER)


@pytest.mark.parametrize(
    ("seconds", "pieces"), [("1/100", 1), ("10", 1), ("10.1", 2), ("25", 3), ("36000", PIECES)]
)
def test_pieces_lie_inside_and_reach_both_ends(seconds: str, pieces: int) -> None:
    found = spread_seconds(Fraction(seconds))
    samples = round(Fraction(seconds) * RATE)
    assert len(found) == pieces
    assert (found[0][0], found[-1][1]) == (0, samples)
    assert all(0 <= start < stop <= samples for start, stop in found)
    assert {stop - start for start, stop in found} == {min(samples, SECONDS * RATE)}


def test_pieces_are_decoded_in_one_pass(tmp_path: Path, rng: np.random.Generator) -> None:
    path, samples = tmp_path / "long.wav", rng.uniform(-0.5, 0.5, 25 * RATE)
    write_wav(path, samples, RATE)
    ranges = spread_seconds(Fraction(25))
    found = list(sound_watermark._pieces(path, ranges))
    assert [len(piece) for piece in found] == [SECONDS * RATE] * 3
    for (start, stop), piece in zip(ranges, found, strict=True):
        assert np.allclose(piece, samples[start:stop], atol=1e-4)
