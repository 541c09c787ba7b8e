"""`audio2video identity` through the real command, and its functions."""

from __future__ import annotations

import inspect
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from subcommands import subcommand, subcommand_here

import audio2video as a2v
from audio2video.errors import OptionError
from audio2video.face.head import generic_head
from audio2video.storage.npy import load_arrays
from audio2video.target.landmark_table import SHAPES


def speech(frames: int, wide: float = 1.0) -> NDArray[np.float64]:
    """A face that opens and shuts its mouth."""
    face = generic_head()[:, :2] * [60 * wide, 60] + 200
    points = np.repeat(face[None], frames, axis=0)
    lower = [55, 56, 57, 58, 59, 65, 66, 67]
    points[:, lower, 1] += 8 * (1 - np.cos(np.arange(frames) / 3))[:, None]
    return np.asarray(points)


def write_table(path: Path, persons: list[NDArray[np.float64]], usable: bool = True) -> Path:
    """A landmarks.npz of several people, frame by frame."""
    rows = [(k, n) for n, points in enumerate(persons, start=1) for k in range(len(points))]
    rows.sort()
    arrays = {name: np.zeros((len(rows), *shape)) for name, shape in SHAPES.items()}
    arrays["frame"], arrays["person"] = (np.array(part) for part in zip(*rows, strict=True))
    arrays["points"] = np.array([persons[n - 1][k] for k, n in rows])
    arrays["usable"] = np.full(len(rows), usable)
    arrays["usable"][:2] = False
    whole = {"name": "anna", "frames": 99, "rate": [25, 1], "size": [640, 480], **arrays}
    np.savez(path, **{name: np.asarray(value) for name, value in whole.items()})
    return path


def test_speakers_of_both_kinds_of_files(tmp_path: Path) -> None:
    table = write_table(tmp_path / "landmarks.npz", [speech(40), speech(30, 1.2)])
    np.save(tmp_path / "bert.npy", speech(20, 0.9).astype(np.float32))
    done = subcommand("identity", table, tmp_path / "bert.npy", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["speaker", "frames", "odd", "width", "closed"]
    assert [line[:-2] for line in lines[1:4]] == [
        ["anna", "1", "39"],
        ["anna", "2", "29"],
        ["bert", "20"],
    ]
    assert lines[5][:3] == ["between", "speakers,", "aligned"]
    before, after = float(lines[5][3]), float(lines[6][3])
    assert after < before / 5
    folder = tmp_path / "workspace/output/identity/anna 1"
    assert done.stdout.splitlines()[-1] == f"result: {folder}"
    found = load_arrays(folder / "identity.npz")
    assert found["names"].tolist() == ["anna 1", "anna 2", "bert"]
    assert np.bincount(found["speaker"]).tolist() == [39, 29, 20]
    assert found["frame"][found["speaker"] == 0].tolist() == list(range(1, 40))
    assert found["aligned"].shape == found["removed"].shape == (88, 68, 2)
    assert found["references"].shape == (3, 68, 2)
    assert np.allclose(found["template"], found["references"].mean(axis=0))
    for k in range(3):
        own = found["speaker"] == k
        closed = found["aligned"][own & found["closed"]].mean(axis=0)
        assert np.allclose(closed, found["references"][k])
    assert cv2.imread(str(folder / "identity.png")).shape == (800, 1300, 3)
    # It is what the functions give.
    speakers = a2v.read_speakers([table, tmp_path / "bert.npy"])
    removed = a2v.remove_identity(speakers)
    assert np.array_equal(removed.template, found["template"])
    again = a2v.save_identity(speakers, removed, tmp_path / "again")
    assert np.array_equal(load_arrays(again / "identity.npz")["removed"], found["removed"])
    assert (again / "identity.png").read_bytes() == (folder / "identity.png").read_bytes()


def test_from_a_video_to_the_picture(small_target: Path, tmp_path: Path) -> None:
    table = a2v.find_landmarks(small_target, workspace=tmp_path / "workspace")
    assert (table.frames, table.people) == (50, (1,))
    again = a2v.find_landmarks(
        str(small_target), tmp_path / "out", workspace=tmp_path / "workspace"
    )
    assert np.array_equal(table.points, again.points)
    (one,) = a2v.remove_identity([table]).speakers
    assert one.removed.shape == (int(table.usable.sum()), 68, 2)
    done = subcommand_here(
        "identity", tmp_path / "out/landmarks.npz", "-o", tmp_path / "id", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "id/identity.png").is_file()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "gone.npz",
            "gone.npz: file not found; give a landmarks.npz of 'audio2video land",
        ),
        ("gone.npy", "gone.npy: file not found; give a landmarks.npz"),
        ("text.npz", "text.npz: not a NumPy npz file, or damaged; "),
        ("text.npy", "text.npy: not a NumPy array file, or damaged; "),
        ("text.csv", "text.csv: not a file of landmarks; give a landmarks.npz of 'audio2video la"),
        ("mouth.npy", "mouth.npy: has shape (5, 20, 2), (any, 68, 2) needed; "),
        ("points.npy", "points.npy: holds no faces: eyes or corners of the mouth are in one place"),
        ("nan.npy", "nan.npy: holds NaN or infinity; "),
        ("other.npz", "other.npz: has no array 'name'; "),
        ("flat.npz", "flat.npz: holds no faces: eyes or corners of the mouth are in one place; "),
        ("unusable.npz", "unusable.npz: no face is seen well enough in it; give a landmarks.npz"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, name: str, message: str) -> None:
    for text in ("text.npz", "text.npy", "text.csv"):
        (tmp_path / text).write_text("no numbers")
    np.save(tmp_path / "mouth.npy", np.zeros((5, 20, 2)))
    np.save(tmp_path / "points.npy", np.zeros((5, 68, 2)))
    np.save(tmp_path / "nan.npy", np.full((5, 68, 2), np.nan))
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    write_table(tmp_path / "flat.npz", [np.zeros((9, 68, 2)), speech(9)])
    write_table(tmp_path / "unusable.npz", [speech(9)], usable=False)
    done = subcommand_here("identity", name, "--quiet", folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert not (tmp_path / "workspace/output").exists()


def test_a_name_that_can_be_no_folder(tmp_path: Path) -> None:
    table = write_table(tmp_path / "landmarks.npz", [speech(20)])
    arrays = {**load_arrays(table), "name": np.array("../../away")}
    np.savez(table, **arrays)
    done = subcommand_here("identity", table, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "workspace/output/identity/speakers/identity.npz").is_file()


def test_arrays_that_are_no_faces() -> None:
    with pytest.raises(OptionError, match=r"the array holds an array of 4x20x2; \(T, 68, 2\)"):
        a2v.remove_identity([np.zeros((4, 20, 2))])
    with pytest.raises(OptionError, match="no speakers"):
        a2v.remove_identity([])
    assert "Raises" in (inspect.getdoc(a2v.remove_identity) or "")
