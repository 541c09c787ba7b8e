"""The generic head: its symmetry, and what it takes for a face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.head import RIGID, generic_head, shape_plausibility
from audio2video.face.layout import LANDMARKS, MOUTH, inter_ocular_distance
from audio2video.face.tracking import MIN_PLAUSIBILITY
from tools.presenter.presenter import demo_truth

# Of each landmark, the one on the other side of the face.
MIRROR = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
]  # fmt: skip


def view(
    yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, scale: float = 60.0
) -> NDArray[np.float64]:
    """Generic head turned by degrees, orthographic, in pixels."""
    y, p, r = np.radians([yaw, pitch, roll])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    seen = generic_head() @ (rz @ rx @ ry).T
    return np.asarray(scale * seen[:, :2] + [320, 240])


def test_the_head_is_whole_symmetric_and_of_unit_size() -> None:
    head = generic_head()
    assert head.shape == (LANDMARKS, 3)
    np.testing.assert_array_equal(head[MIRROR] * [-1, 1, 1], head)
    assert inter_ocular_distance(head[:, :2]) == pytest.approx(1.0, abs=0.05)
    # All but the tip of the nose lies behind it.
    assert head[:, 2].argmin() == 30


def test_the_head_can_not_be_spoilt() -> None:
    with pytest.raises(ValueError, match="read-only"):
        generic_head()[0] = 1


def test_what_is_rigid_holds_still_when_one_speaks() -> None:
    assert not set(RIGID) & set(range(LANDMARKS)[MOUTH])
    assert not set(RIGID) & set(range(3, 14))
    assert {MIRROR[k] for k in RIGID} == set(RIGID)


@given(
    st.floats(-45, 45),
    st.floats(-35, 35),
    st.floats(-60, 60),
    st.floats(5, 500),
)
def test_a_head_seen_from_anywhere_in_front_is_a_face(
    yaw: float, pitch: float, roll: float, scale: float
) -> None:
    assert shape_plausibility(view(yaw, pitch, roll, scale)) == pytest.approx(1.0, abs=1e-6)


def test_a_painted_speaking_face_is_a_face() -> None:
    truth = demo_truth(25, start=40, size=256)
    assert min(shape_plausibility(points) for points in truth.landmarks) > 0.8


def test_plausibility_falls_with_the_error_and_not_with_the_size(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(68, 2))
    judged = [shape_plausibility(view() + sigma * 60 * noise) for sigma in (0, 0.05, 0.12, 0.3)]
    assert judged == sorted(judged, reverse=True)
    assert judged[1] > MIN_PLAUSIBILITY > judged[3]
    small = shape_plausibility((view() + 0.05 * 60 * noise) / 10)
    assert small == pytest.approx(judged[1])


def test_no_faces(rng: np.random.Generator) -> None:
    face = view(10)
    middle = face.mean(axis=0)
    for points in (
        (face - middle) * [-1, 1] + middle,
        (face - middle) * [1, -1] + middle,
        middle - (face - middle),
        (face - middle) * [1, 0.25] + middle,
        np.full((68, 2), 100.0),
        np.linspace([0, 0], [100, 100], 68),
        rng.permutation(face),
    ):
        assert shape_plausibility(points) < 0.05
    for _ in range(20):
        assert shape_plausibility(rng.uniform(0, 200, (68, 2))) < MIN_PLAUSIBILITY
