"""A long recording is cut into fragments: painted footage, and lips and sound made of numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from media_maker import make_video, speechlike
from mouth.test_sync import talk
from talking_film import RATE, SIZE, talking, voice, write_film

from audio2video.errors import Audio2VideoError, BadFileError
from audio2video.media.video import VideoReader
from audio2video.mouth.sync import NATURAL_LAG
from audio2video.speech.features import speech_features
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import fragment_name, read_clip, read_sound
from audio2video.training.dataset import preparation
from audio2video.training.dataset import recording as recording_module
from audio2video.training.dataset.finishing import finish_recording
from audio2video.training.dataset.fragments import RecordingResult, read_outcome
from audio2video.training.dataset.portrait import read_portrait
from audio2video.training.dataset.recording import (
    Recording,
    follow_span,
    open_recording,
    read_opened,
    read_span,
)
from audio2video.training.dataset.shots import ShotDetector
from tools.presenter.presenter import demo_truth


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    return workspace


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """27 s: speech, nobody, speech of two, a voice over a moving mouth, and another shot."""
    rng = np.random.default_rng(1)
    alone, sound = talking(150, rng, start=40)
    wall = np.full_like(alone[0], 110)
    wall[::8] = 90
    pictures = [np.hstack([p, wall]) for p in alone]
    pictures += [np.hstack([wall, wall])] * 50
    pictures += [np.hstack([p, p]) for p in alone[:125]]
    pictures += [np.hstack([wall, p]) for p in alone]
    pictures += [np.hstack([np.roll(wall, 4, 0) // 3, p[:, ::-1]]) for p in alone]
    stranger = voice(demo_truth(150, size=SIZE, start=1200).opening, rng)
    hum = voice(demo_truth(50, size=SIZE, start=500).opening, rng)
    heard = [sound, hum, sound[: 5 * 16000], stranger, sound]
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", pictures, np.concatenate(heard))


def prepare(recording: Recording) -> RecordingResult:
    for number in range(len(open_recording(recording).spans)):
        follow_span(recording, number)
    return finish_recording(recording)


def test_a_film_is_cut(workspace: Workspace, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "SPAN_SECONDS", 9.0)
    monkeypatch.setattr(recording_module, "SPAN_SLACK", 2.0)
    recording = Recording(workspace.root, "film", "presenter", film, "key")
    opened = open_recording(recording)
    assert len(opened.spans) >= 2
    outcome = prepare(recording)
    assert "no face" in outcome.thrown
    assert "several faces" in outcome.thrown
    assert "lips and sound disagree" in outcome.thrown
    frames = np.zeros(opened.frames, bool)
    for clip_id in outcome.fragments:
        info = json.loads(
            (workspace.root / "raw/fids" / clip_id / "clip.json").read_text(encoding="utf-8")
        )
        assert info["frames"] >= 75
        frames[info["first_frame"] :][: info["frames"]] = True
    assert not frames[150:475].any(), "nobody, two faces, or a voice over"
    assert frames[:150].sum() >= 75
    assert frames[475:].sum() >= 75
    assert not recording.work.exists()
    for clip_id in outcome.fragments:
        clip = read_clip(workspace, clip_id)
        sound = read_sound(workspace, clip)
        assert len(sound) == 160 * (len(clip.features) - 1)
        again = speech_features(sound)
        assert again.shape == clip.features.shape
        # Windows that lie inside the fragment hear the same; the gain may differ, and with it what
        # lies near the noise floor.
        difference = again[5:-5, 1:13] - clip.features[5:-5, 1:13]
        assert np.median(np.abs(difference)) < 1e-3
    assert prepare(recording) == outcome, "a second run finds it done"


def test_a_shot_that_changes_is_seen(film: Path) -> None:
    with VideoReader(film) as reader:
        detector = ShotDetector()
        for frame in reader.read(range(440, 500)):
            detector.look(frame)
    assert detector.cuts == [475 - 440]


def test_a_ready_cut_clip_is_taken_whole(workspace: Workspace, film: Path) -> None:
    rng = np.random.default_rng(2)
    pictures, _ = talking(40, rng)
    path = write_film(film.with_name("short.mp4"), pictures, speechlike(1.6, 16000, rng)[0])
    outcome = prepare(Recording(workspace.root, "short", "presenter", path, "key"))
    assert outcome == RecordingResult([fragment_name("short", 0)], 1.6, True, "", None)
    assert read_clip(workspace, "short}}00").mouth.shape == (40, 20, 2)


def test_only_the_person_of_the_picture_is_kept(workspace: Workspace, film: Path) -> None:
    rng = np.random.default_rng(3)
    pictures, _ = talking(40, rng)
    path = write_film(film.with_name("person.mp4"), pictures, speechlike(1.6, 16000, rng)[0])
    portrait = film.with_name("portrait.png")
    assert cv2.imwrite(str(portrait), np.ascontiguousarray(pictures[20][..., ::-1]))
    wanted = read_portrait(portrait, None)
    recording = Recording(workspace.root, "person", "presenter", path, "key", portrait=wanted)
    assert prepare(recording).fragments == ["person}}00"]
    stranger = tuple(-number for number in wanted)
    with pytest.raises(Audio2VideoError, match="another person 1"):
        prepare(replace(recording, key="other", portrait=stranger))


def test_a_span_that_is_there_is_not_made_again(
    workspace: Workspace, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = Recording(workspace.root, "film", "presenter", film, "key")
    open_recording(recording)
    assert read_opened(recording) is not None
    np.savez(recording.span_file(0), sentinel=np.ones(1), damaged=np.ones(1))
    follow_span(recording, 0)
    assert "sentinel" in read_span(recording, 0)
    changed = Recording(workspace.root, "film", "presenter", film, "another key")
    assert read_opened(changed) is None, "what was made from other things is not used"
    open_recording(changed)
    assert not changed.span_file(0).exists()


def test_a_span_that_cannot_be_decoded_is_left_out(
    workspace: Workspace, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = Recording(workspace.root, "film", "presenter", film, "key")
    open_recording(recording)

    def fail(*_: object) -> None:
        raise BadFileError("decoding fails at frame 3", path=film)

    monkeypatch.setattr(recording_module, "_span", fail)
    follow_span(recording, 0)
    assert str(read_span(recording, 0)["damaged"]) == "decoding fails at frame 3"
    with pytest.raises(Audio2VideoError, match=r"nothing of use in it: can't be decoded 1 \(25\.0"):
        finish_recording(recording)


def made_of_numbers(
    workspace: Workspace, late: float, minutes: float = 1.0, strangers: bool = False
) -> Recording:
    """A recording whose faces have been followed: spans of mouths, and sound that lags."""
    recording = Recording(workspace.root, "numbers", "someone", Path("numbers.mp4"), "key")
    seconds = round(60 * minutes)
    mouths, energy = talk(11, seconds, RATE, late)
    if strangers:
        energy = talk(12, seconds, RATE, late)[1]
    frames = len(mouths)
    recording.work.mkdir(parents=True)
    features = np.zeros((len(energy), 28), np.float32)
    features[:, 13] = energy
    np.save(recording.work / "features.npy", features)
    np.save(recording.work / "activity.npy", np.ones(frames, np.float32))
    (recording.work / "sound.wav").write_bytes(b"sound")
    half = frames // 2
    spans = [(0, half), (half, frames)]
    for number, (first, end) in enumerate(spans):
        with recording.span_file(number).open("wb") as file:
            np.savez(
                file,
                labels=np.zeros(end - first, np.int8),
                borders=np.zeros(end - first, bool),
                usable=np.ones(end - first, bool),
                starts=np.zeros(end - first, bool),
                mouth=mouths[first:end].astype(np.float32),
                landmarks=np.full((end - first, 68, 2), number, np.float32),
                portrait_frames=np.arange(0, end - first, 12),
                portraits=np.full((len(range(0, end - first, 12)), 128), 0.1, np.float32),
            )
    info = {"rate": "25", "frames": frames, "ready_cut": False, "spans": spans}
    (recording.work / "opened.json").write_text(json.dumps({"key": "key", **info}))
    return recording


@pytest.mark.parametrize("late", [-0.24, -0.08, 0.12, 0.24])
def test_a_clear_offset_is_corrected(workspace: Workspace, late: float) -> None:
    outcome = finish_recording(made_of_numbers(workspace, late))
    assert outcome.offset == pytest.approx(late - NATURAL_LAG, abs=0.01)
    assert outcome.thrown == ""
    first = 0.0
    for clip_id in outcome.fragments:
        info = json.loads((workspace.root / "raw/fids" / clip_id / "clip.json").read_text())
        assert info["first_frame"] == first
        assert info["start"] == pytest.approx(first / 25 + outcome.offset, abs=1e-4)
        first += info["frames"]
    assert first == 1500
    clip = read_clip(workspace, outcome.fragments[0])
    assert clip.start >= 0
    expected = 250 if late > 0 else 250 - int(np.ceil(-outcome.offset * 25))
    assert len(clip.mouth) == expected, "what was seen before the sound began is left out"


def test_a_small_offset_is_left(workspace: Workspace) -> None:
    outcome = finish_recording(made_of_numbers(workspace, NATURAL_LAG + 0.012))
    assert outcome.offset is None
    noted = json.loads((workspace.root / "raw/recordings/numbers.json").read_text())
    assert noted["sound_and_picture"]["sound_late_by_seconds"] == pytest.approx(0.012, abs=0.01)
    assert not noted["sound_and_picture"]["corrected"]


def test_an_offset_seen_for_too_short_is_left(workspace: Workspace) -> None:
    assert finish_recording(made_of_numbers(workspace, 0.06, minutes=0.4)).offset is None


def test_a_voice_over_is_not_used(workspace: Workspace) -> None:
    with pytest.raises(Audio2VideoError, match=r"nothing of use.*lips and sound disagree"):
        finish_recording(made_of_numbers(workspace, 0, strangers=True))


def test_another_person_is_not_used(workspace: Workspace) -> None:
    recording = made_of_numbers(workspace, 0)
    with pytest.raises(Audio2VideoError, match=r"nothing of use.*another person"):
        finish_recording(replace(recording, portrait=(0.2,) * 128))
    outcome = finish_recording(replace(recording, portrait=(0.12,) * 128))
    assert outcome.thrown == ""


def test_a_finish_that_was_stopped_is_done_again(workspace: Workspace) -> None:
    recording = made_of_numbers(workspace, 0.1)
    saved = {p.name: p.read_bytes() for p in recording.work.iterdir()}
    outcome = finish_recording(recording)
    record = workspace.root / "raw/recordings/numbers.json"
    content = record.read_bytes()
    # As if it had been killed before the record was written.
    record.unlink()
    recording.work.mkdir(parents=True)
    for name, data in saved.items():
        (recording.work / name).write_bytes(data)
    assert read_outcome(workspace, "numbers", "key") is None
    assert finish_recording(recording) == outcome
    assert record.read_bytes() == content


def test_work_that_was_done_but_not_told_is_found_done(workspace: Workspace) -> None:
    recording = made_of_numbers(workspace, 0.1)
    outcome = finish_recording(recording)
    # Its worker died while it cleaned up; another one is asked for the same.
    recording.work.mkdir(parents=True)
    (recording.work / "sound.wav").touch()
    assert preparation._follow_and_finish(recording) == outcome
    assert preparation._finish(recording) == outcome
    assert not recording.work.exists()


def test_fragments_that_are_no_more_go_away(workspace: Workspace) -> None:
    stale = workspace.root / "raw/fids"
    for number in range(6, 9):
        folder = stale / f"numbers}}}}{number:02d}"
        folder.mkdir()
        (folder / "clip.json").write_text("{}")
    outcome = finish_recording(made_of_numbers(workspace, 0))
    assert sorted(p.name for p in stale.iterdir()) == outcome.fragments


def test_files_of_another_make_are_not_overwritten(workspace: Workspace) -> None:
    recording = made_of_numbers(workspace, 0)
    features = workspace.root / "raw/mfcc/numbers.npy"
    np.save(features, np.zeros((20, 15)))
    with pytest.raises(BadFileError, match=r"numbers\.npy: not made by step 0, kept; move it"):
        finish_recording(recording)
    assert np.load(features).shape == (20, 15)
    features.unlink()
    theirs = workspace.root / "raw/fids/numbers}}00"
    theirs.mkdir()
    (theirs / "fidsCoeff.npy").write_bytes(b"theirs")
    with pytest.raises(BadFileError, match="holds files that step 0 did not make"):
        finish_recording(recording)
    assert (theirs / "fidsCoeff.npy").read_bytes() == b"theirs"


@pytest.mark.parametrize("gone", ["raw/wav/numbers.wav", "raw/fids/numbers}}00/mouth.npy"])
def test_a_file_that_is_gone_is_made_again(workspace: Workspace, gone: str) -> None:
    finish_recording(made_of_numbers(workspace, 0))
    assert read_outcome(workspace, "numbers", "key") is not None
    assert read_outcome(workspace, "numbers", "other") is None
    (workspace.root / gone).unlink()
    assert read_outcome(workspace, "numbers", "key") is None


def test_a_mute_video_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    path = make_video(tmp_path / "mute.mp4", 50, rate=Fraction(25))
    with pytest.raises(BadFileError, match="no sound"):
        open_recording(Recording(workspace.root, "mute", "x", path, "key"))
    assert not list((workspace.root / "raw" / "unfinished").iterdir()), "nothing half-done is left"
