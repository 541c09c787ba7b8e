"""The painted presenter with given lips: what is asked for is painted, the same each time."""

from __future__ import annotations

import numpy as np

from audio2video.face.layout import mouth_opening
from audio2video.presenter.speaking import Speaker, presenter_mouth, speaking_motion


def open_mouths(opening: np.ndarray) -> np.ndarray:
    lips = np.repeat(presenter_mouth()[None], len(opening), axis=0).astype(np.float64)
    lips[:, [17, 18, 19], 1] += opening[:, None]
    lips[:, 7:12, 1] += opening[:, None]
    return lips


def test_the_lips_are_where_they_were_asked_to_be() -> None:
    opening = np.array([0.0, 0.1, 0.3])
    speaker = Speaker(open_mouths(opening), 25.0, 256, seed=3)
    marks = np.stack([speaker.landmarks(k) for k in range(3)])
    found = mouth_opening(marks[:, 48:]) / (0.2 * 256)
    np.testing.assert_allclose(found, opening, atol=0.01)
    frames = list(speaker.frames())
    assert frames[0].shape == (256, 256, 3)
    # An open mouth is dark inside.
    inside = [
        float(f[round(m[62, 1]) : round(m[66, 1]) + 1, round(m[62, 0])].min())
        for f, m in zip(frames, marks, strict=True)
    ]
    assert inside[2] < 60


def test_the_same_seed_gives_the_same_frames_however_many_workers() -> None:
    lips = open_mouths(np.linspace(0, 0.2, 4))
    one = list(Speaker(lips, 30.0, 128, seed=1).frames(1))
    for other in (Speaker(lips, 30.0, 128, seed=1), Speaker(lips, 30.0, 128, seed=2)):
        same = [np.array_equal(a, b) for a, b in zip(one, other.frames(3), strict=True)]
        assert set(same) == {other._seed == 1}


def test_eyes_blink_and_the_head_moves_a_little_for_as_long_as_it_lasts() -> None:
    motion = speaking_motion(open_mouths(np.zeros(25 * 400)), 25.0, seed=0)
    assert len(motion) == 10_000
    for part in (slice(0, 1000), slice(9000, 10_000)):
        assert (motion.eyelid[part] > 0.9).any()
        assert np.ptp(motion.yaw[part]) > 1
        assert len(np.unique(motion.gaze[part], axis=0)) > 10
    assert np.abs(motion.yaw).max() <= 3.5
    assert np.abs(motion.pitch).max() <= 1.5
    assert np.abs(np.diff(motion.yaw)).max() < 0.4


def test_the_jaw_follows_the_lower_lip_and_narrow_lips_are_round() -> None:
    lips = open_mouths(np.array([0.0, 0.2, 2.0]))
    motion = speaking_motion(lips, 25.0, seed=0)
    np.testing.assert_allclose(motion.mouth["jaw"], [0.0, 0.17, 0.4], atol=1e-6)
    assert (motion.mouth["rounding"] == 0).all()
    lips[..., 0] *= 0.25 / motion.mouth["half_width"][0]
    assert (speaking_motion(lips, 25.0, seed=0).mouth["rounding"] == 1).all()
