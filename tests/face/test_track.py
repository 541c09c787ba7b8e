"""A face over time: gaps, cuts, short sightings, blinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.face.flow import CUT_DOUBT, Motion
from audio2video.face.head import generic_head
from audio2video.face.layout import LEFT_EYE, MOUTH, RIGHT_EYE, mouth_opening
from audio2video.face.track import (
    BLINK_RATIO,
    CUT_JUMP,
    DOUBT_WEIGHT,
    MAX_PITCH,
    MAX_YAW,
    MIN_SCALE,
    MIN_STRETCH,
    MOVE_ERROR,
    PLACE_ERROR,
    FaceTrack,
    build_track,
)
from audio2video.face.tracking import TrackedFace
from tools.presenter.presenter import demo_truth

SCALE = 60.0


def head(
    x: float = 300.0, yaw: float = 0.0, pitch: float = 0.0, scale: float = SCALE
) -> NDArray[np.float64]:
    """Landmarks of the generic head, its centre at (x, 200)."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    axes = np.array([[cy, 0, sy], [sp * sy, cp, -sp * cy]])
    return np.asarray(scale * generic_head() @ axes.T + [x, 200])


def steady(count: int) -> list[NDArray[np.float64] | None]:
    return [head() for _ in range(count)]


def tracked(
    found: Sequence[NDArray[np.float64] | None],
    true: Sequence[NDArray[np.float64] | None] | None = None,
    doubt: float = 0.0,
) -> list[TrackedFace]:
    """Faces as tracking hands them on, with moves as they truly were, from frame to frame."""
    faces = []
    before: NDArray[np.float64] | None = None
    for seen, there in zip(found, found if true is None else true, strict=True):
        motion = None
        if before is not None and seen is not None and there is not None:
            motion = Motion(there - before, np.full(68, doubt))
        faces.append(TrackedFace(seen, motion=motion))
        before = None if seen is None else there
    return faces


def follow(found: Sequence[NDArray[np.float64] | None]) -> FaceTrack:
    return build_track(tracked(found))


def starts(track: FaceTrack) -> list[int]:
    return [int(k) for k in np.flatnonzero(track.starts)]


def test_a_face_that_holds_still() -> None:
    track = follow(steady(10))
    assert len(track) == 10
    assert track.usable.all()
    assert starts(track) == [0]
    assert not track.blink.any()
    np.testing.assert_allclose(track.motion, 0, atol=1e-5)
    np.testing.assert_allclose(track.landmarks, np.stack([head()] * 10), atol=1e-3)
    np.testing.assert_allclose(track.pose.scale, SCALE, rtol=1e-3)
    np.testing.assert_allclose(track.mouth[0], generic_head()[MOUTH, :2], atol=1e-3)
    assert track.landmarks.dtype == track.mouth.dtype == track.motion.dtype == np.float32


@pytest.mark.parametrize("frames", [0, 1, 7])
def test_no_face_at_all(frames: int) -> None:
    track = follow([None] * frames)
    assert len(track) == len(track.pose) == frames
    assert track.landmarks.shape == (frames, 68, 2)
    assert track.mouth.shape == (frames, 20, 2)
    for array in (track.usable, track.starts, track.blink, track.motion):
        assert not array.any()


def test_a_gap_breaks_the_track() -> None:
    found = [*steady(6), None, None, *[head(301.0)] * 6]
    track = follow(found)
    assert track.usable.tolist() == [points is not None for points in found]
    assert starts(track) == [0, 8]
    assert track.motion[8] == 0
    assert np.isfinite(track.landmarks).all()


def test_a_track_that_begins_without_a_face() -> None:
    track = follow([None, None, *steady(5)])
    assert starts(track) == [2]
    assert track.usable.sum() == 5


def test_what_lies_in_a_gap_does_not_reach_its_neighbours() -> None:
    first, second = [head(300.0 + k) for k in range(6)], [head(400.0 - k) for k in range(6)]
    both = follow([*first, None, *second])
    np.testing.assert_allclose(both.landmarks[:6], follow(first).landmarks, atol=1e-3)
    np.testing.assert_allclose(both.landmarks[7:], follow(second).landmarks, atol=1e-3)
    np.testing.assert_allclose(both.mouth[7:], follow(second).mouth, atol=1e-3)


