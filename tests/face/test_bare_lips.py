"""Lips are told from what is in front of them by colour."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from painted_mouths import SKIN, SPACE, opened, painted

from audio2video.face.appearance import log_colour
from audio2video.face.bare_lips import foreign_lips, lip_ring
from audio2video.face.foreign_colour import is_foreign
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.pose import HeadPose
from audio2video.face.view import View

PLAIN = HeadPose.from_array(np.array([[0.0, 0, 0, SPACE.resolution, 0, 0]]))
ABOVE = 100
"""Rows of forehead above the painted lower face."""


def view_of(face: NDArray[np.uint8], opening: float, light: float = 1.0) -> View:
    """The painted lower face below a forehead."""
    landmarks = generic_head()[:, :2].copy()
    landmarks[MOUTH] = opened(opening)
    brow = np.broadcast_to(SKIN, (ABOVE, face.shape[1], 3))
    picture = np.clip(np.concatenate([brow, face]) * light, 0, 255).astype(np.uint8)
    return View(picture, (0, 0), np.add(SPACE.to_pixels(landmarks), (0, ABOVE)), PLAIN)


def share(view: View) -> float:
    return foreign_lips(view, np.zeros(view.picture.shape[:2], bool))


def covered(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A face with something over all of it below the eyes."""
    face = painted(opened(0.1))
    face[SPACE.grid()[1] > 0.4] = colour
    return face


@pytest.mark.parametrize("opening", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("light", [0.5, 1.0, 1.2])
def test_bare_lips_are_a_faces_own(opening: float, light: float) -> None:
    assert share(view_of(painted(opened(opening), upper=4), opening, light)) < 0.1


@pytest.mark.parametrize("colour", [(120, 165, 205), (220, 220, 225), (25, 25, 28), (60, 120, 70)])
def test_a_mask_is_foreign(colour: tuple[int, int, int]) -> None:
    assert share(view_of(covered(colour), 0.1)) > 0.95


def test_what_is_known_to_be_in_front_is_left_out() -> None:
    view = view_of(covered((220, 220, 225)), 0.1)
    assert foreign_lips(view, np.ones(view.picture.shape[:2], bool)) == 0
    half = np.zeros(view.picture.shape[:2], bool)
    half[:, : half.shape[1] // 2] = True
    assert 0 < (lip_ring(view) & ~half).sum() < lip_ring(view).sum()
    assert foreign_lips(view, half) > 0.95


def test_of_pictures_without_colours_of_skin_nothing_is_said() -> None:
    view = view_of(covered((220, 220, 225)), 0.1)
    gray = np.repeat(view.picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    for picture in (gray, np.ascontiguousarray(view.picture[..., ::-1])):
        assert share(View(picture, view.origin, view.landmarks, view.pose)) == 0


def test_skin_and_lips_are_no_foreign_colours() -> None:
    face = np.full((SPACE.height, SPACE.width, 3), SKIN, np.uint8)
    own = view_of(face, 0.1).skin
    faces = [SKIN, (150, 112, 96), (190, 100, 105)]
    others = [(255, 255, 255), (20, 20, 22), (90, 140, 200)]
    odd = is_foreign(log_colour(np.array(faces + others, np.uint8)), own)
    assert odd.tolist() == [False] * 3 + [True] * 3
