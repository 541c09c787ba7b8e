"""Landmark backends side by side: the measures on paper faces, the whole on the presenter."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from audio2video.errors import BadFileError
from audio2video.evaluation.landmark_backends import (
    LEAST_SHARED,
    LEAST_STILL,
    STILL,
    BackendRun,
    compare_backends,
    compare_clip,
    jitter,
    opening,
    still_frames,
)
from audio2video.face.flow import Motion
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH, mouth_opening
from audio2video.face.tracking import TrackedFace
from audio2video.progress import Progress

FRAMES, UNIT = 200, 50.0


def still_motion(step: float = 0.0) -> Motion:
    return Motion(np.full((68, 2), step), np.zeros(68))


def run(points: np.ndarray, seconds: float = 1.0, step: float = 0.0) -> BackendRun:
    """Of a head that moves by so many pixels a frame; a face of NaN is none."""
    return BackendRun(
        tuple(
            TrackedFace(None if np.isnan(one).any() else one, motion=still_motion(step))
            for one in points
        ),
        seconds,
    )


def talking(frames: int = FRAMES) -> np.ndarray:
    points = np.repeat(generic_head()[None, :, :2] * UNIT + 200, frames, axis=0)
    points[:, [65, 66, 67], 1] += 4 * (1 - np.cos(np.arange(frames) / 4))[:, None]
    return points


@pytest.mark.parametrize("noise", [0.002, 0.01])
def test_jitter_is_the_deviation_of_a_coordinate(rng: np.random.Generator, noise: float) -> None:
    points = talking(1000)
    still = np.ones(1000, bool)
    still[[0, -1]] = False
    assert jitter(points, still) == pytest.approx(0, abs=1e-12)
    points = points + rng.normal(scale=noise * UNIT, size=points.shape)
    # The median of the root mean square over x and y, of a Rayleigh distribution.
    expected = noise * np.sqrt(np.log(2))
    assert jitter(points, still) == pytest.approx(expected, rel=0.03)
    # A head that drifts evenly has no jitter.
    drift = talking(1000) + np.arange(1000)[:, None, None] * 0.3
    assert jitter(drift, still) == pytest.approx(0, abs=1e-9)
    few = np.zeros(1000, bool)
    few[5 : 5 + LEAST_STILL - 1] = True
    assert jitter(points, few) is None


def test_frames_are_still_where_the_picture_is_and_all_see_the_face() -> None:
    points = talking()
    assert still_frames([run(points)]).sum() == FRAMES - 2
    assert still_frames([run(points, step=2 * STILL * UNIT)]).sum() == 0
    gap = points.copy()
    gap[100] = np.nan
    still = still_frames([run(points), run(gap)])
    assert np.flatnonzero(~still).tolist() == [0, 99, 100, 101, FRAMES - 1]


def test_opening_does_not_depend_on_size_and_angle() -> None:
    points = talking()
    expected = mouth_opening(points[:, MOUTH]) / np.linalg.norm(
        points[0, 36:42].mean(axis=0) - points[0, 42:48].mean(axis=0)
    )
    assert np.allclose(opening(points), expected, atol=1e-3)
    c, s = 3 * np.cos(0.4), 3 * np.sin(0.4)
    assert np.allclose(opening(points @ np.array([[c, s], [-s, c]]) + 7), opening(points))


def test_measures_of_two_backends() -> None:
    one, other = talking(), talking()
    other[:, [65, 66, 67], 1] += 0.05 * UNIT
    other[:3] = np.nan
    found = compare_clip({"a": run(one, 1.0), "b": run(other, 3.0)})
    assert found["backends"]["a"]["without_face"] == 0
    assert found["backends"]["b"]["without_face"] == 3
    assert found["backends"]["b"]["seconds_a_frame"] == 3.0 / FRAMES
    (pair,) = found["agreement"].values()
    assert list(found["agreement"]) == ["a and b"]
    assert pair["frames"] == FRAMES - 3
    assert pair["correlation"] == pytest.approx(1)
    unit = np.linalg.norm(one[0, 36:42].mean(axis=0) - one[0, 42:48].mean(axis=0))
    assert pair["difference"] == pytest.approx(0.05 * UNIT / unit, rel=1e-3)


def test_other_faces_are_not_compared() -> None:
    apart = talking() + 1000
    (pair,) = compare_clip({"a": run(talking()), "b": run(apart)})["agreement"].values()
    assert pair == {"frames": 0, "correlation": None, "difference": None}
    some = talking()
    some[: FRAMES - LEAST_SHARED + 1] = np.nan
    (pair,) = compare_clip({"a": run(talking()), "b": run(some)})["agreement"].values()
    assert pair["frames"] == LEAST_SHARED - 1
    assert pair["correlation"] is None


def test_the_presenter_with_both(small_target: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    progress, threads = Progress(), cv2.getNumThreads()
    found = compare_backends([small_target, bad], tmp_path / "out", progress)
    assert cv2.getNumThreads() == threads
    assert list(found.failed) == [str(bad)]
    assert progress.warnings == [found.failed[str(bad)]]
    said = json.loads((tmp_path / "out/comparison.json").read_text())
    assert set(said["backends"]) == {"dlib", "facemesh"}
    for total in said["backends"].values():
        assert (total["frames"], total["without_face"]) == (50, 0)
        assert 0 < total["seconds_a_frame"] < 1
    (pair,) = said["agreement"].values()
    assert pair["frames"] == 50
    assert pair["correlation"] > 0.9  # measured 0.99
    with (tmp_path / "out/comparison.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["clip"], row["backend"]) for row in rows] == [
        ("painted.mp4", "dlib"),
        ("painted.mp4", "facemesh"),
    ]
    assert cv2.imread(str(tmp_path / "out/comparison.png")).shape[1] == 1100
    assert [row[0] for row in found.table()] == ["backend", "dlib", "facemesh"]
    assert found.agreement_table()[1][0] == "dlib and facemesh"


def test_no_usable_clip(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    with pytest.raises(BadFileError, match=r"bad.mp4: no clip can be used; see the warnings"):
        compare_backends([bad], tmp_path / "out", Progress())
    assert not (tmp_path / "out").exists()
