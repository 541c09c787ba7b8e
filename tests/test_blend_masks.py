"""The mask of the inner lower face."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.blend.masks import face_mask, skin_weight
from audio2video.face.head import generic_head
from audio2video.face.layout import JAW, LOWER_INNER_LIP, MOUTH, OUTER_LIP
from audio2video.face.rectify import FaceSpace

SPACE = FaceSpace.lower_face(70.0)


def face_of(opening: float = 0.0, drop: float = 0.0) -> NDArray[np.float64]:
    """Rectified landmarks with an open mouth and a dropped jaw."""
    face = generic_head()[:, :2].copy()
    mouth = face[MOUTH]
    mouth[list(LOWER_INNER_LIP), 1] += opening
    mouth[7:12, 1] += opening
    face[4:13, 1] += drop * np.sin(np.linspace(0, np.pi, 9))
    return np.asarray(face)


def mask_of(face: NDArray[np.float64]) -> NDArray[np.float32]:
    return face_mask(face, face[MOUTH], SPACE)


def covered(outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels whose centre lies inside an outline."""
    pixels = np.round(SPACE.to_pixels(outline) * 16).astype(np.int32)
    plane = np.zeros((SPACE.height, SPACE.width), np.uint8)
    cv2.fillPoly(plane, [pixels], 1, cv2.LINE_8, 4)
    return plane > 0


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 0.35), st.floats(-0.03, 0.1))
def test_it_covers_the_mouth_and_stays_inside_the_jaw_line(opening: float, more: float) -> None:
    # The chin follows the lower lip, more or less.
    face = face_of(opening, 0.6 * opening + more)
    mask = mask_of(face)
    assert mask.dtype == np.float32
    assert mask.shape == (SPACE.height, SPACE.width)
    assert mask.min() >= 0
    assert mask.max() <= 1 + 1e-6
    assert mask[[0, -1]].max() < 0.01
    assert mask[:, [0, -1]].max() < 0.01
    lips = covered(face[MOUTH][OUTER_LIP])
    assert mask[lips].mean() > 0.99
    assert mask[lips].min() > 0.95
    # Nothing beyond the jaw line, closed over the eyes.
    jaw = covered(np.concatenate([face[JAW], [[1.1, 0.0], [-1.1, 0.0]]]))
    assert mask[~jaw].max() < 0.02


def test_nostrils_and_eyes_stay_the_frames_own() -> None:
    face = face_of()
    mask = mask_of(face)
    for point in (*range(31, 36), 30):
        x, y = np.round(SPACE.to_pixels(face[point])).astype(int)
        assert mask[y, x] < 0.1


def test_it_is_symmetric_and_soft() -> None:
    mask = mask_of(face_of())
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=0.1)
    assert np.abs(np.diff(mask, axis=0)).max() < 0.35
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35


def test_it_reaches_further_down_with_the_jaw() -> None:
    middle = SPACE.width // 2
    reach = [
        np.flatnonzero(mask_of(face_of(drop=drop))[:, middle] > 0.5)[-1] for drop in (0, 0.1, 0.2)
    ]
    assert reach[0] < reach[1] < reach[2]


def test_it_ends_at_the_border_of_the_texture_wherever_the_jaw_is() -> None:
    mask = mask_of(face_of(0.3, 0.6) * [1.3, 1.0])
    for border in (mask[[0, -1]], mask[:, [0, -1]]):
        assert border.max() == 0


def test_skin_is_compared_beside_the_lips_alone() -> None:
    face = face_of(0.2)
    mask = mask_of(face)
    weight = skin_weight(mask, face[MOUTH], SPACE)
    assert weight.dtype == np.float32
    assert (weight >= 0).all()
    assert (weight <= mask).all()
    assert weight[covered(face[MOUTH][OUTER_LIP])].max() == 0
    # Chin and both cheeks take part.
    for point in ((0.0, 1.85), (0.6, 1.2), (-0.6, 1.2)):
        x, y = np.round(SPACE.to_pixels(np.array(point))).astype(int)
        assert weight[y, x] > 0.05
