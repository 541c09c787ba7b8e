"""Taking identity out of landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH, eye_centres, mouth_opening
from audio2video.face.procrustes import Similarity
from audio2video.mouth.identity import remove_identity
from audio2video.mouth.shapes import (
    absolute_shapes,
    closed_frames,
    closed_mouth_reference,
    relative_shapes,
    usual_width,
)

FRAMES = 80


def speaker(
    rng: np.random.Generator, *, chin: float = 0.0, wide: float = 1.0, frames: int = FRAMES
) -> np.ndarray:
    """A face that opens its mouth, with a chin and a mouth of its own, moving in the picture."""
    face = generic_head()[:, :2].copy()
    face[5:12, 1] += chin
    centre = face[MOUTH].mean(axis=0)
    face[MOUTH] = (face[MOUTH] - centre) * [wide, 1] + centre
    lower = np.array([55, 56, 57, 58, 59, 65, 66, 67])
    inner = [61, 62, 63, 67, 66, 65]
    face[inner, 1] = face[inner, 1].mean()
    open_by = 0.15 * (1 - np.cos(np.arange(frames) / 5))
    shapes = np.repeat(face[None], frames, axis=0)
    shapes[:, lower, 1] += open_by[:, None] * wide
    places = rng.normal(size=(frames, 2)) * 20 + 300
    angles, scales = rng.normal(size=frames) * 0.1, rng.uniform(60, 80, frames)
    return np.stack(
        [
            Similarity(float(s), float(a), p).apply(one)
            for s, a, p, one in zip(scales, angles, places, shapes, strict=True)
        ]
    )


def test_motion_stays_and_faces_become_one(rng: np.random.Generator) -> None:
    """Two faces that say the same, of other proportions."""
    found = remove_identity([speaker(rng), speaker(rng, chin=0.2, wide=1.3)])
    one, other = found.speakers
    assert found.spread_between("aligned") > 0.02
    assert found.spread_between("removed") < 1e-3
    assert np.abs(one.removed - other.removed).max() < 5e-3
    assert found.spread_within("removed") > 0.02
    assert found.spread_between("removed", MOUTH) < found.spread_between("aligned", MOUTH)
    # The lips open by as many of the template's mouth widths as by the speaker's own.
    opened = mouth_opening(one.removed[:, MOUTH])
    assert np.corrcoef(opened, 1 - np.cos(np.arange(FRAMES) / 5))[0, 1] > 0.999


def test_frames_of_reference(rng: np.random.Generator) -> None:
    found = remove_identity([speaker(rng), speaker(rng, chin=0.1)])
    right, left = eye_centres(found.mean)
    assert np.allclose([right, left], [[-0.5, 0], [0.5, 0]])
    for one in found.speakers:
        eyes = eye_centres(one.aligned)
        assert np.abs(eyes - [[-0.5, 0], [0.5, 0]]).max() < 0.02
        mouths = one.aligned[:, MOUTH]
        assert (one.closed == closed_frames(mouths)).all()
        assert (one.usual == usual_width(mouths)).all()
        assert np.allclose(one.reference[MOUTH], closed_mouth_reference(mouths))
        expected = absolute_shapes(
            relative_shapes(mouths, one.reference[MOUTH]), found.template[MOUTH]
        )
        assert np.array_equal(one.removed[:, MOUTH], expected)
    references = [one.reference for one in found.speakers]
    assert np.allclose(found.template, np.mean(references, axis=0))


def test_odd_widths_are_no_closed_mouth(rng: np.random.Generator) -> None:
    points = speaker(rng)
    # A grin: as closed as can be, and wide.
    grin = points[0].copy()
    corners = [48, 54, 60, 64]
    grin[corners] += (grin[corners] - grin[MOUTH].mean(axis=0)) * 0.5
    points[40:44] = grin
    (one,) = remove_identity([points]).speakers
    assert not one.usual[40:44].any()
    assert not set(one.closed.tolist()) & set(range(40, 44))


@given(
    st.floats(0.01, 1000),
    st.floats(-np.pi, np.pi),
    st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
)
def test_size_place_and_angle_do_not_matter(
    scale: float, angle: float, shift: tuple[float, float]
) -> None:
    points = speaker(np.random.default_rng(1), frames=12)
    moved = Similarity(scale, angle, np.array(shift)).apply(points)
    (one,), (other,) = (remove_identity([p]).speakers for p in (points, moved))
    assert np.abs(one.removed - other.removed).max() < 1e-4


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((3, 20, 2)), r"holds an array of 3x20x2; \(T, 68, 2\) is needed"),
        (np.zeros((0, 68, 2)), "holds no frames"),
        (np.full((3, 68, 2), np.nan), "holds numbers that are not finite"),
        (np.zeros((3, 68, 2)), "holds no faces: eyes or corners of the mouth are in one place"),
    ],
)
def test_what_is_no_face_is_refused(points: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        remove_identity([points])
    with pytest.raises(ValueError, match="no speakers"):
        remove_identity([])


def test_a_single_frame() -> None:
    found = remove_identity([generic_head()[None, :, :2] * 50])
    assert np.allclose(found.speakers[0].removed[0], found.template)
    assert found.spread_between() == found.spread_within() == 0
