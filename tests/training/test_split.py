"""Which clips are kept apart: recordings, speakers, or those that a file names."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from audio2video.config import TrainingConfig
from audio2video.errors import BadFileError, MissingFileError
from audio2video.training.corpus import Clip
from audio2video.training.split import find_split


def clip(speaker: str, number: int) -> Clip:
    name = f"{speaker}-{number}"
    mouth, features = np.zeros((5, 20, 2), np.float32), np.zeros((20, 28), np.float32)
    return Clip(f"{name}}}}}00", name, speaker, Fraction(25), 0.0, mouth, features, 0)


CLIPS = {c.clip_id: c for s in "abcdefghij" for c in (clip(s, n) for n in range(4))}
CORPORA = {i: "vowels" if c.speaker in "aei" else "others" for i, c in CLIPS.items()}


def speakers(split: dict[str, list[str]]) -> dict[str, set[str]]:
    return {part: {CLIPS[i].speaker for i in ids} for part, ids in split.items()}


@pytest.mark.parametrize("split_by", ["recording", "speaker"])
def test_each_clip_is_in_one_part(split_by: str) -> None:
    split = find_split(CLIPS, CORPORA, TrainingConfig(split_by=split_by))
    assert sorted(i for ids in split.values() for i in ids) == sorted(CLIPS)
    assert all(split.values())


def test_no_speaker_is_in_two_parts_and_each_corpus_is_in_all() -> None:
    split = find_split(CLIPS, CORPORA, TrainingConfig(split_by="speaker"))
    of = speakers(split)
    assert not of["training"] & of["validation"]
    assert not of["training"] & of["test"]
    assert not of["validation"] & of["test"]
    for part in ("training", "validation", "test"):
        assert {CORPORA[i] for i in split[part]} == {"vowels", "others"}


def test_a_corpus_of_one_speaker_is_split_by_recordings() -> None:
    own = {i: c for i, c in CLIPS.items() if c.speaker == "a"}
    for corpora in ({}, dict.fromkeys(own, "")):
        assert all(find_split(own, corpora, TrainingConfig(split_by="speaker")).values())


def test_a_file_names_speakers_and_recordings(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"validation": ["b", "c-0"], "test": ["d"], "remark": "x"}))
    split = find_split(CLIPS, CORPORA, TrainingConfig(split_file=path))
    assert {CLIPS[i].recording for i in split["validation"]} == {
        *(f"b-{n}" for n in range(4)),
        "c-0",
    }
    assert speakers(split)["test"] == {"d"}
    assert len(split["training"]) == len(CLIPS) - 9


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"validation": "b"}, "'validation' is not a list of names"),
        ({"validation": [1]}, "'validation' is not a list of names"),
        ({"validation": ["nobody"]}, "leaves nothing of the corpus for validation"),
        ({"validation": list("abcdefghij")}, "leaves nothing of the corpus for training"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, content: object, problem: str) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadFileError, match=problem):
        find_split(CLIPS, CORPORA, TrainingConfig(split_file=path))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="split not found"):
        find_split(CLIPS, CORPORA, TrainingConfig(split_file=tmp_path / "none.json"))
