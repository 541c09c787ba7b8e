"""Finding a run, and whether what is there is one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.inspection.gather import gather
from audio2video.inspection.run import find_run, read_run
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace

NAME = "words-painted"


@pytest.fixture
def workspace(tmp_path: Path, small_result: Path) -> Path:
    """A copy of a run that may be changed."""
    shutil.copytree(small_result, tmp_path / "workspace")
    return tmp_path / "workspace"


def test_a_run_is_found_by_folder_video_copy_and_name(
    tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace / "output" / NAME
    copy = tmp_path / "copy.mp4"
    shutil.copyfile(folder / f"{NAME}.mp4", copy)
    places = [Workspace(tmp_path / "elsewhere"), Workspace(workspace)]
    for given in (folder, folder / f"{NAME}.mp4", copy, NAME):
        place, found = find_run(given, places)
        assert found.samefile(folder), given
        assert place.root.samefile(workspace)
    monkeypatch.chdir(folder)
    _, found = find_run(".", [])
    assert read_run(Workspace(workspace), found).name == NAME


def test_what_is_no_run_is_refused_in_one_line(tmp_path: Path, workspace: Path) -> None:
    places = [Workspace(workspace)]
    with pytest.raises(MissingFileError, match=f"no such run; .* here are: {NAME}"):
        find_run("nobody", places)
    with pytest.raises(MissingFileError, match=r"no such run; .* there is none here"):
        find_run("nobody", [Workspace(tmp_path / "elsewhere")])
    with pytest.raises(MissingFileError, match="no such run"):
        find_run(f"../output/{NAME}", places)
    with pytest.raises(BadFileError, match="not the folder of a run"):
        find_run(tmp_path, places)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"nothing of ours")
    with pytest.raises(MissingFileError, match="the run that it is the result of is not found"):
        find_run(other, places)


def test_a_report_must_be_of_this_run(workspace: Path) -> None:
    folder = workspace / "output" / NAME
    report = json.loads((folder / "report.json").read_text())
    place = Workspace(workspace)

    def say(**changed: object) -> None:
        options = {**report["options"], **changed}
        (folder / "report.json").write_text(json.dumps({**report, "options": options}))

    say(force=True, nthreads=64)
    config = read_run(place, folder).config
    assert config.machine.force is False, "to look at a run makes nothing again"
    say(inp_id="others")
    with pytest.raises(BadFileError, match="is of 'others-painted', and not of this folder"):
        read_run(place, folder)
    (folder / "report.json").write_text('{"options": 3}')
    with pytest.raises(BadFileError, match="does not tell the options of a run"):
        read_run(place, folder)
    (folder / "report.json").write_text("not JSON")
    with pytest.raises(BadFileError, match="can't be read as JSON"):
        read_run(place, folder)
    (folder / "report.json").unlink()
    with pytest.raises(MissingFileError, match=r"no finished run: it has no report\.json"):
        read_run(place, folder)


def test_a_run_without_its_video_is_not_finished(workspace: Path) -> None:
    folder = workspace / "output" / NAME
    (folder / f"{NAME}.mp4").unlink()
    with pytest.raises(MissingFileError, match="the run is not finished: there is no video"):
        read_run(Workspace(workspace), folder)


def change_report(folder: Path, **options: object) -> None:
    path = folder / "report.json"
    report = json.loads(path.read_text())
    report["options"].update(options)
    path.write_text(json.dumps(report))


def change_speech(workspace: Path) -> None:
    path = next((workspace / "input" / "mp3").glob("words.wav"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


STALE = {
    "another option of step 2": (
        lambda w: change_report(w / "output" / NAME, ncandidates=50),
        r"texture\.npy was made with --ncandidates 100, but report\.json says 50",
    ),
    "another option of step 3": (
        lambda w: change_report(w / "output" / NAME, fit="loop"),
        r"retiming\.npz was made with --fit auto, but report\.json says loop",
    ),
    "another speech": (change_speech, "the run was made from another file than .*words.wav"),
    "no speech": (
        lambda w: (w / "input" / "mp3" / "words.wav").unlink(),
        "no input speech 'words'",
    ),
    "other textures": (
        lambda w: (w / "output" / NAME / "texture.npz").write_bytes(
            (w / "output" / NAME / "texture.npz").read_bytes() + b" "
        ),
        "was made from other mouth shapes than there are now",
    ),
    "no textures": (
        lambda w: (w / "output" / NAME / "texture.npy").unlink(),
        r"texture\.npy: file not found",
    ),
    "a result of other ranges": (
        lambda w: (w / "output" / NAME / f"{NAME}.mp4.made.json").write_text(
            '{"depends_on": {"parts": []}}'
        ),
        r"words-painted\.mp4 and report\.json are of different runs",
    ),
    "a result without a record": (
        lambda w: (w / "output" / NAME / f"{NAME}.mp4.made.json").unlink(),
        "not known what it was made from: its record is gone",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_files_of_different_runs_are_not_shown_as_one(workspace: Path, name: str) -> None:
    change, message = STALE[name]
    change(workspace)
    with pytest.raises(Audio2VideoError, match=message) as caught:
        gather(Workspace(workspace), workspace / "output" / NAME, Progress())
    assert "\n" not in str(caught.value)
