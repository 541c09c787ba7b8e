"""How heads move, and when speech asks for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.retiming.activity import (
    ALPHA_S,
    ALPHA_U,
    ALPHA_V,
    HEAD,
    LEAD_SECONDS,
    ONSET_SECONDS,
    head_velocity,
    normalised_motion,
    speech_gain,
    speech_onsets,
)


def test_the_head_is_followed_not_the_jaw(rng: np.random.Generator) -> None:
    face = rng.normal(size=(68, 2))
    face[36:42] = face[36:42] - face[36:42].mean(axis=0) + (-20, 0)
    face[42:48] = face[42:48] - face[42:48].mean(axis=0) + (20, 0)  # 40 pixels between the eyes
    moves = rng.normal(size=(30, 2))
    landmarks = (face + np.cumsum(moves, axis=0)[:, None]).astype(np.float32)
    others = np.r_[: HEAD.start, HEAD.stop : 68]
    landmarks[:, others] += rng.normal(size=(30, len(others), 2))
    usable, starts = np.ones(30, bool), np.zeros(30, bool)
    starts[[0, 12]] = True
    usable[20] = False
    found = head_velocity(landmarks, starts, usable)
    known = np.setdiff1d(np.arange(30), [0, 12, 20])
    np.testing.assert_allclose(found[known], moves[known] / 40, atol=1e-5)
    assert not found[[0, 12, 20]].any()
    assert not head_velocity(landmarks, starts, np.zeros(30, bool)).any()


def test_motion_is_measured_against_the_liveliest_tenth() -> None:
    motion = np.concatenate([np.linspace(0, 1, 101), [50.0]])
    usable = np.ones(102, bool)
    usable[-1] = False
    found = normalised_motion(motion, usable)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:91], motion[:91] / 0.9, rtol=1e-6)
    assert (found[91:] == 1).all()
    assert not normalised_motion(motion, np.zeros(102, bool)).any()
    assert not normalised_motion(np.zeros(5), np.ones(5, bool)).any()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.sampled_from([4.0, 25.0, 29.97]))
def test_onsets_surround_the_first_moments_of_speech(speech: list[float], rate: float) -> None:
    before, after = round(LEAD_SECONDS * rate), max(1, round(ONSET_SECONDS * rate))
    active = [level > 0.5 for level in speech]
    begins = [k for k, on in enumerate(active) if on and (k == 0 or not active[k - 1])]
    expected = [
        any(
            first - before <= k < first
            or (first <= k < first + after and all(active[first : k + 1]))
            for first in begins
        )
        for k in range(len(speech))
    ]
    assert speech_onsets(np.array(speech), rate).tolist() == expected


def test_silence_rests_and_speech_moves() -> None:
    speech = np.zeros(60)
    speech[30:50] = 1
    gain = speech_gain(speech, 20.0)
    expected = np.full(60, ALPHA_U)
    expected[28:34] = -ALPHA_S  # from 0.1 s before the voice to 0.2 s after
    expected[34:50] = -ALPHA_V
    assert gain == pytest.approx(expected)
