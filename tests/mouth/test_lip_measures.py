"""What lips show: measures, controls and visemes in closed forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from corpus_maker import closed_mouth
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.face.layout import MOUTH_MIRROR, mouth_opening, mouth_width
from audio2video.mouth.controls import (
    APART,
    CONTROLS,
    JAW,
    LIFT,
    NARROW,
    STRETCH,
    THIN,
    control_weights,
)
from audio2video.mouth.lip_measures import MEASURES, lip_measures
from audio2video.mouth.meeting import FREE, GAP, meet_lips
from audio2video.mouth.visemes import PROTOTYPES, VISEMES, likelihoods, viseme_weights

CLOSED = closed_mouth()  # one unit wide


def moved(**changes: float) -> np.ndarray:
    """One mouth whose `MEASURES` are these."""
    mouth = CLOSED.copy()
    rise, drop = changes.get("rise", 0.0), changes.get("drop", 0.0)
    mouth[[13, 14, 15], 1] -= rise
    mouth[2:5, 1] -= rise + changes.get("upper_lip", 0.0)
    mouth[[17, 18, 19], 1] += drop
    mouth[8:11, 1] += drop + changes.get("lower_lip", 0.0)
    mouth[6, 0] += changes.get("left", 0.0)
    mouth[0, 0] -= changes.get("right", 0.0)
    return mouth[None]


@given(st.lists(st.floats(-0.3, 0.3), min_size=6, max_size=6))
def test_measures_are_what_was_moved(values: list[float]) -> None:
    mouth = moved(**dict(zip(MEASURES, values, strict=True)))
    for scale in (1.0, 7.0):
        found = lip_measures(mouth * scale + 3, CLOSED * scale + 3)
        np.testing.assert_allclose(found, [values], atol=1e-9)


def control(name: str, **changes: float) -> float:
    return float(control_weights(moved(**changes), CLOSED)[0, CONTROLS.index(name)])


def test_controls_in_closed_forms() -> None:
    assert not control_weights(CLOSED[None], CLOSED).any()
    assert control("jawOpen", drop=JAW / 2) == pytest.approx(0.5)
    assert control("jawOpen", drop=2 * JAW) == 1
    assert control("mouthClose", drop=JAW / 2) == pytest.approx(0)
    assert control("mouthClose", rise=-JAW / 2, drop=JAW / 2) == pytest.approx(0.5)
    narrow = {"left": -NARROW / 2, "right": -NARROW / 2}
    assert control("mouthPucker", **narrow) == pytest.approx(1)
    assert control("mouthFunnel", **narrow) == pytest.approx(0)
    assert control("mouthPucker", **narrow, drop=APART / 4) == pytest.approx(0.75)
    assert control("mouthFunnel", **narrow, drop=APART / 4) == pytest.approx(0.25)
    assert control("mouthStretchLeft", left=STRETCH / 2) == pytest.approx(0.5)
    assert control("mouthStretchRight", left=STRETCH / 2) == pytest.approx(0)
    assert control("mouthStretchRight", right=STRETCH) == pytest.approx(1)
    assert control("mouthUpperUp", rise=LIFT / 4) == pytest.approx(0.25)
    assert control("mouthRollLower", lower_lip=-THIN) == pytest.approx(1)
    assert control("mouthRollUpper", upper_lip=-THIN / 2) == pytest.approx(0.5)
    assert control("mouthLowerDown", lower_lip=-THIN) == pytest.approx(0)
    assert control("mouthLowerDown", lower_lip=-THIN, drop=APART) == pytest.approx(1)


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_weights_are_weights_whatever_the_shapes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = CLOSED + rng.normal(0, rng.uniform(0.001, 3), (rng.integers(1, 40), 20, 2))
    controls = control_weights(shapes, CLOSED)
    assert controls.shape == (len(shapes), len(CONTROLS))
    assert controls.min() >= 0
    assert controls.max() <= 1
    visemes = viseme_weights(shapes, CLOSED, Fraction(25))
    assert visemes.shape == (len(shapes), len(VISEMES))
    assert visemes.min() >= 0
    np.testing.assert_allclose(visemes.sum(axis=1), 1)


def test_a_mirrored_mouth_has_mirrored_controls(rng: np.random.Generator) -> None:
    shapes = CLOSED + rng.normal(0, 0.1, (30, 20, 2))
    mirrored = shapes[:, MOUTH_MIRROR] * [-1.0, 1.0]
    swapped = list(CONTROLS)
    left, right = (swapped.index(f"mouthStretch{side}") for side in ("Left", "Right"))
    swapped[left], swapped[right] = swapped[right], swapped[left]
    order = [CONTROLS.index(name) for name in swapped]
    one, other = control_weights(shapes, CLOSED), control_weights(mirrored, CLOSED)
    np.testing.assert_allclose(one, other[:, order], atol=1e-9)


def test_held_prototypes_are_their_own_visemes() -> None:
    seen = {}
    for name, (rise, drop, spread) in PROTOTYPES.items():
        mouth = moved(rise=rise, drop=drop, left=spread / 2, right=spread / 2)
        weights = viseme_weights(np.repeat(mouth, 50, axis=0), CLOSED, Fraction(25))
        assert VISEMES[int(weights[25].argmax())] == name
        seen[name] = weights[25].max()
    assert tuple(seen) == VISEMES
    assert seen["sil"] > 0.7  # what lips show
    assert seen["DD"] < 0.3  # and what they don't


def test_lips_shut_for_a_moment_are_pressed_and_for_long_at_rest() -> None:
    mouths = np.repeat(moved(rise=0.03, drop=0.25), 60, axis=0)
    mouths[20:23] = CLOSED  # 120 ms at 25 a second
    mouths[40:52] = CLOSED
    weights = viseme_weights(mouths, CLOSED, Fraction(25))
    assert VISEMES[int(weights[21].argmax())] == "PP"
    assert VISEMES[int(weights[46].argmax())] == "sil"
    assert weights[10, VISEMES.index("sil")] < 0.05


def test_visemes_change_smoothly_at_any_rate(rng: np.random.Generator) -> None:
    coarse = np.repeat(CLOSED[None], 20, axis=0) + rng.normal(0, 0.05, (20, 1, 2)) * [0, 1]
    coarse[:, [17, 18, 19], 1] += rng.uniform(0, 0.3, (20, 1))
    fine = np.repeat(coarse, 10, axis=0)
    weights = viseme_weights(fine, CLOSED, Fraction(100))
    assert np.abs(np.diff(weights, axis=0)).max() < 0.2


def test_likelihoods_are_those_of_normal_distributions(rng: np.random.Generator) -> None:
    from scipy.stats import multivariate_normal

    spread = rng.normal(size=(3, 3))
    covariance = spread @ spread.T + np.eye(3)
    means, values = rng.normal(size=(5, 3)), rng.normal(size=(9, 3))
    density = np.stack([multivariate_normal(m, covariance).pdf(values) for m in means], axis=1)
    expected = density / density.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(likelihoods(values, means, covariance), expected, rtol=1e-9)


def test_lips_that_nearly_meet_do_and_open_ones_stay() -> None:
    openings = np.linspace(0, 0.4, 41)
    mouths = np.concatenate([moved(drop=0.8 * o, rise=0.2 * o) for o in openings])
    met = meet_lips(mouths, CLOSED)
    found = mouth_opening(met) / mouth_width(CLOSED)
    assert np.allclose(found[openings <= GAP], 0)
    wide = openings >= FREE * GAP
    np.testing.assert_allclose(met[wide], mouths[wide])
    assert (np.diff(found) >= -1e-12).all()
    np.testing.assert_allclose(meet_lips(CLOSED[None], CLOSED), CLOSED[None])
    pressed = moved(drop=-0.02)
    np.testing.assert_allclose(meet_lips(pressed, CLOSED), pressed)
    # The lips keep their thickness.
    np.testing.assert_allclose(lip_measures(met, CLOSED)[:, 4:], 0, atol=1e-9)
