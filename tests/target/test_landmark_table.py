"""The table of landmarks: rows, files, and what is refused."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import BadFileError, MissingFileError
from audio2video.face.detection import box_of
from audio2video.face.head import generic_head
from audio2video.face.track import build_track
from audio2video.face.tracking import TrackedFace
from audio2video.media.video import VideoInfo
from audio2video.target.landmark_table import SHAPES, LandmarkTable, read_table, write_csv
from audio2video.target.people import Person

FRAMES = 6
RATE = Fraction(30000, 1001)


def person(frames: range, x: float, track: int) -> Person:
    points = generic_head()[:, :2] * 60
    faces = [
        TrackedFace(points + np.array([x + k, 200.0]) if k in frames else None)
        for k in range(FRAMES)
    ]
    tracks = np.array([track if k in frames else -1 for k in range(FRAMES)])
    return Person(tuple(faces), build_track(faces), tracks, ((frames[0], track),))


@pytest.fixture
def people() -> list[Person]:
    return [person(range(6), 200.0, 7), person(range(2, 5), 500.0, 9)]


@pytest.fixture
def table(people: list[Person]) -> LandmarkTable:
    info = VideoInfo(Path("anna.mp4"), 640, 480, RATE, FRAMES, 0, False, False, "h264")
    sure = {(k, track): 0.5 + 0.01 * k + 0.001 * track for k in range(FRAMES) for track in (7, 9)}
    return LandmarkTable.of("anna", info, people, sure)


def test_one_row_a_frame_and_person(table: LandmarkTable, people: list[Person]) -> None:
    rows = list(zip(table.frame.tolist(), table.person.tolist(), strict=True))
    assert rows == [(0, 1), (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2), (5, 1)]
    assert len(table) == 9
    assert table.people == (1, 2)
    assert table.time == pytest.approx([k * 1001 / 30000 for k, _ in rows])
    assert table.detected.tolist() == [r in ((0, 1), (2, 2)) for r in rows]
    assert table.usable.all()
    for row, (frame, number) in enumerate(rows):
        who = people[number - 1]
        assert np.array_equal(table.points[row], who.track.landmarks[frame])
        assert np.array_equal(table.pose[row], who.track.pose.as_array()[frame])
        box = box_of(who.track.landmarks[frame])
        left, top, right, bottom = table.box[row]
        assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((box.x, box.y), abs=1e-3)
        assert right - left == pytest.approx(bottom - top, abs=1e-3)
        assert right - left == pytest.approx(box.side, abs=1e-3)
        track = (7, 9)[number - 1]
        assert table.confidence[row] == pytest.approx(0.5 + 0.01 * frame + 0.001 * track)
    assert table.of_person(2).tolist() == [3, 5, 7]


def test_it_is_read_as_it_was_written(table: LandmarkTable, tmp_path: Path) -> None:
    path = tmp_path / "landmarks.npz"
    np.savez(path, **table.arrays())
    again = read_table(path)
    assert (again.name, again.frames, again.rate, again.size) == ("anna", 6, RATE, (640, 480))
    for name in SHAPES:
        one, other = getattr(table, name), getattr(again, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other), name


def test_the_text_says_the_same(table: LandmarkTable, tmp_path: Path) -> None:
    path = tmp_path / "landmarks.csv"
    write_csv(table, path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table)
    assert list(rows[0])[:6] == ["frame", "time", "person", "confidence", "detected", "usable"]
    for k, row in enumerate(rows):
        assert (int(row["frame"]), int(row["person"])) == (table.frame[k], table.person[k])
        assert float(row["time"]) == pytest.approx(table.time[k], abs=1e-6)
        assert row["detected"] == str(int(table.detected[k]))
        pose = [row[name] for name in ("yaw", "pitch", "roll", "scale", "position_x", "position_y")]
        assert np.allclose(np.array(pose, float), table.pose[k], atol=1e-3)
        edges = [row[name] for name in ("left", "top", "right", "bottom")]
        assert np.allclose(np.array(edges, float), table.box[k], atol=0.006)
        points = [[row[f"x{p}"], row[f"y{p}"]] for p in range(68)]
        assert np.allclose(np.array(points, float), table.points[k], atol=1e-3)


def test_what_is_no_table_is_refused(table: LandmarkTable, tmp_path: Path) -> None:
    path = tmp_path / "landmarks.npz"
    with pytest.raises(MissingFileError, match="file not found; audio2video landmarks makes it"):
        read_table(path)
    path.write_bytes(b"none")
    with pytest.raises(BadFileError, match="not a NumPy npz file, or damaged"):
        read_table(path)
    arrays = table.arrays()
    for changes, message in (
        ({"points": arrays["points"][:, :20]}, r"array 'points' has shape \(9, 20, 2\), \(9, 68"),
        ({"pose": arrays["pose"][:3]}, r"its array 'pose' has shape \(3, 6\), \(9, 6\) needed; "),
        ({"rate": np.array([25, 0])}, "not a table of landmarks; audio2video landmarks makes it"),
        ({"size": np.array([1, 2, 3])}, "not a table of landmarks"),
        ({"points": np.full((9, 68, 2), np.inf)}, "holds NaN or infinity"),
        ({"points": np.full((9, 68, 2), 1e30)}, r"holds numbers beyond 1e\+06"),
    ):
        np.savez(path, **{**arrays, **changes})
        with pytest.raises(BadFileError, match=message):
            read_table(path)
    del arrays["box"]
    np.savez(path, **arrays)
    with pytest.raises(BadFileError, match="has no array 'box'"):
        read_table(path)