@pytest.mark.parametrize(("jump", "cut"), [(1.1, True), (0.9, False)])
def test_a_cut_is_a_jump_of_the_face(jump: float, cut: bool) -> None:
    there = head(300.0 + jump * CUT_JUMP * SCALE)
    track = follow([*steady(8), *[there] * 8])
    assert track.usable.all()
    assert starts(track) == ([0, 8] if cut else [0])
    assert (track.motion[8] == 0) == cut
    if cut:
        # No smoothing across it, whatever the picture says of how points moved there.
        np.testing.assert_allclose(track.landmarks[7], head(), atol=1e-3)
        np.testing.assert_allclose(track.landmarks[8], there, atol=1e-3)


def test_a_cut_that_only_the_picture_shows() -> None:
    faces = tracked(steady(16))
    faces[8] = TrackedFace(
        head(302.0), motion=Motion(np.zeros((68, 2)), np.full(68, 2 * CUT_DOUBT))
    )
    track = build_track(faces)
    assert track.usable.all()
    assert starts(track) == [0, 8]
    np.testing.assert_allclose(track.landmarks[7], head(), atol=1e-3)


@pytest.mark.parametrize("length", [MIN_STRETCH - 1, MIN_STRETCH])
def test_a_short_sighting_is_not_trusted(length: int) -> None:
    track = follow([*steady(5), None, *steady(length), None, *steady(5)])
    assert track.usable[6 : 6 + length].all() == (length >= MIN_STRETCH)
    assert track.usable.sum() == 10 + (length if length >= MIN_STRETCH else 0)
    assert len(starts(track)) == (3 if length >= MIN_STRETCH else 2)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (head(yaw=MAX_YAW - 0.02), head(yaw=MAX_YAW + 0.02)),
        (head(yaw=0.02 - MAX_YAW), head(yaw=-0.02 - MAX_YAW)),
        (head(pitch=MAX_PITCH - 0.02), head(pitch=MAX_PITCH + 0.02)),
        (head(scale=1.1 * MIN_SCALE), head(scale=0.9 * MIN_SCALE)),
    ],
    ids=["yaw", "other yaw", "pitch", "scale"],
)
def test_faces_turned_too_far_or_too_small(
    good: NDArray[np.float64], bad: NDArray[np.float64]
) -> None:
    assert follow([good] * 6).usable.all()
    track = follow([bad] * 6)
    assert not track.usable.any()
    assert starts(track) == []


def test_motion_is_that_of_the_face_and_not_of_its_mouth() -> None:
    track = follow([head(300.0 + 0.1 * SCALE * k) for k in range(12)])
    assert track.motion[0] == 0
    np.testing.assert_allclose(track.motion[1:], 0.1, rtol=1e-3)
    talking = steady(12)
    for k, points in enumerate(talking):
        assert points is not None
        points[MOUTH, 1] += 5 * (k % 2)
    np.testing.assert_allclose(follow(talking).motion, 0, atol=1e-5)


def test_a_blink_is_seen_and_a_gaze_downwards_is_none() -> None:
    found = [head() for _ in range(30)]
    for k, openness in ((10, 0.5), (11, 0.1), (12, 0.1), (13, 0.5), (20, 0.8), (21, 0.8)):
        for eye in (RIGHT_EYE, LEFT_EYE):
            middle = found[k][eye, 1].mean()
            found[k][eye, 1] = middle + openness * (found[k][eye, 1] - middle)
    blink = follow(found).blink
    assert blink[11:13].all()
    assert not blink[:9].any()
    assert not blink[15:].any()
    assert 0 < BLINK_RATIO < 0.8


