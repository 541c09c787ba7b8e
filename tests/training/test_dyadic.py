"""Clips of two people, and the listener that is trained on them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from audio2video.config import Config
from audio2video.errors import BadFileError, MissingFileError
from audio2video.listening.wish import ASPECTS
from audio2video.media.video import VideoReader, VideoWriter
from audio2video.models.listener_file import read_listener
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from audio2video.training.dyadic.clips import prepare_clip, read_clip
from audio2video.training.dyadic.pairs import Pair, find_pairs
from audio2video.training.dyadic.published import (
    POSE,
    is_published,
    published_paths,
    read_published,
    write_published,
)
from audio2video.training.dyadic.step import prepare_listener


def published(folder: Path, count: int = 30) -> None:
    """Write sequences in which the right person turns as the left one's voice gets loud."""
    rng = np.random.default_rng(0)
    faces, speakers = rng.normal(0, 0.01, (2, count, 64, 184))
    sounds = np.full((count, 256, 128), 1e-6)
    for k in range(count):
        begin = int(rng.integers(10, 40))
        sounds[k, 4 * begin :] = 1.0
        faces[k, :, POSE.start + 1] += 0.3 * np.clip((np.arange(64) - begin) / 10, 0, 1)
    write_published(folder, "p1", faces, sounds, speakers)


def test_pairs_go_by_their_names(tmp_path: Path) -> None:
    for name in ("a_speaker.mp4", "a_listener.mov", "both.mp4", "notes.txt"):
        (tmp_path / name).touch()
    pairs = find_pairs(tmp_path)
    assert [(one.name, one.speaker.name, one.listener.name) for one in pairs] == [
        ("a", "a_speaker.mp4", "a_listener.mov"),
        ("both", "both.mp4", "both.mp4"),
    ]
    assert [one.together for one in pairs] == [False, True]


def test_half_a_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a_speaker.mp4").touch()
    with pytest.raises(BadFileError, match=r"one of a pair is missing; a file a_listener"):
        find_pairs(tmp_path)
    with pytest.raises(MissingFileError, match="folder of dyadic clips not found"):
        find_pairs(tmp_path / "none")


def test_the_published_layout_is_read_as_it_is_written(tmp_path: Path) -> None:
    published(tmp_path)
    assert is_published(tmp_path)
    assert [path.name for path in published_paths(tmp_path, "p1")] == [
        "p1_list_faces_clean_deca.npy",
        "p0_speak_audio_clean_deca.npy",
        "p0_speak_faces_clean_deca.npy",
    ]
    clips = read_published(tmp_path)
    assert len(clips) == 30
    one = clips[0]
    assert one.seen is not None
    assert one.done.shape == one.seen.shape == (53, len(ASPECTS))
    yaw = np.degrees(one.done[:, 0].sum() * 12 / 25 * np.pi / 180)
    assert yaw == pytest.approx(np.degrees(0.3), abs=3)
    assert one.heard[0, 0] < 0.3 < one.heard[-1, 0]


def test_published_files_of_other_shapes_are_refused(tmp_path: Path) -> None:
    published(tmp_path, 4)
    path = published_paths(tmp_path, "p1")[1]
    np.save(path, np.zeros((4, 256, 80), np.float32))
    with pytest.raises(BadFileError, match=r"has shape \(4, 256, 80\)"):
        read_published(tmp_path)
    np.save(path, np.zeros((3, 256, 128), np.float32))
    with pytest.raises(BadFileError, match="has 4 sequences, its sound 3"):
        read_published(tmp_path)


def test_a_listener_is_trained_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    published(tmp_path / "data", 100)
    place = Workspace(tmp_path / "work")
    place.create()
    config, progress = Config().replace(dyadic=tmp_path / "data"), Progress()
    report = prepare_listener(place, config, progress)
    assert report.count == 100
    assert report.facts["held_out_loss"] < report.facts["unigram_loss"]
    assert "never tried on the original files" in progress.warnings[0]
    read_listener(place.listener())
    first = place.listener().stat().st_mtime_ns
    prepare_listener(place, config, Progress())
    assert place.listener().stat().st_mtime_ns == first
    record = json.loads(place.listener().with_name("listener.npz.made.json").read_text())
    assert record["clips"] == 100


def test_too_little_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    place = Workspace(tmp_path / "work")
    place.create()
    with pytest.raises(BadFileError, match="no dyadic clip in it can be used"):
        prepare_listener(place, Config().replace(dyadic=tmp_path / "empty"), Progress())
    (tmp_path / "few").mkdir()
    published(tmp_path / "few", 2)
    with pytest.raises(BadFileError, match="too few for 32 codes"):
        prepare_listener(place, Config().replace(dyadic=tmp_path / "few"), Progress())


def test_a_damaged_clip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, heard=np.zeros((9, 5)), seen=np.zeros((9, 8)), done=np.zeros((8, 8)))
    with pytest.raises(BadFileError, match="not a prepared dyadic clip"):
        read_clip(path)


def test_videos_of_both_become_a_clip(
    tmp_path: Path, small_target: Path, small_speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VideoReader(small_target) as reader:
        pictures = [frame.rgb() for frame in reader.read()]
    talks = tmp_path / "a_speaker.mp4"
    with VideoWriter(talks, 256, 256, Fraction(25), audio=small_speech) as writer:
        for picture in pictures:
            writer.write(picture)
    listens = tmp_path / "a_listener.mp4"
    listens.write_bytes(small_target.read_bytes())
    place = Workspace(tmp_path / "work")
    place.create()
    config = Config()
    (pair,) = find_pairs(tmp_path)
    with pytest.raises(BadFileError, match=r"only 2\.0 s of both people; 4 s are needed"):
        prepare_clip(place, pair, config.analysis, config.machine, Progress())
    monkeypatch.setattr("audio2video.training.dyadic.clips.LEAST_SECONDS", 1.0)
    clip, made = prepare_clip(place, pair, config.analysis, config.machine, Progress())
    assert made
    assert clip.seen is not None
    assert clip.heard.shape == (50, 5)
    # Both show the same person doing the same.
    np.testing.assert_allclose(clip.seen[:, 1], clip.done[:, 1], atol=1.5)
    again, made = prepare_clip(place, pair, config.analysis, config.machine, Progress())
    assert not made
    np.testing.assert_array_equal(again.done, clip.done)
    alone = Pair("one", talks, talks)
    with pytest.raises(BadFileError, match="only one person is seen"):
        prepare_clip(place, alone, config.analysis, config.machine, Progress())
