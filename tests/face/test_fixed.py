"""What is fixed in the picture while the head moves."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.fixed import (
    LEAST_MOVE,
    MOST_MOVE,
    choose_pairs,
    inner_face,
    votes,
)
from audio2video.face.head import generic_head
from audio2video.face.pose import HeadPose, project
from audio2video.face.rectify import project_to_frame, to_rectified
from audio2video.face.view import View

SIZE, UNIT = 200, 56.0
BLOCK = np.s_[128:148, 90:112]


def pose_at(x: float, y: float) -> HeadPose:
    return HeadPose.from_array(np.array([[0.0, 0.0, 0.0, UNIT, x, y]]))


def seen(x: float, y: float, skin: NDArray[np.uint8], block: NDArray[np.uint8]) -> View:
    """A face whose skin moves with it, and a block that stays where it is."""
    move = np.array([[1.0, 0, x], [0, 1, y]])
    picture = np.array(cv2.warpAffine(skin, move, (SIZE, SIZE)), np.uint8)
    picture[BLOCK] = block[BLOCK]
    pose = pose_at(100 + x, 60 + y)
    return View(picture, (0, 0), project(pose, generic_head())[0], pose)


def patterned(rng: np.random.Generator) -> NDArray[np.uint8]:
    rough = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE, 3)), (0, 0), 2.0)
    return np.asarray(np.clip(130 + rough * 250, 0, 255), np.uint8)


def test_a_block_that_stays_is_told_from_the_face(rng: np.random.Generator) -> None:
    skin, block = patterned(rng), patterned(rng)
    first, second = seen(0, 0, skin, block), seen(5, 0, skin, block)
    fixed, moving = votes(first, second)
    inside, around = inner_face(first), np.zeros((SIZE, SIZE), bool)
    around[118:158, 80:122] = True
    within = np.zeros_like(around)
    within[131:145, 93:109] = True
    assert fixed[within].mean() > 0.5
    assert not moving[within].any()
    face = inside & ~around
    assert moving[face].mean() > 0.5
    assert not fixed[face].any()


def test_a_flat_face_says_nothing(rng: np.random.Generator) -> None:
    flat = np.full((SIZE, SIZE, 3), 140, np.uint8)
    fixed, moving = votes(seen(0, 0, flat, flat), seen(5, 3, flat, flat))
    assert not fixed.any()
    assert not moving.any()


@given(st.integers(0, 2**32 - 1))
def test_pairs_have_a_head_that_moved(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 40))
    numbers = np.zeros((count, 6))
    numbers[:, 3] = UNIT
    numbers[:, 4:] = 100 + np.cumsum(rng.normal(scale=2.0, size=(count, 2)), axis=0)
    pose = HeadPose.from_array(numbers)
    mouths = np.tile([0.0, 1.1], (count, 20, 1))
    usable = rng.random(count) < 0.8
    pairs = choose_pairs(pose, mouths, usable, 25.0, 12)
    assert usable[pairs].all()
    moves = np.linalg.norm(np.diff(numbers[pairs][:, :, 4:], axis=1), axis=2) / UNIT
    assert ((moves >= LEAST_MOVE - 1e-9) & (moves <= MOST_MOVE + 1e-9)).all()
    still = HeadPose.from_array(np.tile(numbers[:1], (count, 1)))
    assert len(choose_pairs(still, mouths, usable, 25.0, 12)) == 0


def test_the_face_is_looked_at_inside_the_jaw() -> None:
    pose = pose_at(100, 60)
    landmarks = project(pose, generic_head())[0]
    view = View(np.zeros((SIZE, SIZE, 3), np.uint8), (0, 0), landmarks, pose)
    inside = inner_face(view)
    x, y = np.round(landmarks[48:68].mean(axis=0)).astype(int)
    assert inside[y, x]
    for x, y in np.round(landmarks[[0, 4, 8, 12, 16]]).astype(int):
        assert not inside[y, x]
    # The motion that views are compared by is that of the surface of the face.
    there = project_to_frame(to_rectified(landmarks[None, 48:68], pose), pose_at(110, 63))
    moved = np.tile([10.0, 3.0], (20, 1))
    np.testing.assert_allclose(there[0] - landmarks[48:68], moved, atol=1e-6)
