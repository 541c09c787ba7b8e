"""Features of a corpus by an encoder with weights, kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corpus_maker import write_corpus
from scipy.io import wavfile

from audio2video.errors import BadFileError, MissingFileError
from audio2video.models.encoder_files import encoder_named
from audio2video.progress import Progress
from audio2video.speech.recording import as_samples
from audio2video.storage.workspace import Workspace
from audio2video.training import encoding
from audio2video.training.corpus import frame_times, read_clip, read_index
from audio2video.training.encoding import EncodedCorpus, corpus_encoder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = Workspace(tmp_path_factory.mktemp("encoded"))
    write_corpus(place.root, recordings=3, fragments=2, seconds=2.0)
    return place


def kept(workspace: Workspace) -> dict[Path, int]:
    files = sorted((workspace.root / "train" / "encoded").rglob("*.npy"))
    return {path: path.stat().st_mtime_ns for path in files}


def test_clips_get_the_encoders_features_of_their_own_moments(workspace: Workspace) -> None:
    encoder = encoder_named("whisper")
    encoded = EncodedCorpus(workspace, encoder)
    clips = {i: read_clip(workspace, i) for i in read_index(workspace)}
    training = [i for i in clips if clips[i].recording != "talk2"]
    encoded.prepare(clips, training, 1, Progress())
    # Three recordings as they are, two in other sound.
    files = kept(workspace)
    assert len(files) == 5
    for i, clip in clips.items():
        heard = encoded.clip(clip)
        _, pcm = wavfile.read(workspace.root / f"raw/wav/{clip.recording}.wav")
        whole = encoder.encode(as_samples(pcm))
        assert heard.features.shape[1] == encoder.size
        # The clip's moments on the recording's clock: the second fragment begins after 2 s.
        start = heard.feature_offset / 50 + heard.start
        assert start == pytest.approx(2.0 if i.endswith("01") else 0.0)
        begin = heard.feature_offset
        np.testing.assert_allclose(
            np.asarray(heard.features),
            whole[begin : begin + len(heard.features)],
            atol=0.02,
            rtol=2e-3,
        )
        assert len(frame_times(heard)) == len(clip.mouth)
    other = encoded.clip(clips[training[0]], 1)
    assert other.features.shape == encoded.clip(clips[training[0]]).features.shape
    plain = np.asarray(encoded.clip(clips[training[0]]).features)
    assert np.abs(np.asarray(other.features) - plain).max() > 0.5
    # All is there: nothing is computed again.
    encoded.prepare(clips, training, 1, Progress())
    assert kept(workspace) == files
    # Sound that has changed is.
    path = workspace.root / "raw/wav/talk0.wav"
    rate, pcm = wavfile.read(path)
    wavfile.write(path, rate, pcm // 2)
    encoded.prepare(clips, training, 1, Progress())
    assert len(kept(workspace)) == 7


def test_mfcc_are_those_of_the_corpus() -> None:
    assert corpus_encoder("mfcc", 0) is None
    varied = corpus_encoder("mfcc", 2)
    assert varied is not None
    assert varied.note.name == "mfcc"
    with pytest.raises(ValueError, match="no such encoder"):
        encoder_named("other")


def test_sound_that_is_missing_or_damaged(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    write_corpus(place.root, recordings=1)
    clips = {i: read_clip(place, i) for i in read_index(place)}
    encoded = EncodedCorpus(place, encoder_named("whisper"))
    path = place.root / "raw/wav/talk0.wav"
    path.write_bytes(b"RIFF, but no sound")
    with pytest.raises(BadFileError, match="damaged, or not mono 16-bit sound"):
        encoded.prepare(clips, [], 0, Progress())
    path.unlink()
    with pytest.raises(MissingFileError, match="no sound for this recording"):
        encoded.prepare(clips, [], 0, Progress())


def test_babble_is_made_of_the_longest_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workspace(tmp_path)
    write_corpus(place.root, recordings=4, fragments=1, seconds=1.0)
    names = [f"talk{k}" for k in range(4)]
    lengths = (16000, 48000, 20000, 30000)
    for name, length in zip(names, lengths, strict=True):
        sound = np.full(length, length // 10, np.int16)
        wavfile.write(place.root / f"raw/wav/{name}.wav", 16000, sound)
    monkeypatch.setattr(encoding, "BABBLERS", 2)
    assert [len(voice) for voice in encoding._voices(place, names)] == [48000, 30000]