def test_the_painted_presenter() -> None:
    truth = demo_truth(150, size=256)
    track = follow(list(truth.landmarks))
    assert track.usable.all()
    assert starts(track) == [0]
    assert truth.blink.any()
    assert track.blink[truth.blink].all()
    # Lids that are going down or up may count already, and still.
    nearly = np.convolve(truth.blink, [1, 1, 1], "same") > 0
    assert not track.blink[~nearly].any()
    opening = mouth_opening(track.mouth)
    assert np.corrcoef(opening, truth.opening)[0, 1] > 0.97
    # The mouth keeps its place whatever the head does: it moves far less than in the picture.
    seen = truth.lips.mean(axis=1)[:, 0] / track.pose.scale.mean()
    rectified = track.mouth.mean(axis=1)[:, 0]
    assert rectified.std() < 0.3 * seen.std()


def talking_head(gaps: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    found = [head() for _ in gaps]
    for points, gap in zip(found, gaps, strict=True):
        points[65:68, 1] = points[61:64, 1][::-1] + gap
    return found


def test_a_closure_of_the_lips_survives_smoothing() -> None:
    gaps = 12 * np.ones(15)
    gaps[[6, 7, 8]] = 0
    found = talking_head(gaps)
    smooth = mouth_opening(build_track(tracked(found)).mouth)
    assert smooth[7] < 0.02 * smooth[0]
    # Nor is it smeared where the picture can't be followed: what is doubtful hardly counts.
    lost = tracked(found, [head()] * 15, doubt=10.0)
    smooth = mouth_opening(build_track(lost).mouth)
    assert smooth[7] < 0.02 * smooth[0]


def test_jitter_is_taken_out_and_motion_is_not(rng: np.random.Generator) -> None:
    way = np.cumsum(rng.normal(scale=2.0, size=60))
    aside = np.column_stack([way, np.zeros(60)])[:, None]
    true = list(np.stack(talking_head(8 + 8 * np.sin(way))) + aside)
    found = [points + rng.normal(scale=PLACE_ERROR * SCALE, size=(68, 2)) for points in true]
    error = np.stack(found) - true
    left = build_track(tracked(found, true)).landmarks - np.stack(true)
    # PLACE_ERROR / MOVE_ERROR = 2: the closed form of test_face_smoothing.py for a trust of 4.
    assert pytest.approx(4.0) == (PLACE_ERROR / MOVE_ERROR) ** 2
    assert left[5:-5].std() == pytest.approx(0.358 * error[5:-5].std(), rel=0.06)
    # The errors left have nothing to do with where the face goes.
    speed = np.diff(way)[4:-5]
    assert abs(np.corrcoef(left[5:-5, :, 0].mean(axis=1), speed)[0, 1]) < 0.3
    assert np.abs(build_track(tracked(true)).landmarks - np.stack(true)).max() < 1e-3


@pytest.mark.parametrize("doubt", [0.0, 0.003, 0.05])
def test_what_is_doubtful_counts_less(doubt: float, rng: np.random.Generator) -> None:
    # A still head whose frames are off in turn: how much is left tells the weight of the moves.
    found = [head(300.0 + (-1) ** k) for k in range(41)]
    track = build_track(tracked(found, [head()] * 41, doubt=doubt))
    trust = (PLACE_ERROR / (MOVE_ERROR + DOUBT_WEIGHT * doubt)) ** 2
    left = (track.landmarks[20, 0, 0] - head()[0, 0]).item()
    # Of the fastest alternation a path's least squares leave 1 / (1 + 4 trust).
    assert left == pytest.approx(1 / (1 + 4 * trust), abs=2e-4)


def test_without_motion_landmarks_are_taken_as_they_are(rng: np.random.Generator) -> None:
    found = [head() + rng.normal(size=(68, 2)) for _ in range(12)]
    track = build_track([TrackedFace(points) for points in found])
    np.testing.assert_allclose(track.landmarks, np.stack(found), atol=1e-3)


def test_arrays_go_round() -> None:
    track = follow([*steady(5), None, *[head(350.0, 0.1)] * 5])
    arrays = track.arrays()
    again = FaceTrack.from_arrays(arrays)
    assert set(again.arrays()) == set(arrays) == set(FaceTrack.__dataclass_fields__)
    for name, array in again.arrays().items():
        assert array.dtype == arrays[name].dtype
        np.testing.assert_array_equal(array, arrays[name])
