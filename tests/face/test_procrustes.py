"""Procrustes alignment against the singular value decomposition, and its closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio2video.face.procrustes import Similarity, align_all, mean_shape

NUMBERS = st.floats(-100, 100, width=32)
POINTS = arrays(np.float64, (7, 2), elements=NUMBERS)


def by_svd(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The textbook way (Umeyama 1991), without reflections."""
    mp, mq = p.mean(axis=0), q.mean(axis=0)
    u, d, vt = np.linalg.svd((q - mq).T @ (p - mp))
    s = np.diag([1.0, np.sign(np.linalg.det(u @ vt))])
    r = u @ s @ vt
    scale = np.trace(np.diag(d) @ s) / np.sum((p - mp) ** 2)
    return scale * (p - mp) @ r.T + mq


@given(POINTS, POINTS)
def test_it_is_the_best_similarity(p: np.ndarray, q: np.ndarray) -> None:
    if np.ptp(p, axis=0).max() < 1e-3:
        return
    found = Similarity.fit(p, q).apply(p)
    residual, least = (np.sum((one - q) ** 2) for one in (found, by_svd(p, q)))
    assert residual <= least + 1e-6 * (1 + least)


@given(POINTS, st.floats(0.01, 50), st.floats(-3, 3), NUMBERS, NUMBERS)
def test_a_similarity_is_found_again(
    p: np.ndarray, scale: float, angle: float, x: float, y: float
) -> None:
    if np.ptp(p, axis=0).max() < 1e-2:
        return
    made = Similarity(scale, angle, np.array([x, y]))
    found = Similarity.fit(p, made.apply(p))
    np.testing.assert_allclose(found.apply(p), made.apply(p), atol=1e-6 * (1 + scale * 100))
    assert found.scale == pytest.approx(scale, rel=1e-6)


def test_weights_decide() -> None:
    p = np.array([[0, 0], [1, 0], [0, 1], [5, 5]], float)
    q = p + np.array([2, 3])
    q[3] = [40, -7]
    found = Similarity.fit(p, q, np.array([1, 1, 1, 0]))
    np.testing.assert_allclose(found.apply(p[:3]), q[:3], atol=1e-12)


def test_one_point_can_not_be_aligned() -> None:
    with pytest.raises(ValueError, match="all points are one"):
        Similarity.fit(np.ones((4, 2)), np.zeros((4, 2)))


def test_the_mean_of_moved_copies_is_the_shape(rng: np.random.Generator) -> None:
    shape = rng.normal(size=(20, 2))
    copies = np.stack(
        [
            Similarity(float(s), float(a), rng.normal(size=2)).apply(shape)
            for s, a in zip(rng.uniform(0.5, 2, 6), rng.uniform(-2, 2, 6), strict=True)
        ]
    )
    mean = mean_shape(copies)
    np.testing.assert_allclose(mean, copies[0], atol=1e-9)
    np.testing.assert_allclose(align_all(copies, shape), np.stack([shape] * 6), atol=1e-9)


def test_the_mean_lies_between(rng: np.random.Generator) -> None:
    shape = rng.normal(size=(20, 2))
    shapes = shape + 0.05 * rng.normal(size=(200, 20, 2))
    shapes[0] = shape
    assert np.abs(mean_shape(shapes) - shape).max() < 0.02
