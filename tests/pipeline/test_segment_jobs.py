"""The jobs of those who speak in ranges of a target: their files, choices and warnings."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from audio2video.config import Config
from audio2video.errors import BadFileError, MissingFileError
from audio2video.evaluation.output_inputs import playback_of, refuse_ranges
from audio2video.media.audio import write_wav
from audio2video.media.video import VideoWriter
from audio2video.pipeline.job import Job
from audio2video.pipeline.one_voice import refuse_two_voices
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a target of two seconds, and a second of sound."""
    place = Workspace(tmp_path)
    place.create()
    with VideoWriter(tmp_path / "target/mp4/film.mp4", 64, 64, Fraction(25)) as writer:
        for _ in range(50):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    write_wav(tmp_path / "one.wav", np.zeros(16000), 16000)
    return tmp_path


def job(folder: Path, entries: list[dict[str, object]], **options: object) -> Job:
    path = folder / "scene.json"
    path.write_text(json.dumps(entries))
    config = Config.from_flags(tar_id="film", segments=path, **options)
    return Job(Workspace(folder), config.with_media_ids(), Progress())


def test_each_speaker_has_a_job_and_files_of_its_own(folder: Path) -> None:
    said = {"audio": "one.wav"}
    whole = job(
        folder,
        [
            {"start": 0, "end": 1, **said},
            {"start": 0.5, "end": 1.5, "speaker": 2, **said},
            {"start": 1, "end": 2, **said},
        ],
        face_at="30,30",
    )
    assert whole.frames == 50
    first, second = whole.speakers
    assert first.config.analysis.speaker == "face_at 30,30"
    assert second.config.analysis.speaker == "face 2"
    assert (first.wanted, second.wanted) == (50, 25)
    assert second.frames == 25 + 2 * 15
    names = [
        (
            one.textures_path.name,
            one.retiming_path.name,
            one.shapes_path.name,
            one.proxies_path.name,
        )
        for one in whole.speakers
    ]
    assert names == [
        ("texture.npy", "retiming.npz", "scene.npy", "teeth.png"),
        ("texture-face2.npy", "retiming-face2.npz", "scene-face2.npy", "teeth-face2.png"),
    ]


def test_without_ranges_there_is_one_job(folder: Path) -> None:
    plain = Job(Workspace(folder), Config.from_flags(tar_id="film"), Progress())
    assert plain.speakers == (plain,)
    assert plain.plan is None


def test_a_speech_that_no_range_uses_is_said(folder: Path) -> None:
    one = job(folder, [{"start": 0, "end": 1, "audio": "one.wav"}], audio=folder / "one.wav")
    assert one.plan is not None
    assert one.progress.warnings == [
        f"{folder / 'scene.json'}: every range has a sound of its own: --audio is not used"
    ]


def test_lips_follow_the_voice_and_the_mix_is_heard(folder: Path) -> None:
    files = {"audio": folder / "one.wav", "voice_audio": folder / "voice.wav"}
    write_wav(folder / "voice.wav", np.zeros(16000), 16000)
    Workspace(folder).bring(files["audio"], "input/mp3", "one")
    plan = job(folder, [{"start": 0, "end": 1}], **files).plan
    assert plan is not None
    (spoken,) = plan.spoken
    assert (spoken.audio.stem, spoken.voice) == ("one", folder / "voice.wav")


def test_a_range_without_any_sound_is_named(folder: Path) -> None:
    with pytest.raises(MissingFileError, match="entry 1: no sound for this range; give the dubbed"):
        job(folder, [{"start": 0, "end": 1}]).check_speech()


def test_nobody_says_two_things_at_once(folder: Path) -> None:
    said = {"audio": "one.wav"}
    entries = [{"start": 0, "end": 1, **said}, {"start": 0.8, "end": 1.8, "speaker": 1, **said}]
    whole = job(folder, entries)
    for one in whole.speakers:  # both mean the same person
        one.__dict__["target"] = SimpleNamespace(speaker=1)
    with pytest.raises(BadFileError) as caught:
        refuse_two_voices(whole)
    assert "person 1 says two things at 0.80 s: one in a range with speaker 1" in str(caught.value)
    whole.speakers[1].__dict__["target"] = SimpleNamespace(speaker=2)
    refuse_two_voices(whole)


def test_a_result_in_ranges_is_not_measured(tmp_path: Path) -> None:
    refuse_ranges(tmp_path)
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"options": {"fit": "cut", "keep_audio": -6.0, "face": 2}}))
    refuse_ranges(tmp_path)
    assert playback_of(tmp_path) == {"face": 2, "fit": "cut", "keep_audio": -6.0}
    report.write_text(json.dumps({"options": {"segments": "a.srt"}}))
    with pytest.raises(BadFileError, match="made with --segments: such results are not measured"):
        refuse_ranges(tmp_path)
