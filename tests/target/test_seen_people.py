"""The faces found in a video: kept, read again, shared with the analysis."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from two_people import first_person, second_person, write_film

from audio2video.config import AnalysisConfig
from audio2video.media.video import VideoInfo, probe_video
from audio2video.models import face_models
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from audio2video.target.analysis import analyse_target
from audio2video.target.people import people_of
from audio2video.target.seen_people import (
    SeenPeople,
    find_seen_people,
    people_key,
    write_seen_people,
)

FRAMES = 14


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side, one of whom goes."""
    beside = zip(first_person(FRAMES), second_person(FRAMES), strict=True)
    pictures = [
        np.hstack([a, b if k < 11 else np.full_like(b, 90)]) for k, (a, b) in enumerate(beside)
    ]
    return write_film(tmp_path_factory.mktemp("media") / "pair.mp4", pictures)


@pytest.fixture(scope="module")
def kept(pair: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was found in it, as a file."""
    workspace = Workspace(tmp_path_factory.mktemp("kept"))
    look(workspace, pair, Progress())
    return workspace.people("pair", people_key(pair))


def look(workspace: Workspace, video: Path, progress: Progress, **how: object) -> SeenPeople:
    info: VideoInfo = probe_video(video)
    return find_seen_people(workspace, video, info, "pair", progress, **how)  # type: ignore[arg-type]


def nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("faces were looked for again")

    monkeypatch.setattr(face_models, "load_backend", refuse)


def same(one: SeenPeople, other: SeenPeople) -> bool:
    a, b = one.arrays(), other.arrays()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_found_once_and_read_again(
    pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    first = look(workspace, pair, Progress())
    people = people_of(first.sightings, first.groups)
    assert [int(person.seen.sum()) for person in people] == [14, 11]
    assert all(0.5 < value <= 1 for value in first.confidence.values())
    nothing_is_looked_for(monkeypatch)
    again = look(workspace, pair, Progress())
    assert same(first, again)
    assert len(again.sightings) == FRAMES
    moved = [face.motion for faces in again.sightings for face in faces]
    assert sum(motion is None for motion in moved) == 2  # where the two tracks begin
    # The folder holds the file alone: the lock is gone.
    assert [path.suffix for path in workspace.all_people().iterdir()] == [".npz"]


@pytest.mark.parametrize("damage", ["short", "changed", "other"])
def test_a_damaged_file_is_made_again(pair: Path, kept: Path, tmp_path: Path, damage: str) -> None:
    workspace, warned = Workspace(tmp_path), Progress()
    path = workspace.people("pair", people_key(pair))
    path.parent.mkdir(parents=True)
    shutil.copy(kept, path)
    first = look(workspace, pair, Progress())
    if damage == "short":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "changed":
        content = path.read_bytes()
        path.write_bytes(content.replace(content[5000:5008], b"notthere", 1))
    else:
        np.savez(path, **{**first.arrays(), "frames": np.array(3)})
    assert same(look(workspace, pair, warned), first)
    (warning,) = warned.warnings
    assert warning.startswith(f"{path}: ")
    assert warning.endswith("; the faces are found again")
    assert same(look(workspace, pair, Progress()), first)


def test_keys_depend_on_video_and_model(pair: Path, small_target: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    shutil.copy(pair, copy)
    model = tmp_path / "model.dat"
    model.write_bytes(b"a model")
    assert people_key(pair) == people_key(copy)
    keys = [
        people_key(pair),
        people_key(small_target),
        people_key(pair, "facemesh"),
        people_key(pair, "dlib", model),
    ]
    assert len(set(keys)) == 4


def test_the_mesh_sees_the_same_people(pair: Path, tmp_path: Path) -> None:
    found = look(Workspace(tmp_path), pair, Progress(), backend="facemesh")
    people = people_of(found.sightings, found.groups)
    assert [int(person.seen.sum()) for person in people] == [14, 11]
    assert min(found.confidence.values()) > 0.9


def test_nobody(tmp_path: Path) -> None:
    path = write_film(tmp_path / "empty.mp4", [np.full((96, 96, 3), 90, np.uint8)] * 4)
    workspace = Workspace(tmp_path)
    for _ in range(2):  # found, and read
        found = look(workspace, path, Progress())
        assert [len(faces) for faces in found.sightings] == [0] * 4
        assert people_of(found.sightings, found.groups) == []


def test_the_analysis_shares_them_both_ways(
    small_target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AnalysisConfig()

    def analysis(root: str) -> dict[str, bytes]:
        workspace = Workspace(tmp_path / root)
        target = analyse_target(workspace, small_target, "painted", config, 1, Progress())
        folder = workspace.analysis("painted", target.key)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    alone = analysis("alone")
    info = probe_video(small_target)
    left = Workspace(tmp_path / "alone").people("painted", people_key(small_target))
    assert left.is_file()
    found = find_seen_people(Workspace(tmp_path / "own"), small_target, info, "painted", Progress())
    nothing_is_looked_for(monkeypatch)
    # What an analysis leaves is what is found without one, and leads to the same analysis.
    read = find_seen_people(
        Workspace(tmp_path / "alone"), small_target, info, "painted", Progress()
    )
    assert same(found, read)
    write_seen_people(
        Workspace(tmp_path / "given").people("painted", people_key(small_target)), found
    )
    assert analysis("given") == alone
