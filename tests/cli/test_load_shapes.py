"""Mouth shapes of the user's own, through the real commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandInside

from audio2video.face.layout import mouth_opening
from audio2video.provenance.verification import verify
from audio2video.storage.files import read_json
from audio2video.storage.workspace import Workspace


@pytest.fixture
def here(run_here: CommandInside, small_result: Path) -> CommandInside:
    """A workspace after one run."""
    shutil.copytree(small_result, run_here.workspace, dirs_exist_ok=True)
    return run_here


def steps(here: CommandInside, *args: object) -> object:
    return here(
        "--inp_id", "words", "--tar_id", "painted", *(str(one) for one in args), check=False
    )


def test_the_same_shapes_make_the_same_mouths(here: CommandInside, tmp_path: Path) -> None:
    workspace = Workspace(here.workspace)
    predicted = np.load(workspace.shapes("talkers", "words"))
    before = np.load(workspace.output("words", "painted") / "texture.npz")["mouth"]
    path = tmp_path / "mine.npy"
    np.save(path, 300 * predicted + [250, 400])
    done = steps(here, "--steps", "2", "3", "4", "--load_shapes", path)
    assert done.returncode == 0, done.stderr
    assert "62 shapes last as long as the speech, at 25 a second" in done.stderr
    folder = workspace.output("words", "painted")
    after = np.load(folder / "texture.npz")["mouth"]
    # How closed the mouth of a short speech is can only be estimated: the motion counts.
    one, two = mouth_opening(before), mouth_opening(after)
    assert np.corrcoef(one, two)[0, 1] > 0.98
    assert np.std(two) == pytest.approx(np.std(one), rel=0.15)
    verdict = verify(workspace.result("words", "painted"))
    assert verdict.state == "intact"
    assert verdict.manifest is not None
    assert verdict.manifest["synthesis"]["pass"] == "shapes of the user's own"
    assert verdict.manifest["synthesis"]["network"] is None
    inputs = read_json(folder / "report.json")["inputs"]
    assert inputs["shapes"]["file"] == "mine.npy"
    assert "network" not in inputs
    again = steps(here, "--steps", "1", "2", "3", "4", "--load_shapes", path)
    assert "texture: up to date" in again.stdout
    # Without the option, what the pass predicts comes back.
    back = steps(here, "--steps", "1", "2", "3", "4")
    assert back.returncode == 0
    np.testing.assert_array_equal(np.load(workspace.shapes("talkers", "words")), predicted)


def test_any_rate(here: CommandInside, tmp_path: Path) -> None:
    workspace = Workspace(here.workspace)
    predicted = np.load(workspace.shapes("talkers", "words"))
    times = np.arange(248) / 100
    fast = predicted[np.minimum(np.round(times * 25).astype(int), 61)]
    path = tmp_path / "fast.npy"
    np.save(path, fast)
    done = steps(here, "--steps", "1", "--load_shapes", path, "--shapes_rate", "100")
    assert done.returncode == 0, done.stderr
    found = np.load(workspace.shapes("talkers", "words"))
    assert found.shape == predicted.shape
    motion = [one - one.mean(axis=0) for one in (found, predicted)]
    assert np.abs(motion[0] - motion[1]).mean() < 0.01
    done = steps(here, "--steps", "1", "--load_shapes", path, "--shapes_rate", "50")
    assert "the shapes last 5.0 s, the speech 2.5 s: the rest is not used" in done.stderr
    done = steps(here, "--steps", "1", "--load_shapes", path, "--shapes_rate", "200")
    assert "the shapes last 1.2 s, the speech 2.5 s: the last one stays" in done.stderr


@pytest.mark.parametrize(
    ("array", "args", "says"),
    [
        (None, (), "mine.npy: file of shapes not found"),
        (b"no array", (), "mine.npy: not a NumPy array file, or damaged; save points 48 to 67"),
        (np.zeros((4, 3)), (), "4 shapes for a speech of 2.5 s"),
        (np.zeros((62, 3)), (), "mine.npy: holds an array of 62x3; (T, 20, 2) or (T, 68, 2) is"),
        (np.full((62, 20, 2), "a"), (), "mine.npy: not an array of numbers"),
        (np.zeros((62, 20, 2)), (), "mine.npy: holds no mouths"),
        (np.zeros((62, 20, 2)), ("--shapes_rate", "0"), "--shapes_rate 0.0 is out of bounds"),
    ],
)
def test_bad_input(
    here: CommandInside, tmp_path: Path, array: object, args: tuple[str, ...], says: str
) -> None:
    path = tmp_path / "mine.npy"
    if isinstance(array, bytes):
        path.write_bytes(array)
    elif array is not None:
        np.save(path, array)
    done = steps(here, "--steps", "1", "2", "--load_shapes", path, *args)
    assert done.returncode == 2
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("error")]
    assert says in line


def test_not_with_ranges(here: CommandInside, tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", np.zeros((62, 20, 2)))
    ranges = tmp_path / "ranges.json"
    ranges.write_text('[{"start": 0, "end": 1}]')
    done = steps(here, "--load_shapes", tmp_path / "mine.npy", "--segments", ranges)
    assert done.returncode == 2
    assert "--load_shapes can't go with --segments; leave one of them out" in done.stderr
