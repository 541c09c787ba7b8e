"""The speaker's own head is found from many views of it."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.face.head import RIGID, generic_head, mirrored
from audio2video.face.pose import HeadPose, fit_pose, project
from audio2video.face.speaker import MAX_FRAMES, fit_speaker


def views(rng: np.random.Generator, frames: int, turn: float) -> HeadPose:
    angles = rng.uniform(-turn, turn, (frames, 3))
    scale = rng.uniform(80, 120, frames)
    return HeadPose.from_array(np.column_stack([angles, scale, rng.uniform(100, 400, (frames, 2))]))


def own_head(rng: np.random.Generator, amount: float = 0.05) -> np.ndarray:
    """A symmetric head unlike the generic one."""
    head = generic_head().copy()
    offsets = rng.normal(0, amount, (len(RIGID), 3))
    head[list(RIGID)] += (offsets + mirrored(offsets)) / 2
    return head


def residual(landmarks: np.ndarray, head: np.ndarray) -> float:
    pose = fit_pose(landmarks, head)
    rigid = list(RIGID)
    away = (landmarks[:, rigid] - project(pose, head[rigid])) / pose.scale[:, None, None]
    return float(np.sqrt((away**2).sum(-1).mean()))


def test_the_generic_head_stays_generic(rng: np.random.Generator) -> None:
    landmarks = project(views(rng, 40, 0.3), generic_head())
    np.testing.assert_allclose(fit_speaker(landmarks), generic_head(), atol=1e-6)


def test_proportions_are_found_from_a_head_that_turns(rng: np.random.Generator) -> None:
    head = own_head(rng)
    landmarks = project(views(rng, 120, 0.5), head)
    found = fit_speaker(landmarks)
    assert residual(landmarks, found) < 0.3 * residual(landmarks, generic_head())


def test_yaw_is_not_biased_by_the_own_head(rng: np.random.Generator) -> None:
    head, true = own_head(rng), views(rng, 120, 0.3)
    landmarks = project(true, head)
    generic = fit_pose(landmarks)
    own = fit_pose(landmarks, fit_speaker(landmarks))
    assert np.abs(own.yaw - true.yaw).mean() < np.abs(generic.yaw - true.yaw).mean() + 1e-3
    assert abs((own.yaw - true.yaw).mean()) < 0.01


def test_an_unseen_depth_stays_generic(rng: np.random.Generator) -> None:
    head = generic_head().copy()
    head[30, 2] -= 0.2  # a longer nose, on a head that never turns
    still = HeadPose.from_array(np.tile([0.0, 0, 0, 100, 200, 200], (30, 1)))
    found = fit_speaker(project(still, head))
    np.testing.assert_allclose(found, generic_head(), atol=0.01)


def test_a_landmark_model_that_is_not_symmetric_does_not_make_the_head_so(
    rng: np.random.Generator,
) -> None:
    landmarks = project(views(rng, 60, 0.2), generic_head())
    landmarks[:, 36:42, 0] += 3.0  # one eye is always seen too far to the right
    offsets = (fit_speaker(landmarks) - generic_head())[list(RIGID)]
    np.testing.assert_allclose(offsets, mirrored(offsets), atol=1e-12)
    assert np.abs(offsets).max() > 1e-3


def test_only_points_of_the_skull_are_moved(rng: np.random.Generator) -> None:
    found = fit_speaker(project(views(rng, 60, 0.4), own_head(rng)))
    others = np.setdiff1d(np.arange(68), RIGID)
    np.testing.assert_array_equal(found[others], generic_head()[others])


@pytest.mark.parametrize("frames", [1, 2, MAX_FRAMES + 1])
def test_any_number_of_frames_will_do(rng: np.random.Generator, frames: int) -> None:
    found = fit_speaker(project(views(rng, frames, 0.3), own_head(rng, 0.03)))
    assert np.isfinite(found).all()
    assert np.abs(found - generic_head()).max() < 0.2


def test_mirroring_twice_changes_nothing(rng: np.random.Generator) -> None:
    offsets = rng.normal(size=(len(RIGID), 3))
    np.testing.assert_array_equal(mirrored(mirrored(offsets)), offsets)
    left, right = RIGID.index(45), RIGID.index(36)
    np.testing.assert_array_equal(mirrored(offsets)[left], offsets[right] * [-1, 1, 1])
